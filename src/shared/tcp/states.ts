/**
 * The TCP state machine of RFC 9293 as data: section 3.3.2, figure 5, its three notes, and the transitions that only the
 * text of section 3.10 has (RST, ABORT and the timeouts). The diagram draws the edges; the inference walks along them.
 */
import type { TcpState } from '../trace/events'

export const TCP_STATES: readonly TcpState[] = [
  'CLOSED', 'LISTEN', 'SYN_SENT', 'SYN_RCVD', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSE_WAIT', 'CLOSING', 'LAST_ACK', 'TIME_WAIT',
]

/**
 * Why an endpoint moves: what its program did (`cause`), or the segment that came in (`rcv`); and what it sent for it
 * (`snd`). `kind` tells the drawn edges of figure 5 (`figure`), those its notes add (`note`) and those of the text alone.
 */
export interface TcpEdge {
  id: string
  from: TcpState
  to: TcpState
  cause?: 'passive OPEN' | 'active OPEN' | 'SEND' | 'CLOSE' | 'ABORT' | 'timeout'
  rcv?: 'SYN' | 'SYN,ACK' | 'ACK' | 'FIN' | 'FIN,ACK' | 'RST'
  snd?: 'SYN' | 'SYN,ACK' | 'ACK' | 'FIN' | 'RST'
  kind: 'figure' | 'note' | 'reset' | 'abort' | 'timeout'
}

const figure: readonly Omit<TcpEdge, 'id'>[] = [
  { from: 'CLOSED', to: 'LISTEN', cause: 'passive OPEN', kind: 'figure' },
  { from: 'CLOSED', to: 'SYN_SENT', cause: 'active OPEN', snd: 'SYN', kind: 'figure' },
  { from: 'LISTEN', to: 'CLOSED', cause: 'CLOSE', kind: 'figure' },
  { from: 'LISTEN', to: 'SYN_SENT', cause: 'SEND', snd: 'SYN', kind: 'figure' },
  { from: 'LISTEN', to: 'SYN_RCVD', rcv: 'SYN', snd: 'SYN,ACK', kind: 'figure' },
  { from: 'SYN_SENT', to: 'CLOSED', cause: 'CLOSE', kind: 'figure' },
  { from: 'SYN_SENT', to: 'SYN_RCVD', rcv: 'SYN', snd: 'SYN,ACK', kind: 'figure' },
  { from: 'SYN_SENT', to: 'ESTABLISHED', rcv: 'SYN,ACK', snd: 'ACK', kind: 'figure' },
  { from: 'SYN_RCVD', to: 'ESTABLISHED', rcv: 'ACK', kind: 'figure' },
  { from: 'SYN_RCVD', to: 'FIN_WAIT_1', cause: 'CLOSE', snd: 'FIN', kind: 'figure' },
  { from: 'ESTABLISHED', to: 'FIN_WAIT_1', cause: 'CLOSE', snd: 'FIN', kind: 'figure' },
  { from: 'ESTABLISHED', to: 'CLOSE_WAIT', rcv: 'FIN', snd: 'ACK', kind: 'figure' },
  { from: 'FIN_WAIT_1', to: 'FIN_WAIT_2', rcv: 'ACK', kind: 'figure' },
  { from: 'FIN_WAIT_1', to: 'CLOSING', rcv: 'FIN', snd: 'ACK', kind: 'figure' },
  { from: 'FIN_WAIT_2', to: 'TIME_WAIT', rcv: 'FIN', snd: 'ACK', kind: 'figure' },
  { from: 'CLOSING', to: 'TIME_WAIT', rcv: 'ACK', kind: 'figure' },
  { from: 'CLOSE_WAIT', to: 'LAST_ACK', cause: 'CLOSE', snd: 'FIN', kind: 'figure' },
  { from: 'LAST_ACK', to: 'CLOSED', rcv: 'ACK', kind: 'figure' },
  { from: 'TIME_WAIT', to: 'CLOSED', cause: 'timeout', kind: 'figure' },
  // note 1: a passive opener that gets a RST in SYN-RECEIVED listens on
  { from: 'SYN_RCVD', to: 'LISTEN', rcv: 'RST', kind: 'note' },
  // note 2: the peer's FIN also acknowledges ours
  { from: 'FIN_WAIT_1', to: 'TIME_WAIT', rcv: 'FIN,ACK', snd: 'ACK', kind: 'note' },
]

