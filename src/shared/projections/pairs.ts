/** The table of connections: made, found by their addresses, bound to the sockets that are their ends. */
import type { EndpointEvent, SockAddr, SockId } from '../trace/events'
import { newTracker, stateOf, type Stamp, type Tracker } from '../tcp/tracker'
import { endKey, listensFor, peerKey, sameMachine } from '../tcp/tuple'
import type { WireMemory } from './captured'
import { newHistory, record } from './history'
import type { ConnectionModel, Endpoint, Side, SockModel } from './model'

export interface ConnectionTable {
  list: ConnectionModel[]
  sockets: Map<SockId, SockModel>
  /** by connection id, which is its index in `list` */
  trackers: Tracker[]
  /** the latest connection of a pair of addresses, opener first */
  byTuple: Map<string, number>
  /** AF_UNIX: connections to a path that were not accepted yet, oldest first */
  pending: Map<string, number[]>
  listeners: Map<SockId, SockAddr>
  /** those with something to settle before the trace goes on */
  waiting: Tracker[]
  /** looks at ends of which nothing is known yet: the call that tells of them returns next */
  early: EndpointEvent[]
  /** by connection id, for those with captured packets */
  wire: Map<number, WireMemory>
  /** connections that a capture delivers packets of now */
  captured: number[]
  /** ends that were connected to */
  passive: Set<string>
}

/** A machine's servers; a longer list is a trace that was made up. */
const MOST_PASSIVE = 65_536

export const newConnectionTable = (list: ConnectionModel[], sockets: Map<SockId, SockModel>): ConnectionTable => ({
  list, sockets, trackers: [], byTuple: new Map(), pending: new Map(), listeners: new Map(), waiting: [], early: [], wire: new Map(), captured: [], passive: new Set(),
})

const newEndpoint = (side: Side, addr?: SockAddr): Endpoint => ({ side, addr, sock: undefined, sockSeq: undefined, states: [], facts: newHistory() })

export function create(table: ConnectionTable, at: Stamp, family: ConnectionModel['family'], a?: SockAddr, b?: SockAddr): Tracker {
  const connection: ConnectionModel = {
    id: table.list.length, family, type: 'stream', seq: at.seq, t: at.t, a: newEndpoint('a', a), b: newEndpoint('b', b), listener: undefined,
    segments: [], streams: { a: { sends: [], recvs: [] }, b: { sends: [], recvs: [] } }, outcome: newHistory(), calls: [], captured: undefined,
  }
  const tracker = newTracker(connection)
  tracker.local = sameMachine(a, b)
  table.list.push(connection)
  table.trackers.push(tracker)
  if (a && b && family !== 'unix') table.byTuple.set(`${endKey(a)}>${peerKey(b)}`, connection.id)
  if (b && table.passive.size < MOST_PASSIVE) table.passive.add(endKey(b))
  return tracker
}

/** The lab holds this end. */
export function attach(tracker: Tracker, side: Side, sock: SockModel, at: Stamp): void {
  const end = tracker.connection[side]
  end.sock = sock.sock
  end.sockSeq = at.seq
  tracker[side].sock = sock
  if (sock.connection) (sock.earlier ??= []).push(sock.connection)
  sock.connection = { seq: at.seq, id: tracker.connection.id, side }
}

export const trackerOf = (table: ConnectionTable, sock: SockModel | undefined): Tracker | undefined =>
  sock?.connection ? table.trackers[sock.connection.id] : undefined

/** The latest connection between two addresses, the opener's first. */
export const byTuple = (table: ConnectionTable, a: SockAddr, b: SockAddr): Tracker | undefined => {
  const id = table.byTuple.get(`${endKey(a)}>${peerKey(b)}`)
  return id === undefined ? undefined : table.trackers[id]
}

export const isOver = (tracker: Tracker): boolean => tracker.connection.outcome.value.length > 0

/** A listening socket of ours that takes what is sent to this address. */
export function listenerFor(table: ConnectionTable, target: SockAddr): SockId | undefined {
  for (const [id, bound] of table.listeners) if (listensFor(bound, target)) return id
  return undefined
}

/** How it ended, once that is known. */
export function judge(tracker: Tracker, at: Stamp): void {
  const { connection } = tracker
  if (connection.outcome.value.length > 0 || !tracker.opened) return
  if (tracker.a.rst || tracker.b.rst) record(connection.outcome, at.seq, at.t, 'reset')
  else if (tracker.a.fin && tracker.b.fin && isDone(tracker, 'a') && isDone(tracker, 'b')) record(connection.outcome, at.seq, at.t, 'closed')
}

const isDone = (tracker: Tracker, side: Side): boolean => {
  const state = stateOf(tracker.connection, side)
  return state === 'CLOSED' || state === 'TIME_WAIT'
}
