/** Reading append-only projections at a cursor: a prefix of each list, found by binary search. */
import type { CallModel, History } from '../../shared/projections/model'

/** How many of `list` (in order of seq) are known at the cursor. */
export function prefixLength(list: readonly { seq: number }[], cursor: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const mid = (low + high) >>> 1
    if (list[mid]!.seq <= cursor) low = mid + 1
    else high = mid
  }
  return low
}

/** Index of the history's value at the cursor; -1 when it had none yet. */
export function historyIndex(history: History<unknown>, cursor: number): number {
  let low = 0
  let high = history.seq.length
  while (low < high) {
    const mid = (low + high) >>> 1
    if (history.seq[mid]! <= cursor) low = mid + 1
    else high = mid
  }
  return low - 1
}

export function valueAt<T>(history: History<T>, cursor: number): T | undefined {
  return history.value[historyIndex(history, cursor)]
}

/** The call's return, where it is known at the cursor. */
export const endAt = (call: CallModel, cursor: number): CallModel['end'] => (call.end && call.end.seq <= cursor ? call.end : undefined)

/** A half-open stretch of time in which a call waited. Microseconds; `to` is absent while it still waits. */
export interface Wait {
  why: CallModel['blocks'][number]['why']
  from: number
  to?: number
}

/**
 * The waits within a call. A block event says when a wait began, not when it ended: a paced wait ends when the next
 * wait begins or the call returns, and so does every other (between them the call runs for microseconds).
 */
export function waitsAt(call: CallModel, cursor: number): Wait[] {
  const known = call.blocks.slice(0, prefixLength(call.blocks, cursor))
  const end = endAt(call, cursor)?.t
  return known.map((block, i) => ({ why: block.why, from: block.t, to: known[i + 1]?.t ?? end }))
}

export const isPace = (why: Wait['why']): boolean => why === 'slow' || why === 'step'

/** Below this a wait is not worth a line, microseconds. */
const WORTH = 1000

/** Is there more to say of a call than the call: an error, a wait that is over or goes on? Asked of every call of a layout. */
export function hasStory(call: CallModel, part: 'whole' | 'start' | 'end', cursor: number): boolean {
  const end = endAt(call, cursor)
  if (!end) return call.blocks[0] !== undefined && call.blocks[0].seq <= cursor
  return part !== 'start' && (end.errno !== undefined || (call.blocks.length > 0 && blockedTime(call, cursor) >= WORTH))
}

/** Microseconds that the call waited for the network, for time or for the person (the pace not counted). */
export function blockedTime(call: CallModel, cursor: number): number {
  let sum = 0
  for (const wait of waitsAt(call, cursor)) if (!isPace(wait.why) && wait.to !== undefined) sum += wait.to - wait.from
  return sum
}
