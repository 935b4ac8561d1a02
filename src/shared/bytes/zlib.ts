/**
 * zlib as Python's zlib module: RFC 1950 streams, by pako, a port of the C library that Python itself calls. The same level
 * gives the same bytes there and here. Decompressing stops at a limit: a few bytes can hold gigabytes.
 */
import { deflate, Inflate } from 'pako'
import type { Result } from '../result'
import { ok } from '../result'
import { concat } from './framing'
import { range, type Range } from './range'

/** Python's argument `level`: -1 is the library's own choice (6). */
export const LEVELS = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const
export type Level = (typeof LEVELS)[number]

export const compress = (data: Uint8Array, level: Level = -1): Uint8Array => deflate(data, { level })

export type InflateError =
  /** the exception as Python prints it */
  | { code: 'bad-data'; python: string }
  /** more than `max` bytes would come out; none of them is kept */
  | { code: 'too-large'; max: number }

export interface Inflated {
  bytes: Uint8Array
  /** bytes that follow the stream; zlib.decompress() passes over them in silence */
  unused: number
}

class PastLimit extends Error {}

/** `max`: bytes that may come out. */
export function decompress(data: Uint8Array, max: number): Result<Inflated, InflateError> {
  // windowBits given: only zlib's own wrapper is taken, as there, and gzip's is not
  const inflate = new Inflate({ windowBits: 15, chunkSize: 16 * 1024 })
  const chunks: Uint8Array[] = []
  let size = 0
  let left = (): number => 0
  inflate.onStart = (stream) => { left = () => stream.avail_in }
  inflate.onData = (chunk) => {
    size += chunk.length
    // the only way to stop it in the middle of its input
    if (size > max) throw new PastLimit()
    chunks.push(chunk)
  }
  try {
    inflate.push(data, true)
  } catch (error) {
    if (error instanceof PastLimit) return { ok: false, error: { code: 'too-large', max } }
    throw error
  }
  if (inflate.err !== 0) return { ok: false, error: { code: 'bad-data', python: inflateError(inflate.err, inflate.msg) } }
  return ok({ bytes: concat(...chunks), unused: left() })
}

function inflateError(status: number, message: string): string {
  const why = status === -5 ? ': incomplete or truncated stream' : status === 2 ? '' : `: ${message}`
  return `zlib.error: Error ${status} while decompressing data${why}`
}

/** The parts of a zlib stream (RFC 1950, section 2.2): two bytes of header, the deflated data, the Adler-32 of what went in. */
export function parts(stream: Uint8Array): { header: Range; data: Range; checksum: Range } {
  const end = Math.max(2, stream.length - 4)
  return { header: range(0, 2), data: range(2, end), checksum: range(end, stream.length) }
}
