/** Values as Python 3's repr() prints them. */
import { hexByte } from './hex'

const NAMED: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 0x5c: '\\\\' }

// Python takes single quotes unless the text has single ones and no double ones
const quoteFor = (single: boolean, double: boolean): "'" | '"' => (single && !double ? '"' : "'")

/** A bytes literal: b'hello\n'. The same characters as python3's repr(bytes). */
export function pythonBytes(bytes: Uint8Array): string {
  const quote = quoteFor(bytes.includes(0x27), bytes.includes(0x22))
  let out = `b${quote}`
  for (const b of bytes) {
    if (b === quote.charCodeAt(0)) out += `\\${quote}`
    else out += NAMED[b] ?? (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : `\\x${hexByte(b)}`)
  }
  return out + quote
}

// str.isprintable: not "Other" and not "Separator", save the plain space. Which code points are assigned depends on the
// Unicode version on either side; for all others the two agree.
const NOT_PRINTABLE = /[\p{C}\p{Z}]/u

/** A str literal: 'hello\n'. The same characters as python3's repr(str); a lone surrogate is \udXXX, as there. */
export function pythonStr(text: string): string {
  const quote = quoteFor(text.includes("'"), text.includes('"'))
  let out: string = quote
  for (const ch of text) {
    const codePoint = ch.codePointAt(0) as number
    if (ch === quote) out += `\\${quote}`
    else if (codePoint === 0x20) out += ch
    else out += NAMED[codePoint] ?? (NOT_PRINTABLE.test(ch) ? escaped(codePoint) : ch)
  }
  return out + quote
}

/** A character that cannot stand as itself, as repr() writes it: \n, \x1b, \u202e. */
export const pythonEscape = (codePoint: number): string => NAMED[codePoint] ?? escaped(codePoint)

function escaped(codePoint: number): string {
  if (codePoint < 0x100) return `\\x${hexByte(codePoint)}`
  const digits = codePoint.toString(16)
  return codePoint < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`
}
