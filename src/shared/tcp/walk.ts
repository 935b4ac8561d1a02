/** Moves an endpoint along the edges of the state machine, and only along them. */
import type { Evidence, Side } from '../projections/model'
import { setSockState } from '../projections/sockets'
import type { CallId, TcpState } from '../trace/events'
import { edgesFrom, pathBetween, type PathHint, type TcpEdge } from './states'
import { stateOf, type Stamp, type Tracker } from './tracker'

export function follow(tracker: Tracker, side: Side, edge: TcpEdge, at: Stamp, evidence: Evidence, call?: CallId): void {
  const { cause, rcv, snd, from, to } = edge
  tracker.connection[side].states.push({ seq: at.seq, t: at.t, from, to, evidence, cause, rcv, snd, call, confirmed: undefined })
  const sock = tracker[side].sock
  if (sock) setSockState(sock, to, evidence, at.seq, at.t)
}

/** Follows the edge that leads to one of the states for this reason, where there is one from here. */
export function step(
  tracker: Tracker, side: Side, why: { cause?: TcpEdge['cause']; rcv?: TcpEdge['rcv'] }, at: Stamp, evidence: Evidence = 'inferred', call?: CallId,
): boolean {
  const edge = edgesFrom(stateOf(tracker.connection, side)).find((e) => (why.cause ? e.cause === why.cause : e.rcv === why.rcv))
  if (!edge) return false
  follow(tracker, side, edge, at, evidence, call)
  return true
}

/**
 * Walks to a state by the likeliest path. The states between are inferred; the last has the given evidence. False when
 * no path leads there: what is known stays.
 */
export function walkTo(tracker: Tracker, side: Side, to: TcpState, at: Stamp, evidence: Evidence, hint: PathHint, call?: CallId): boolean {
  const path = pathBetween(stateOf(tracker.connection, side), to, hint)
  if (!path) return false
  path.forEach((edge, i) => follow(tracker, side, edge, at, i === path.length - 1 ? evidence : 'inferred', call))
  return true
}

/** The kernel says the state that we have inferred already. */
export function confirm(tracker: Tracker, side: Side, at: Stamp): void {
  const states = tracker.connection[side].states
  const last = states[states.length - 1]
  if (last && last.evidence === 'inferred' && last.confirmed === undefined) last.confirmed = at.seq
}
