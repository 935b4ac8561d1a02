/**
 * From the kernel's counters to segments. TCP_INFO counts every segment of both directions exactly (segsOut and segsIn,
 * those with payload apart) but does not say in which order they passed nor which flags they had: the order follows
 * from the calls between two looks, the flags from the states on either side of them.
 */
import type { Side } from '../projections/model'
import type { TcpFacts, TcpState } from '../trace/events'
import { emit, lastOf, revise } from './emit'
import { opened, promoted, refused } from './open'
import { pathBetween, type PathHint } from './states'
import { other, stateOf, type Flow, type Stamp, type Tracker } from './tracker'
import { confirm, step, walkTo } from './walk'
import { drawBatch, type Batch, type Sent } from './batch'

const PAST_FIN: ReadonlySet<TcpState> = new Set(['CLOSE_WAIT', 'LAST_ACK', 'CLOSING', 'TIME_WAIT'])
const FIN_ACKED: ReadonlySet<TcpState> = new Set(['FIN_WAIT_2', 'TIME_WAIT'])
const FIN_OWED: ReadonlySet<TcpState> = new Set(['FIN_WAIT_1', 'LAST_ACK', 'CLOSING'])

/** The kernel said something of one end. `held`: through a descriptor; else from its table. */
export function learn(tracker: Tracker, side: Side, facts: TcpFacts, at: Stamp, held: boolean): void {
  const flow = tracker[side]
  flow.facts = facts
  flow.observed = true
  flow.held = held
  if (facts.segsOut !== undefined) {
    // older kernels do not count the SYN and the ACK of which the passive end was born
    if (!flow.counted && side === 'b') flow.inBase = Math.max(0, 2 - ((facts.segsIn ?? 0) - (facts.dataSegsIn ?? 0)))
    flow.counted = facts
  }
  settle(tracker, side, at, false)
}

/** The trace went on to something else: what was waited for will not come. */
export function conclude(tracker: Tracker, at: Stamp): void {
  if (!tracker.waiting) return
  tracker.waiting = false
  promoted(tracker, at)
  for (const side of ['a', 'b'] as const) {
    if (tracker[side].counted) {
      settle(tracker, side, at, true)
      break
    }
  }
  for (const side of ['a', 'b'] as const) finish(tracker, side, at)
}

function settle(tracker: Tracker, side: Side, at: Stamp, forced: boolean): void {
  const flow = tracker[side]
  const facts = flow.facts!
  const peer = other(side)
  if (!openFrom(tracker, side, facts, at)) return
  const batch = tally(tracker, facts, forced)
  if (!forced && mustWait(tracker, side, batch)) {
    tracker.waiting = true
    return
  }
  if (batch) drawBatch(tracker, batch, at, side)
  tracker.settled = at.seq
  if (forced) return
  arrive(tracker, side, facts, at, flow.held)
  if (tracker.waiting && !tracker.promote && !tracker[peer].wantsFin?.whole && !flow.wantsFin?.whole) tracker.waiting = false
}

/** Draws the handshake where the facts show that it is over. False while nothing but it can be going on. */
function openFrom(tracker: Tracker, side: Side, facts: TcpFacts, at: Stamp): boolean {
  if (tracker.opened) {
    // the kernel has it, and keeps it in SYN_RCVD: only the kernel ends that
    if (side === 'b' && facts.state === 'SYN_RCVD') tracker.promote = false
    if (side === 'b' && tracker.promote && facts.state !== 'SYN_RCVD' && facts.state !== 'CLOSED') promoted(tracker, at)
    return true
  }
  const { state } = facts
  if (side === 'a') {
    if (state === 'SYN_SENT') {
      retriedSyn(tracker, facts, at)
      confirmOr(tracker, side, state, at)
      return false
    }
    if (state === 'CLOSED') {
      // a RST came in answer to the SYN: the only segment that ever arrived
      if (facts.segsIn === 1 && stateOf(tracker.connection, 'a') === 'SYN_SENT') refused(tracker, at)
      return false
    }
    opened(tracker, at, !tracker.b.observed && !tracker.local)
    return true
  }
  if (state === 'CLOSED' || state === 'LISTEN') return false
  opened(tracker, at, state !== 'SYN_RCVD')
  return true
}

