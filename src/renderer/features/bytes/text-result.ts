/** What the text tab shows, from what was typed. */
import { decodeBytes, encodeText, type Coded, type CodingError, type Encoding } from '../../../shared/bytes/encodings'
import { pythonBytes, pythonStr } from '../../../shared/bytes/python-bytes'
import type { Range } from '../../../shared/bytes/range'

export interface Lengths { graphemes: number; codePoints: number; bytes: number }

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Characters as a person counts them, code points as Python's len() does, and bytes. */
export const lengths = (coded: Coded): Lengths =>
  ({ graphemes: [...segmenter.segment(coded.text)].length, codePoints: coded.pieces.length, bytes: coded.bytes.length })

/** A range of code points as UTF-16 units, which is what fields count. */
export function unitsOf(text: string, at: Range): Range {
  const chars = Array.from(text)
  const from = chars.slice(0, at.from).join('').length
  return { from, to: from + chars.slice(at.from, at.to).join('').length }
}

export const code = (way: 'encode' | 'decode', encoding: Encoding, input: string | Uint8Array): { ok: true; value: Coded } | { ok: false; error: CodingError } =>
  (way === 'encode' ? encodeText(encoding, input as string) : decodeBytes(encoding, input as Uint8Array))

export function pythonOf(way: 'encode' | 'decode', encoding: Encoding, input: string | Uint8Array): { code: string; result: string; failed: boolean }[] {
  const literal = typeof input === 'string' ? pythonStr(input) : pythonBytes(input)
  const call = `${literal}.${way}('${encoding}')`
  const done = code(way, encoding, input)
  if (!done.ok) return [{ code: call, result: done.error.python, failed: true }]
  const { text, bytes, pieces } = done.value
  return [
    { code: call, result: way === 'encode' ? pythonBytes(bytes) : pythonStr(text), failed: false },
    { code: `len(${literal}), len(${call})`, result: way === 'encode' ? `(${pieces.length}, ${bytes.length})` : `(${bytes.length}, ${pieces.length})`, failed: false },
  ]
}

/** What Python says to an assignment to one item, of bytes (never) and of bytearray (within its bounds, and a byte). */
export function assignment(bytes: Uint8Array, index: number, value: number): { code: string; result?: string; failed?: boolean }[] {
  const literal = pythonBytes(bytes)
  const set = `[${index}] = ${value}`
  const at = index < 0 ? bytes.length + index : index
  const lines = [
    { code: `b = ${literal}` },
    { code: `b${set}`, result: "TypeError: 'bytes' object does not support item assignment", failed: true },
    { code: 'a = bytearray(b)' },
  ]
  if (at < 0 || at >= bytes.length) return [...lines, { code: `a${set}`, result: 'IndexError: bytearray index out of range', failed: true }]
  if (value < 0 || value > 255) return [...lines, { code: `a${set}`, result: 'ValueError: byte must be in range(0, 256)', failed: true }]
  const changed = bytes.slice()
  changed[at] = value
  return [...lines, { code: `a${set}` }, { code: 'a', result: `bytearray(${pythonBytes(changed)})` }, { code: 'b', result: literal }]
}
