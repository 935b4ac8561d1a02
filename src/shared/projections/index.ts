/** The fold of the whole lab: every view draws from its state, at a cursor (see at.ts). */
import type { TraceEvent } from '../trace/events'
import { applyCalls, newCalls } from './calls'
import { onCaptureEnd, onSegment } from './captured'
import { concludeWaiting, onBlock, onEndpoint, onExit, onReturn, onSample, placeEarly } from './connections'
import { newConnectionTable, type ConnectionTable } from './pairs'
import { onDatagramClose, onDatagramReturn, onGap, onMark } from './datagrams'
import { onDatagramPacket, onOwnDatagram } from './datagrams-captured'
import { newDatagrams, type DatagramTable } from './flows'
import { newMarks } from './marks'
import type { LabState, Projection } from './model'
import { applyReturn, applySample, closeAllOf, newSocketTable, type SocketTable } from './sockets'

export * from './at'
export * from './datagrams-at'
export * from './history'
export * from './marks'
export * from './requests'

/** The state with what the fold itself remembers. Views use the part that LabState names. */
interface Lab extends LabState {
  readonly table: SocketTable
  readonly pairs: ConnectionTable
  readonly datagrams: DatagramTable
}

/** An empty lab. Give it to `fold` only. */
export function createLab(): LabState {
  const sockets: LabState['sockets'] = new Map()
  const connections: LabState['connections'] = []
  const lab: Lab = {
    seq: -1, t: 0, calls: newCalls(), sockets, connections, datagrams: newDatagrams(), marks: newMarks(), gaps: [], captures: [],
    table: newSocketTable(sockets), pairs: newConnectionTable(connections, sockets),
  }
  return lab
}

/** The trace is a capture file: nothing but its packets is known of anything. */
const isFile = (lab: LabState): boolean => lab.captures[0]?.what === 'file'

/** Folds one event into the state, in place. Tolerates what a gap has left out; never throws. */
export function fold(state: LabState, e: TraceEvent): void {
  const lab = state as Lab
  lab.seq = e.seq
  lab.t = e.t
  switch (e.k) {
    case 'sample': {
      const sock = lab.sockets.get(e.sock)
      if (!sock) return
      applySample(sock, e)
      onSample(lab.pairs, sock, e)
      return
    }
    case 'endpoint':
      onEndpoint(lab.pairs, e)
      return
    case 'call':
      placeEarly(lab.pairs, e)
      concludeWaiting(lab.pairs, e)
      applyCalls(lab.calls, e)
      return
    case 'block': {
      placeEarly(lab.pairs, e)
      concludeWaiting(lab.pairs, e)
      const call = applyCalls(lab.calls, e)
      if (call) onBlock(lab.pairs, call, lab.calls.index.get(call.call)!)
      return
    }
    case 'ret': {
      concludeWaiting(lab.pairs, e)
      const call = applyCalls(lab.calls, e)
      if (!call) return
      const index = lab.calls.index.get(call.call)!
      applyReturn(lab.table, call)
      onReturn(lab.pairs, call, index)
      onDatagramReturn(lab.datagrams, lab, call, index)
      placeEarly(lab.pairs, e)
      return
    }
    case 'run-end':
      concludeWaiting(lab.pairs, e)
      applyCalls(lab.calls, e)
      for (const sock of closeAllOf(lab.table, e.run, e.seq, e.t)) {
        onExit(lab.pairs, sock, e)
        if (sock.type === 'dgram') onDatagramClose(lab.datagrams, sock, e.seq)
      }
      return
    case 'gap':
      lab.gaps.push({ seq: e.seq, t: e.t, events: e.events, bytes: e.bytes, why: e.why })
      onGap(lab.datagrams, e)
      return
    case 'run':
    case 'thread':
    case 'thread-end':
    case 'print':
    case 'run-set':
    case 'halt':
      applyCalls(lab.calls, e)
      return
    case 'packet':
      if (e.proto === 'tcp') onSegment(lab.pairs, e, isFile(lab))
      else if (e.proto === 'udp') (isFile(lab) ? onDatagramPacket : onOwnDatagram)(lab.datagrams, e)
      return
    case 'mark':
      onMark(lab.datagrams, lab.marks, lab, e)
      return
    case 'capture':
      lab.captures.push(e)
      if (e.what === 'stop') onCaptureEnd(lab.pairs, e)
      return
    case 'scope':
      return
    default:
      return e satisfies never
  }
}

/** The whole lab as one projection. */
export const labProjection: Projection<LabState> = { name: 'lab', init: createLab, apply: fold }
