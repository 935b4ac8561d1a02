/** What on a ladder can be picked: by pointer, by keyboard, by a reader of the screen. */
import type { ConnectionModel, Side } from '../../shared/projections/model'
import type { Related, Selection } from '../../shared/projections/selection'
import type { LadderRow } from './ladder-layout'

export interface Pickable {
  /** stays the same when the ladder is laid out again */
  key: string
  kind: 'call' | 'segment' | 'state' | 'outcome'
  side?: Side
  selection: Selection
}

/** The things of a row, in the order in which the keyboard visits them. */
export function pickables(row: LadderRow, connection: ConnectionModel): Pickable[] {
  const out: Pickable[] = []
  const call = (side: Side) => {
    const slot = row.calls[side]
    if (!slot) return
    const seq = slot.part === 'start' ? slot.call.seq : slot.call.end!.seq
    out.push({ key: `call:${slot.call.call}:${slot.part === 'end' ? 'end' : 'start'}`, kind: 'call', side, selection: { kind: 'call', call: slot.call.call, seq } })
  }
  const state = (side: Side) => {
    const mark = row.states[side]
    if (!mark) return
    const selection: Selection = { kind: 'state', connection: connection.id, side, index: mark.index, seq: mark.change.seq }
    out.push({ key: `state:${side}:${mark.index}`, kind: 'state', side, selection })
  }
  call('a')
  if (row.arrow) {
    const { segment } = row.arrow
    const selection: Selection = { kind: 'segment', connection: connection.id, segment: segment.id, seq: segment.seq }
    out.push({ key: `segment:${segment.id}`, kind: 'segment', side: segment.from, selection })
  }
  call('b')
  state('a')
  state('b')
  return out
}

/** Does this light up with the selection? */
export function isLit(item: Pickable, related: Related | undefined): boolean {
  if (!related) return false
  const s = item.selection
  switch (s.kind) {
    case 'call': return related.calls.has(s.call)
    case 'segment': return related.connection === s.connection && related.segments.has(s.segment)
    case 'state': return related.connection === s.connection && related.states.some((x) => x.side === s.side && x.index === s.index)
    default: return false
  }
}

/** The row that holds an item, searched from the end, where things happen. */
export function rowOf(rows: readonly LadderRow[], connection: ConnectionModel, test: (item: Pickable) => boolean): { row: LadderRow; item: Pickable } | undefined {
  for (let i = rows.length - 1; i >= 0; i--) {
    const item = pickables(rows[i]!, connection).find(test)
    if (item) return { row: rows[i]!, item }
  }
  return undefined
}

export type Move = 'up' | 'down' | 'left' | 'right' | 'first' | 'last' | 'pageup' | 'pagedown'

/** Where a key leads: up and down by moments, left and right within one. */
export function moveFrom(rows: readonly LadderRow[], connection: ConnectionModel, key: string | undefined, move: Move): { row: LadderRow; item: Pickable } | undefined {
  const here = key === undefined ? undefined : rowOf(rows, connection, (item) => item.key === key)
  const seek = (from: number, by: 1 | -1) => {
    for (let i = Math.max(0, Math.min(rows.length - 1, from)); i >= 0 && i < rows.length; i += by) {
      const items = pickables(rows[i]!, connection)
      const item = items.find((x) => x.kind === here?.item.kind && x.side === here.item.side) ?? items.find((x) => x.kind === 'segment') ?? items[0]
      if (item) return { row: rows[i]!, item }
    }
    return undefined
  }
  if (move === 'first') return seek(0, 1)
  if (move === 'last' || !here) return seek(rows.length - 1, -1)
  switch (move) {
    case 'up': return seek(here.row.index - 1, -1)
    case 'down': return seek(here.row.index + 1, 1)
    case 'pageup': return seek(here.row.index - 12, -1) ?? seek(0, 1)
    case 'pagedown': return seek(here.row.index + 12, 1)
    default: {
      const items = pickables(here.row, connection)
      const at = items.findIndex((item) => item.key === here.item.key) + (move === 'left' ? -1 : 1)
      return items[at] ? { row: here.row, item: items[at] } : here
    }
  }
}
