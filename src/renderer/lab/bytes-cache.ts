/**
 * The contents of the byte store, pulled by page when a view asks, kept while they are looked at. A range that is not
 * here yet is answered with undefined, and `onArrival` is called when it has come.
 */
import type { Result } from '../../shared/result'

/** Bytes of one page: one request pulls one page. */
export const PAGE = 64 * 1024
/** Pages kept: the least recently used goes first. 16 MB in all. */
const KEPT = 256

/** `at`: where the bytes begin (the store may have let go of earlier ones); fewer bytes than asked: no more are there. */
export type PullBytes = (at: number, len: number) => Promise<Result<{ at: number; bytes: Uint8Array }>>

interface Page {
  bytes: Uint8Array
  /** the page was not full when it came: more may have been written since */
  partial: boolean
}

export class BytesCache {
  private pages = new Map<number, Page>()
  private pulling = new Map<number, Promise<Page | undefined>>()

  constructor(private readonly pull: PullBytes, private readonly onArrival: () => void) {}

  clear(): void {
    this.pages.clear()
    this.pulling.clear()
  }

  /** The bytes [at, at + len) when all are here; else undefined, and they are sent for. */
  peek(at: number, len: number): Uint8Array | undefined {
    if (len === 0) return new Uint8Array(0)
    const first = Math.floor(at / PAGE)
    const last = Math.floor((at + len - 1) / PAGE)
    const out = new Uint8Array(len)
    let missing = false
    for (let index = first; index <= last; index++) {
      const page = this.pages.get(index)
      const from = Math.max(at, index * PAGE)
      const to = Math.min(at + len, (index + 1) * PAGE)
      if (!page || page.bytes.length < to - index * PAGE) {
        missing = true
        if (!page || page.partial) void this.fetch(index)
        continue
      }
      this.touch(index, page)
      out.set(page.bytes.subarray(from - index * PAGE, to - index * PAGE), from - at)
    }
    return missing ? undefined : out
  }

  /** The bytes [at, at + len), waited for; shorter where the store has no more. */
  async read(at: number, len: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for (let position = at; position < at + len;) {
      const index = Math.floor(position / PAGE)
      const to = Math.min(at + len, (index + 1) * PAGE)
      const kept = this.pages.get(index)
      const page = kept && kept.bytes.length >= to - index * PAGE ? kept : await this.fetch(index)
      const part = page?.bytes.subarray(position - index * PAGE, to - index * PAGE) ?? new Uint8Array(0)
      parts.push(part)
      if (part.length < to - position) break
      position = to
    }
    const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
    let at0 = 0
    for (const part of parts) {
      out.set(part, at0)
      at0 += part.length
    }
    return out
  }

  private touch(index: number, page: Page): void {
    this.pages.delete(index)
    this.pages.set(index, page)
  }

  private fetch(index: number): Promise<Page | undefined> {
    const running = this.pulling.get(index)
    if (running) return running
    const pull = this.pull(index * PAGE, PAGE).then((result) => {
      if (this.pulling.get(index) !== pull) return undefined
      this.pulling.delete(index)
      if (!result.ok) return undefined
      const bytes = new Uint8Array(result.value.at - index * PAGE + result.value.bytes.length)
      bytes.set(result.value.bytes, result.value.at - index * PAGE)
      const page: Page = { bytes, partial: bytes.length < PAGE }
      this.touch(index, page)
      for (const oldest of this.pages.keys()) {
        if (this.pages.size <= KEPT) break
        this.pages.delete(oldest)
      }
      this.onArrival()
      return page
    })
    this.pulling.set(index, pull)
    return pull
  }
}
