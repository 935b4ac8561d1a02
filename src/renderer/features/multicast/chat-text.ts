/** What a datagram of the group says, ready to be shown: escapes for what cannot be seen, the rest of a long one counted. */
import { printableByteParts, type PrintablePart } from '../../../shared/bytes/printable'

/** Bytes of a message that its row shows, and that the chosen row shows. */
export const ROW_BYTES = 600
export const WHOLE_BYTES = 65_536

export interface ChatText {
  parts: PrintablePart[]
  /** bytes that are not shown */
  rest: number
}

/** `bytes` are the first of the datagram's `len`; a character that they cut is left for the rest. */
export function chatText(bytes: Uint8Array, len: number): ChatText {
  const shown = bytes.length < len ? bytes.subarray(0, wholeCharacters(bytes)) : bytes
  return { parts: printableByteParts(shown), rest: len - shown.length }
}

/** How many of the bytes are whole UTF-8 characters; all of them where the end is no UTF-8. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if ((byte & 0xc0) === 0x80) continue
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return needs > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}
