/**
 * Format strings of Python's struct module. With < > ! = sizes are the standard ones and nothing is aligned; with @ or no
 * sign they are those of C on this machine, aligned as C aligns them. Errors have CPython's words.
 */
import type { Result } from '../result'
import { ok } from '../result'
import { encodeText } from './encodings'
import type { Range } from './range'

export type IntCode = 'b' | 'B' | 'h' | 'H' | 'i' | 'I' | 'l' | 'L' | 'q' | 'Q' | 'n' | 'N'
export type Code = IntCode | 'x' | 'c' | '?' | 'e' | 'f' | 'd' | 's' | 'p'

/** One value's place in the bytes; x takes no value. */
export interface Slot {
  code: Code
  offset: number
  size: number
  /** in the format, where its code stands, count included */
  from: number
  to: number
}
export interface Format {
  little: boolean
  native: boolean
  size: number
  slots: Slot[]
  /** bytes that no code of the format stands for: the alignment of @ */
  gaps: { offset: number; size: number }[]
}
/** `from`, `to`: what of the format or, with `argument`, which value is wrong. `python`: the exception's name and words. */
export interface StructError {
  python: string
  from?: number
  to?: number
  argument?: number
  /** the format is right, but larger than this page takes (bytes) */
  limit?: number
}
export const refused = (words: string, where: Omit<StructError, 'python'> = {}, name = 'struct.error'): { ok: false; error: StructError } =>
  ({ ok: false, error: { python: `${name}: ${words}`, ...where } })

/** How wide C's long is: eight bytes on Linux and macOS, four on Windows. */
export interface NativeSizes { long: 4 | 8 }

/** More is no lesson in byte order, and would only fill memory. */
export const MAX_SIZE = 64 * 1024
const MAX_SSIZE = 2n ** 63n - 1n
const STANDARD: Readonly<Record<string, number>> = {
  x: 1, c: 1, b: 1, B: 1, '?': 1, h: 2, H: 2, i: 4, I: 4, l: 4, L: 4, q: 8, Q: 8, e: 2, f: 4, d: 8, s: 1, p: 1,
}
const nativeSize = (code: string, { long }: NativeSizes): number | undefined =>
  (code === 'l' || code === 'L' ? long : code === 'n' || code === 'N' ? 8 : STANDARD[code])

export function parseFormat(text: string, native: NativeSizes = { long: 8 }): Result<Format, StructError> {
  const ascii = encodeText('ascii', text)
  if (!ascii.ok) return { ok: false, error: { python: ascii.error.python, ...utf16Range(text, ascii.error.at) } }
  const order = /^[<>!=@]/.exec(text)?.[0]
  const own = order === undefined || order === '@'
  const format: Format = { little: order !== '>' && order !== '!', native: own, size: 0, slots: [], gaps: [] }
  let size = 0n
  let i = order ? 1 : 0
  while (i < text.length) {
    if (/[ \t\n\v\f\r]/.test(text.charAt(i))) {
      i++
      continue
    }
    const from = i
    const digits = /^\d+/.exec(text.slice(i))?.[0] ?? ''
    i += digits.length
    const count = digits === '' ? 1n : BigInt(digits)
    if (count > MAX_SSIZE) return refused('total struct size too long', { from, to: i })
    const code = text.charAt(i)
    if (code === '') return refused('repeat count given without format specifier', { from, to: i })
    const one = own ? nativeSize(code, native) : STANDARD[code]
    if (one === undefined) return refused('bad char in struct format', { from: i, to: i + 1 })
    i++
    if (own && !'xsp'.includes(code)) {
      const gap = Number((BigInt(one) - (size % BigInt(one))) % BigInt(one))
      if (gap > 0 && size <= MAX_SIZE) format.gaps.push({ offset: Number(size), size: gap })
      size += BigInt(gap)
    }
    const start = size
    size += count * BigInt(one)
    if (size > MAX_SSIZE) return refused('total struct size too long', { from, to: i })
    if (size <= MAX_SIZE) addSlots(format, code as Code, Number(start), Number(count), one, from, i)
  }
  if (size > MAX_SIZE || format.slots.length > MAX_SIZE) return { ok: false, error: { python: '', limit: MAX_SIZE } }
  format.size = Number(size)
  return ok(format)
}

/** The same characters, counted in UTF-16 units instead of code points. */
function utf16Range(text: string, at: Range): Range {
  const units = (points: number): number => Array.from(text).slice(0, points).join('').length
  return { from: units(at.from), to: units(at.to) }
}

function addSlots(format: Format, code: Code, offset: number, count: number, one: number, from: number, to: number): void {
  if (code === 's' || code === 'p') format.slots.push({ code, offset, size: count, from, to })
  else for (let k = 0; k < count; k++) format.slots.push({ code, offset: offset + k * one, size: one, from, to })
}

/** How many values pack() takes and unpack() gives. */
export const valueSlots = (format: Format): Slot[] => format.slots.filter((slot) => slot.code !== 'x')
