/** Draws a segment and moves both ends by it, as RFC 9293, section 3.10.7, has it. */
import type { Captured, ConnectionModel, Evidence, Segment, Side } from '../projections/model'
import type { CallId } from '../trace/events'
import { other, stateOf, type Stamp, type Tracker } from './tracker'
import { step } from './walk'

export interface Draw {
  flags: string
  len?: number
  count?: number
  evidence?: Evidence
  fate?: Segment['fate']
  retransmission?: boolean
  /** when it was sent, where that is not when it became known */
  t?: number
  call?: CallId
  /** where its first byte stands in the stream, for a retransmission */
  offset?: number
}

/** The stretch in which a capture shows the real segments now. */
export function capturing({ captured, recaptured }: ConnectionModel): Captured | undefined {
  const last = recaptured?.[recaptured.length - 1] ?? captured
  return last && last.until === undefined ? last : undefined
}

/** Appends the segment (unless a capture shows the real ones) and applies it to both ends' states. */
export function emit(tracker: Tracker, from: Side, at: Stamp, draw: Draw): Segment {
  const flow = tracker[from]
  const { connection } = tracker
  const len = draw.len ?? 0
  const count = draw.count ?? 1
  const segment: Segment = {
    id: connection.segments.length, seq: at.seq, t: draw.t ?? at.t, from, flags: draw.flags, len,
    offset: draw.offset ?? (len > 0 ? flow.bytes : undefined), count, fate: draw.fate ?? 'arrived', fates: undefined,
    retransmission: draw.retransmission, evidence: draw.evidence ?? 'inferred', call: draw.call,
  }
  if (!capturing(connection)) connection.segments.push(segment)
  flow.segs += count
  if (len > 0 || draw.offset !== undefined) flow.dataSegs += count
  if (!draw.retransmission) flow.bytes += len
  apply(tracker, from, segment, at)
  return segment
}

function apply(tracker: Tracker, from: Side, segment: Segment, at: Stamp): void {
  const flow = tracker[from]
  const to = other(from)
  const { flags } = segment
  const fin = flags.startsWith('FIN')
  const arrived = segment.fate === 'arrived'
  if (fin && !flow.fin) {
    flow.fin = true
    // the program's own close has moved it already; a peer that we cannot see closes here
    const state = stateOf(tracker.connection, from)
    if (state === 'ESTABLISHED' || state === 'CLOSE_WAIT' || state === 'SYN_RCVD') step(tracker, from, { cause: 'CLOSE' }, at, 'inferred', flow.wantsFin?.call)
  }
  if (flags.startsWith('RST')) {
    flow.rst = true
    const state = stateOf(tracker.connection, from)
    if (state !== 'CLOSED' && state !== 'LISTEN' && state !== 'TIME_WAIT') {
      // a reset that answers bytes for a closed program ends the orphan (RFC 9293, 3.10.7.4; RFC 2525, 2.17)
      step(tracker, from, { cause: 'ABORT' }, at, 'inferred', segment.call)
    }
    if (arrived) step(tracker, to, { rcv: 'RST' }, at, 'inferred', segment.call)
    return
  }
  if (!arrived || flags === 'SYN' || flags === 'SYN,ACK') return
  const peer = stateOf(tracker.connection, to)
  if (peer === 'SYN_RCVD' && !tracker.promote) step(tracker, to, { rcv: 'ACK' }, at)
  const acksFin = tracker[to].fin && flow.sawFin
  if (fin) {
    tracker[to].sawFin = true
    const before = stateOf(tracker.connection, to)
    if (acksFin && before === 'FIN_WAIT_1') step(tracker, to, { rcv: 'FIN,ACK' }, at)
    else step(tracker, to, { rcv: 'FIN' }, at)
  } else if (acksFin && (peer === 'FIN_WAIT_1' || peer === 'CLOSING' || peer === 'LAST_ACK')) {
    step(tracker, to, { rcv: 'ACK' }, at)
  }
}

/** What became known later of a segment's fate. */
export function revise(segment: Segment | undefined, fate: Segment['fate'], at: Stamp): void {
  if (!segment) return
  const known = segment.fates?.[segment.fates.length - 1]?.fate ?? segment.fate
  if (known === fate) return
  segment.fates ??= []
  segment.fates.push({ seq: at.seq, fate })
}

/** The last segment of a side that carries these flags, of those that were inferred: what became of captured ones, the wire says. */
export function lastOf(tracker: Tracker, side: Side, flags: string): Segment | undefined {
  const { segments } = tracker.connection
  for (let i = segments.length - 1; i >= 0 && i >= segments.length - 64; i--) {
    const segment = segments[i]!
    if (segment.from === side && segment.flags === flags && segment.evidence !== 'captured') return segment
  }
  return undefined
}
