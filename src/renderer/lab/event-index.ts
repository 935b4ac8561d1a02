/** When each event of the session was: two growing arrays, so that the timeline can go from a time to an event and back. */
export class EventIndex {
  private seqs = new Float64Array(1024)
  private times = new Float64Array(1024)
  length = 0

  push(seq: number, t: number): void {
    if (this.length === this.seqs.length) {
      this.seqs = grown(this.seqs)
      this.times = grown(this.times)
    }
    this.seqs[this.length] = seq
    this.times[this.length] = t
    this.length++
  }

  /** Position of the last event with seq <= `seq`; -1 before the first. */
  atSeq(seq: number): number {
    return lastAtMost(this.seqs, this.length, seq)
  }

  /** Position of the last event with t <= `t`; -1 before the first. */
  atTime(t: number): number {
    return lastAtMost(this.times, this.length, t)
  }

  seq(position: number): number {
    return position < 0 ? -1 : (this.seqs[Math.min(position, this.length - 1)] ?? -1)
  }

  time(position: number): number {
    return position < 0 ? 0 : (this.times[Math.min(position, this.length - 1)] ?? 0)
  }
}

function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const bigger = new Float64Array(array.length * 2)
  bigger.set(array)
  return bigger
}

function lastAtMost(values: Float64Array, length: number, wanted: number): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] ?? 0) <= wanted) low = middle + 1
    else high = middle
  }
  return low - 1
}
