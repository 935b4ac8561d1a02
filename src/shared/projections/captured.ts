/**
 * Captured packets. From the first one of a connection on, the ladder shows them and draws no inferred segment more;
 * connections that are known from packets alone get their states and their byte streams from them too.
 */
import { passed } from '../tcp/wire-states'
import { place, wireSegment, type Placed, type WireFlows } from '../tcp/wire'
import { capturing, revise } from '../tcp/emit'
import { other, type Tracker } from '../tcp/tracker'
import { endKey, peerKey } from '../tcp/tuple'
import type { CaptureEvent, PacketEvent, SockAddr } from '../trace/events'
import { record } from './history'
import type { Captured, ConnectionModel, Segment, Side } from './model'
import { byTuple, create, isOver, judge, listenerFor, type ConnectionTable } from './pairs'
import { acknowledged, addBytes, newAssembly, type Assembly } from './reassembly'

/** What is kept per connection of which packets were captured. */
export interface WireMemory {
  flows: WireFlows
  /** of connections known from packets alone, by the sending side */
  streams: Record<Side, Assembly> | undefined
  /** the last SYN, while nothing came back: whether anybody got it is not known */
  unanswered: Segment | undefined
}

/** A capture delivered a TCP segment. `file`: the trace is a capture file, in which nothing else tells of a connection. */
export function onSegment(table: ConnectionTable, e: PacketEvent, file: boolean): void {
  const found = trackerFor(table, e, file)
  if (!found) return
  const { tracker, from } = found
  const { connection } = tracker
  if (!capturing(connection)) {
    const opens = e.flags.includes('SYN') && !e.flags.includes('ACK')
    const span: Captured = { seq: e.seq, t: e.at ?? e.t, whole: connection.captured === undefined && opens }
    if (connection.captured) (connection.recaptured ??= []).push(span)
    else connection.captured = span
    table.captured.push(connection.id)
  }
  let memory = table.wire.get(connection.id)
  if (!memory) {
    memory = { flows: {}, streams: connection.packetsOnly ? { a: newAssembly(), b: newAssembly() } : undefined, unanswered: undefined }
    table.wire.set(connection.id, memory)
  }
  const placed = e.seqno === undefined ? undefined : place(memory.flows, from, e)
  const segment = wireSegment(connection.segments.length, from, e, placed)
  // without its SYN the stream's first byte is not known, and what the lab's calls say counts from there
  if (!connection.packetsOnly && !memory.flows[from]?.syn) segment.offset = undefined
  if (placed?.again && placed.remark === undefined) sentAgain(connection, segment)
  if (segment.flags === 'SYN') segment.fate = 'unknown'
  else if (memory.unanswered && from === 'b') revise(memory.unanswered, 'arrived', segment)
  memory.unanswered = segment.flags === 'SYN' ? segment : from === 'b' ? undefined : memory.unanswered
  connection.segments.push(segment)
  if (memory.streams && placed) stream(connection, memory.streams, from, e, placed)
  observe(tracker, from, e, memory.flows, placed)
}

/** A capture ended: from here on the lab infers again. */
export function onCaptureEnd(table: ConnectionTable, e: CaptureEvent): void {
  for (const id of table.captured) {
    const span = capturing(table.list[id]!)
    if (span) span.until = e.seq
  }
  table.captured.length = 0
}

/** The earlier segment whose bytes, SYN or FIN these are got no answer in time. */
function sentAgain(connection: ConnectionModel, again: Segment): void {
  const { segments } = connection
  for (let i = segments.length - 1; i >= 0 && i >= segments.length - 64; i--) {
    const s = segments[i]!
    if (s.from !== again.from || s.evidence !== 'captured' || s.seqno !== again.seqno || (s.len === 0 && s.flags === 'ACK')) continue
    revise(s, 'lost', again)
    return
  }
}

// ---- which connection

