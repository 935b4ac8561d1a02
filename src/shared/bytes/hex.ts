/** Bytes as hexadecimal digits, and back. */
import type { Result } from '../result'
import { ok } from '../result'
import { located, type LocatedError } from './located'
import { visibleChar } from './printable'

const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, b) => b.toString(16).padStart(2, '0'))

/** One byte as two lower-case digits. */
export const hexByte = (b: number): string => DIGITS[b & 0xff] as string

/** 'd2 04 00 00'; with '' as separator 'd2040000'. */
export function encodeHex(bytes: Uint8Array, separator = ' '): string {
  let out = ''
  for (let i = 0; i < bytes.length; i++) out += (i > 0 ? separator : '') + hexByte(bytes[i] as number)
  return out
}

const digitValue = (code: number): number =>
  code >= 0x30 && code <= 0x39 ? code - 0x30
  : code >= 0x41 && code <= 0x46 ? code - 0x37
  : code >= 0x61 && code <= 0x66 ? code - 0x57
  : -1

const isSeparator = (ch: string): boolean => /[\s,;:_-]/.test(ch)

/**
 * Hex digits as people write them: with or without spaces, commas, colons or dashes between bytes, and an optional 0x or
 * \x before a byte or before all of them. A byte's two digits stand together.
 */
export function decodeHex(text: string): Result<Uint8Array, LocatedError> {
  const out = new Uint8Array(text.length >> 1)
  let n = 0
  let i = 0
  while (i < text.length) {
    if (isSeparator(text.charAt(i))) {
      i++
      continue
    }
    const prefix = /^(?:0[xX]|\\x)/.exec(text.slice(i, i + 2))
    if (prefix && digitValue(text.charCodeAt(i + 2)) >= 0) i += 2
    const high = digitValue(text.charCodeAt(i))
    if (high < 0) return notADigit(text, i)
    if (i + 1 >= text.length || isSeparator(text.charAt(i + 1))) {
      return located('hex-odd', i, 1, `a byte has two hex digits, here is only one ("${text.charAt(i)}")`)
    }
    const low = digitValue(text.charCodeAt(i + 1))
    if (low < 0) return notADigit(text, i + 1)
    out[n++] = high * 16 + low
    i += 2
  }
  return ok(out.slice(0, n))
}

function notADigit(text: string, at: number): { ok: false; error: LocatedError } {
  const ch = String.fromCodePoint(text.codePointAt(at) as number)
  return located('hex-digit', at, ch.length, `"${visibleChar(ch)}" is not a hex digit (0-9, a-f)`)
}

/** An offset as the first column shows it: at least 8 hex digits. */
export const hexOffset = (at: number): string => at.toString(16).padStart(8, '0')

/**
 * Lines as `hexdump -C` prints them: offset, 16 bytes with a gap in the middle, and the ASCII text between bars, where
 * all else is a dot. `at` is the offset of the first byte.
 */
export function hexdump(bytes: Uint8Array, at = 0, perLine = 16): string[] {
  const lines: string[] = []
  for (let i = 0; i < bytes.length; i += perLine) {
    const part = bytes.subarray(i, i + perLine)
    const half = perLine / 2
    const left = encodeHex(part.subarray(0, half))
    const right = encodeHex(part.subarray(half))
    const width = perLine * 3
    const hex = `${left.padEnd(half * 3 - 1)}  ${right}`.padEnd(width)
    lines.push(`${hexOffset(at + i)}  ${hex}  |${ascii(part)}|`)
  }
  return lines
}

/** Printable ASCII, all else as a dot: one character a byte. */
export function ascii(bytes: Uint8Array): string {
  let out = ''
  for (const b of bytes) out += b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '.'
  return out
}
