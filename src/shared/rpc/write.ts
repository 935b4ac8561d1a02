/** XML-RPC values as XML, written as Python's xmlrpc.client writes them, so that both sides' bytes can be compared. */
import { FAULT, isInt32, RpcError, type RpcCall, type RpcFault, type RpcValue } from './value'
import { RPC_LIMITS } from './limits'
import { pythonFloat } from './python'
import { toBase64 } from './base64'

/** Characters that no XML 1.0 document may hold (section 2.2), and lone surrogates. */
const NOT_XML = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/u

function escape(text: string): string {
  const bad = NOT_XML.exec(text)
  if (bad) throw new RpcError(`XML cannot hold the character U+${bad[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}: send the text as base64`)
  // a carriage return would come out as a line feed (XML 1.0, section 2.11)
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;')
}

const element = (name: string, text: string): string => `<value><${name}>${text}</${name}></value>\n`

/** Throws an RpcError where the value has no XML: too deep, an int beyond 32 bits, a character that XML forbids. */
export function writeValue(value: RpcValue, depth = 0): string {
  if (depth > RPC_LIMITS.depth) throw new RpcError(`values nest deeper than ${RPC_LIMITS.depth}`, FAULT.notXmlRpc, 'depth')
  switch (value.type) {
    case 'int':
      if (!isInt32(value.value)) throw new RpcError('int exceeds XML-RPC limits')
      return element('int', String(value.value))
    case 'boolean': return element('boolean', value.value ? '1' : '0')
    case 'double':
      if (!Number.isFinite(value.value)) throw new RpcError(`a double of XML-RPC is a number: ${pythonFloat(value.value)} is none`)
      return element('double', pythonFloat(value.value))
    case 'string': return element('string', escape(value.value))
    case 'dateTime': return element('dateTime.iso8601', escape(value.value))
    case 'base64': return element('base64', `\n${toBase64(value.value)}\n`)
    case 'nil': return '<value><nil/></value>'
    case 'array': return `<value><array><data>\n${value.value.map((one) => writeValue(one, depth + 1)).join('')}</data></array></value>\n`
    case 'struct': {
      const members = value.value.map((one) => `<member>\n<name>${escape(one.name)}</name>\n${writeValue(one.value, depth + 1)}</member>\n`)
      return `<value><struct>\n${members.join('')}</struct></value>\n`
    }
    default: return value satisfies never
  }
}

const DECLARATION = "<?xml version='1.0'?>\n"

export function writeCall({ method, params }: RpcCall): string {
  return `${DECLARATION}<methodCall>\n<methodName>${escape(method)}</methodName>\n${writeParams(params)}</methodCall>\n`
}

export const writeResult = (value: RpcValue): string => `${DECLARATION}<methodResponse>\n${writeParams([value])}</methodResponse>\n`

const writeParams = (params: readonly RpcValue[]): string =>
  `<params>\n${params.map((value) => `<param>\n${writeValue(value)}</param>\n`).join('')}</params>\n`

export const faultValue = ({ code, message }: RpcFault): RpcValue => ({
  type: 'struct',
  value: [{ name: 'faultCode', value: { type: 'int', value: BigInt(code) } }, { name: 'faultString', value: { type: 'string', value: message.replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd]/g, '\ufffd') } }],
})

export const writeFault = (fault: RpcFault): string => `${DECLARATION}<methodResponse>\n<fault>\n${writeValue(faultValue(fault))}</fault>\n</methodResponse>\n`
