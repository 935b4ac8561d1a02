/**
 * Ranges of bytes. One half-open type for the whole project: `from` is inside, `to` is not, so that lengths subtract,
 * neighbours share a number, and an empty range has from === to. Units: bytes, safe integers (a stream may pass 2^32).
 */
export interface Range {
  readonly from: number
  readonly to: number
}

export const range = (from: number, to: number): Range => ({ from, to: Math.max(from, to) })
export const rangeOf = (from: number, len: number): Range => range(from, from + len)
export const lengthOf = (r: Range): number => r.to - r.from
export const isEmpty = (r: Range): boolean => r.to <= r.from
export const contains = (r: Range, at: number): boolean => at >= r.from && at < r.to
export const sameRange = (a: Range, b: Range): boolean => a.from === b.from && a.to === b.to
export const shift = (r: Range, by: number): Range => ({ from: r.from + by, to: r.to + by })
/** They share at least one byte. */
export const overlaps = (a: Range, b: Range): boolean => Math.max(a.from, b.from) < Math.min(a.to, b.to)

/** The bytes that are in both; undefined when there are none. */
export function intersect(a: Range, b: Range): Range | undefined {
  const from = Math.max(a.from, b.from)
  const to = Math.min(a.to, b.to)
  return from < to ? { from, to } : undefined
}

/** The one range that is both together; undefined when a gap lies between them. An empty range adds nothing. */
export function union(a: Range, b: Range): Range | undefined {
  if (isEmpty(a)) return b
  if (isEmpty(b)) return a
  if (Math.max(a.from, b.from) > Math.min(a.to, b.to)) return undefined
  return { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) }
}

/** What is left of `a` without `b`: nothing, one piece or two. */
export function subtract(a: Range, b: Range): Range[] {
  const cut = intersect(a, b)
  if (!cut) return isEmpty(a) ? [] : [a]
  return [{ from: a.from, to: cut.from }, { from: cut.to, to: a.to }].filter((r) => !isEmpty(r))
}

/**
 * Index of the last item whose key is <= value, in a list that rises by key; -1 when all are greater.
 * The one binary search of the views: histories by seq, sends by offset.
 */
export function lastAtOrBefore<T>(items: readonly T[], value: number, key: (item: T) => number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (key(items[middle] as T) <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** A set of bytes, held as sorted ranges that neither overlap nor touch. Changing costs the ranges touched. */
export class IntervalSet {
  private list: Range[] = []

  constructor(ranges: Iterable<Range> = []) {
    for (const r of ranges) this.add(r)
  }

  get ranges(): readonly Range[] {
    return this.list
  }

  /** How many bytes are in the set. */
  get size(): number {
    return this.list.reduce((sum, r) => sum + lengthOf(r), 0)
  }

  add(r: Range): void {
    if (isEmpty(r)) return
    const [first, end] = this.touching(r.from, r.to)
    const from = first < end ? Math.min(r.from, (this.list[first] as Range).from) : r.from
    const to = first < end ? Math.max(r.to, (this.list[end - 1] as Range).to) : r.to
    this.list.splice(first, end - first, { from, to })
  }

  delete(r: Range): void {
    if (isEmpty(r)) return
    const [first, end] = this.touching(r.from, r.to)
    const left = this.list.slice(first, end).flatMap((have) => subtract(have, r))
    this.list.splice(first, end - first, ...left)
  }

  has(at: number): boolean {
    const i = lastAtOrBefore(this.list, at, (r) => r.from)
    return i >= 0 && at < (this.list[i] as Range).to
  }

  /** Every byte of r is in the set. */
  covers(r: Range): boolean {
    if (isEmpty(r)) return true
    const i = lastAtOrBefore(this.list, r.from, (have) => have.from)
    return i >= 0 && r.to <= (this.list[i] as Range).to
  }

  /** The parts of r that are in the set. */
  within(r: Range): Range[] {
    const [first, end] = this.touching(r.from, r.to)
    return this.list.slice(first, end).flatMap((have) => intersect(have, r) ?? [])
  }

  /** The parts of r that are not in the set. */
  gaps(r: Range): Range[] {
    const gaps: Range[] = []
    let at = r.from
    for (const have of this.within(r)) {
      if (have.from > at) gaps.push({ from: at, to: have.from })
      at = have.to
    }
    if (at < r.to) gaps.push({ from: at, to: r.to })
    return gaps
  }

  /** [first, end) of the ranges that overlap or touch [from, to]. */
  private touching(from: number, to: number): [number, number] {
    const before = lastAtOrBefore(this.list, from, (r) => r.from)
    const first = before >= 0 && (this.list[before] as Range).to >= from ? before : before + 1
    let end = first
    while (end < this.list.length && (this.list[end] as Range).from <= to) end++
    return [first, end]
  }
}
