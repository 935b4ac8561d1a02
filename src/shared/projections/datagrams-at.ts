/**
 * What is known of datagrams at a cursor. A flow may hold hundreds of thousands of them in columns; a view asks for a
 * window of it, as the ConnectionModel that the ladder draws.
 */
import type { CallId, SockAddr } from '../trace/events'
import { callAt, threadActivityAt } from './at'
import { rowsAt, type Ints } from './columns'
import { datagramOfCall, flowIndex, LOSSES, type DatagramsState, type Flow, type FlowEnd } from './flows'
import { countAt, newHistory, valueAt } from './history'
import { markOf } from './marks'
import type { CallModel, ConnectionModel, Cursor, DatagramFacts, Endpoint, LabState, Segment, Side } from './model'

/** Datagrams of one drawing: more than a person scrolls through, and laid out within a frame. */
export const WINDOW = 600

export const flowCount = (lab: LabState, cursor: Cursor): number => countAt(lab.datagrams.flows, cursor)

export interface FlowAt {
  id: number
  seq: number
  t: number
  a?: SockAddr
  b?: SockAddr
  /** datagrams known of it */
  datagrams: number
}

const seqOf = (state: DatagramsState, rows: Ints) => (i: number) => state.columns.seq.at(rows.at(i))
const known = (state: DatagramsState, flow: Flow, cursor: Cursor): number => rowsAt(flow.datagrams.length, cursor, seqOf(state, flow.datagrams))

/** The last `most` flows that were known, oldest first. */
export function flowsAt(lab: LabState, cursor: Cursor, most = 200): FlowAt[] {
  const n = flowCount(lab, cursor)
  return lab.datagrams.flows.slice(Math.max(0, n - most), n).map((flow) => ({
    id: flow.id, seq: flow.seq, t: flow.t, a: valueAt(flow.a.addr, cursor), b: valueAt(flow.b.addr, cursor), datagrams: known(lab.datagrams, flow, cursor),
  }))
}

/** The datagrams of all flows that were known, and how many of the `to`-th flow were lost or received. */
export const datagramCount = (lab: LabState, cursor: Cursor): number =>
  rowsAt(lab.datagrams.columns.seq.length, cursor, (i) => lab.datagrams.columns.seq.at(i))

export type DatagramFate = 'arrived' | 'lost' | 'unknown'

/** One datagram as an arrow; undefined where it was not known yet. */
export function datagramAt(lab: LabState, row: number, cursor: Cursor): Segment | undefined {
  const c = lab.datagrams.columns
  if (!(row >= 0 && row < c.seq.length) || c.seq.at(row) > cursor) return undefined
  const lost = c.lostSeq.at(row) <= cursor
  const arrived = c.recvSeq.at(row) <= cursor
  const list = lab.calls.list
  const sendCall = list[c.sendCall.at(row)]
  const recvCall = arrived ? list[c.recvCall.at(row)] : undefined
  const facts: DatagramFacts = { marks: [] }
  const packet = lab.datagrams.frames.get(row)
  const seen = packet && packet.seq <= cursor ? packet : undefined
  for (let mark = c.firstMark.at(row); mark >= 0; mark = lab.marks.columns.next.at(mark)) {
    const said = markOf(lab.marks.columns, mark)
    if (said.seq > cursor) break
    facts.marks.push({ what: said.what, id: said.id, n: said.n, us: said.us, program: programOf(lab, said.thread) })
  }
  if (lost) {
    facts.cause = LOSSES[c.lostWhy.at(row)]
    if (facts.cause === 'drop') facts.by = facts.marks.find((mark) => mark.what === 'drop')?.program
  }
  const got = recvCall?.end?.data?.len
  if (got !== undefined && got < c.len.at(row)) facts.cut = got
  return {
    id: row, seq: c.seq.at(row), t: c.t.at(row), from: c.side.at(row) === 0 ? 'a' : 'b', flags: '', len: c.len.at(row), count: 1,
    fate: lost ? 'lost' : arrived ? 'arrived' : 'unknown', evidence: seen ? 'captured' : arrived ? 'kernel' : 'inferred',
    call: sendCall?.call ?? recvCall?.call, datagram: facts, ...(seen ? { frame: seen.frame, link: seen.link, interface: seen.interface, checksum: seen.checksum } : {}),
    ...(facts.marks.some((mark) => mark.what === 'attempt' && (mark.n ?? 1) > 1) ? { retransmission: true } : {}),
  }
}

