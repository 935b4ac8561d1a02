/** Growing columns of numbers: a hundred thousand rows of plain objects would cost ten times the memory. */

export class Ints {
  values: Int32Array<ArrayBuffer>
  length = 0

  constructor(capacity = 16) {
    this.values = new Int32Array(capacity)
  }

  /** Answers the new row's index. */
  push(value: number): number {
    if (this.length === this.values.length) {
      const bigger = new Int32Array(this.values.length * 2)
      bigger.set(this.values)
      this.values = bigger
    }
    this.values[this.length] = value
    return this.length++
  }

  at(row: number): number {
    return this.values[row]!
  }
}

export class Floats {
  values: Float64Array<ArrayBuffer>
  length = 0

  constructor(capacity = 16) {
    this.values = new Float64Array(capacity)
  }

  push(value: number): number {
    if (this.length === this.values.length) {
      const bigger = new Float64Array(this.values.length * 2)
      bigger.set(this.values)
      this.values = bigger
    }
    this.values[this.length] = value
    return this.length++
  }

  at(row: number): number {
    return this.values[row]!
  }
}

/** How many of `n` rows in order of seq are at or before the cursor; `seqOf` reads a row's. */
export function rowsAt(n: number, cursor: number, seqOf: (row: number) => number): number {
  let low = 0
  let high = n
  if (n === 0 || seqOf(n - 1) <= cursor) return n
  while (low < high) {
    const mid = (low + high) >>> 1
    if (seqOf(mid) <= cursor) low = mid + 1
    else high = mid
  }
  return low
}
