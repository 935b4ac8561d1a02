/**
 * What the inference remembers of one TCP connection while it folds: how much each side has sent as far as we know,
 * and what its program wants that the kernel has not been seen to do. Nothing of it is shown.
 */
import type { ConnectionModel, Side, SockModel } from '../projections/model'
import type { CallId, TcpFacts, TcpState } from '../trace/events'

/** When something became known, microseconds and position in the trace. */
export interface Stamp {
  seq: number
  t: number
}

/** Bytes that a send() took and that no segment is known to have carried yet. */
export interface Unsent extends Stamp {
  call: CallId
  len: number
}

/** One direction: what `side` sends. */
export interface Flow {
  /** segments drawn so far, those with payload among them, and their payload */
  segs: number
  dataSegs: number
  bytes: number
  /** bytes that send() calls took */
  written: number
  unsent: Unsent[]
  /** the program closed the sending direction; `unread` when it did so with bytes waiting */
  wantsFin?: Stamp & { call?: CallId; whole: boolean }
  fin: boolean
  rst: boolean
  /** the peer's FIN has come here, and this side has answered it */
  sawFin: boolean
  retrans: number
  /** the kernel's last word on this end, and the last one with counters */
  facts?: TcpFacts
  counted?: TcpFacts
  /** what to add to the kernel's counters so that they count every segment of the ladder */
  outBase: number
  inBase: number
  /** this end is observed: held by the lab, or found in the kernel's table */
  observed: boolean
  /** its last facts came through an open descriptor */
  held: boolean
  sock?: SockModel
}

export interface Tracker {
  connection: ConnectionModel
  a: Flow
  b: Flow
  /** SYN and SYN,ACK have passed */
  opened: boolean
  /** both ends' facts are needed before the segments can be told; settled at the latest by the next call */
  waiting: boolean
  /** the last ACK of the handshake went out; whether it was taken is not known yet */
  promote: boolean
  /** both ends are on this machine: the kernel's table can tell of either */
  local: boolean
  /** seq of the last look that was drawn: what was written before it and left after it had been held back */
  settled: number
}

const newFlow = (): Flow => ({
  segs: 0, dataSegs: 0, bytes: 0, written: 0, unsent: [], wantsFin: undefined, fin: false, rst: false, sawFin: false, retrans: 0,
  facts: undefined, counted: undefined, outBase: 0, inBase: 0, observed: false, held: false, sock: undefined,
})

export function newTracker(connection: ConnectionModel): Tracker {
  const tracker: Tracker = { connection, a: newFlow(), b: newFlow(), opened: false, waiting: false, promote: false, local: false, settled: -1 }
  // Linux sends the SYN,ACK from a request socket: the counters of the end that is born of it leave it out
  tracker.b.outBase = 1
  return tracker
}

export const other = (side: Side): Side => (side === 'a' ? 'b' : 'a')

/** The state in which the connection's end is now, as far as known. */
export function stateOf(connection: ConnectionModel, side: Side): TcpState {
  const states = connection[side].states
  return states.length === 0 ? 'CLOSED' : states[states.length - 1]!.to
}
