import { describe, expect, it } from 'vitest'
import { createLab, fold } from '../../../../src/shared/projections'
import { datagramOfCall } from '../../../../src/shared/projections/flows'
import { heardAt, membershipAt, newMembers, saidCount, senderOptions, updateMembers, type MembersIndex } from '../../../../src/shared/projections/members'
import type { LabState } from '../../../../src/shared/projections/model'
import type { Plain, SockAddr, SyscallName, TraceEvent, Unstamped } from '../../../../src/shared/trace/events'

const GROUP: SockAddr = { family: 'inet6', host: 'ff12::1', port: 5007, scope: 2 }
/** as members here are heard: from the port of the group */
const PORT: SockAddr = { family: 'inet6', host: 'fe80::1', port: 5007, scope: 2 }
const PEER: SockAddr = { family: 'inet6', host: 'fe80::9', port: 4000, scope: 2 }

/** A trace written call by call, folded into a lab; the index may be brought up to date at any point. */
class Script {
  readonly lab: LabState = createLab()
  readonly events: TraceEvent[] = []
  private calls = 0
  add(event: Unstamped): void {
    const stamped = { ...event, seq: this.events.length, t: this.events.length * 1000 } as TraceEvent
    this.events.push(stamped)
    fold(this.lab, stamped)
  }
  member(run: number): void {
    this.add({ k: 'run', run, program: 'multicast-member', params: { name: `m${run}` } })
    for (const [n, name] of ['main', 'receive'].entries()) this.add({ k: 'thread', run, thread: run * 10 + n, name, func: 'f' })
    this.call(run * 10, 'socket', undefined, { family: 'inet6', type: 'dgram' }, { value: 3, sock: run, fd: 3 })
    this.call(run * 10, 'bind', run, {}, { value: null, local: { family: 'inet6', host: '::', port: 5007 } })
  }
  call(thread: number, name: SyscallName, sock: number | undefined, args: Record<string, Plain>, end?: object): number {
    const call = ++this.calls
    this.add({ k: 'call', call, thread, name, ...(sock === undefined ? {} : { sock, fd: 3 }), args })
    if (end) this.ret(call, end)
    return call
  }
  ret(call: number, end: object): void {
    this.add({ k: 'ret', call, value: null, ...end } as Unstamped)
  }
  join(run: number, what: 'IPV6_JOIN_GROUP' | 'IPV6_LEAVE_GROUP', end: object = {}): void {
    this.call(run * 10, 'setsockopt', run, { level: 'IPPROTO_IPV6', option: what, value: { group: 'ff12::1', interface: 2 } }, end)
  }
  say(run: number, at: number, len = 5, end: object = {}): void {
    this.call(run * 10, 'sendto', run, { len, address: { ...GROUP } }, { value: len, data: { at, len, kept: len }, local: { family: 'inet6', host: '::', port: 5007 }, remote: GROUP, ...end })
  }
  hear(run: number, at: number, from: SockAddr, len = 5): void {
    this.call(run * 10 + 1, 'recvfrom', run, { len: 65_535 }, { value: len, data: { at, len, kept: len }, remote: from, interface: 2 })
  }
}
const indexed = (script: Script, index = newMembers(['multicast-member'])): MembersIndex => {
  updateMembers(index, script.lab, (call) => datagramOfCall(script.lab.datagrams, call))
  return index
}

describe('membership', () => {
  it('is what the calls made of it, at each moment', () => {
    const s = new Script()
    s.member(1)
    const before = s.events.length - 1
    s.join(1, 'IPV6_JOIN_GROUP')
    const joined = s.events.length - 1
    s.join(1, 'IPV6_LEAVE_GROUP', { errno: 'EADDRNOTAVAIL' })
    const failed = s.events.length - 1
    s.join(1, 'IPV6_LEAVE_GROUP')
    const member = indexed(s).members.get(1)!
    expect(membershipAt(member, before)).toBeUndefined()
    expect(membershipAt(member, joined)).toEqual({ group: 'ff12::1', interface: 2, joined: true })
    expect(membershipAt(member, failed)).toMatchObject({ joined: true, errno: 'EADDRNOTAVAIL' })
    expect(membershipAt(member, Infinity)).toMatchObject({ joined: false })
  })
  it('a join that failed joined nothing', () => {
    const s = new Script()
    s.member(1)
    s.join(1, 'IPV6_JOIN_GROUP', { errno: 'ENODEV' })
    expect(membershipAt(indexed(s).members.get(1)!, Infinity)).toMatchObject({ joined: false, errno: 'ENODEV' })
  })
})

