/** Where both ends stand on the figure at a cursor, and which of its edges they took. Pure. */
import type { ConnectionModel, Side, SockModel, StateChange } from '../../shared/projections/model'
import { statesAt } from '../../shared/projections/at'
import { historyIndex, valueAt } from './at'
import { edgeOf, nodeById, type FigureEdge, type FigureNode } from './states-figure'

export interface Step {
  side: Side
  index: number
  change: StateChange
  edge: FigureEdge
}

export interface Token {
  side: Side
  node: FigureNode
  steps: Step[]
  /** milliseconds until TIME_WAIT ends, where the kernel said so */
  expires?: number
}

/** `t` is the time at the cursor, microseconds: the countdown goes on between two looks at the kernel's table. */
export function tokenOf(connection: ConnectionModel, side: Side, cursor: number, t: number | undefined): Token | undefined {
  const endpoint = connection[side]
  const known = statesAt(endpoint, cursor)
  const first = known[0]
  if (!first) return undefined
  const steps = known.map((change, index) => ({ side, index, change, edge: edgeOf(change) }))
  const node = nodeById(steps.at(-1)!.edge.to)
  const token: Token = { side, node, steps }
  const at = historyIndex(endpoint.facts, cursor)
  const facts = valueAt(endpoint.facts, cursor)
  if (node.state === 'TIME_WAIT' && facts?.state === 'TIME_WAIT' && facts.expires !== undefined) {
    const since = t === undefined ? 0 : (t - endpoint.facts.t[at]!) / 1000
    token.expires = Math.max(0, facts.expires - Math.max(0, since))
  }
  return token
}

/** Is the listening socket listening at the cursor? */
export const isListening = (listener: SockModel | undefined, cursor: number): boolean =>
  listener !== undefined && valueAt(listener.state, cursor)?.state === 'LISTEN' && !(listener.closed && listener.closed.seq <= cursor)

/** A step in the words of the figure: 'rcv SYN / snd SYN,ACK'. */
export function causeOf(change: StateChange): string {
  return [change.cause, change.rcv && `rcv ${change.rcv}`, change.snd && `snd ${change.snd}`].filter(Boolean).join(' / ')
}
