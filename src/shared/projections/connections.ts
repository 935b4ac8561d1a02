/**
 * Connections: pairs the lab's two ends (and ends that it does not hold) by their addresses, and hands what happens on
 * either end to the inference. AF_UNIX connections have streams and calls but no segments: there are none.
 */
import type { CallId, EndpointEvent, SampleEvent, SockAddr, SockId } from '../trace/events'
import * as acts from '../tcp/acts'
import { gaveUp, opened, opening, promoted, refused } from '../tcp/open'
import { conclude, learn } from '../tcp/settle'
import { other, type Stamp, type Tracker } from '../tcp/tracker'
import { endKey } from '../tcp/tuple'
import { step } from '../tcp/walk'
import type { CallModel, Side, SockModel } from './model'
import { record } from './history'
import { attach, byTuple, create, isOver, judge, listenerFor, trackerOf, type ConnectionTable } from './pairs'
import { addressArg } from './sockets'
import { addRecv, addSend } from './streams'

/** The trace goes on with something that is no look of the kernel: nothing more will explain what waits. */
export function concludeWaiting(table: ConnectionTable, at: Stamp): void {
  if (table.waiting.length === 0) return
  for (const tracker of table.waiting) {
    conclude(tracker, at)
    judge(tracker, at)
  }
  table.waiting.length = 0
}

function settleLater(table: ConnectionTable, tracker: Tracker): void {
  if (tracker.waiting && !table.waiting.includes(tracker)) table.waiting.push(tracker)
}

// ---- calls

/** connect() waits in the kernel: its SYN is out, from the address that it has got. */
export function onBlock(table: ConnectionTable, call: CallModel, index: number): void {
  const block = call.blocks[call.blocks.length - 1]!
  if (call.name !== 'connect' || !block.local || block.why === 'slow' || block.why === 'step') return
  begin(table, call, index, block.local, { seq: block.seq, t: block.t })
}

/** The connection of a connect(), made when its first fact comes. */
function begin(table: ConnectionTable, call: CallModel, index: number, local: SockAddr | undefined, at: Stamp): Tracker | undefined {
  const sock = call.sock === undefined ? undefined : table.sockets.get(call.sock)
  if (!sock || sock.type !== 'stream') return undefined
  const known = trackerOf(table, sock)
  if (known && !isOver(known)) return known
  const target = call.end?.remote ?? addressArg(call)
  if (!target) return undefined
  // accept() may have told of it first
  const met = local && target.family !== 'unix' ? byTuple(table, local, target) : undefined
  const tracker = met && met.connection.a.sock === undefined && !isOver(met) ? met : create(table, at, sock.family, local, target)
  attach(tracker, 'a', sock, at)
  tracker.connection.calls.push({ seq: at.seq, side: 'a', index })
  tracker.connection.listener ??= listenerFor(table, target)
  if (sock.family === 'unix') {
    const queue = table.pending.get(endKey(target))
    if (queue) queue.push(tracker.connection.id)
    else table.pending.set(endKey(target), [tracker.connection.id])
  } else {
    if (tracker.connection.listener !== undefined && tracker.connection.b.states.length === 0) step(tracker, 'b', { cause: 'passive OPEN' }, at)
    if (!call.end || !call.end.errno) opening(tracker, at, call.call)
  }
  return tracker
}

