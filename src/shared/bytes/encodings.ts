/**
 * Text to bytes and back in named encodings, piece by piece, so that a view can say which bytes are which character. Names,
 * results and errors are those of Python's str.encode() and bytes.decode(): what cannot be coded is located, never replaced.
 */
import type { Result } from '../result'
import { ok } from '../result'
import { cp949, jisX0208, ksX1001 } from './codepage-tables'
import { beginsSequence, decodeSequence, encodeSequence, SEQUENCE } from './hangul-sequence'
import { hexByte } from './hex'
import { rangeOf, type Range } from './range'
import { encodeUtf8, utf8At, utf8Length } from './utf8'

/** The names that Python knows them by. */
export const ENCODINGS = [
  'utf-8', 'utf-8-sig', 'utf-16', 'utf-16-le', 'utf-16-be', 'latin-1', 'ascii', 'euc_kr', 'cp949', 'shift_jis',
] as const
export type Encoding = (typeof ENCODINGS)[number]

/** One character and its bytes. */
export interface Piece {
  char: string
  bytes: Range
}
export interface Coded {
  text: string
  bytes: Uint8Array
  pieces: Piece[]
  /** the byte order mark in front, which is no character of the text */
  bom?: Range
}
/** What could not be coded. `at` counts code points of the text when encoding, bytes when decoding. */
export interface CodingError {
  kind: 'encode' | 'decode'
  at: Range
  reason: string
  /** the exception as Python prints it */
  python: string
}
type Failure = { from: number; to: number; reason: string }
type Step = { codePoint: number; length: number } | { failure: Failure }

const isSurrogate = (codePoint: number): boolean => codePoint >= 0xd800 && codePoint <= 0xdfff
const MARK_LE = [0xff, 0xfe]
const MARK_BE = [0xfe, 0xff]
const MARK_UTF8 = [0xef, 0xbb, 0xbf]

const utf16 = (codePoint: number, little: boolean): number[] => {
  const units = codePoint > 0xffff ? [0xd800 + ((codePoint - 0x10000) >> 10), 0xdc00 + ((codePoint - 0x10000) & 0x3ff)] : [codePoint]
  return units.flatMap((unit) => (little ? [unit & 0xff, unit >> 8] : [unit >> 8, unit & 0xff]))
}
const two = (bytes: number | undefined): number[] | undefined => (bytes === undefined ? undefined : [bytes >> 8, bytes & 0xff])

/** The bytes of one character; undefined where the encoding has none for it. */
function encodeOne(encoding: Encoding, codePoint: number): readonly number[] | undefined {
  if (isSurrogate(codePoint)) return undefined
  switch (encoding) {
    case 'utf-8': case 'utf-8-sig': return [...encodeUtf8(String.fromCodePoint(codePoint))]
    case 'utf-16': case 'utf-16-le': return utf16(codePoint, true)
    case 'utf-16-be': return utf16(codePoint, false)
    case 'latin-1': return codePoint < 0x100 ? [codePoint] : undefined
    case 'ascii': return codePoint < 0x80 ? [codePoint] : undefined
    case 'cp949': return codePoint < 0x80 ? [codePoint] : two(cp949().encode.get(codePoint))
    case 'euc_kr':
      if (codePoint < 0x80) return [codePoint]
      if (codePoint >= 0xac00 && codePoint <= 0xd7a3) return two(ksX1001().encode.get(codePoint)) ?? encodeSequence(codePoint)
      return two(ksX1001().encode.get(codePoint))
    case 'shift_jis':
      if (codePoint < 0x80) return [codePoint]
      // the yen sign and the overline stand where ASCII has the backslash and the tilde
      if (codePoint === 0xa5) return [0x5c]
      if (codePoint === 0x203e) return [0x7e]
      if (codePoint >= 0xff61 && codePoint <= 0xff9f) return [codePoint - 0xfec0]
      return two(jisX0208().encode.get(codePoint))
    default: return encoding satisfies never
  }
}

