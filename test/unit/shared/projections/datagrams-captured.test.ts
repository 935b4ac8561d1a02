/** A captured datagram finds the send or receive that it is of; nothing is known of it before its event. */
import { describe, expect, it } from 'vitest'
import { createLab, datagramAt, fold } from '../../../../src/shared/projections'
import type { LabState } from '../../../../src/shared/projections/model'
import type { SockAddr, SyscallName, TraceEvent, Unstamped } from '../../../../src/shared/trace/events'

const CLIENT: SockAddr = { family: 'inet', host: '127.0.0.1', port: 4000 }
const SERVER: SockAddr = { family: 'inet', host: '127.0.0.1', port: 9999 }
const ANY: SockAddr = { family: 'inet', host: '0.0.0.0', port: 9999 }

function scene(): { lab: LabState; add(event: Unstamped): number; call(name: SyscallName, sock: number | undefined, end: object, args?: object): void; packet(from: SockAddr, to: SockAddr, len: number, at: number): number } {
  const lab = createLab()
  let seq = 0
  let calls = 0
  const add = (event: Unstamped): number => {
    fold(lab, { ...event, seq, t: seq * 100 } as TraceEvent)
    return seq++
  }
  return {
    lab, add,
    call(name, sock, end, args = {}) {
      const call = ++calls
      add({ k: 'call', call, thread: 1, name, ...(sock === undefined ? {} : { sock, fd: sock }), args } as Unstamped)
      add({ k: 'ret', call, value: null, ...end } as Unstamped)
    },
    packet: (from, to, len, at) => add({ k: 'packet', proto: 'udp', from, to, flags: [], len, at, link: 1, interface: 'lo', frame: { at: 1000, len: 42 + len, kept: 42 + len } } as Unstamped),
  }
}

/** A server on all addresses and a client; two requests of the same length, one answer. */
function exchange(): ReturnType<typeof scene> {
  const s = scene()
  s.add({ k: 'run', run: 1, program: 'udp', params: {} })
  s.add({ k: 'thread', run: 1, thread: 1, name: 'main', func: 'main' })
  s.call('socket', undefined, { sock: 1, fd: 1 }, { family: 'inet', type: 'dgram' })
  s.call('bind', 1, { local: ANY }, { address: ANY })
  s.call('socket', undefined, { sock: 2, fd: 2 }, { family: 'inet', type: 'dgram' })
  for (let i = 0; i < 2; i++) s.call('sendto', 2, { value: 5, data: { at: i * 5, len: 5, kept: 5 }, local: CLIENT, remote: SERVER }, { address: SERVER })
  for (let i = 0; i < 2; i++) s.call('recvfrom', 1, { value: 5, data: { at: 10 + i * 5, len: 5, kept: 5 }, local: ANY, remote: CLIENT })
  s.call('sendto', 1, { value: 3, data: { at: 20, len: 3, kept: 3 }, local: ANY, remote: CLIENT }, { address: CLIENT })
  return s
}

describe('captured datagrams of the lab', () => {
  it('are those of the calls, in order', () => {
    const s = exchange()
    const rows = s.lab.datagrams.columns.seq.length
    expect(rows).toBe(3)
    const seqs = [s.packet(CLIENT, SERVER, 5, 1000), s.packet(CLIENT, SERVER, 5, 1100), s.packet(SERVER, CLIENT, 3, 1400)]
    for (let row = 0; row < rows; row++) {
      expect(datagramAt(s.lab, row, Infinity)).toMatchObject({ evidence: 'captured', link: 1, interface: 'lo' })
      expect(datagramAt(s.lab, row, seqs[row]! - 1)?.evidence).not.toBe('captured')
      expect(datagramAt(s.lab, row, seqs[row]!)?.evidence).toBe('captured')
    }
  })
  it('are let go where nothing fits: another length, another port, another time', () => {
    const s = exchange()
    s.packet(CLIENT, SERVER, 6, 1000)
    s.packet({ ...CLIENT, port: 4001 }, SERVER, 5, 1000)
    s.packet(CLIENT, SERVER, 5, 60_000_000)
    expect(s.lab.datagrams.frames.size).toBe(0)
    expect(s.lab.datagrams.columns.seq.length).toBe(3)
  })
})
