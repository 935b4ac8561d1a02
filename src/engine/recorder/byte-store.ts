/**
 * The bytes of a session: one growing address space in pages, of which the newest `limit` bytes are kept in memory.
 *
 * recv() reads straight into a page (`reserve`, then `commit`), and the program gets a view of that page: the bytes a
 * program holds and the bytes the trace shows are the same memory, so tracing a transfer copies nothing. Pages are
 * never written twice, and never reused while somebody holds a view. Views are read-only by agreement.
 */
import { Buffer } from 'node:buffer'
import type { ByteRef } from '../../shared/trace/events'
import { AUTOSAVE_BYTES, AUTOSAVE_MS } from './limits'

export const PAGE_BYTES = 1024 * 1024
/** A recv that asks for more than this reads into a buffer beside the store: it mostly gets far less than it asks for. */
const DIRECT = 256 * 1024

/** node's typed_array_max_size_in_heap, bytes */
const ON_HEAP = 64

interface Page {
  /** absolute offset of the page's first byte */
  at: number
  /** how many bytes are committed */
  used: number
  bytes: Uint8Array
}

/** Somebody who is done with the bytes of one recv() before the next. */
export interface ScratchHolder {
  scratch?: Uint8Array
}

/** Bytes that can be kept at once, and per millisecond after that: what the session's file can take in (AUTOSAVE_BYTES). */
const BURST_BYTES = 64 * 1024 * 1024
const BYTES_PER_MS = AUTOSAVE_BYTES / AUTOSAVE_MS
/** How much may still be kept: a bulk transfer would otherwise only push everything else out of memory, at full cost. */
class Intake {
  private left = BURST_BYTES
  private at = performance.now()

  has(n: number): boolean {
    if (n <= this.left) return true
    const now = performance.now()
    this.left = Math.min(BURST_BYTES, this.left + (now - this.at) * BYTES_PER_MS)
    this.at = now
    return n <= this.left
  }

  take(n: number): void {
    this.left -= n
  }
}

export class ByteStore {
  private pages: Page[] = []
  private readonly owner = new WeakMap<ArrayBufferLike, Page>()
  private page: Page
  private held = 0
  /** where a large area was reserved; kept for the next one */
  private beside: Uint8Array = new Uint8Array(0)
  private reserved = this.beside
  /** the end of the store, as it was asked for last */
  private next = this.beside
  private keeping = true
  private readonly intake = new Intake()
  /** the bytes committed last, as a view that nothing writes to again */
  taken: Uint8Array = this.beside
  /** bytes dropped from memory so far */
  dropped = 0

  /** @param limit most bytes kept in memory */
  constructor(private readonly limit: number) {
    this.page = this.newPage(0, PAGE_BYTES)
  }

  /** total bytes ever stored: the end of the address space */
  get end(): number {
    return this.page.at + this.page.used
  }

  /** the first offset that memory still has */
  get start(): number {
    return this.pages[0]!.at
  }

  /** bytes of memory in pages */
  get memory(): number {
    return this.held
  }

  /**
   * A writable area of exactly `n` bytes. Valid until the next reserve; `commit` says what became of it.
   * @param holder its own buffer is used, over and over, for bytes that are not kept
   */
  reserve(n: number, holder?: ScratchHolder): Uint8Array {
    this.keeping = this.intake.has(n)
    if (n > DIRECT) {
      if (this.beside.length < n) this.beside = Buffer.allocUnsafeSlow(n)
      return (this.reserved = this.beside.subarray(0, n))
    }
    if (this.keeping) return (this.reserved = this.area(n))
    if (!holder) return (this.reserved = Buffer.allocUnsafeSlow(n))
    if (holder.scratch?.length !== n) holder.scratch = Buffer.allocUnsafeSlow(n)
    return (this.reserved = holder.scratch)
  }

  /**
   * Keeps the first `n` bytes of the area reserved last, and says where they are; `taken` are those bytes, to be held by
   * whoever wants them. While more comes in than can be kept, nothing of it is (`kept` 0), and it costs no copy.
   */
  commit(n: number): ByteRef {
    const area = this.reserved
    if (area.buffer === this.beside.buffer) {
      this.taken = area.slice(0, n)
      return this.append(this.taken)
    }
    this.taken = n === area.length ? area : area.subarray(0, n)
    return this.keeping ? this.advance(n) : { at: this.end, len: n, kept: 0 }
  }

  /** Stores the first `len` bytes of `data`; bytes that the store already has (a view of a page) are not copied. */
  append(data: Uint8Array, len: number = data.length): ByteRef {
    // small arrays of their own lie on V8's heap, and asking for their buffer would move them out, at some microseconds
    const known = data.byteLength > ON_HEAP || data.byteOffset > 0 ? this.owner.get(data.buffer) : undefined
    if (known && this.holds(known)) return { at: known.at + (data.byteOffset - known.bytes.byteOffset), len, kept: len }
    const kept = Math.min(len, this.limit)
    if (!this.intake.has(kept)) return { at: this.end, len, kept: 0 }
    if (kept <= ON_HEAP) this.copy(data, kept)
    else this.area(kept).set(kept === data.length ? data : data.subarray(0, kept))
    const ref = this.advance(kept)
    ref.len = len
    return ref
  }

  /** The bytes from `at` on that are still here, `len` at most; empty when they were dropped. One page a call. */
  read(at: number, len: number): Uint8Array {
    const page = this.find(at)
    if (!page) return new Uint8Array(0)
    const from = at - page.at
    return page.bytes.subarray(from, Math.min(page.used, from + len))
  }

  /** the `n` bytes that stand at the end of the last page are of the store from now on */
  private advance(n: number): ByteRef {
    this.intake.take(n)
    const page = this.page
    const at = page.at + page.used
    page.used += n
    return { at, len: n, kept: n }
  }

  /** a few bytes, to the end of the store: quicker than by way of a view of it */
  private copy(data: Uint8Array, n: number): void {
    const { bytes, used } = this.pageFor(n)
    for (let i = 0; i < n; i++) bytes[used + i] = data[i]!
  }

  /** the page that has `n` bytes in a row at the end of the store */
  private pageFor(n: number): Page {
    const { page } = this
    return page.bytes.length - page.used < n ? this.newPage(page.at + page.used, Math.max(PAGE_BYTES, n)) : page
  }

  /** `n` bytes in a row at the end of the store */
  private area(n: number): Uint8Array {
    const page = this.pageFor(n)
    const { next } = this
    // a call that is tried again gets the same area
    if (next.length === n && next.buffer === page.bytes.buffer && next.byteOffset === page.bytes.byteOffset + page.used) return next
    return (this.next = page.bytes.subarray(page.used, page.used + n))
  }

  private holds(page: Page): boolean {
    return this.pages.length > 0 && page.at >= this.pages[0]!.at
  }

  private find(at: number): Page | undefined {
    let lo = 0
    let hi = this.pages.length - 1
    while (lo <= hi) {
      const mid = (lo + hi) >> 1
      const page = this.pages[mid]!
      if (at < page.at) hi = mid - 1
      else if (at >= page.at + page.used) lo = mid + 1
      else return page
    }
    return undefined
  }

  private newPage(at: number, size: number): Page {
    const page: Page = { at, used: 0, bytes: Buffer.allocUnsafeSlow(size) }
    this.owner.set(page.bytes.buffer, page)
    this.pages.push(page)
    this.held += size
    while (this.held > this.limit && this.pages.length > 1) {
      const old = this.pages.shift()!
      this.held -= old.bytes.length
      this.dropped += old.used
    }
    this.page = page
    return page
  }
}