function retriedSyn(tracker: Tracker, facts: TcpFacts, at: Stamp): void {
  const again = (facts.retrans ?? 0) - tracker.a.retrans
  for (let i = 0; i < again && i < 16; i++) {
    revise(lastOf(tracker, 'a', 'SYN'), 'lost', at)
    emit(tracker, 'a', at, { flags: 'SYN', fate: 'unknown', retransmission: true, evidence: 'kernel' })
  }
  if (again > 0) tracker.a.retrans = facts.retrans ?? 0
}

const confirmOr = (tracker: Tracker, side: Side, state: TcpState, at: Stamp): void => {
  if (stateOf(tracker.connection, side) === state) confirm(tracker, side, at)
  else walkTo(tracker, side, state, at, 'kernel', 'orderly')
}

/**
 * Another program's end runs while the kernel is asked about it, so that its row of the table may be a step ahead of its
 * own state and of our end: a FIN would pass for an ACK. Our own end counts both directions without such a race.
 */
const ownOnly = (flow: Flow, peer: Flow): boolean => peer.sock === undefined && flow.held && flow.counted !== undefined

/** How many segments a side has sent: the most that either end counted. */
function segsOf(mine: Flow, peer: Flow): number {
  const out = mine.counted && !ownOnly(peer, mine) ? mine.counted.segsOut! + mine.outBase : 0
  const into = peer.counted && !ownOnly(mine, peer) ? (peer.counted.segsIn ?? 0) + peer.inBase : 0
  return out > into ? out : into
}

/** How many of them had payload. */
function dataSegsOf(mine: Flow, peer: Flow): number {
  const out = (!ownOnly(peer, mine) && mine.counted?.dataSegsOut) || 0
  const into = (!ownOnly(mine, peer) && peer.counted?.dataSegsIn) || 0
  return out > into ? out : into
}

/** Payload bytes of a side that have certainly left: acknowledged, or received at the other end. */
function bytesOut(tracker: Tracker, side: Side): number {
  const flow = tracker[side]
  const own = flow.counted
  const peer = tracker[other(side)].counted
  const visible = flow.sock !== undefined || flow.written > 0
  const limit = visible ? flow.written : Infinity
  // Linux counts the SYN of an active open and a FIN as one byte each (tcp_info.tcpi_bytes_acked, tcpi_bytes_received)
  const acked = own?.bytesAcked === undefined ? 0 : own.bytesAcked - (side === 'a' ? 1 : 0)
  let received = peer?.bytesReceived ?? 0
  if (!visible && peer && received > 0 && PAST_FIN.has(peer.state)) received -= 1
  let all = Math.max(acked, received)
  if (own && own.sendq === 0 && visible) all = Math.max(all, flow.written)
  return Math.max(flow.bytes, Math.min(all, limit))
}

/** What passed since the last look; undefined where no counter tells, or nothing did. */
function tally(tracker: Tracker, facts: TcpFacts, forced: boolean): Batch | undefined {
  const { a, b } = tracker
  if (!a.counted && !b.counted) return undefined
  const segsA = segsOf(a, b)
  const segsB = segsOf(b, a)
  // most looks find nothing new: they must cost nothing
  if (segsA <= a.segs && segsB <= b.segs && facts.state !== 'CLOSED') return undefined
  const batch: Batch = {
    a: passed(tracker, 'a', segsA, dataSegsOf(a, b), forced),
    b: passed(tracker, 'b', segsB, dataSegsOf(b, a), forced),
  }
  for (const s of ['a', 'b'] as const) batch[s].fin = finLeft(tracker, s, batch[s])
  for (const s of ['a', 'b'] as const) batch[other(s)].rst = gotReset(tracker, s, batch)
  return batch
}

function passed(tracker: Tracker, side: Side, segsNow: number, dataNow: number, forced: boolean): Sent {
  const flow = tracker[side]
  const data = Math.max(0, dataNow - flow.dataSegs)
  const segs = Math.max(data, segsNow - flow.segs)
  const retrans = Math.max(0, (flow.counted?.retrans ?? 0) - flow.retrans)
  flow.retrans += retrans
  const bytes = Math.max(bytesOut(tracker, side), guessOut(tracker, side, data, forced)) - flow.bytes
  return { data, plain: segs - data, bytes, retrans, fin: false, rst: false }
}

/**
 * Where nothing says how many bytes have left (the peer is on another machine and has not acknowledged them, or was not
 * looked at, or a RST ended it all): as many send() calls as there were segments.
 */
