/**
 * The pages of bytes that a hex view looks at: pulled when a row needs them, the last values kept while a page is
 * refreshed, the least recently used let go. Memory is bounded whatever the length.
 */
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'
import type { ByteSource, HoledBytes } from './bytes'

/** Bytes of a page. */
export const PAGE = 16 * 1024
/** Pages kept: 2 bytes of cell a byte, 4 MiB in all. */
const KEPT = 128

/** A cell is a byte's value, or one of these. */
export const LOADING = -1
export const NOT_KEPT = -2

interface Page {
  cells: Int16Array
  /** how many cells were asked for: more bytes may have come since */
  asked: number
  /** a cell is missing: a newer tick may bring it */
  incomplete: boolean
  tick: number
  revision: number
  pulling: boolean
}

export interface Pages {
  /** rises when cells have changed */
  version: Readonly<ShallowRef<number>>
  cell(offset: number): number
  /** sends for what is missing of [from, to) */
  ensure(from: number, to: number): void
}

/** `tick` rises when bytes may have arrived; `revision` when known bytes may have changed (a live buffer). */
export function usePages(input: { read: ByteSource; length: number; tick: number; revision: number }): Pages {
  const version = shallowRef(0)
  const pages = new Map<number, Page>()
  let source = input.read
  let disposed = false
  onScopeDispose(() => {
    disposed = true
    pages.clear()
  })

  function page(index: number): Page {
    const found = pages.get(index)
    if (found) {
      pages.delete(index)
      pages.set(index, found)
      return found
    }
    const made: Page = { cells: new Int16Array(PAGE).fill(LOADING), asked: 0, incomplete: true, tick: -1, revision: -1, pulling: false }
    pages.set(index, made)
    if (pages.size > KEPT) pages.delete(pages.keys().next().value as number)
    return made
  }

  function fill(p: Page, len: number, answer: Uint8Array | HoledBytes | undefined, here: boolean): void {
    const { bytes, holes } =
      answer instanceof Uint8Array ? { bytes: answer, holes: [] } : (answer ?? { bytes: new Uint8Array(), holes: [] })
    // what is not here yet keeps its last value; what came back short was not kept
    if (answer || here) {
      p.cells.set(bytes.subarray(0, len))
      p.cells.fill(NOT_KEPT, Math.min(bytes.length, len), len)
      for (const hole of holes) p.cells.fill(NOT_KEPT, Math.max(0, hole.from), Math.min(hole.to, len))
    }
    p.incomplete = !answer || holes.length > 0 || bytes.length < len
    version.value++
  }

  function pull(p: Page, start: number, len: number): void {
    p.asked = len
    p.tick = input.tick
    p.revision = input.revision
    const answer = input.read(start, len)
    if (!(answer instanceof Promise)) {
      if (answer !== undefined) fill(p, len, answer, true)
      else p.incomplete = true
      return
    }
    p.pulling = true
    answer
      .then(
        (got) => fill(p, len, got, true),
        (error: unknown) => {
          console.error('hex view: reading bytes failed', error)
          fill(p, len, undefined, true)
        },
      )
      .finally(() => {
        p.pulling = false
        // more was asked while this was on its way
        if (!disposed && (p.revision !== input.revision || len < Math.min(PAGE, input.length - start))) version.value++
      })
  }

  return {
    version,
    cell: (offset) => pages.get(Math.floor(offset / PAGE))?.cells[offset % PAGE] ?? LOADING,
    ensure(from, to) {
      // other bytes altogether: nothing of the old ones may stay in sight
      if (input.read !== source) {
        source = input.read
        pages.clear()
        version.value++
      }
      for (let index = Math.floor(from / PAGE); index * PAGE < to; index++) {
        const start = index * PAGE
        const len = Math.min(PAGE, input.length - start)
        const p = page(index)
        if (p.pulling) continue
        if (p.asked < len || p.revision !== input.revision || (p.incomplete && p.tick !== input.tick)) pull(p, start, len)
      }
    },
  }
}