describe('what was said', () => {
  it('a datagram of a program outside is one row for all who hear it, another one is another row', () => {
    const s = new Script()
    for (const run of [1, 2]) s.member(run)
    s.hear(1, 0, PEER)
    s.hear(2, 5, PEER)
    s.hear(1, 10, PEER)
    const { said } = indexed(s)
    expect(said.map((one) => [one.run, one.from, one.heard.map((ear) => [ear.run, ear.interface])])).toEqual([
      [undefined, PEER, [[1, 2], [2, 2]]], [undefined, PEER, [[1, 2]]]])
  })
  it('a member hears nothing of what was said before it came, nor of the other IP version', () => {
    const s = new Script()
    s.member(1)
    s.say(1, 0)
    s.member(2)
    s.say(1, 10)
    s.hear(2, 15, PORT)
    s.hear(2, 20, { family: 'inet6', host: '::ffff:192.0.2.2', port: 5007 })
    const { said } = indexed(s)
    expect(said.map((one) => [one.run, one.heard.map((ear) => ear.run)])).toEqual([[1, []], [1, [2]], [undefined, [2]]])
  })
  it('a receive that had to wait got what was said since, not what never came', () => {
    const s = new Script()
    for (const run of [1, 2]) s.member(run)
    s.say(1, 0)
    const waiting = s.call(21, 'recvfrom', 2, { len: 65_535 })
    s.add({ k: 'block', call: waiting, why: 'readable' })
    s.say(1, 10)
    s.ret(waiting, { value: 5, data: { at: 15, len: 5, kept: 5 }, remote: PORT })
    // read without a wait: whatever came first
    s.say(1, 20)
    s.say(1, 30)
    s.hear(2, 35, PORT)
    expect(indexed(s).said.map((one) => one.heard.length)).toEqual([1, 1, 0, 0])
  })
  it('a send that failed is there with its error, one that was taken back is not', () => {
    const s = new Script()
    s.member(1)
    s.say(1, 0, 5, { errno: 'ENETUNREACH', data: undefined, remote: undefined })
    s.say(1, 0, 5, { errno: 'CANCELLED', data: undefined, remote: undefined })
    expect(indexed(s).said.map((one) => [one.run, one.errno, one.to])).toEqual([[1, 'ENETUNREACH', GROUP]])
  })
  it('is the same whether it was indexed event by event or at once, and at a cursor as in a shorter trace', () => {
    const s = new Script()
    const stepwise = newMembers(['multicast-member'])
    const step = () => indexed(s, stepwise)
    for (const run of [1, 2, 3]) { s.member(run); step() }
    s.say(1, 0); step()
    s.hear(2, 5, PEER); step()
    s.hear(3, 10, PEER); step()
    const cut = s.events.length - 1
    s.say(3, 20); step()
    const waiting = s.call(21, 'recvfrom', 2, { len: 65_535 }); step()
    s.say(2, 30); step()
    s.ret(waiting, { value: 5, data: { at: 40, len: 5, kept: 5 }, remote: PEER }); step()
    const once = indexed(s)
    const plain = (index: MembersIndex) => index.said.map((one) => ({ ...one }))
    expect(plain(stepwise)).toEqual(plain(once))
    expect(once.said.every((one, i) => i === 0 || one.seq >= once.said[i - 1]!.seq)).toBe(true)
    expect(saidCount(once, cut)).toBe(2)
    expect(heardAt(once.said[1]!, cut).map((ear) => ear.run)).toEqual([2, 3])
  })
  it('other programs are not followed', () => {
    const s = new Script()
    s.member(1)
    s.say(1, 0)
    expect(indexed(s, newMembers(['udp-broadcast'])).said).toEqual([])
  })
})

it('the options for sending are those set by then, else the kernel\'s defaults', () => {
  const s = new Script()
  s.member(1)
  const option = (name: string, value: number) => s.call(10, 'setsockopt', 1, { level: 'IPPROTO_IPV6', option: name, value }, {})
  option('IPV6_MULTICAST_IF', 2)
  const at = s.events.length - 1
  option('IPV6_MULTICAST_HOPS', 7)
  option('IPV6_MULTICAST_LOOP', 0)
  option('SO_BROADCAST', 1)
  const sock = s.lab.sockets.get(1)
  expect(senderOptions(sock, at)).toEqual({ interface: 2, ttl: 1, loopback: true, broadcast: false })
  expect(senderOptions(sock, Infinity)).toEqual({ interface: 2, ttl: 7, loopback: false, broadcast: true })
  expect(senderOptions(undefined, Infinity)).toEqual({ interface: 0, ttl: 1, loopback: true, broadcast: false })
})