function guessOut(tracker: Tracker, side: Side, data: number, forced: boolean): number {
  const flow = tracker[side]
  if (data === 0) return 0
  if (tracker[other(side)].counted && flow.facts?.state !== 'CLOSED' && !(forced && data >= flow.unsent.length)) return 0
  let bytes = flow.bytes
  for (let i = 0; i < flow.unsent.length && i < data; i++) bytes += flow.unsent[i]!.len
  return bytes
}

/** Whether a FIN of this side is among the segments of the batch. */
function finLeft(tracker: Tracker, side: Side, flow: Sent): boolean {
  const mine = tracker[side]
  if (mine.fin || mine.rst) return false
  const peer = tracker[other(side)]
  if (peer.facts && PAST_FIN.has(peer.facts.state)) return true
  // a descriptor that is still open says CLOSED where the kernel keeps the end in TIME_WAIT: the FIN's byte was counted
  if (peer.facts?.state === 'CLOSED' && peer.counted && peer.counted === peer.facts && mine.written > 0
    && peer.counted.bytesReceived === mine.written + 1) return true
  if (peer.facts?.state === 'CLOSED' && peer.counted === peer.facts && mine.written === 0 && mine.wantsFin !== undefined
    && peer.counted?.bytesReceived === 1) return true
  const { facts } = mine
  if (!facts) return false
  if (FIN_ACKED.has(facts.state)) return true
  if (finAcked(tracker, side, flow)) return true
  // every byte before it has left: so has it, unless the window is closed, and then nothing else was sent either
  return FIN_OWED.has(facts.state) && mine.wantsFin !== undefined && flow.plain > 0 && mine.bytes + flow.bytes >= mine.written
}

/**
 * shutdown() after the peer's FIN: by the time of the look the FIN is acknowledged, and the descriptor, which is still
 * open, says CLOSED (RFC 9293, 3.10.7.4, LAST-ACK). After a reset shutdown() would have failed.
 */
function finAcked(tracker: Tracker, side: Side, flow: Sent): boolean {
  const mine = tracker[side]
  return mine.held && mine.facts?.state === 'CLOSED' && mine.wantsFin?.whole === false && flow.plain > 0
    && mine.bytes + flow.bytes >= mine.written && stateOf(tracker.connection, side) === 'CLOSE_WAIT'
}

/** The descriptor says CLOSED, and no FIN explains it: the last segment that came in was a RST. */
function gotReset(tracker: Tracker, side: Side, batch: Batch): boolean {
  const { held, facts } = tracker[side]
  if (!held || facts?.state !== 'CLOSED' || tracker[other(side)].rst) return false
  const state = stateOf(tracker.connection, side)
  if (state === 'CLOSED' || state === 'TIME_WAIT' || state === 'LISTEN') return false
  const peer = tracker[other(side)]
  if (batch[side].fin && peer.fin) return false
  return !(batch[other(side)].fin || (peer.fin && state === 'LAST_ACK'))
    && !(peer.fin && (state === 'CLOSING' || tracker[side].sawFin && state === 'FIN_WAIT_1'))
}

/** Part of what was written is in the queue, and only the other end's count tells how much of it has left. */
function mustWait(tracker: Tracker, side: Side, batch: Batch | undefined): boolean {
  if (!batch) return false
  const peer = other(side)
  if (!tracker[peer].counted || !tracker[peer].observed) return false
  const facts = tracker[side].facts!
  if (facts.state === 'CLOSED') return false
  return batch[side].data > 0 && (facts.sendq ?? 0) > 0 && facts.segsOut !== undefined && tracker[peer].counted!.dataSegsIn !== facts.dataSegsOut
}