/** A call returned. */
export function onReturn(table: ConnectionTable, call: CallModel, index: number): void {
  const end = call.end!
  const at: Stamp = { seq: end.seq, t: end.t }
  switch (call.name) {
    case 'listen':
      if (!end.errno && call.sock !== undefined) {
        const sock = table.sockets.get(call.sock)
        const local = end.local ?? sock?.local.value[sock.local.value.length - 1]
        if (local) table.listeners.set(call.sock, local)
      }
      return
    case 'connect':
      return connected(table, call, index, at)
    case 'accept':
      return accepted(table, call, index, at)
    default:
  }
  const sock = call.sock === undefined ? undefined : table.sockets.get(call.sock)
  if (call.sock !== undefined && (call.name === 'close' || call.name === 'abort') && !end.errno && !isHeld(sock)) stopListening(table, call.sock, at, call.call)
  const tracker = trackerOf(table, sock)
  if (!sock || !tracker) return
  const side = sock.connection!.side
  tracker.connection.calls.push({ seq: end.seq, side, index })
  const unix = sock.family === 'unix'
  if (end.errno) {
    if (end.errno === 'ECONNRESET' && !unix) wasReset(tracker, side, at, call)
    return
  }
  switch (call.name) {
    case 'send':
    case 'sendto': {
      const len = addSend(tracker.connection, side, call)
      if (!unix) acts.sent(tracker, side, len, at, call.call)
      break
    }
    case 'recv':
    case 'recvfrom': {
      const got = addRecv(tracker.connection, side, call)
      if (got && !unix) acts.received(tracker, side, got.len, got.asked, at, call.call)
      break
    }
    case 'shutdown':
      if (call.args.how !== 'RD' && call.args.how !== 'SHUT_RD') finished(table, tracker, side, false, at, call, unix)
      break
    case 'close':
      if (!isHeld(sock)) finished(table, tracker, side, true, at, call, unix)
      break
    case 'abort':
      if (!unix) acts.aborted(tracker, side, at, call.call)
      break
    default:
  }
  judge(tracker, at)
}

/** Another descriptor of the same socket is still open: the kernel does nothing yet. */
const isHeld = (sock: SockModel | undefined): boolean => (sock?.copies?.open ?? 0) > 0

function wasReset(tracker: Tracker, side: Side, at: Stamp, call: CallModel): void {
  acts.wasReset(tracker, side, at, call.call)
  judge(tracker, at)
}

function finished(table: ConnectionTable, tracker: Tracker, side: Side, whole: boolean, at: Stamp, call: CallModel | undefined, unix: boolean): void {
  if (unix) {
    const state = tracker.connection.outcome
    tracker[side].fin = true
    if (whole && tracker[other(side)].fin && state.value.length === 0) record(state, at.seq, at.t, 'closed')
    return
  }
  acts.finished(tracker, side, whole, at, call?.call)
  settleLater(table, tracker)
}

/** Connections that nobody has accepted end with their listening socket: the kernel resets them (RFC 9293, 3.10.4; Linux: inet_csk_listen_stop). */
function stopListening(table: ConnectionTable, sock: SockId, at: Stamp, call?: CallId): void {
  if (!table.listeners.delete(sock)) return
  for (let i = table.trackers.length - 1, left = MOST_QUEUED; i >= 0 && left > 0; i--, left--) {
    const tracker = table.trackers[i]!
    const { connection, b } = tracker
    if (connection.listener !== sock || b.sock || connection.family === 'unix' || !tracker.opened || isOver(tracker)) continue
    acts.aborted(tracker, 'b', at, call)
    judge(tracker, at)
  }
}

/** Among so many of the latest connections those that wait are looked for: an accept queue has at most 4096 (listen(2)). */
const MOST_QUEUED = 8192

/** The run ended and the lab closed what it had left open. */
export function onExit(table: ConnectionTable, sock: SockModel, at: Stamp): void {
  if (isHeld(sock)) return
  stopListening(table, sock.sock, at)
  const tracker = trackerOf(table, sock)
  if (tracker) finished(table, tracker, sock.connection!.side, true, at, undefined, sock.family === 'unix')
}

function connected(table: ConnectionTable, call: CallModel, index: number, at: Stamp): void {
  const end = call.end!
  const sock = call.sock === undefined ? undefined : table.sockets.get(call.sock)
  if (!sock || sock.type !== 'stream') return
  const before = trackerOf(table, sock)
  const known = before && !isOver(before) ? before : undefined
  if (end.errno) return notConnected(table, call, index, known, at)
  const tracker = known ?? begin(table, call, index, end.local, at)
  if (!tracker || sock.family === 'unix') return
  if (end.local) tracker.connection.a.addr ??= end.local
  opened(tracker, at, !tracker.local && !tracker.b.observed, call.call)
  settleLater(table, tracker)
}

/** Errors with which a connect() fails after it went out to the network; any other is refused by this machine's kernel or the lab. */
const ON_THE_WIRE = new Set(['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET', 'CANCELLED', 'TIMEOUT', 'EINPROGRESS', 'EHOSTDOWN'])