const REASON: Record<Encoding, string> = {
  'utf-8': 'surrogates not allowed', 'utf-8-sig': 'surrogates not allowed', 'utf-16': 'surrogates not allowed',
  'utf-16-le': 'surrogates not allowed', 'utf-16-be': 'surrogates not allowed', 'latin-1': 'ordinal not in range(256)',
  ascii: 'ordinal not in range(128)', euc_kr: 'illegal multibyte sequence', cp949: 'illegal multibyte sequence', shift_jis: 'illegal multibyte sequence',
}
/** These name all characters in a row that they have no bytes for; the others only the first. */
const NAMES_RUN = new Set<Encoding>(['utf-8', 'utf-8-sig', 'latin-1', 'ascii'])

export function encodeText(encoding: Encoding, text: string): Result<Coded, CodingError> {
  const bytes: number[] = encoding === 'utf-16' ? [...MARK_LE] : encoding === 'utf-8-sig' ? [...MARK_UTF8] : []
  const mark = bytes.length > 0 ? { bom: rangeOf(0, bytes.length) } : {}
  const pieces: Piece[] = []
  const chars = Array.from(text)
  for (const [at, char] of chars.entries()) {
    const own = encodeOne(encoding, char.codePointAt(0)!)
    if (!own) return { ok: false, error: encodeError(encoding, chars, at) }
    pieces.push({ char, bytes: rangeOf(bytes.length, own.length) })
    bytes.push(...own)
  }
  return ok({ text, bytes: Uint8Array.from(bytes), pieces, ...mark })
}

function encodeError(encoding: Encoding, chars: readonly string[], from: number): CodingError {
  let to = from + 1
  if (NAMES_RUN.has(encoding)) while (to < chars.length && !encodeOne(encoding, chars[to]!.codePointAt(0)!)) to++
  const reason = REASON[encoding]
  const codePoint = chars[from]!.codePointAt(0)!
  const what = to - from > 1 ? `characters in position ${from}-${to - 1}` : `character '${escaped(codePoint)}' in position ${from}`
  const codec = encoding === 'utf-8-sig' ? 'utf-8' : encoding
  return { kind: 'encode', at: { from, to }, reason, python: `UnicodeEncodeError: '${codec}' codec can't encode ${what}: ${reason}` }
}

function escaped(codePoint: number): string {
  const digits = codePoint.toString(16)
  return codePoint < 0x100 ? `\\x${digits.padStart(2, '0')}` : codePoint < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`
}

export function decodeBytes(encoding: Encoding, bytes: Uint8Array): Result<Coded, CodingError> {
  const begins = (mark: readonly number[]): boolean => mark.every((b, i) => bytes[i] === b)
  let codec: Encoding = encoding
  let start = 0
  if (encoding === 'utf-16') {
    codec = begins(MARK_BE) ? 'utf-16-be' : 'utf-16-le'
    start = begins(MARK_BE) || begins(MARK_LE) ? 2 : 0
  } else if (encoding === 'utf-8-sig') {
    codec = 'utf-8'
    start = begins(MARK_UTF8) ? 3 : 0
  }
  const pieces: Piece[] = []
  for (let at = start; at < bytes.length;) {
    const step = decodeOne(codec, bytes, at)
    // Python counts from behind the mark of utf-8-sig, and from the very beginning in utf-16
    if ('failure' in step) return { ok: false, error: decodeError(codec, bytes, step.failure, encoding === 'utf-8-sig' ? start : 0) }
    pieces.push({ char: String.fromCodePoint(step.codePoint), bytes: rangeOf(at, step.length) })
    at += step.length
  }
  return ok({ text: pieces.map((piece) => piece.char).join(''), bytes, pieces, ...(start > 0 ? { bom: rangeOf(0, start) } : {}) })
}

function decodeError(codec: Encoding, bytes: Uint8Array, { from, to, reason }: Failure, base: number): CodingError {
  const what = to - from > 1 ? `bytes in position ${from - base}-${to - 1 - base}` : `byte 0x${hexByte(bytes[from]!)} in position ${from - base}`
  return { kind: 'decode', at: { from, to }, reason, python: `UnicodeDecodeError: '${codec}' codec can't decode ${what}: ${reason}` }
}

