/** The segments that passed between two looks of the kernel, put in their likeliest order and drawn. */
import type { Segment, Side } from '../projections/model'
import type { CallId } from '../trace/events'
import { emit, lastOf, revise, type Draw } from './emit'
import { other, stateOf, type Stamp, type Tracker } from './tracker'

/** What one side sent: segments with payload, without, and payload bytes. A FIN or RST may be among those without. */
export interface Sent {
  data: number
  plain: number
  bytes: number
  /** retransmissions among them */
  retrans: number
  fin: boolean
  rst: boolean
}
export interface Batch {
  a: Sent
  b: Sent
}

interface Row {
  side: Side
  t: number
  draw: Draw
  /** it was written before the last look, and had not left then */
  held?: boolean
}

/** Up to so many pure ACKs in a row are single arrows; more are one arrow with a count. */
const SINGLE_ACKS = 4

export function drawBatch(tracker: Tracker, batch: Batch, at: Stamp, looked: Side): void {
  const rows: Row[] = []
  for (const side of ['a', 'b'] as const) {
    again(tracker, side, batch[side], at)
    rows.push(...dataRows(tracker, side, batch[side], at))
    finRow(tracker, side, batch[side], rows, at)
  }
  // stable: at the same moment the end that was looked at first made the call
  rows.sort((x, y) => x.t - y.t || (x.side === y.side ? 0 : x.side === looked ? -1 : 1))
  const acks = { a: plainAcks(batch.a), b: plainAcks(batch.b) }
  const owed = { a: 0, b: 0 }
  for (const row of rows) owed[other(row.side)] += 1
  for (const row of rows) {
    const back = other(row.side)
    // what the window or Nagle's rule had held back was let go by an ACK (RFC 9293, 3.7.4 and 3.8.6)
    if (row.held && acks[back] > 0) {
      ack(tracker, back, 1, at)
      acks[back] -= 1
    }
    emit(tracker, row.side, at, row.draw)
    const share = Math.ceil(acks[back] / owed[back])
    owed[back] -= 1
    ack(tracker, back, Math.min(share, acks[back]), at)
    acks[back] -= Math.min(share, acks[back])
  }
  // none left but where one side alone was heard: delayed ACKs, window updates, probes and their answers
  const first: Side = looked
  ack(tracker, first, acks[first], at)
  ack(tracker, other(first), acks[other(first)], at)
  for (const side of ['a', 'b'] as const) if (batch[side].rst) reset(tracker, side, at)
}

const plainAcks = (sent: Sent): number => Math.max(0, sent.plain - (sent.rst ? 1 : 0))

function ack(tracker: Tracker, side: Side, n: number, at: Stamp): void {
  if (n <= 0) return
  const draw: Draw = { flags: 'ACK', evidence: 'kernel' }
  // until the passive end has the ACK, what it sends again is its SYN,ACK
  if (tracker.promote || stateOf(tracker.connection, 'b') === 'SYN_RCVD') {
    if (side === 'b') Object.assign(draw, { flags: 'SYN,ACK', retransmission: true })
    else draw.fate = 'lost'
  }
  if (n > SINGLE_ACKS) emit(tracker, side, at, { ...draw, count: n })
  else for (let i = 0; i < n; i++) emit(tracker, side, at, draw)
}

/** Retransmissions: what was sent before is taken for lost. */
function again(tracker: Tracker, side: Side, sent: Sent, at: Stamp): void {
  const flow = tracker[side]
  const n = Math.min(sent.retrans, sent.data + sent.plain)
  if (n === 0) return
  const data = Math.min(n, sent.data)
  const acked = Math.max(0, (flow.counted?.bytesAcked ?? 0) - (side === 'a' ? 1 : 0))
  if (data > 0 && acked < flow.bytes) {
    const lost = segmentAt(tracker, side, acked)
    revise(lost, 'lost', at)
    const len = Math.min(flow.bytes - acked, data * (flow.counted?.mss ?? Infinity))
    emit(tracker, side, at, { flags: 'PSH,ACK', len, offset: acked, count: data, retransmission: true, evidence: 'kernel', call: lost?.call })
    sent.data -= data
  } else if (flow.fin && sent.plain > 0) {
    revise(lastOf(tracker, side, 'FIN,ACK'), 'lost', at)
    emit(tracker, side, at, { flags: 'FIN,ACK', retransmission: true, evidence: 'kernel', count: Math.min(n, sent.plain) })
    sent.plain -= Math.min(n, sent.plain)
  }
}