function notConnected(table: ConnectionTable, call: CallModel, index: number, known: Tracker | undefined, at: Stamp): void {
  const { errno, local } = call.end!
  if (!errno || !ON_THE_WIRE.has(errno) || (!known && (errno === 'CANCELLED' || (errno === 'TIMEOUT' && !local)))) return
  const tracker = known ?? begin(table, call, index, local, at)
  if (!tracker || tracker.connection.family === 'unix') return
  const { outcome } = tracker.connection
  switch (errno) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      refused(tracker, at, call.call)
      record(outcome, at.seq, at.t, 'refused')
      break
    case 'ETIMEDOUT':
      gaveUp(tracker, at, call.call)
      record(outcome, at.seq, at.t, 'timed-out')
      break
    case 'CANCELLED':
      record(outcome, at.seq, at.t, 'cancelled')
      break
    case 'TIMEOUT':
    case 'EINPROGRESS':
      // the program waits no longer; the kernel goes on
      opening(tracker, at, call.call)
      break
    default:
      gaveUp(tracker, at, call.call)
      record(outcome, at.seq, at.t, 'unreachable')
  }
}

function accepted(table: ConnectionTable, call: CallModel, index: number, at: Stamp): void {
  const end = call.end!
  const sock = end.sock === undefined ? undefined : table.sockets.get(end.sock)
  if (end.errno || !sock || sock.connection) return
  const { local, remote } = end
  let tracker: Tracker | undefined
  if (sock.family === 'unix') {
    const path = local ?? (call.sock === undefined ? undefined : table.listeners.get(call.sock))
    const id = path ? table.pending.get(endKey(path))?.shift() : undefined
    tracker = id === undefined ? undefined : table.trackers[id]
  } else if (local && remote) {
    const met = byTuple(table, remote, local)
    if (met && met.connection.b.sock === undefined && !met.b.fin) tracker = met
  }
  tracker ??= create(table, at, sock.family, remote, local)
  attach(tracker, 'b', sock, at)
  tracker.connection.listener = call.sock
  tracker.connection.calls.push({ seq: end.seq, side: 'b', index })
  if (sock.family === 'unix') return
  opened(tracker, at, true, call.call)
  promoted(tracker, at)
}

// ---- looks of the kernel

export function onSample(table: ConnectionTable, sock: SockModel, e: SampleEvent): void {
  const tracker = trackerOf(table, sock)
  if (!tracker || sock.family === 'unix') return
  look(table, tracker, sock.connection!.side, e, true)
}

export function onEndpoint(table: ConnectionTable, e: EndpointEvent): void {
  const asA = byTuple(table, e.local, e.remote)
  if (asA) return look(table, asA, 'a', e, false)
  const asB = byTuple(table, e.remote, e.local)
  if (asB) return look(table, asB, 'b', e, false)
  if (e.state !== 'CLOSED' && e.state !== 'LISTEN' && table.early.length < MOST_EARLY) table.early.push(e)
}

/** More than one call can make; a longer list would only come of a broken trace. */
const MOST_EARLY = 16

/**
 * The engine looks at the other end just before connect() and accept() return. After that return, the connection is
 * known; or it is one to a listening socket of ours by a program that is not ours, of which this is the first word.
 */
export function placeEarly(table: ConnectionTable, at: Stamp): void {
  if (table.early.length === 0) return
  for (const e of table.early.splice(0)) {
    const asA = byTuple(table, e.local, e.remote)
    if (asA) look(table, asA, 'a', e, false, at)
    else {
      const known = byTuple(table, e.remote, e.local)
      const listener = known ? undefined : listenerFor(table, e.local)
      if (!known && listener === undefined) continue
      const tracker = known ?? create(table, at, e.local.family, e.remote, e.local)
      tracker.connection.listener ??= listener
      look(table, tracker, 'b', e, false, at)
    }
  }
}

function look(table: ConnectionTable, tracker: Tracker, side: Side, e: SampleEvent | EndpointEvent, held: boolean, at: Stamp = e): void {
  record(tracker.connection[side].facts, at.seq, at.t, e)
  learn(tracker, side, e, at, held)
  settleLater(table, tracker)
  judge(tracker, at)
}