const programOf = (lab: LabState, thread: number): string | undefined => {
  const run = lab.calls.threads.get(thread)?.run
  return run === undefined ? undefined : lab.calls.runs.get(run)?.program
}

function endpoint(side: Side, end: FlowEnd, cursor: Cursor): Endpoint {
  const here = end.sockSeq !== undefined && end.sockSeq <= cursor
  return {
    side, addr: valueAt(end.addr, cursor), states: [], facts: newHistory(),
    ...(here ? { sock: end.sock, sockSeq: end.sockSeq } : {}),
  }
}

/** The last `most` datagrams of a flow that were known, as the ladder draws a connection, with the calls that belong to them. */
export function flowConnection(lab: LabState, id: number, cursor: Cursor, most = WINDOW): (ConnectionModel & { earlier: number }) | undefined {
  const state = lab.datagrams
  const flow = id < 0 ? state.flows[flowIndex(id)] : undefined
  if (!flow || flow.seq > cursor) return undefined
  const n = known(state, flow, cursor)
  const from = Math.max(0, n - most)
  const segments: Segment[] = []
  for (let i = from; i < n; i++) segments.push(datagramAt(lab, flow.datagrams.at(i), cursor)!)
  const begin = from > 0 ? segments[0]!.seq : -Infinity
  const { seq, side, index } = flow.calls
  const first = rowsAt(seq.length, begin - 0.5, (i) => seq.at(i))
  const last = rowsAt(seq.length, cursor, (i) => seq.at(i))
  const calls: ConnectionModel['calls'] = []
  for (let i = first; i < last; i++) calls.push({ seq: seq.at(i), side: side.at(i) === 0 ? 'a' : 'b', index: index.at(i) })
  const a = endpoint('a', flow.a, cursor)
  const b = endpoint('b', flow.b, cursor)
  for (const end of [a, b]) {
    const waiting = callNow(lab, end, cursor)
    if (waiting) calls.push({ seq: waiting.call.seq, side: end.side, index: waiting.index })
  }
  return {
    id: flow.id, family: flow.family, type: 'dgram', seq: flow.seq, t: flow.t, a, b, segments, calls, earlier: from,
    streams: { a: { sends: [], recvs: [] }, b: { sends: [], recvs: [] } }, outcome: newHistory(),
  }
}

/** The call in which the program of an end is at the cursor: it has not returned, so it is no call of the flow yet. */
function callNow(lab: LabState, end: Endpoint, cursor: Cursor): { call: CallModel; index: number } | undefined {
  const sock = end.sock === undefined ? undefined : lab.sockets.get(end.sock)
  const run = sock && lab.calls.runs.get(sock.run)
  for (const thread of run?.threads ?? []) {
    const call = threadActivityAt(lab.calls, thread, cursor)?.call
    if (call && call.sock === sock?.sock) return { call, index: lab.calls.index.get(call.call)! }
  }
  return undefined
}

/** The flow, datagram and both calls of a call on a dgram socket; undefined when it neither sent nor received one. */
export function datagramCalls(lab: LabState, call: CallId): { flow: number; segment: number; calls: number[] } | undefined {
  const row = datagramOfCall(lab.datagrams, lab.calls.index.get(call) ?? -1)
  if (row < 0) return undefined
  const c = lab.datagrams.columns
  return {
    flow: lab.datagrams.flows[c.flow.at(row)]!.id, segment: row,
    calls: [c.sendCall.at(row), c.recvCall.at(row)].filter((index) => index >= 0),
  }
}

/** The last `most` receives that had returned on the lab's dgram sockets: who sent each. */
export interface Received {
  row: number
  call: CallModel
  from?: SockAddr
}

export function receivedAt(lab: LabState, cursor: Cursor, most: number): Received[] {
  const out: Received[] = []
  const c = lab.datagrams.columns
  for (let row = datagramCount(lab, cursor) - 1; row >= 0 && out.length < most; row--) {
    if (!(c.recvSeq.at(row) <= cursor)) continue
    const call = lab.calls.list[c.recvCall.at(row)]
    if (call) out.push({ row, call: callAt(call, cursor), from: call.end?.remote })
  }
  return out
}
