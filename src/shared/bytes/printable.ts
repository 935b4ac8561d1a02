/**
 * Network text made safe to look at. Whatever cannot be seen, or moves what is seen, is written as an escape: control
 * characters, bidirectional controls, zero-width and other default-ignorable characters, odd spaces, surrogates, private
 * and unassigned code points, and combining marks that have nothing to stand on or pile up. The backslash is doubled, so
 * no two texts look alike, and `parseEscapes` (escapes.ts) reads the result back.
 *
 * Right-to-left letters remain as they are: show the text in a <bdi> so that they cannot reorder what stands around it.
 */
import { utf8Sequences } from './utf8'

/** A run of text: as it is, or the escape that stands for a character (or, in bytes, for a byte that is no UTF-8). */
export interface PrintablePart {
  text: string
  kind: 'plain' | 'escape' | 'byte'
}

// Cc Cf Cs Co Cn: control, format, surrogate, private, unassigned. Z: separators; the plain space is let through below.
const INVISIBLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u
const MARK = /\p{M}/u
const PICTOGRAPH = /\p{Extended_Pictographic}/u
const EMOJI_BASE = /[\p{Emoji}\p{Emoji_Modifier}]/u
const ZERO_WIDTH_JOINER = 0x200d
const EMOJI_VARIATION = 0xfe0f
/** More marks on one letter than any living script needs spill over the lines around. */
const MAX_MARKS = 4

const hexByte = (b: number): string => b.toString(16).padStart(2, '0')

const SHORT: Readonly<Record<number, string>> = { 0: '\\0', 9: '\\t', 10: '\\n', 13: '\\r', 0x5c: '\\\\' }

const escapeOf = (codePoint: number): string =>
  SHORT[codePoint] ?? (codePoint < 0x80 ? `\\x${hexByte(codePoint)}` : `\\u{${codePoint.toString(16)}}`)

/** One character, visible whatever it is: for messages that name it. */
export const visibleChar = (ch: string): string => printable(ch)

/** Joins what comes one character at a time into runs, and knows what a character stands on. */
class Builder {
  readonly parts: PrintablePart[] = []
  private previous = -1
  private beforeJoiner = -1
  private marks = 0

  add(text: string, kind: PrintablePart['kind']): void {
    const last = this.parts.at(-1)
    if (last?.kind === kind) last.text += text
    else this.parts.push({ text, kind })
  }

  byte(b: number): void {
    this.add(`\\x${hexByte(b)}`, 'byte')
    this.previous = -1
  }

  /** `next` is the code point that follows, or -1. */
  char(codePoint: number, next: number): void {
    const ch = String.fromCodePoint(codePoint)
    if (this.isPlain(codePoint, ch, next)) {
      this.add(ch, 'plain')
      this.beforeJoiner = this.previous
      this.previous = codePoint
    } else {
      this.add(escapeOf(codePoint), 'escape')
      this.previous = -1
    }
  }

  private isPlain(codePoint: number, ch: string, next: number): boolean {
    if (codePoint === 0x20) return true
    if (codePoint === 0x5c) return false
    const previous = this.previous < 0 ? '' : String.fromCodePoint(this.previous)
    // within an emoji, the variation selector and the joiner are part of what is seen
    if (codePoint === EMOJI_VARIATION) return previous !== '' && EMOJI_BASE.test(previous)
    if (codePoint === ZERO_WIDTH_JOINER) return this.joinsEmoji(previous, next)
    if (INVISIBLE.test(ch)) return false
    if (!MARK.test(ch)) {
      this.marks = 0
      return true
    }
    this.marks++
    return previous !== '' && this.marks <= MAX_MARKS
  }

  private joinsEmoji(previous: string, next: number): boolean {
    if (next < 0 || !PICTOGRAPH.test(String.fromCodePoint(next)) || previous === '') return false
    const base = this.previous === EMOJI_VARIATION && this.beforeJoiner >= 0 ? String.fromCodePoint(this.beforeJoiner) : previous
    return PICTOGRAPH.test(base) || /\p{Emoji_Modifier}/u.test(base)
  }
}

/** Text in runs, for views that colour the escapes. */
export function printableParts(text: string): PrintablePart[] {
  const builder = new Builder()
  for (let i = 0; i < text.length;) {
    const codePoint = text.codePointAt(i) as number
    i += codePoint > 0xffff ? 2 : 1
    builder.char(codePoint, text.codePointAt(i) ?? -1)
  }
  return builder.parts
}

/** Bytes read as UTF-8, in runs; a byte that is no UTF-8 is \xNN. */
export function printableByteParts(bytes: Uint8Array): PrintablePart[] {
  const builder = new Builder()
  const sequences = [...utf8Sequences(bytes)]
  sequences.forEach((sequence, i) => {
    if (sequence.codePoint !== undefined) builder.char(sequence.codePoint, sequences[i + 1]?.codePoint ?? -1)
    else for (let k = 0; k < sequence.len; k++) builder.byte(bytes[sequence.at + k] as number)
  })
  return builder.parts
}

const joined = (parts: PrintablePart[]): string => parts.map((p) => p.text).join('')

/** Text safe to show, as one string. */
export const printable = (text: string): string => joined(printableParts(text))

/** A program's own output: a backslash stays single, because what repr() printed has escapes of its own. */
export const printableOutput = (text: string): string => text.split('\\').map(printable).join('\\')
/** Bytes safe to show, read as UTF-8. */
export const printableBytes = (bytes: Uint8Array): string => joined(printableByteParts(bytes))

/** What stands for one character in a cell of its own (the hex view's text column); undefined where nothing can be seen. */
export function printableCell(codePoint: number): string | undefined {
  if (codePoint < 0x80) return codePoint >= 0x20 && codePoint < 0x7f ? String.fromCharCode(codePoint) : undefined
  const ch = String.fromCodePoint(codePoint)
  return INVISIBLE.test(ch) || MARK.test(ch) ? undefined : ch
}
