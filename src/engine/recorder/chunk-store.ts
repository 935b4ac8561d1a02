/**
 * The events of the live session, encoded, within limits. Over a limit the oldest chunks lose first what is not
 * structure, then all but their runs; a `gap` counts what went. Thinning works a few chunks at a time, so that no
 * system call ever waits long for it.
 */
import { decodeEvents, encodeEvents } from '../../shared/trace/codec'
import { chunkAt, joinBatches, type Chunk, type Piece, type TraceSource } from './source'
import { Thinner } from './thin'

/** Chunks smaller than this, bytes, are joined, this many at a time. */
const SMALL = 4096
const SMALL_RUN = 64
/** Most chunks that one append thins; it adds one, so the store shrinks. */
const THIN_AT_ONCE = 3
/** Most chunks decoded for one thinned read: some milliseconds. */
const THIN_READ = 8
/** What a chunk costs beside its batch, bytes. */
const OVERHEAD = 200

export class ChunkStore implements TraceSource {
  private readonly chunks: Chunk[] = []
  /** chunks at the front that lost their detail already; the first of them may be the rest of all that lost more */
  private thinned = 0
  private hasHead = false
  private small = 0
  private thinner = new Thinner('limit')
  private events = 0
  private held = 0
  /** events left out so far */
  dropped = 0

  constructor(private readonly limits: { events: number; bytes: number }) {}

  get end(): number {
    const last = this.chunks.at(-1)
    return last ? last.last + 1 : 0
  }

  /** bytes of memory, about */
  get memory(): number {
    return this.held
  }

  append(chunk: Chunk): void {
    this.chunks.push(chunk)
    this.count(chunk, 1)
    this.small = chunk.batch.length < SMALL ? this.small + 1 : 0
    if (this.small === SMALL_RUN) this.joinSmall()
    for (let i = 0; i < THIN_AT_ONCE && (this.events > this.limits.events || this.held > this.limits.bytes); i++) {
      if (!this.thinOldest()) break
    }
  }

  /** Chunks in order from the first that has an event at or after `seq`. */
  * from(seq: number): Generator<Chunk> {
    for (let i = chunkAt(this.chunks, seq); i < this.chunks.length; i++) yield this.chunks[i]!
  }

  read(from: number, maxBytes: number, thin?: Thinner): Piece | undefined {
    const batches: Uint8Array[] = []
    let size = 0
    let next = from
    let decoded = 0
    for (const chunk of this.from(from)) {
      if (size >= maxBytes || decoded === THIN_READ) break
      let { batch } = chunk
      if (chunk.first < from || thin) {
        batch = thin ? thin.apply(batch, from).batch : encodeEvents(decodeEvents(batch).filter((event) => event.seq >= from))
        decoded++
      } else if (size > 0 && size + batch.length > maxBytes) break
      batches.push(batch)
      size += batch.length
      next = chunk.last + 1
    }
    return size > 0 ? { data: joinBatches(batches), next } : undefined
  }

  /** The events of a chunk from `seq` on, as a chunk; undefined where it has none. */
  rest(chunk: Chunk, seq: number): Chunk | undefined {
    const events = decodeEvents(chunk.batch).filter((event) => event.seq >= seq)
    const first = events[0]
    return first && { ...chunk, first: first.seq, count: events.length, batch: encodeEvents(events) }
  }

  private count(chunk: Chunk, sign: 1 | -1): void {
    this.events += sign * chunk.count
    this.held += sign * (chunk.batch.length + OVERHEAD)
  }

  private replace(at: number, remove: number, chunk: Chunk): void {
    for (const old of this.chunks.splice(at, remove, chunk)) this.count(old, -1)
    this.count(chunk, 1)
  }

  private joinSmall(): void {
    this.small = 0
    const at = this.chunks.length - SMALL_RUN
    if (at < this.thinned) return
    const run = this.chunks.slice(at)
    this.replace(at, SMALL_RUN, {
      first: run[0]!.first,
      last: run.at(-1)!.last,
      lastT: run.at(-1)!.lastT,
      count: run.reduce((sum, chunk) => sum + chunk.count, 0),
      batch: joinBatches(run.map((chunk) => chunk.batch)),
    })
  }

  private thinOldest(): boolean {
    // the newest chunk stays whole: it is what a live view shows
    if (this.thinned < this.chunks.length - 1) {
      const chunk = this.chunks[this.thinned]!
      this.replace(this.thinned++, 1, this.lighter([chunk], this.thinner))
      return true
    }
    const from = this.hasHead ? 2 : 1
    if (this.thinned < from) return false
    this.replace(0, from, this.lighter(this.chunks.slice(0, from), new Thinner('limit', true)))
    this.thinned -= from - 1
    this.hasHead = true
    return true
  }

  /** the chunks as one, with less in it; it still spans the same seqs */
  private lighter(chunks: Chunk[], thinner: Thinner): Chunk {
    const leftBefore = thinner.left
    const { batch, count } = thinner.apply(joinBatches(chunks.map((chunk) => chunk.batch)))
    this.dropped += thinner.left - leftBefore
    return {
      first: chunks[0]!.first,
      last: chunks.at(-1)!.last,
      lastT: chunks.at(-1)!.lastT,
      count,
      batch,
    }
  }
}