const fail = (from: number, length: number, reason: string): Step => ({ failure: { from, to: from + length, reason } })
const char = (codePoint: number, length: number): Step => ({ codePoint, length })

function decodeOne(codec: Encoding, bytes: Uint8Array, at: number): Step {
  const lead = bytes[at]!
  switch (codec) {
    case 'utf-8': case 'utf-8-sig': {
      const { codePoint, len, truncated } = utf8At(bytes, at)
      if (codePoint !== undefined) return char(codePoint, len)
      return fail(at, len, truncated ? 'unexpected end of data' : utf8Length(lead) === 0 ? 'invalid start byte' : 'invalid continuation byte')
    }
    case 'utf-16': case 'utf-16-le': return decodeUtf16(bytes, at, true)
    case 'utf-16-be': return decodeUtf16(bytes, at, false)
    case 'latin-1': return char(lead, 1)
    case 'ascii': return lead < 0x80 ? char(lead, 1) : fail(at, 1, REASON.ascii)
    case 'cp949': case 'euc_kr': return decodeKorean(codec, bytes, at)
    case 'shift_jis': return decodeShiftJis(bytes, at)
    default: return codec satisfies never
  }
}

function decodeUtf16(bytes: Uint8Array, at: number, little: boolean): Step {
  const left = bytes.length - at
  if (left === 1) return fail(at, 1, 'truncated data')
  const unit = (i: number): number => (little ? bytes[i]! + bytes[i + 1]! * 256 : bytes[i]! * 256 + bytes[i + 1]!)
  const first = unit(at)
  if (!isSurrogate(first)) return char(first, 2)
  if (first >= 0xdc00) return fail(at, 2, 'illegal encoding')
  if (left < 4) return fail(at, left, 'unexpected end of data')
  const second = unit(at + 2)
  if (second < 0xdc00 || second > 0xdfff) return fail(at, 2, 'illegal UTF-16 surrogate')
  return char(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), 4)
}

function decodeKorean(codec: 'cp949' | 'euc_kr', bytes: Uint8Array, at: number): Step {
  const lead = bytes[at]!
  const left = bytes.length - at
  if (lead < 0x80) return char(lead, 1)
  if (left < 2) return fail(at, left, 'incomplete multibyte sequence')
  if (codec === 'euc_kr' && beginsSequence(lead, bytes[at + 1]!)) {
    if (left < SEQUENCE) return fail(at, left, 'incomplete multibyte sequence')
    const syllable = decodeSequence(bytes, at)
    return syllable === undefined ? fail(at, 1, REASON.euc_kr) : char(syllable, SEQUENCE)
  }
  const found = (codec === 'cp949' ? cp949() : ksX1001()).decode.get(lead * 256 + bytes[at + 1]!)
  return found === undefined ? fail(at, 1, REASON[codec]) : char(found, 2)
}

function decodeShiftJis(bytes: Uint8Array, at: number): Step {
  const lead = bytes[at]!
  const left = bytes.length - at
  if (lead < 0x80) return char(lead, 1)
  if (lead >= 0xa1 && lead <= 0xdf) return char(0xfec0 + lead, 1)
  if (lead === 0x80 || lead === 0xa0 || lead > 0xea) return fail(at, 1, REASON.shift_jis)
  if (left < 2) return fail(at, left, 'incomplete multibyte sequence')
  const found = jisX0208().decode.get(lead * 256 + bytes[at + 1]!)
  return found === undefined ? fail(at, 1, REASON.shift_jis) : char(found, 2)
}