/** The end is in the state that the kernel says: walk there, drawing the segments that must have passed on the way. */
function arrive(tracker: Tracker, side: Side, facts: TcpFacts, at: Stamp, held: boolean): void {
  const flow = tracker[side]
  const peer = other(side)
  const now = stateOf(tracker.connection, side)
  let target = facts.state
  if (now === 'CLOSED' && target !== 'CLOSED') return
  // an open descriptor's last word is CLOSED also where the end goes on in TIME_WAIT
  if (target === 'CLOSED' && held && flow.fin && flow.sawFin && !tracker[peer].rst && now !== 'LAST_ACK') target = 'TIME_WAIT'
  if (now === target) {
    confirm(tracker, side, at)
    return
  }
  if (now === 'LISTEN' && target === 'CLOSED') return
  const path = pathBetween(now, target, hintOf(tracker, side, now, target, held))
  if (!path) return
  for (let guard = 0; guard < 8 && stateOf(tracker.connection, side) !== target; guard++) {
    const from = stateOf(tracker.connection, side)
    const edge = pathBetween(from, target, hintOf(tracker, side, from, target, held))?.[0]
    if (!edge) return
    if (edge.rcv === 'FIN,ACK' && ackWasDue(tracker, side, at)) emit(tracker, peer, at, { flags: 'ACK' })
    else if (edge.rcv === 'ACK') emit(tracker, peer, at, { flags: 'ACK' })
    else if (edge.rcv === 'FIN' || edge.rcv === 'FIN,ACK') {
      if (edge.rcv === 'FIN,ACK') tracker[peer].sawFin = true
      emitFin(tracker, peer, at)
      // an end that nobody accepted may delay its ACK (RFC 9293, 3.8.6.3) and be reset before: its row's count says that none left
      const silent = !flow.sock && facts.segsOut !== undefined && facts.segsOut + flow.outBase <= flow.segs
      if ((!held || !flow.counted) && !silent) emit(tracker, side, at, { flags: 'ACK' })
    } else if (edge.rcv === 'RST') emit(tracker, peer, at, { flags: tracker[peer].fin ? 'RST' : 'RST,ACK' })
    else if (edge.snd === 'FIN' && edge.to === target) {
      // the FIN may still stand behind bytes that the window holds back
      step(tracker, side, { cause: 'CLOSE' }, at, 'kernel', flow.wantsFin?.call)
    } else if (edge.snd === 'FIN') emitFin(tracker, side, at)
    else if (edge.snd === 'RST') emit(tracker, side, at, { flags: 'RST,ACK', call: flow.wantsFin?.call })
    else step(tracker, side, { cause: edge.cause }, at, edge.to === target ? 'kernel' : 'inferred')
    if (stateOf(tracker.connection, side) === from) return
  }
  if (stateOf(tracker.connection, side) === target) confirm(tracker, side, at)
  if (FIN_ACKED.has(target) && !flow.fin) emitFin(tracker, side, at)
}

/** Linux answers a FIN within 40 ms (TCP_DELACK_MIN), so a later FIN of the peer came after an ACK of its own. */
const DELAYED_ACK_US = 40_000

function ackWasDue(tracker: Tracker, side: Side, at: Stamp): boolean {
  const fin = lastOf(tracker, side, 'FIN,ACK')
  const peer = tracker[other(side)]
  return fin !== undefined && (peer.wantsFin?.t ?? at.t) - fin.t > DELAYED_ACK_US
}

function emitFin(tracker: Tracker, side: Side, at: Stamp): void {
  if (!tracker[side].fin) emit(tracker, side, at, { flags: 'FIN,ACK', t: tracker[side].wantsFin?.t, call: tracker[side].wantsFin?.call })
}

function hintOf(tracker: Tracker, side: Side, now: TcpState, target: TcpState, held: boolean): PathHint {
  if (target !== 'CLOSED') return 'orderly'
  const flow = tracker[side]
  const peer = tracker[other(side)]
  if (now === 'TIME_WAIT' || now === 'LAST_ACK') return 'orderly'
  if (now === 'CLOSE_WAIT' && flow.wantsFin && !(flow.wantsFin.whole && unread(flow))) return 'orderly'
  if (now === 'SYN_SENT') return peer.rst ? 'reset' : 'orderly'
  if (now === 'FIN_WAIT_1' || now === 'FIN_WAIT_2' || now === 'CLOSING') return peer.rst || held ? 'reset' : 'timeout'
  if (flow.wantsFin?.whole) return 'abort'
  return 'reset'
}

export const unread = (flow: Flow): boolean => (flow.counted?.recvq ?? flow.facts?.recvq ?? 0) > 0

/** A close that no look has explained: what RFC 9293 (and RFC 2525, 2.17 for unread bytes) makes of it. */
function finish(tracker: Tracker, side: Side, at: Stamp): void {
  const flow = tracker[side]
  const want = flow.wantsFin
  if (!want || flow.fin || flow.rst) return
  const state = stateOf(tracker.connection, side)
  const observed = flow.facts !== undefined && flow.facts === flow.counted && FIN_OWED.has(flow.facts.state)
  if (observed) return
  if (state === 'ESTABLISHED' || state === 'CLOSE_WAIT' || state === 'SYN_RCVD') {
    if (want.whole && unread(flow)) emit(tracker, side, at, { flags: 'RST,ACK', t: want.t, call: want.call })
    else emit(tracker, side, at, { flags: 'FIN,ACK', t: want.t, call: want.call })
  }
}
