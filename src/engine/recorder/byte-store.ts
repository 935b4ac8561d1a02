/**
 * The bytes of a session: one growing address space in pages, of which the newest `limit` bytes are kept in memory.
 *
 * recv() reads straight into a page (`reserve`, then `commit`), and the program gets a view of that page: the bytes a
 * program holds and the bytes the trace shows are the same memory, so tracing a transfer copies nothing. Pages are
 * never written twice, and never reused while somebody holds a view. Views are read-only by agreement.
 */
import { Buffer } from 'node:buffer'
import type { ByteRef } from '../../shared/trace/events'

export const PAGE_BYTES = 1024 * 1024
/** A recv that asks for more than this reads into a buffer beside the store: it mostly gets far less than it asks for. */
const DIRECT = 256 * 1024

interface Page {
  /** absolute offset of the page's first byte */
  at: number
  /** how many bytes are committed */
  used: number
  bytes: Uint8Array
}

export interface ByteSink {
  /** called with each run of bytes before its page can be dropped; in order, without holes */
  (at: number, bytes: Uint8Array): void
}

export class ByteStore {
  private pages: Page[] = []
  private readonly owner = new WeakMap<ArrayBufferLike, Page>()
  private page: Page
  private held = 0
  /** where a large area was reserved; kept for the next one */
  private beside: Uint8Array = new Uint8Array(0)
  private reserved: Uint8Array | undefined
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

  /** A writable area of exactly `n` bytes at the end of the store. Valid until the next reserve; `commit` keeps a prefix. */
  reserve(n: number): Uint8Array {
    if (n > DIRECT) {
      if (this.beside.length < n) this.beside = Buffer.allocUnsafeSlow(n)
      return (this.reserved = this.beside.subarray(0, n))
    }
    this.reserved = undefined
    return this.area(n)
  }

  /** Keeps the first `n` bytes of the area reserved last, and says where they are. */
  commit(n: number): ByteRef {
    if (this.reserved) {
      const bytes = this.reserved.subarray(0, n)
      this.reserved = undefined
      this.area(n).set(bytes)
    }
    const page = this.page
    const at = page.at + page.used
    page.used += n
    return { at, len: n, kept: n }
  }

  /** Stores the first `len` bytes of `data`; bytes that the store already has (a view of a page) are not copied. */
  append(data: Uint8Array, len: number = data.length): ByteRef {
    const known = this.owner.get(data.buffer)
    if (known && this.holds(known)) return { at: known.at + (data.byteOffset - known.bytes.byteOffset), len, kept: len }
    const kept = Math.min(len, this.limit)
    this.area(kept).set(kept === data.length ? data : data.subarray(0, kept))
    this.reserved = undefined
    const ref = this.commit(kept)
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

  /** `n` bytes in a row at the end of the store */
  private area(n: number): Uint8Array {
    let page = this.page
    if (page.bytes.length - page.used < n) page = this.newPage(page.at + page.used, Math.max(PAGE_BYTES, n))
    return page.bytes.subarray(page.used, page.used + n)
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
