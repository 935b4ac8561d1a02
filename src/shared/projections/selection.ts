/**
 * The one selection of the whole app, and what belongs to it. A click anywhere (a call, an arrow, a byte range, a
 * thread's bar, a state) makes a Selection; each view lights up what `relatedTo` finds of it there.
 */
import type { CallId, SockId, ThreadId } from '../trace/events'
import { datagramCalls } from './datagrams-at'
import type { CallModel, ConnectionModel, LabState, Side } from './model'

export type Selection =
  | { kind: 'call'; call: CallId; seq: number }
  | { kind: 'segment'; connection: number; segment: number; seq: number }
  /** a half-open range of the byte stream that `side` sends */
  | { kind: 'bytes'; connection: number; side: Side; from: number; to: number; seq: number }
  | { kind: 'thread'; thread: ThreadId; seq: number }
  /** `index` into the endpoint's `states` */
  | { kind: 'state'; connection: number; side: Side; index: number; seq: number }
  | { kind: 'socket'; sock: SockId; seq: number }

/** What lights up. `bytes` are stream ranges by their sending side; `states` are indices into the endpoints' lists. */
export interface Related {
  connection?: number
  calls: Set<CallId>
  segments: Set<number>
  threads: Set<ThreadId>
  socks: Set<SockId>
  bytes: { side: Side; from: number; to: number }[]
  states: { side: Side; index: number }[]
}

export const nothing = (): Related => ({ calls: new Set(), segments: new Set(), threads: new Set(), socks: new Set(), bytes: [], states: [] })

const overlaps = (a: { from: number; to: number }, from: number, to: number): boolean => a.from < to && from < a.to

function addCall(related: Related, call: CallModel): void {
  related.calls.add(call.call)
  related.threads.add(call.thread)
  if (call.sock !== undefined) related.socks.add(call.sock)
  if (call.end?.sock !== undefined) related.socks.add(call.end.sock)
}

/** The segments, states and bytes that a call caused or got, on any of its connections. */
function addEffects(related: Related, call: CallModel, connection: ConnectionModel): void {
  for (const segment of connection.segments) if (segment.call === call.call) related.segments.add(segment.id)
  for (const side of ['a', 'b'] as const) {
    connection[side].states.forEach((change, index) => {
      if (change.call === call.call) related.states.push({ side, index })
    })
    const stream = connection.streams[side]
    for (const part of [...stream.sends, ...stream.recvs]) {
      if (part.call === call.call && part.len > 0) related.bytes.push({ side, from: part.offset, to: part.offset + part.len })
    }
  }
}

function connectionOfCall(lab: LabState, call: CallModel): ConnectionModel | undefined {
  const sock = call.name === 'accept' ? call.end?.sock : call.sock
  const id = sock === undefined ? undefined : lab.sockets.get(sock)?.connection?.id
  return id === undefined ? undefined : lab.connections.find((connection) => connection.id === id)
}

function callOf(lab: LabState, id: CallId | undefined): CallModel | undefined {
  const index = id === undefined ? undefined : lab.calls.index.get(id)
  return index === undefined ? undefined : lab.calls.list[index]
}

/** The calls that put a stream's bytes in or took them out, and the segments that carried them. */
function addBytes(related: Related, lab: LabState, connection: ConnectionModel, side: Side, from: number, to: number): void {
  related.bytes.push({ side, from, to })
  const stream = connection.streams[side]
  for (const part of [...stream.sends, ...stream.recvs]) {
    if (!overlaps({ from, to }, part.offset, part.offset + part.len)) continue
    const call = callOf(lab, part.call)
    if (call) addCall(related, call)
  }
  for (const segment of connection.segments) {
    if (segment.from === side && segment.offset !== undefined && overlaps({ from, to }, segment.offset, segment.offset + segment.len)) {
      related.segments.add(segment.id)
    }
  }
}

const connectionById = (lab: LabState, id: number): ConnectionModel | undefined => (id < 0 ? undefined : lab.connections.find((c) => c.id === id))

/** A datagram: the calls that sent and received it, and what both ends said of it. */
function ofDatagram(related: Related, lab: LabState, flow: number, row: number): Related {
  related.connection = flow
  related.segments.add(row)
  const { columns } = lab.datagrams
  if (row < 0 || row >= columns.seq.length) return related
  for (const index of [columns.sendCall.at(row), columns.recvCall.at(row)]) {
    const call = lab.calls.list[index]
    if (call) addCall(related, call)
  }
  return related
}

/** Everything that belongs to the selected thing. Never throws: what the lab does not know is left out. */
export function relatedTo(selection: Selection | undefined, lab: LabState): Related {
  const related = nothing()
  if (!selection) return related
  const connection = 'connection' in selection ? connectionById(lab, selection.connection) : undefined
  switch (selection.kind) {
    case 'call': {
      const call = callOf(lab, selection.call)
      if (!call) return related
      addCall(related, call)
      const datagram = datagramCalls(lab, call.call)
      if (datagram) {
        related.connection = datagram.flow
        related.segments.add(datagram.segment)
        // the other end's call of the same datagram
        for (const index of datagram.calls) addCall(related, lab.calls.list[index]!)
        return related
      }
      const on = connectionOfCall(lab, call)
      if (on) {
        related.connection = on.id
        addEffects(related, call, on)
      }
      return related
    }
    case 'segment': {
      if (selection.connection < 0) return ofDatagram(related, lab, selection.connection, selection.segment)
      const segment = connection?.segments.find((s) => s.id === selection.segment)
      if (!connection || !segment) return related
      related.connection = connection.id
      related.segments.add(segment.id)
      const call = callOf(lab, segment.call)
      if (call) {
        addCall(related, call)
        addEffects(related, call, connection)
      }
      if (segment.offset !== undefined && segment.len > 0) addBytes(related, lab, connection, segment.from, segment.offset, segment.offset + segment.len)
      for (const side of ['a', 'b'] as const) {
        connection[side].states.forEach((change, index) => {
          if (change.seq === segment.seq && (change.rcv ?? change.snd)) related.states.push({ side, index })
        })
      }
      return related
    }
    case 'bytes':
      if (!connection) return related
      related.connection = connection.id
      addBytes(related, lab, connection, selection.side, selection.from, selection.to)
      return related
    case 'state': {
      const change = connection?.[selection.side].states[selection.index]
      if (!connection || !change) return related
      related.connection = connection.id
      related.states.push({ side: selection.side, index: selection.index })
      const call = callOf(lab, change.call)
      if (call) addCall(related, call)
      for (const segment of connection.segments) if (segment.seq === change.seq) related.segments.add(segment.id)
      return related
    }
    case 'thread':
      related.threads.add(selection.thread)
      return related
    case 'socket': {
      related.socks.add(selection.sock)
      const id = lab.sockets.get(selection.sock)?.connection?.id
      if (id !== undefined) related.connection = id
      return related
    }
    default:
      return selection satisfies never
  }
}
