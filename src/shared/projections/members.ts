/**
 * Who was a member of which group, and what was said in it: an index over the calls, kept up as they come. One row is one
 * datagram, with everybody in the lab who heard it; a program outside the lab is known only by what it said.
 *
 * A thread makes one call at a time, so each thread's calls are final up to its last one: the index goes on from there.
 */
import type { ByteRef, Plain, RunId, SockAddr, SockId } from '../trace/events'
import { countAt, valueAt } from './history'
import type { CallModel, Cursor, LabState, SockModel } from './model'

/** One member that heard a datagram. `call` is an index into CallsState.list; `interface` the one it came in by. */
export interface Heard {
  seq: number
  t: number
  run: RunId
  call: number
  interface?: number
}

/** A datagram to the group. `run` and `call` are absent where a program outside the lab sent it. */
export interface Said {
  seq: number
  t: number
  run?: RunId
  call?: number
  from?: SockAddr
  to?: SockAddr
  data?: ByteRef
  errno?: string
  heard: Heard[]
}

/** A member joined or left, or tried to. */
export interface Joining {
  seq: number
  t: number
  call: number
  what: 'join' | 'leave'
  group: string
  interface: number
  errno?: string
}

export interface Member {
  run: RunId
  sock?: SockId
  joinings: Joining[]
}

export interface MembersIndex {
  programs: ReadonlySet<string>
  members: Map<RunId, Member>
  /** in order of seq */
  said: Said[]
  /** next call of each thread to look at */
  next: Map<number, number>
  /** row of LabState.datagrams -> the said datagram */
  byRow: Map<number, Said>
}

/** Programs whose datagrams are followed: members of groups, or senders and receivers of broadcasts. */
export const newMembers = (programs: readonly string[]): MembersIndex =>
  ({ programs: new Set(programs), members: new Map(), said: [], next: new Map(), byRow: new Map() })

/** Microseconds within which members here receive a datagram that another program sent once. */
const TOGETHER = 2_000_000
/** Datagrams from outside that may still be heard by one more member here. */
const OPEN = 64

const JOINS: Readonly<Record<string, Joining['what']>> = {
  IP_ADD_MEMBERSHIP: 'join', IPV6_JOIN_GROUP: 'join', IP_DROP_MEMBERSHIP: 'leave', IPV6_LEAVE_GROUP: 'leave',
}

/**
 * Takes in what the lab has learnt since the last time. `rowOf` gives the row of the datagram that a call sent or received
 * (-1: none), by which a receive finds its send.
 */
export function updateMembers(index: MembersIndex, lab: Pick<LabState, 'calls'>, rowOf: (call: number) => number): void {
  const { calls } = lab
  const news: number[] = []
  for (const run of calls.runs.values()) {
    if (!index.programs.has(run.program)) continue
    if (!index.members.has(run.run)) index.members.set(run.run, { run: run.run, joinings: [] })
    for (const thread of run.threads) {
      const own = calls.threads.get(thread)?.calls ?? []
      let at = index.next.get(thread) ?? 0
      for (; at < own.length; at++) {
        const call = calls.list[own[at]!]
        if (!call?.end) break
        news.push(own[at]!)
      }
      index.next.set(thread, at)
    }
  }
  news.sort((x, y) => calls.list[x]!.end!.seq - calls.list[y]!.end!.seq)
  for (const call of news) take(index, calls.list[call]!, call, rowOf)
}

function take(index: MembersIndex, call: CallModel, at: number, rowOf: (call: number) => number): void {
  const end = call.end!
  const member = index.members.get(call.run)!
  switch (call.name) {
    case 'socket':
      if (end.sock !== undefined && call.args.type === 'dgram') member.sock = end.sock
      return
    case 'setsockopt': {
      const what = JOINS[String(call.args.option)]
      const value = membership(call.args.value)
      if (what && value) member.joinings.push({ seq: end.seq, t: end.t, call: at, what, ...value, ...(end.errno === undefined ? {} : { errno: end.errno }) })
      return
    }
    case 'sendto':
      return sent(index, call, at, rowOf(at))
    case 'recvfrom':
      if (end.errno === undefined) heard(index, call, at, rowOf(at))
      return
    default:
  }
}

function membership(value: Plain | undefined): { group: string; interface: number } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !('group' in value)) return undefined
  return typeof value.group === 'string' && typeof value.interface === 'number' ? { group: value.group, interface: value.interface } : undefined
}

