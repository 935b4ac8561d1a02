/** The XML of a message as rows to read: each element's tags and text on a row of its own, with the bytes where it stands. */
import type { Range } from '../bytes/range'
import { decodeXml, parseXml, type XmlNode } from './xml'

export interface XmlRow extends Range {
  depth: number
  /** the element whose tag it is; of a `leaf` the whole element */
  name: string
  kind: 'open' | 'leaf' | 'close'
  text: string
}

/** Bytes before each character (UTF-16 unit) of a text, in UTF-8. */
function byteOffsets(text: string): Uint32Array {
  const offsets = new Uint32Array(text.length + 1)
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    // of a surrogate pair the first half counts for all four bytes
    const size = unit < 0x80 ? 1 : unit < 0x800 ? 2 : unit >= 0xd800 && unit < 0xdc00 ? 4 : unit >= 0xdc00 && unit < 0xe000 ? 0 : 3
    offsets[at + 1] = offsets[at]! + size
  }
  return offsets
}

/** Throws an RpcError where the bytes are no XML that this project reads. `from` counts from the first byte of `bytes`. */
export function xmlRows(bytes: Uint8Array, most = Infinity): { rows: XmlRow[]; root: XmlNode } {
  const text = decodeXml(bytes)
  const root = parseXml(text)
  // a byte order mark is no part of the text
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const offsets = byteOffsets(text)
  const range = (from: number, to: number): Range => ({ from: offsets[from]! + mark, to: offsets[to]! + mark })
  const rows: XmlRow[] = []
  const walk = (node: XmlNode, depth: number): void => {
    if (rows.length >= most) return
    if (node.children.length === 0) {
      rows.push({ depth, name: node.name, kind: 'leaf', text: node.text, ...range(node.from, node.to) })
      return
    }
    rows.push({ depth, name: node.name, kind: 'open', text: '', ...range(node.from, node.contentFrom) })
    for (const child of node.children) walk(child, depth + 1)
    rows.push({ depth, name: node.name, kind: 'close', text: '', ...range(node.contentTo, node.to) })
  }
  walk(root, 0)
  return { rows: rows.slice(0, most), root }
}
