/** Something that events can be read from in order: the live trace or a stored session. */
import type { Thinner } from './thin'

/** A stretch of events as one batch of the codec. `next` is the seq to go on from. */
export interface Piece {
  data: Uint8Array
  next: number
}

export interface TraceSource {
  /** one past the last seq that can be read now */
  readonly end: number
  /** From the first event with seq >= from, about maxBytes. `thin` leaves out what it may. undefined: no such event now. */
  read(from: number, maxBytes: number, thin?: Thinner): Piece | undefined | Promise<Piece | undefined>
}

/** An encoded stretch of the trace. */
export interface Chunk {
  first: number
  last: number
  lastT: number
  count: number
  batch: Uint8Array
}

/** The index of the first chunk that has an event at or after `seq`; the length when none has. */
export function chunkAt(chunks: readonly { last: number }[], seq: number): number {
  let lo = 0
  let hi = chunks.length
  while (lo < hi) {
    const mid = (lo + hi) >> 1
    if (chunks[mid]!.last < seq) lo = mid + 1
    else hi = mid
  }
  return lo
}

/** Batches in a row are a batch. */
export function joinBatches(batches: readonly Uint8Array[]): Uint8Array {
  if (batches.length === 1) return batches[0]!
  const joined = new Uint8Array(batches.reduce((sum, batch) => sum + batch.length, 0))
  let at = 0
  for (const batch of batches) {
    joined.set(batch, at)
    at += batch.length
  }
  return joined
}