function segmentAt(tracker: Tracker, side: Side, offset: number): Segment | undefined {
  const { segments } = tracker.connection
  for (let i = segments.length - 1; i >= 0 && i >= segments.length - 64; i--) {
    const s = segments[i]!
    if (s.from === side && s.evidence !== 'captured' && s.offset !== undefined && s.offset <= offset && offset < s.offset + s.len) return s
  }
  return undefined
}

/** Payload: one arrow for each send() where the counts say so, else one for all with their number. */
function dataRows(tracker: Tracker, side: Side, sent: Sent, at: Stamp): Row[] {
  const { data: n, bytes } = sent
  if (bytes <= 0 || n === 0) return []
  const whole = take(tracker, side, bytes)
  const row = (len: number, count: number, t: number, call?: CallId): Row => ({
    side, t, draw: { flags: 'PSH,ACK', len, count, evidence: 'kernel', t, call },
  })
  const held = whole[0]?.held === true
  if (whole.length === n) return whole.map((w) => ({ ...row(w.len, 1, w.held ? at.t : w.t, w.call), held: w.held }))
  const last = whole[whole.length - 1]
  return [{ ...row(bytes, n, held ? at.t : last?.t ?? at.t, last?.call), held }]
}

/** Takes so many bytes from the front of what was written, by send(). */
function take(tracker: Tracker, side: Side, bytes: number): { len: number; t: number; call?: CallId; held: boolean }[] {
  const { unsent } = tracker[side]
  const out: { len: number; t: number; call?: CallId; held: boolean }[] = []
  let left = bytes
  let used = 0
  while (left > 0 && used < unsent.length) {
    const head = unsent[used]!
    const len = Math.min(head.len, left)
    out.push({ len, t: head.t, call: head.call, held: head.seq < tracker.settled })
    left -= len
    head.len -= len
    if (head.len > 0) break
    used += 1
  }
  unsent.splice(0, used)
  return out
}

function finRow(tracker: Tracker, side: Side, sent: Sent, rows: Row[], at: Stamp): void {
  if (!sent.fin) return
  const want = tracker[side].wantsFin
  if (sent.plain > 0) {
    sent.plain -= 1
    rows.push({ side, t: Math.max(want?.t ?? at.t, lastT(rows, side)), draw: { flags: 'FIN,ACK', evidence: 'kernel', t: want?.t, call: want?.call } })
    return
  }
  // no segment of its own: it rode on the last one with payload
  for (let i = rows.length - 1; i >= 0; i--) {
    if (rows[i]!.side === side) {
      rows[i]!.draw.flags = 'FIN,PSH,ACK'
      return
    }
  }
}

function lastT(rows: Row[], side: Side): number {
  let t = 0
  for (const row of rows) if (row.side === side && row.t > t) t = row.t
  return t
}

/** An end that has closed answers bytes with a bare RST; one that aborts sends RST,ACK (RFC 9293, 3.10.7.1, 3.10.5). */
function reset(tracker: Tracker, side: Side, at: Stamp): void {
  const flow = tracker[side]
  const state = stateOf(tracker.connection, side)
  const orphan = flow.fin || state === 'CLOSED' || state === 'TIME_WAIT'
  emit(tracker, side, at, { flags: orphan ? 'RST' : 'RST,ACK', evidence: 'kernel', call: flow.wantsFin?.call })
}
