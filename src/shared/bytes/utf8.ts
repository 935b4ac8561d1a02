/** UTF-8 read one sequence at a time, so that a view can say which bytes make which character and which make none. */

export interface Utf8Sequence {
  /** offset of its first byte */
  at: number
  /** 1 to 4 bytes; for bytes that are no character, the one byte or the part that could have begun one */
  len: number
  /** absent where these bytes are no character */
  codePoint?: number
  /** the bytes are the beginning of a character whose rest has not come */
  truncated?: boolean
}

/** How many bytes a character with this first byte has; 0 when no character begins so. RFC 3629, section 3. */
export const utf8Length = (lead: number): number =>
  lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0

/**
 * Reads the sequence at `at`. Overlong forms, surrogates and values over U+10FFFF are no characters; the invalid part's
 * length is the "maximal subpart" of Unicode, chapter 3.9, which is what browsers and Python take as one error.
 */
export function utf8At(bytes: Uint8Array, at: number): Utf8Sequence {
  const lead = bytes[at] as number
  const want = utf8Length(lead)
  if (want === 1) return { at, len: 1, codePoint: lead }
  if (want === 0) return { at, len: 1 }
  // the second byte's range rules out overlong forms (E0, F0), surrogates (ED) and values past U+10FFFF (F4)
  let low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  let high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  let codePoint = lead & (0x7f >> want)
  for (let i = 1; i < want; i++) {
    const b = bytes[at + i]
    if (b === undefined) return { at, len: i, truncated: true }
    if (b < low || b > high) return { at, len: i }
    codePoint = codePoint * 64 + (b & 0x3f)
    low = 0x80
    high = 0xbf
  }
  return { at, len: want, codePoint }
}

/** Every sequence of the bytes, in order, without a gap. */
export function* utf8Sequences(bytes: Uint8Array): Generator<Utf8Sequence> {
  for (let at = 0; at < bytes.length;) {
    const sequence = utf8At(bytes, at)
    yield sequence
    at += sequence.len
  }
}

const encoder = new TextEncoder()
/** Text to UTF-8. A lone surrogate becomes U+FFFD: check for it first where that matters. */
export const encodeUtf8 = (text: string): Uint8Array => encoder.encode(text)
