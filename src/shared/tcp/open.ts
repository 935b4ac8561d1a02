/** How a connection opens, or does not: from connect(), accept() and their results (RFC 9293, section 3.5). */
import type { CallId } from '../trace/events'
import { emit, lastOf, revise } from './emit'
import { stateOf, type Stamp, type Tracker } from './tracker'
import { step, walkTo } from './walk'

/** connect() waits: the SYN is out. Nobody is known to have it. */
export function opening(tracker: Tracker, at: Stamp, call?: CallId): void {
  if (stateOf(tracker.connection, 'a') !== 'CLOSED' || tracker.connection.a.states.length > 0) return
  step(tracker, 'a', { cause: 'active OPEN' }, at, 'inferred', call)
  emit(tracker, 'a', at, { flags: 'SYN', fate: 'unknown', call })
}

/**
 * SYN, SYN,ACK and ACK have passed. `taken`: the passive end is known to have the ACK. Where the kernel's table can
 * tell, it does so next: a full accept queue drops the ACK, and the passive end stays in SYN_RCVD (listen(2)).
 */
export function opened(tracker: Tracker, at: Stamp, taken: boolean, call?: CallId): void {
  if (tracker.opened) return
  tracker.opened = true
  opening(tracker, at, call)
  revise(lastOf(tracker, 'a', 'SYN'), 'arrived', at)
  if (tracker.connection.b.states.length === 0) step(tracker, 'b', { cause: 'passive OPEN' }, at)
  if (stateOf(tracker.connection, 'b') === 'LISTEN') step(tracker, 'b', { rcv: 'SYN' }, at, 'inferred', call)
  emit(tracker, 'b', at, { flags: 'SYN,ACK', call })
  if (stateOf(tracker.connection, 'a') === 'SYN_SENT') step(tracker, 'a', { rcv: 'SYN,ACK' }, at, 'inferred', call)
  tracker.promote = !taken
  emit(tracker, 'a', at, { flags: 'ACK', call })
  if (!taken) tracker.waiting = true
}

/** The passive end has the handshake's last ACK. */
export function promoted(tracker: Tracker, at: Stamp): void {
  if (!tracker.promote) return
  tracker.promote = false
  if (stateOf(tracker.connection, 'b') === 'SYN_RCVD') step(tracker, 'b', { rcv: 'ACK' }, at)
}

/** A RST answered the SYN: nobody listens there (RFC 9293, 3.10.7.1). */
export function refused(tracker: Tracker, at: Stamp, call?: CallId): void {
  if (tracker.opened || tracker.b.rst) return
  opening(tracker, at, call)
  revise(lastOf(tracker, 'a', 'SYN'), 'arrived', at)
  emit(tracker, 'b', at, { flags: 'RST,ACK', call })
}

/** Nothing answered in time, or the network said that nobody can be reached. */
export function gaveUp(tracker: Tracker, at: Stamp, call?: CallId): void {
  if (tracker.opened) return
  revise(lastOf(tracker, 'a', 'SYN'), 'lost', at)
  if (stateOf(tracker.connection, 'a') === 'SYN_SENT') walkTo(tracker, 'a', 'CLOSED', at, 'kernel', 'timeout', call)
}
