/**
 * Datagrams and the pairs of endpoints between which they go, in columns. UDP has no connections: a flow is what one
 * socket sends to one address, and what comes back. 'a' is the end that sent first.
 */
import type { ByteRef, ChecksumState, Family, SockAddr, SockId } from '../trace/events'
import { Floats, Ints } from './columns'
import { newHistory } from './history'
import type { History, Side } from './model'

/** Why a datagram is lost: a program dropped it, nobody had the port (ICMP said so), or its receiver closed without reading it. */
export const LOSSES = ['drop', 'refused', 'unread'] as const
export type Loss = (typeof LOSSES)[number]

/** Row i is one datagram; rows are in order of seq. -1 (for a seq: NaN, which is at or before no cursor) stands for what did not happen, or is not known. */
export interface DatagramColumns {
  /** when it became known: it was sent, or, of another program's, it was received */
  seq: Floats
  t: Floats
  /** index into DatagramsState.flows */
  flow: Ints
  /** 0: from a; 1: from b */
  side: Ints
  /** bytes, as sent */
  len: Ints
  /** indices into CallsState.list */
  sendCall: Ints
  recvCall: Ints
  recvSeq: Floats
  lostSeq: Floats
  /** index into LOSSES */
  lostWhy: Ints
  /** its marks, as rows of MarkColumns: the first and the last */
  firstMark: Ints
  lastMark: Ints
}

export interface FlowEnd {
  /** the kernel may learn its address late: a socket that was not bound has none before it sends */
  addr: History<SockAddr>
  sock?: SockId
  /** when `sock` became known */
  sockSeq?: number
}

export interface Flow {
  /** negative, so that it is never the id of a TCP connection */
  id: number
  family: Family
  seq: number
  t: number
  a: FlowEnd
  b: FlowEnd
  /** the destination is a group or a broadcast address */
  cast: boolean
  /** rows of DatagramColumns */
  datagrams: Ints
  /** calls made on either end, in the order in which they returned */
  calls: { seq: Floats; side: Ints; index: Ints }
}

/** A datagram of which no receive is known yet. */
export interface Pending {
  row: number
  len: number
  sock: SockId
  local: SockAddr | undefined
  dest: SockAddr
  /** a group's or broadcast datagram: who has received it already */
  taken?: Set<SockId>
}

export interface DatagramsState {
  columns: DatagramColumns
  flows: Flow[]
  /** index into CallsState.list -> row of the datagram that the call sent or received; -1 */
  ofCall: Ints
  /** of captured datagrams: their packets, by row */
  frames: Map<number, CapturedDatagram>
}

/** The packet of a datagram; known from `seq` on. */
export interface CapturedDatagram {
  seq: number
  frame: ByteRef
  /** LINKTYPE_ number (shared/pcap/link-types) */
  link?: number
  interface?: string
  checksum?: ChecksumState
}

/** What the fold remembers besides. */
export interface DatagramTable extends DatagramsState {
  /** `${sock}>${address}` -> the place of what the socket sends to this address: a flow and its side in it (placeOf) */
  bySock: Map<string, number>
  /** the place at which a socket last sent or received: its waits belong there */
  lastOf: Map<SockId, number>
  /** of captured datagrams: `${from}>${to}` -> the place of what passes between them (placeOf) */
  byWire: Map<string, number>
  /** by destination port */
  pending: Map<number, Pending[]>
  /** up to this seq events may have been left out of the trace */
  gapTo: number
}

export const newDatagrams = (): DatagramTable => ({
  columns: {
    seq: new Floats(), t: new Floats(), flow: new Ints(), side: new Ints(), len: new Ints(), sendCall: new Ints(), recvCall: new Ints(),
    recvSeq: new Floats(), lostSeq: new Floats(), lostWhy: new Ints(), firstMark: new Ints(), lastMark: new Ints(),
  },
  flows: [], ofCall: new Ints(), frames: new Map(), bySock: new Map(), byWire: new Map(), lastOf: new Map(), pending: new Map(), gapTo: -1,
})

export const flowIndex = (id: number): number => -1 - id
export const placeOf = (flow: Flow, side: Side): number => flowIndex(flow.id) * 2 + (side === 'a' ? 0 : 1)
export const flowAtPlace = (state: DatagramsState, place: number): Flow => state.flows[place >> 1]!
export const sideAtPlace = (place: number): Side => (place & 1 ? 'b' : 'a')
export const flowOf = (state: DatagramsState, id: number): Flow | undefined => (id < 0 ? state.flows[flowIndex(id)] : undefined)

const end = (): FlowEnd => ({ addr: newHistory(), sock: undefined, sockSeq: undefined })

export function addFlow(state: DatagramsState, family: Family, cast: boolean, at: { seq: number; t: number }): Flow {
  const flow: Flow = {
    id: -1 - state.flows.length, family, seq: at.seq, t: at.t, a: end(), b: end(), cast,
    datagrams: new Ints(4), calls: { seq: new Floats(8), side: new Ints(8), index: new Ints(8) },
  }
  state.flows.push(flow)
  return flow
}

export function addDatagram(state: DatagramsState, flow: Flow, side: Side, len: number, sendCall: number, at: { seq: number; t: number }): number {
  const c = state.columns
  const row = c.seq.push(at.seq)
  c.t.push(at.t)
  c.flow.push(flowIndex(flow.id))
  c.side.push(side === 'a' ? 0 : 1)
  c.len.push(len)
  c.sendCall.push(sendCall)
  c.recvCall.push(-1)
  c.recvSeq.push(Number.NaN)
  c.lostSeq.push(Number.NaN)
  c.lostWhy.push(-1)
  c.firstMark.push(-1)
  c.lastMark.push(-1)
  flow.datagrams.push(row)
  if (sendCall >= 0) linkCall(state, sendCall, row)
  return row
}

export function linkCall(state: DatagramsState, call: number, row: number): void {
  while (state.ofCall.length <= call) state.ofCall.push(-1)
  state.ofCall.values[call] = row
}

export const datagramOfCall = (state: DatagramsState, call: number): number =>
  call >= 0 && call < state.ofCall.length ? state.ofCall.at(call) : -1

export function lose(state: DatagramsState, row: number, why: Loss, seq: number): void {
  const c = state.columns
  if (!Number.isNaN(c.lostSeq.at(row))) return
  c.lostSeq.values[row] = seq
  c.lostWhy.values[row] = LOSSES.indexOf(why)
}
