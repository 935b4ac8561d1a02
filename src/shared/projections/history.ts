/** Lists that only grow, sorted by the `seq` at which each entry became known: a cursor is a prefix of each. */
import type { Cursor, History } from './model'

export const newHistory = <T>(): History<T> => ({ seq: [], t: [], value: [] })

export function record<T>(history: History<T>, seq: number, t: number, value: T): void {
  history.seq.push(seq)
  history.t.push(t)
  history.value.push(value)
}

/** How many of the seqs are at or before the cursor. */
export function countSeqs(seqs: readonly number[], cursor: Cursor): number {
  let low = 0
  let high = seqs.length
  if (high === 0 || seqs[high - 1]! <= cursor) return high
  while (low < high) {
    const mid = (low + high) >>> 1
    if (seqs[mid]! <= cursor) low = mid + 1
    else high = mid
  }
  return low
}

/** How many entries became known at or before the cursor. */
export function countAt(list: readonly { readonly seq: number }[], cursor: Cursor): number {
  let low = 0
  let high = list.length
  if (high === 0 || list[high - 1]!.seq <= cursor) return high
  while (low < high) {
    const mid = (low + high) >>> 1
    if (list[mid]!.seq <= cursor) low = mid + 1
    else high = mid
  }
  return low
}

/** The prefix of a list that was known at the cursor. The list itself when that is all of it: do not change it. */
export function prefixAt<T extends { readonly seq: number }>(list: readonly T[], cursor: Cursor): readonly T[] {
  const n = countAt(list, cursor)
  return n === list.length ? list : list.slice(0, n)
}

/** The value that holds at the cursor; undefined before the first. */
export function valueAt<T>(history: History<T>, cursor: Cursor): T | undefined {
  const n = countSeqs(history.seq, cursor)
  return n === 0 ? undefined : history.value[n - 1]
}

/** The history as it was at the cursor. */
export function historyAt<T>(history: History<T>, cursor: Cursor): History<T> {
  const n = countSeqs(history.seq, cursor)
  if (n === history.seq.length) return history
  return { seq: history.seq.slice(0, n), t: history.t.slice(0, n), value: history.value.slice(0, n) }
}
