/**
 * Frames in a stream of bytes, three ways: a fixed size, a length before the body (struct '!I' and its relatives), a
 * delimiter behind it. Decoding keeps "not enough data yet" apart from "invalid", and a frame that is too long is refused
 * as soon as that is known, before its body is waited for.
 */
import { ok } from '../result'
import { range, type Range } from './range'

export type Framing =
  /** every frame is `size` bytes; a shorter body is filled up with NUL bytes, which the receiver takes off again */
  | { kind: 'fixed'; header: Uint8Array; size: number }
  /** header, then the body's length as an unsigned integer, then the body */
  | { kind: 'length'; header: Uint8Array; lengthBytes: 1 | 2 | 4; byteOrder: 'big' | 'little'; max: number }
  /** the body, which must not hold the delimiter, then the delimiter */
  | { kind: 'delimiter'; header: Uint8Array; delimiter: Uint8Array; max: number }

/** Where the parts of one frame are. */
export interface Frame {
  whole: Range
  header: Range
  length?: Range
  body: Range
  /** what stands behind the body: the padding of a fixed frame, or the delimiter */
  tail: Range
}

/** Why bytes are no frame, or a body cannot be one. Sizes are bytes; `at` is the offset of the byte that is wrong. */
export type FrameError =
  /** the body is longer than allowed, or (`atLeast`) has no end within what is allowed */
  | { code: 'oversized'; length: number; max: number; atLeast?: boolean }
  /** the frame does not begin with the agreed header */
  | { code: 'header'; at: number; expected: number; found: number }
  /** the stream ended in the middle of a frame; `need` where it is known how long it is */
  | { code: 'eof'; have: number; need?: number }
  /** the body holds the delimiter */
  | { code: 'holds-delimiter'; at: number }

export type Decoded =
  | { kind: 'frame'; frame: Frame }
  /** the frame that begins here is not whole yet; `need`: its bytes as far as is known now */
  | { kind: 'more'; have: number; need?: number }
  | { kind: 'invalid'; error: FrameError }

/** The longest body that a length field of so many bytes can tell. */
export const longestBody = (lengthBytes: 1 | 2 | 4): number => 2 ** (8 * lengthBytes) - 1

/** What a body may be at most, bytes. */
export const maxBody = (f: Framing): number =>
  (f.kind === 'fixed' ? f.size : f.kind === 'length' ? Math.min(f.max, longestBody(f.lengthBytes)) : f.max)

/** The number as a length field. */
export function lengthField(n: number, bytes: 1 | 2 | 4, order: 'big' | 'little'): Uint8Array {
  const field = Uint8Array.from({ length: bytes }, (_, i) => Math.floor(n / 2 ** (8 * i)) & 0xff)
  return order === 'big' ? field.reverse() : field
}

function readLength(bytes: Uint8Array, at: number, size: number, order: 'big' | 'little'): number {
  let n = 0
  for (let i = 0; i < size; i++) n = n * 256 + bytes[order === 'big' ? at + i : at + size - 1 - i]!
  return n
}

