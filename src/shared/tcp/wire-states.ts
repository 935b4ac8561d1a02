/**
 * The states of two endpoints of which nothing is known but the segments between them: RFC 9293, 3.10.7, read from
 * outside. That a segment was sent shows the sender's move; that it arrived is taken for granted.
 */
import type { Side } from '../projections/model'
import { other, stateOf, type Stamp, type Tracker } from './tracker'
import { step } from './walk'

export interface Seen {
  syn: boolean
  ack: boolean
  fin: boolean
  rst: boolean
  /** it acknowledges the other side's FIN */
  acksFin: boolean
  /** bytes before it are missing: its FIN cannot be taken yet */
  early: boolean
}

/** Answers 'refused' where the segment is a reset that answers a SYN. */
export function passed(tracker: Tracker, from: Side, seen: Seen, at: Stamp): 'refused' | undefined {
  const to = other(from)
  const move = (side: Side, why: Parameters<typeof step>[2]): boolean => step(tracker, side, why, at, 'captured')
  if (seen.rst) return reset(tracker, from, at)
  if (seen.syn && !seen.ack) {
    if (tracker.connection[from].states.length === 0) move(from, { cause: 'active OPEN' })
    // a simultaneous open (RFC 9293, 3.5, figure 7)
    if (from === 'b' && stateOf(tracker.connection, to) === 'SYN_SENT') move(to, { rcv: 'SYN' })
    return undefined
  }
  if (seen.syn) {
    if (tracker.connection[from].states.length === 0) step(tracker, from, { cause: 'passive OPEN' }, at)
    if (stateOf(tracker.connection, from) === 'LISTEN') move(from, { rcv: 'SYN' })
    tracker.opened = true
    if (!move(to, { rcv: 'SYN,ACK' }) && stateOf(tracker.connection, to) === 'SYN_RCVD') move(to, { rcv: 'ACK' })
    return undefined
  }
  if (!tracker.opened) assume(tracker, at)
  if (seen.ack && stateOf(tracker.connection, to) === 'SYN_RCVD') move(to, { rcv: 'ACK' })
  // that a FIN has come is shown by its ACK: until then its receiver may send a FIN of its own (3.6, a simultaneous close)
  if (seen.acksFin && !tracker[from].sawFin) {
    tracker[from].sawFin = true
    move(from, { rcv: 'FIN' })
  }
  // segments of one side arrive in order: its FIN came before this ACK did
  if (seen.acksFin && tracker[from].fin && !tracker[to].sawFin) {
    tracker[to].sawFin = true
    move(to, { rcv: 'FIN' })
  }
  const owes = stateOf(tracker.connection, to)
  const closes = seen.fin && !seen.early && !tracker[from].fin
  if (closes) {
    tracker[from].fin = true
    move(from, { cause: 'CLOSE' })
  }
  if (!seen.acksFin) return undefined
  if (closes && owes === 'FIN_WAIT_1') {
    tracker[to].sawFin = true
    move(to, { rcv: 'FIN,ACK' })
  } else if (owes === 'FIN_WAIT_1' || owes === 'CLOSING' || owes === 'LAST_ACK') move(to, { rcv: 'ACK' })
  return undefined
}

/** The capture began in the middle: both ends have been through the handshake. */
function assume(tracker: Tracker, at: Stamp): void {
  tracker.opened = true
  const { a, b } = tracker.connection
  if (a.states.length === 0) step(tracker, 'a', { cause: 'active OPEN' }, at)
  if (b.states.length === 0) step(tracker, 'b', { cause: 'passive OPEN' }, at)
  if (stateOf(tracker.connection, 'b') === 'LISTEN') step(tracker, 'b', { rcv: 'SYN' }, at)
  if (stateOf(tracker.connection, 'a') === 'SYN_SENT') step(tracker, 'a', { rcv: 'SYN,ACK' }, at)
  if (stateOf(tracker.connection, 'b') === 'SYN_RCVD') step(tracker, 'b', { rcv: 'ACK' }, at)
}

function reset(tracker: Tracker, from: Side, at: Stamp): 'refused' | undefined {
  const to = other(from)
  const refused = !tracker.opened && stateOf(tracker.connection, to) === 'SYN_SENT'
  tracker[from].rst = true
  const mine = stateOf(tracker.connection, from)
  if (mine !== 'CLOSED' && mine !== 'LISTEN' && mine !== 'TIME_WAIT') step(tracker, from, { cause: 'ABORT' }, at, 'captured')
  const peer = stateOf(tracker.connection, to)
  if (peer !== 'CLOSED' && peer !== 'LISTEN') step(tracker, to, { rcv: 'RST' }, at, 'captured')
  return refused ? 'refused' : undefined
}