function sent(index: MembersIndex, call: CallModel, at: number, row: number): void {
  const end = call.end!
  // what the lab itself took back was never said
  if (end.errno === 'CANCELLED') return
  const said: Said = { seq: end.seq, t: end.t, run: call.run, call: at, heard: [] }
  const to = (end.remote ?? call.args.address) as SockAddr | undefined
  if (end.local) said.from = end.local
  if (to) said.to = to
  if (end.data) said.data = end.data
  if (end.errno !== undefined) said.errno = end.errno
  index.said.push(said)
  if (row >= 0) index.byRow.set(row, said)
}

function heard(index: MembersIndex, call: CallModel, at: number, row: number): void {
  const end = call.end!
  const one: Heard = { seq: end.seq, t: end.t, run: call.run, call: at, ...(end.interface === undefined ? {} : { interface: end.interface }) }
  const known = index.byRow.get(row) ?? fromOutside(index, call)
  if (known) {
    known.heard.push(one)
    return
  }
  const said: Said = { seq: end.seq, t: end.t, heard: [one] }
  if (end.remote) said.from = end.remote
  if (end.data) said.data = end.data
  index.said.push(said)
  if (row >= 0) index.byRow.set(row, said)
}

/** A datagram of another program that this member has not heard yet, and others here heard just now. */
function fromOutside(index: MembersIndex, call: CallModel): Said | undefined {
  const end = call.end!
  for (let i = index.said.length - 1; i >= 0 && i >= index.said.length - OPEN; i--) {
    const said = index.said[i]!
    if (end.t - said.t > TOGETHER) return undefined
    if (said.run !== undefined || said.data?.len !== end.data?.len || !sameAddr(said.from, end.remote)) continue
    if (!said.heard.some((one) => one.run === call.run)) return said
  }
  return undefined
}

function sameAddr(a: SockAddr | undefined, b: SockAddr | undefined): boolean {
  return a !== undefined && b !== undefined && a.family !== 'unix' && b.family !== 'unix' && a.family === b.family && a.host === b.host && a.port === b.port
}

// ---- at the cursor

/** How many datagrams had been said. */
export const saidCount = (index: MembersIndex, cursor: Cursor): number => countAt(index.said, cursor)

/** Who had heard it by then. */
export const heardAt = (said: Said, cursor: Cursor): readonly Heard[] => said.heard.filter((one) => one.seq <= cursor)

export interface MembershipAt {
  group: string
  interface: number
  joined: boolean
  errno?: string
}

/** What the member had joined, or left last; undefined before its first try. */
export function membershipAt(member: Member, cursor: Cursor): MembershipAt | undefined {
  const n = countAt(member.joinings, cursor)
  const last = member.joinings[n - 1]
  if (!last) return undefined
  const { group, interface: on, errno } = last
  // a leave that failed leaves it joined
  return { group, interface: on, joined: errno === undefined ? last.what === 'join' : last.what === 'leave', ...(errno === undefined ? {} : { errno }) }
}

export interface SenderOptions {
  /** the interface's index; 0: the kernel chooses */
  interface: number
  ttl: number
  loopback: boolean
  broadcast: boolean
}

/** The socket's options for sending, as set by then; what was never set has the kernel's default (ip(7), ipv6(7)). */
export function senderOptions(sock: SockModel | undefined, cursor: Cursor): SenderOptions {
  const out: SenderOptions = { interface: 0, ttl: 1, loopback: true, broadcast: false }
  const { seq = [], value = [] } = sock?.options ?? {}
  for (let i = 0; i < seq.length && seq[i]! <= cursor; i++) {
    const option = value[i]!
    switch (option.name) {
      case 'IP_MULTICAST_IF': case 'IPV6_MULTICAST_IF': out.interface = option.value; break
      case 'IP_MULTICAST_TTL': case 'IPV6_MULTICAST_HOPS': out.ttl = option.value < 0 ? 1 : option.value; break
      case 'IP_MULTICAST_LOOP': case 'IPV6_MULTICAST_LOOP': out.loopback = option.value !== 0; break
      case 'SO_BROADCAST': out.broadcast = option.value !== 0; break
      default:
    }
  }
  return out
}

/** The address that the member's socket had; undefined before bind(). */
export const localAt = (sock: SockModel | undefined, cursor: Cursor): SockAddr | undefined => (sock ? valueAt(sock.local, cursor) : undefined)