function trackerFor(table: ConnectionTable, e: PacketEvent, file: boolean): { tracker: Tracker; from: Side } | undefined {
  const asA = byTuple(table, e.from, e.to)
  const asB = asA ? undefined : byTuple(table, e.to, e.from)
  const known = asA ?? asB
  const opens = e.flags.includes('SYN') && !e.flags.includes('ACK')
  const refused = !known && opens ? nameless(table, e) : undefined
  if (refused) return { tracker: refused, from: 'a' }
  if (known && !(opens && isAnew(table, known, asA ? 'a' : 'b', e))) return { tracker: known, from: asA ? 'a' : 'b' }
  // in a lab that captures, calls and the kernel tell of every connection but those that others open to it
  const listener = file ? undefined : opens ? listenerFor(table, e.to) : undefined
  if (!file && listener === undefined) return undefined
  const from: Side = opens || (!e.flags.includes('SYN') && likelyOpener(table, e.from, e.to)) ? 'a' : 'b'
  const tracker = create(table, e, e.from.family, from === 'a' ? e.from : e.to, from === 'a' ? e.to : e.from)
  if (file) tracker.connection.packetsOnly = true
  else tracker.connection.listener = listener
  return { tracker, from }
}

/**
 * A connect() that failed at once has no address any more by the time the kernel is asked for it (Linux): its connection
 * is the one to the same place of which the SYN's time is within the call.
 */
function nameless(table: ConnectionTable, e: PacketEvent): Tracker | undefined {
  const passedAt = e.at ?? e.t
  for (let i = table.trackers.length - 1, left = 64; i >= 0 && left > 0; i--, left--) {
    const tracker = table.trackers[i]!
    const { a, b, captured, outcome, family } = tracker.connection
    if (a.addr || captured || !b.addr || family === 'unix' || outcome.t.length === 0 || peerKey(b.addr) !== endKey(e.to)) continue
    if (passedAt > outcome.t[0]! + CLOCKS) continue
    a.addr = e.from
    table.byTuple.set(`${endKey(e.from)}>${peerKey(b.addr)}`, tracker.connection.id)
    return tracker
  }
  return undefined
}

/** How far the capture's clock and the session's may differ, microseconds. */
const CLOCKS = 5000

/** A SYN of a pair of addresses that had a connection before (RFC 9293, 3.6.1): another initial number, or a later time than its end. */
function isAnew(table: ConnectionTable, known: Tracker, from: Side, e: PacketEvent): boolean {
  const flow = table.wire.get(known.connection.id)?.flows[from]
  if (flow) return flow.first !== e.seqno && (known.connection.packetsOnly === true || isOver(known))
  const { outcome } = known.connection
  return outcome.t.length > 0 && e.at !== undefined && e.at > outcome.t[0]! + CLOCKS
}

/** The capture began in the middle: the end that others have connected to, or that has the lower port, is the passive one. */
function likelyOpener(table: ConnectionTable, from: SockAddr, to: SockAddr): boolean {
  if (table.passive.has(endKey(from)) !== table.passive.has(endKey(to))) return table.passive.has(endKey(to))
  return from.family === 'unix' || to.family === 'unix' || from.port >= to.port
}

// ---- what packets alone say

function stream(connection: ConnectionModel, streams: Record<Side, Assembly>, from: Side, e: PacketEvent, placed: Placed): void {
  const to = other(from)
  if (e.len > 0 && placed.remark !== 'keep-alive') {
    addBytes(connection.streams[from], streams[from], e.seq, { t: e.at ?? e.t, offset: placed.offset, len: e.len, data: e.data })
  }
  if (placed.acks !== undefined) acknowledged(connection.streams[to], streams[to], e.seq, placed.acks)
}

function observe(tracker: Tracker, from: Side, e: PacketEvent, flows: WireFlows, placed: Placed | undefined): void {
  const { a, b, connection } = tracker
  // calls and the kernel tell more than the wire: the lab's own ends follow them
  if (a.sock || b.sock || a.observed || b.observed) return
  const has = (flag: string): boolean => e.flags.includes(flag)
  const fin = flows[other(from)]?.fin
  const verdict = passed(tracker, from, {
    syn: has('SYN'), ack: has('ACK'), fin: has('FIN'), rst: has('RST'), early: placed?.remark === 'hole',
    acksFin: fin !== undefined && placed?.acks !== undefined && placed.acks > fin && tracker[other(from)].fin,
  }, e)
  if (verdict === 'refused' && connection.outcome.value.length === 0) record(connection.outcome, e.seq, e.t, 'refused')
  judge(tracker, e)
}