/** States that hold a connection's control block with a peer: a RST, an ABORT or a timeout ends each of them. */
const SYNCHRONIZED: readonly TcpState[] = ['SYN_RCVD', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSE_WAIT', 'CLOSING', 'LAST_ACK']

// RFC 9293, 3.10.7.3 and 3.10.7.4 (RST), 3.10.5 (ABORT), 3.10.8 (timeouts)
const text: readonly Omit<TcpEdge, 'id'>[] = [
  { from: 'SYN_SENT', to: 'CLOSED', rcv: 'RST', kind: 'reset' },
  ...SYNCHRONIZED.map((from) => ({ from, to: 'CLOSED', rcv: 'RST', kind: 'reset' }) as const),
  { from: 'TIME_WAIT', to: 'CLOSED', rcv: 'RST', kind: 'reset' },
  { from: 'SYN_SENT', to: 'CLOSED', cause: 'ABORT', kind: 'abort' },
  ...SYNCHRONIZED.map((from) => ({ from, to: 'CLOSED', cause: 'ABORT', snd: 'RST', kind: 'abort' }) as const),
  { from: 'SYN_SENT', to: 'CLOSED', cause: 'timeout', kind: 'timeout' },
  ...SYNCHRONIZED.map((from) => ({ from, to: 'CLOSED', cause: 'timeout', kind: 'timeout' }) as const),
]

const idOf = (e: Omit<TcpEdge, 'id'>): string => `${e.from}>${e.to}:${e.rcv ?? e.cause ?? ''}`

/** Every legal transition. `id` is stable: 'ESTABLISHED>FIN_WAIT_1:CLOSE'. */
export const TCP_EDGES: readonly TcpEdge[] = [...figure, ...text].map((e) => ({ id: idOf(e), ...e }))

const outOf = new Map<TcpState, TcpEdge[]>(TCP_STATES.map((s) => [s, TCP_EDGES.filter((e) => e.from === s)]))
export const edgesFrom = (state: TcpState): readonly TcpEdge[] => outOf.get(state) ?? []

/** The edge that a change went along, found by its ends and its cause; undefined when there is no such edge. */
export function edgeOf(change: { from: TcpState; to: TcpState; cause?: string; rcv?: string }): TcpEdge | undefined {
  const edges = edgesFrom(change.from)
  return edges.find((e) => e.to === change.to && e.cause === change.cause && e.rcv === change.rcv)
}

/** What is known about how an endpoint went, so that the right one of several paths is found. */
export type PathHint = 'orderly' | 'reset' | 'abort' | 'timeout'

const COST: Record<PathHint, Record<TcpEdge['kind'], number>> = {
  orderly: { figure: 1, note: 1.5, reset: 20, abort: 40, timeout: 60 },
  reset: { figure: 5, note: 6, reset: 1, abort: 40, timeout: 60 },
  abort: { figure: 5, note: 6, reset: 20, abort: 1, timeout: 60 },
  timeout: { figure: 5, note: 6, reset: 40, abort: 40, timeout: 1 },
}

const cache = new Map<string, readonly TcpEdge[] | null>()

/**
 * The most likely walk from one state to another: the cheapest under the hint. Empty when they are the same, undefined
 * when there is none. Never goes through CLOSED: an endpoint that closed does not open again, a new one does.
 */
export function pathBetween(from: TcpState, to: TcpState, hint: PathHint = 'orderly'): readonly TcpEdge[] | undefined {
  if (from === to) return []
  const key = `${from}>${to}:${hint}`
  let known = cache.get(key)
  if (known === undefined) {
    known = search(from, to, COST[hint])
    cache.set(key, known)
  }
  return known ?? undefined
}

/** Dijkstra over eleven nodes. */
function search(from: TcpState, to: TcpState, cost: Record<TcpEdge['kind'], number>): readonly TcpEdge[] | null {
  const best = new Map<TcpState, { cost: number; path: TcpEdge[] }>([[from, { cost: 0, path: [] }]])
  const open = new Set<TcpState>([from])
  while (open.size > 0) {
    let at: TcpState | undefined
    for (const s of open) if (at === undefined || best.get(s)!.cost < best.get(at)!.cost) at = s
    open.delete(at!)
    const here = best.get(at!)!
    if (at === to) return here.path
    if (at === 'CLOSED' && at !== from) continue
    for (const edge of edgesFrom(at!)) {
      const total = here.cost + cost[edge.kind]
      const known = best.get(edge.to)
      if (known && known.cost <= total) continue
      best.set(edge.to, { cost: total, path: [...here.path, edge] })
      open.add(edge.to)
    }
  }
  return null
}
