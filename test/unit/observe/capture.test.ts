/** What a capture keeps: the lab's own packets, and of a flood a ration. */
import { describe, expect, it, vi } from 'vitest'
import type { Sock } from '../../../src/engine/kernel/objects'
import { LabEnds } from '../../../src/engine/observe/capture-ends'
import { PacketRation } from '../../../src/engine/observe/capture-ration'
import { argsOf, droppedByKernel, filterOf } from '../../../src/engine/observe/capture-tool'
import type { SockAddr, TraceEvent } from '../../../src/shared/trace/events'

const at = (host: string, port: number): SockAddr => ({ family: host.includes(':') ? 'inet6' : 'inet', host, port }) as SockAddr
const HERE = at('127.0.0.1', 9999)
const CLIENT = at('127.0.0.1', 50_000)
const OTHER = at('127.0.0.1', 60_000)
const SOMEONE = at('127.0.0.1', 60_001)

/** Calls and their returns, as the dispatcher records them. */
class Told {
  readonly open = new Map<number, Sock>()
  readonly ends = new LabEnds(this.open)
  private call = 0

  made(name: string, given: { sock?: number; args?: object; ret?: object; made?: number }): this {
    const call = ++this.call
    if (given.made !== undefined) this.open.set(given.made, {} as Sock)
    if ((name === 'close') && given.sock !== undefined) this.open.delete(given.sock)
    this.ends.learn([
      { k: 'call', seq: 0, t: 0, call, thread: 1, name, sock: given.sock, args: given.args ?? {} },
      { k: 'ret', seq: 1, t: 0, call, value: null, sock: given.made, ...given.ret },
    ] as TraceEvent[])
    return this
  }
}
const server = (type: 'stream' | 'dgram' = 'stream', bound = HERE) =>
  new Told().made('socket', { made: 1, args: { family: 'inet', type } }).made('bind', { sock: 1, ret: { local: bound } })

describe('the lab\'s endpoints', () => {
  it('are those that its sockets have, by protocol', () => {
    const { ends } = server()
    expect(ends.has('tcp', CLIENT, HERE)).toBe(true)
    expect(ends.has('tcp', HERE, CLIENT)).toBe(true)
    expect(ends.has('udp', CLIENT, HERE)).toBe(false)
    expect(ends.has('tcp', CLIENT, at('127.0.0.2', 9999))).toBe(false)
    expect(ends.has('tcp', OTHER, SOMEONE)).toBe(false)
    expect(server('dgram').ends.has('udp', CLIENT, HERE)).toBe(true)
  })

  it('an unspecified address is every one of this machine\'s; a mapped one is the IPv4 address', () => {
    expect(server('stream', at('0.0.0.0', 9999)).ends.has('tcp', CLIENT, at('192.0.2.7', 9999))).toBe(true)
    expect(server('stream', at('::', 9999)).ends.has('tcp', at('::1', 5), at('::1', 9999))).toBe(true)
    expect(server('stream', at('::ffff:127.0.0.1', 9999)).ends.has('tcp', CLIENT, HERE)).toBe(true)
  })

  it('those that are there when the capture begins count', () => {
    const sock = { id: 4, type: 'stream', local: HERE } as Sock
    expect(new LabEnds(new Map([[4, sock]])).has('tcp', CLIENT, HERE)).toBe(true)
  })

  it('a closed connection is remembered, its port is soon anybody\'s', () => {
    vi.useFakeTimers()
    try {
      const told = new Told().made('socket', { made: 2, args: { type: 'stream' } }).made('connect', { sock: 2, ret: { local: CLIENT, remote: OTHER } }).made('close', { sock: 2 })
      expect(told.ends.has('tcp', CLIENT, SOMEONE)).toBe(true)
      vi.advanceTimersByTime(3000)
      expect(told.ends.has('tcp', CLIENT, SOMEONE)).toBe(false)
      expect(told.ends.has('tcp', OTHER, CLIENT)).toBe(true)
      vi.advanceTimersByTime(100_000)
      told.ends.learn([])
      expect(told.ends.has('tcp', OTHER, CLIENT)).toBe(false)
    } finally {
      vi.useRealTimers()
    }
  })

  it('the place that refused a connection counts for a moment: the kernel tells no address of it', () => {
    const told = new Told().made('socket', { made: 2, args: { type: 'stream' } }).made('connect', { sock: 2, args: { address: OTHER }, ret: { errno: 'ECONNREFUSED' } })
    expect(told.ends.has('tcp', SOMEONE, OTHER)).toBe(true)
  })

  it('what a run left open and the lab closed is over too', () => {
    vi.useFakeTimers()
    try {
      const told = server()
      told.open.clear()
      vi.advanceTimersByTime(6000)
      told.ends.learn([])
      vi.advanceTimersByTime(6000)
      told.ends.learn([])
      expect(told.ends.has('tcp', CLIENT, HERE)).toBe(false)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('the ration', () => {
  it('takes a burst whole, then so many packets a second, then headers only', () => {
    const ration = new PacketRation()
    let kept = 0
    while (ration.take(100, 1) !== undefined) kept++
    expect(kept).toBe(40_000)
    expect(ration.take(100, 1)).toBeUndefined()
    let second = 0
    while (ration.take(100, 1_000_001) !== undefined) second++
    expect(second).toBe(20_000)
    const heavy = new PacketRation()
    let whole = 0
    while (heavy.take(16_000, 1) === 16_000) whole++
    expect(whole).toBe(Math.floor((32 * 1024 * 1024) / 16_000))
    expect(heavy.take(16_000, 1)).toBe(160)
  })
})

describe('the tools', () => {
  it('are asked for a stream, without the ports that are not wanted', () => {
    expect(filterOf([8080])).toBe('(tcp or udp) and not (tcp port 8080)')
    expect(argsOf({ name: 'tcpdump', path: 't' }, 'lo', [], 'linux')).toContain('--immediate-mode')
    expect(argsOf({ name: 'dumpcap', path: 'd' }, '\\Device\\NPF_Loopback', [], 'win32').slice(0, 4)).toEqual(['-q', '-p', '-i', '\\Device\\NPF_Loopback'])
  })

  it('say what the kernel dropped', () => {
    expect(droppedByKernel('10 packets captured\n20 packets received by filter\n3 packets dropped by kernel\n')).toBe(3)
    expect(droppedByKernel('Packets received/dropped on interface \'Loopback: lo\': 14/2 (pcap:0/dumpcap:0/flushed:0/ps_ifdrop:0) (100.0%)')).toBe(2)
    expect(droppedByKernel('killed')).toBeUndefined()
  })
})
