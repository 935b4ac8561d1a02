/**
 * XML as a tree in which every element knows where it stands, by saxes: strict, and without a document type, so that no
 * entity can be declared (no bomb, no file, no address). Depth and number of elements are counted while it is read.
 */
import { SaxesParser, type SaxesTagPlain } from 'saxes'
import { RPC_LIMITS } from './limits'
import { FAULT, RpcError } from './value'

export interface XmlNode {
  name: string
  /** where its start tag begins, where its content begins and ends, where its end tag ends: characters of the text */
  from: number
  contentFrom: number
  contentTo: number
  to: number
  /** its own text, entities resolved */
  text: string
  children: XmlNode[]
}

/** Elements for each value that a message may have, and levels for each that values may nest: value, array, data; member, name. */
const PER_VALUE = 6
const PER_LEVEL = 4

/** Throws an RpcError that says what is wrong and where. */
export function parseXml(text: string): XmlNode {
  const parser = new SaxesParser({ xmlns: false, position: true })
  const stack: XmlNode[] = []
  let root: XmlNode | undefined
  let count = 0
  parser.on('doctype', () => {
    throw new RpcError('a document type is not allowed: it could declare entities', FAULT.notXmlRpc)
  })
  parser.on('processinginstruction', () => {
    throw new RpcError('a processing instruction is not allowed', FAULT.notXmlRpc)
  })
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && !/^(utf-?8|us-ascii)$/i.test(encoding)) throw new RpcError(`the encoding ${encoding} is not read here: send UTF-8`)
  })
  parser.on('opentag', (tag: SaxesTagPlain) => {
    if (stack.length >= RPC_LIMITS.depth * PER_LEVEL) throw new RpcError(`elements nest deeper than ${RPC_LIMITS.depth * PER_LEVEL}`, FAULT.notXmlRpc, 'depth')
    if (++count > RPC_LIMITS.values * PER_VALUE) throw new RpcError(`more than ${RPC_LIMITS.values * PER_VALUE} elements`, FAULT.notXmlRpc, 'values')
    const to = parser.position
    const node: XmlNode = { name: tag.name, from: startOf(text, tag.name, to), contentFrom: to, contentTo: to, to, text: '', children: [] }
    stack.at(-1)?.children.push(node)
    root ??= node
    stack.push(node)
  })
  parser.on('closetag', () => {
    const node = stack.pop()!
    node.to = parser.position
    // an element that closes itself has no content
    node.contentTo = node.to === node.contentFrom ? node.to : text.lastIndexOf('</', node.to - 1)
  })
  const append = (more: string): void => {
    const node = stack.at(-1)
    if (node) node.text += more
  }
  parser.on('text', append)
  parser.on('cdata', append)
  try {
    parser.write(text).close()
  } catch (error) {
    if (error instanceof RpcError) throw error
    throw new RpcError(`the XML is not well formed: ${(error as Error).message}`, FAULT.notWellFormed)
  }
  if (!root) throw new RpcError('the XML is not well formed: it is empty', FAULT.notWellFormed)
  return root
}

/** The '<' of the start tag that ends at `to`; an attribute's value may hold none (XML 1.0, section 3.1). */
function startOf(text: string, name: string, to: number): number {
  return Math.max(0, text.lastIndexOf(`<${name}`, to - 1))
}

/** UTF-8 text of a message's bytes. Throws an RpcError where they are too many or no UTF-8. */
export function decodeXml(bytes: Uint8Array): string {
  if (bytes.length > RPC_LIMITS.bytes) throw new RpcError(`the message is longer than ${RPC_LIMITS.bytes} bytes`, FAULT.notXmlRpc, 'bytes')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new RpcError('the XML is not well formed: the bytes are no UTF-8', FAULT.notWellFormed) // a fatal decoder has no other reason
  }
}
