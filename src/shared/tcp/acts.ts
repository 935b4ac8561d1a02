/** What a program's calls on a connection mean for its segments and states. */
import type { Side } from '../projections/model'
import type { CallId } from '../trace/events'
import { emit } from './emit'
import { opened, promoted } from './open'
import { other, stateOf, type Stamp, type Tracker } from './tracker'
import { step } from './walk'

/** send() took `len` bytes. Without counters each send is taken for one run of segments at once (no kernel tells better). */
export function sent(tracker: Tracker, side: Side, len: number, at: Stamp, call: CallId): void {
  const flow = tracker[side]
  opened(tracker, at, true)
  promoted(tracker, at)
  if (len <= 0) return
  flow.written += len
  if (flow.counted || tracker[other(side)].counted) {
    flow.unsent.push({ seq: at.seq, t: at.t, call, len })
    return
  }
  const mss = flow.facts?.mss ?? len
  emit(tracker, side, at, { flags: 'PSH,ACK', len, count: Math.max(1, Math.ceil(len / Math.max(1, mss))), call })
}

/** recv() gave `len` bytes; none: the peer's FIN has come. */
export function received(tracker: Tracker, side: Side, len: number, asked: number, at: Stamp, call: CallId): void {
  const flow = tracker[side]
  opened(tracker, at, true)
  promoted(tracker, at)
  if (flow.counted) return
  const peer = tracker[other(side)]
  if (len === 0) {
    const state = stateOf(tracker.connection, side)
    if (asked > 0 && !peer.fin && !peer.rst && (state === 'ESTABLISHED' || state === 'FIN_WAIT_1' || state === 'FIN_WAIT_2')) {
      emit(tracker, other(side), at, { flags: 'FIN,ACK' })
      emit(tracker, side, at, { flags: 'ACK' })
    }
    return
  }
  // bytes of a peer that the lab does not hold: they came, in how many segments is not known
  if (!peer.sock) emit(tracker, other(side), at, { flags: 'PSH,ACK', len, call })
}

/**
 * shutdown(SHUT_WR) or close(): a FIN will follow all bytes written. Or, where bytes wait unread, a RST (RFC 2525, 2.17;
 * Linux does so). `whole`: close(), both directions. What it came to, the next look says; else `conclude`.
 */
export function finished(tracker: Tracker, side: Side, whole: boolean, at: Stamp, call?: CallId): void {
  const flow = tracker[side]
  flow.wantsFin = flow.wantsFin ? { ...flow.wantsFin, whole: flow.wantsFin.whole || whole } : { seq: at.seq, t: at.t, call, whole }
  const state = stateOf(tracker.connection, side)
  if (state === 'SYN_SENT' && whole) step(tracker, side, { cause: 'CLOSE' }, at, 'inferred', call)
  else tracker.waiting = true
}

/** SO_LINGER 0 and close(): a RST goes out from any state that has a peer (RFC 9293, 3.10.5; Linux: not from SYN_SENT). */
export function aborted(tracker: Tracker, side: Side, at: Stamp, call?: CallId): void {
  const state = stateOf(tracker.connection, side)
  if (state === 'SYN_SENT') step(tracker, side, { cause: 'ABORT' }, at, 'inferred', call)
  else if (state !== 'CLOSED' && state !== 'TIME_WAIT' && state !== 'LISTEN') emit(tracker, side, at, { flags: 'RST,ACK', call })
}

/** A call failed with ECONNRESET: a RST has come. */
export function wasReset(tracker: Tracker, side: Side, at: Stamp, call?: CallId): void {
  const state = stateOf(tracker.connection, side)
  const peer = other(side)
  if (state === 'CLOSED' || state === 'LISTEN' || tracker[peer].rst || tracker[side].counted) return
  emit(tracker, peer, at, { flags: tracker[peer].fin ? 'RST' : 'RST,ACK', call })
}

