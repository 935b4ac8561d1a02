/** Searches a byte source of any length, a chunk at a time, so that neither memory nor the page suffers. */
import type { ByteSource } from './bytes'

const CHUNK = 256 * 1024

export interface FindOptions {
  length: number
  needle: Uint8Array
  /** where to begin; the search goes round the end once */
  from: number
  backwards?: boolean
  signal: AbortSignal
  /** 0 to 1, after each chunk */
  progress?: (fraction: number) => void
}

/** Offset of the first match; -1 when there is none; undefined when aborted. Bytes that were not kept match nothing. */
export async function findBytes(read: ByteSource, options: FindOptions): Promise<number | undefined> {
  const { length, needle, from, signal } = options
  if (needle.length === 0 || needle.length > length) return -1
  // match positions, in the order in which to look: [from, end) then [0, from), or backwards
  const end = length - needle.length + 1
  const begin = Math.min(Math.max(0, from), end)
  const spans: [number, number][] = options.backwards ? [[0, begin], [begin, end]] : [[begin, end], [0, begin]]
  let looked = 0
  for (const [low, high] of spans) {
    for (let done = 0; done < high - low; done += CHUNK) {
      const size = Math.min(CHUNK, high - low - done)
      const at = options.backwards ? high - done - size : low + done
      const found = await findIn(read, at, size, needle, options.backwards ?? false)
      if (signal.aborted) return undefined
      if (found >= 0) return found
      looked += size
      options.progress?.(looked / end)
    }
  }
  return -1
}

/** A match that begins in [at, at + size), or -1. */
async function findIn(read: ByteSource, at: number, size: number, needle: Uint8Array, backwards: boolean): Promise<number> {
  let answer = read(at, size + needle.length - 1)
  if (answer instanceof Promise) answer = await answer
  // gives the page a turn even where the source answers at once
  else await new Promise((resolve) => setTimeout(resolve))
  if (!answer) return -1
  const { bytes, holes } = answer instanceof Uint8Array ? { bytes: answer, holes: [] } : answer
  const last = bytes.length - needle.length
  const first = needle[0] as number
  const step = backwards ? -1 : 1
  for (let i = backwards ? last : 0; i >= 0 && i <= last; i += step) {
    i = backwards ? bytes.lastIndexOf(first, i) : bytes.indexOf(first, i)
    if (i < 0 || i > last) break
    let k = 1
    while (k < needle.length && bytes[i + k] === needle[k]) k++
    if (k === needle.length && !holes.some((h) => h.from < i + k && h.to > i)) return at + i
  }
  return -1
}
