/** The kernel's numbers of an endpoint at a cursor, and where they stand on a gauge. Pure. */
import type { ConnectionModel, Endpoint, Side, SockModel } from '../../shared/projections/model'
import type { SockId, TcpFacts } from '../../shared/trace/events'
import { historyIndex } from './at'

export type Facts = TcpFacts & { timer?: string; expires?: number }

export interface KnownFacts {
  facts: Facts
  seq: number
  t: number
}

/**
 * The newest look at an endpoint: by its descriptor (a sample) or by the connection table. A look that lacks a number
 * does not take back what an earlier one said of the buffers' sizes.
 */
export function factsAt(endpoint: Endpoint, sock: SockModel | undefined, cursor: number): KnownFacts | undefined {
  const looks: KnownFacts[] = []
  for (const history of [sock?.facts, endpoint.facts]) {
    const i = history ? historyIndex(history, cursor) : -1
    if (history && i >= 0) looks.push({ facts: history.value[i]!, seq: history.seq[i]!, t: history.t[i]! })
  }
  const newest = looks.sort((x, y) => y.seq - x.seq)[0]
  if (!newest) return undefined
  const older = looks[1]?.facts
  return { ...newest, facts: { ...newest.facts, sndbuf: newest.facts.sndbuf ?? older?.sndbuf, rcvbuf: newest.facts.rcvbuf ?? older?.rcvbuf } }
}

export function sideFacts(connection: ConnectionModel, sockets: ReadonlyMap<SockId, SockModel>, side: Side, cursor: number): KnownFacts | undefined {
  const endpoint = connection[side]
  const known = endpoint.sock !== undefined && (endpoint.sockSeq ?? -1) <= cursor
  return factsAt(endpoint, known ? sockets.get(endpoint.sock!) : undefined, cursor)
}

export interface AcceptQueue {
  length: number
  limit: number
  closed: boolean
}

/** On a listening socket TCP_INFO gives the accept queue's length and limit in the places of the queues (Linux). */
export function acceptQueue(listener: SockModel, cursor: number): AcceptQueue | undefined {
  const i = historyIndex(listener.facts, cursor)
  const facts = listener.facts.value[i]
  if (facts?.state !== 'LISTEN' || facts.recvq === undefined || facts.sendq === undefined) return undefined
  return { length: facts.recvq, limit: facts.sendq, closed: listener.closed !== undefined && listener.closed.seq <= cursor }
}

/** Linux turns the next one away when the length has passed the limit (sk_acceptq_is_full in include/net/sock.h). */
export const isFull = (queue: AcceptQueue): boolean => queue.length > queue.limit

/** Most slots that are drawn one by one. */
export const MOST_SLOTS = 24

/** One entry per slot: taken or free. Linux lets one more in than the limit says; that slot exists only while taken. */
export const slots = (queue: AcceptQueue): boolean[] =>
  Array.from({ length: Math.min(MOST_SLOTS, Math.max(queue.limit, queue.length)) }, (_, i) => i < queue.length)
