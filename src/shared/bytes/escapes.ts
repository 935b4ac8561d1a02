/**
 * Text as a person types it into a send field: itself as UTF-8, with \n \r \t \0 \\ \xNN (one byte) and \u{...} (one
 * character) for what a field cannot hold. `formatEscapes` writes bytes that way; parsing its answer gives the bytes again.
 */
import type { Result } from '../result'
import { ok } from '../result'
import { located, type LocatedError } from './located'
import { printableBytes, visibleChar } from './printable'
import { encodeUtf8 } from './utf8'

const SIMPLE: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, '0': 0x00, '\\': 0x5c }
type Failure = { ok: false; error: LocatedError }

/** The bytes that the text stands for, or the first error and its place. */
export function parseEscapes(text: string): Result<Uint8Array, LocatedError> {
  const chunks: Uint8Array[] = []
  let i = 0
  while (i < text.length) {
    const slash = text.indexOf('\\', i)
    const end = slash < 0 ? text.length : slash
    if (end > i) {
      const plain = text.slice(i, end)
      const lone = loneSurrogate(plain)
      if (lone >= 0) return located('lone-surrogate', i + lone, 1, 'half of a surrogate pair is no character')
      chunks.push(encodeUtf8(plain))
    }
    if (slash < 0) break
    const escape = parseOne(text, slash)
    if (!escape.ok) return escape
    chunks.push(escape.value.bytes)
    i = slash + escape.value.length
  }
  return ok(concat(chunks))
}

/** The escape that begins at `at`, where the backslash is. */
function parseOne(text: string, at: number): { ok: true; value: { bytes: Uint8Array; length: number } } | Failure {
  const letter = text.charAt(at + 1)
  if (letter === '') return located('escape-end', at, 1, 'a backslash needs something after it (\\\\ for the backslash itself)')
  const simple = SIMPLE[letter]
  if (simple !== undefined) return ok({ bytes: Uint8Array.of(simple), length: 2 })
  if (letter === 'x') {
    const digits = /^[0-9a-fA-F]{2}/.exec(text.slice(at + 2, at + 4))
    if (!digits) return located('escape-hex', at, Math.min(4, text.length - at), '\\x needs two hex digits')
    return ok({ bytes: Uint8Array.of(parseInt(digits[0], 16)), length: 4 })
  }
  if (letter === 'u') return parseCodePoint(text, at)
  const ch = String.fromCodePoint(text.codePointAt(at + 1) as number)
  return located('escape-unknown', at, 1 + ch.length, `\\${visibleChar(ch)} is not an escape (\\n \\r \\t \\0 \\\\ \\xNN \\u{...})`)
}

function parseCodePoint(text: string, at: number): { ok: true; value: { bytes: Uint8Array; length: number } } | Failure {
  const braces = /^\{([0-9a-fA-F]{1,6})\}/.exec(text.slice(at + 2, at + 10))
  if (!braces) return located('escape-code-point', at, 2, '\\u needs one to six hex digits in braces, such as \\u{1f600}')
  const codePoint = parseInt(braces[1] as string, 16)
  const length = 2 + braces[0].length
  if (codePoint > 0x10ffff) return located('escape-code-point', at, length, 'the last character is \\u{10ffff}')
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return located('lone-surrogate', at, length, 'half of a surrogate pair is no character')
  return ok({ bytes: encodeUtf8(String.fromCodePoint(codePoint)), length })
}

/** Index of the first surrogate without its other half, or -1. */
function loneSurrogate(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const codePoint = text.codePointAt(i) as number
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) return i
    if (codePoint > 0xffff) i++
  }
  return -1
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((sum, c) => sum + c.length, 0))
  let at = 0
  for (const chunk of chunks) {
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}

/** Bytes as text that `parseEscapes` reads back to the same bytes, and that is safe to show. */
export const formatEscapes = (bytes: Uint8Array): string => printableBytes(bytes)