/** Offset of `part` in `bytes` from `from` on; -1 when it is not there. */
export function indexOfBytes(bytes: Uint8Array, part: Uint8Array, from = 0): number {
  outer: for (let at = bytes.indexOf(part[0]!, from); at >= 0; at = bytes.indexOf(part[0]!, at + 1)) {
    for (let i = 1; i < part.length; i++) if (bytes[at + i] !== part[i]) continue outer
    return at
  }
  return -1
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** The body as one frame. */
export function encodeFrame(f: Framing, body: Uint8Array): { ok: true; value: Uint8Array } | { ok: false; error: FrameError } {
  const max = maxBody(f)
  if (body.length > max) return { ok: false, error: { code: 'oversized', length: body.length, max } }
  switch (f.kind) {
    case 'fixed': return ok(concat(f.header, body, new Uint8Array(f.size - body.length)))
    case 'length': return ok(concat(f.header, lengthField(body.length, f.lengthBytes, f.byteOrder), body))
    case 'delimiter': {
      const at = indexOfBytes(concat(body, f.delimiter), f.delimiter)
      if (at < body.length) return { ok: false, error: { code: 'holds-delimiter', at } }
      return ok(concat(f.header, body, f.delimiter))
    }
    default: return f satisfies never
  }
}

/** The frame that begins at `at`. Ranges count from the beginning of `bytes`. */
export function decodeFrame(f: Framing, bytes: Uint8Array, at = 0): Decoded {
  const have = bytes.length - at
  const start = at + f.header.length
  for (let i = 0; i < Math.min(f.header.length, have); i++) {
    if (bytes[at + i] !== f.header[i]) return { kind: 'invalid', error: { code: 'header', at: at + i, expected: f.header[i]!, found: bytes[at + i]! } }
  }
  const header = range(at, start)
  switch (f.kind) {
    case 'fixed': {
      const end = start + f.size
      if (bytes.length < end) return { kind: 'more', have, need: end - at }
      let body = end
      while (body > start && bytes[body - 1] === 0) body--
      return { kind: 'frame', frame: { whole: range(at, end), header, body: range(start, body), tail: range(body, end) } }
    }
    case 'length': {
      const from = start + f.lengthBytes
      if (bytes.length < from) return { kind: 'more', have, need: from - at }
      const length = readLength(bytes, start, f.lengthBytes, f.byteOrder)
      if (length > f.max) return { kind: 'invalid', error: { code: 'oversized', length, max: f.max } }
      const end = from + length
      if (bytes.length < end) return { kind: 'more', have, need: end - at }
      return { kind: 'frame', frame: { whole: range(at, end), header, length: range(start, from), body: range(from, end), tail: range(end, end) } }
    }
    case 'delimiter': {
      const end = have < f.header.length ? -1 : indexOfBytes(bytes, f.delimiter, start)
      const body = (end < 0 ? bytes.length : end) - start
      if (end >= 0 && body > f.max) return { kind: 'invalid', error: { code: 'oversized', length: body, max: f.max } }
      // its last bytes may be the delimiter's first
      const least = body - (f.delimiter.length - 1)
      if (end < 0 && least > f.max) return { kind: 'invalid', error: { code: 'oversized', length: least, max: f.max, atLeast: true } }
      if (end < 0) return { kind: 'more', have }
      const stop = end + f.delimiter.length
      return { kind: 'frame', frame: { whole: range(at, stop), header, body: range(start, end), tail: range(end, stop) } }
    }
    default: return f satisfies never
  }
}

export interface Frames {
  frames: Frame[]
  /** what follows the last whole frame: nothing, the beginning of another, or what is no frame */
  rest: { kind: 'none' } | { kind: 'more'; range: Range; need?: number } | { kind: 'invalid'; range: Range; error: FrameError }
}

/** All frames of what has come so far. `ended`: nothing more will come, so half a frame is an error. */
export function decodeAll(f: Framing, bytes: Uint8Array, ended = false): Frames {
  const frames: Frame[] = []
  for (let at = 0; at < bytes.length;) {
    const decoded = decodeFrame(f, bytes, at)
    const rest = range(at, bytes.length)
    if (decoded.kind === 'invalid') return { frames, rest: { kind: 'invalid', range: rest, error: decoded.error } }
    if (decoded.kind === 'more') {
      const need = decoded.need === undefined ? {} : { need: decoded.need }
      if (ended) return { frames, rest: { kind: 'invalid', range: rest, error: { code: 'eof', have: decoded.have, ...need } } }
      return { frames, rest: { kind: 'more', range: rest, ...need } }
    }
    frames.push(decoded.frame)
    at = decoded.frame.whole.to
  }
  return { frames, rest: { kind: 'none' } }
}

/** The error as the programs and their twins print it. */
export function frameErrorText(error: FrameError): string {
  switch (error.code) {
    case 'oversized': return error.atLeast
      ? `no end of the frame within ${error.max} bytes, which is the most allowed`
      : `a frame of ${error.length} bytes is more than the ${error.max} allowed`
    case 'header': return 'the frame does not begin with the agreed header'
    case 'eof': return error.need === undefined
      ? `the stream ended in the middle of a frame, after ${error.have} bytes`
      : `the stream ended in the middle of a frame, after ${error.have} of ${error.need} bytes`
    case 'holds-delimiter': return `the body holds the delimiter at byte ${error.at}`
    default: return error satisfies never
  }
}
