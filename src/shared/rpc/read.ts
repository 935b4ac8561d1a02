/** XML-RPC messages out of XML: what the specification allows and nothing else. Everything wrong is an RpcError. */
import { fromBase64 } from './base64'
import { RPC_LIMITS } from './limits'
import { FAULT, member, RpcError, type RpcCall, type RpcResponse, type RpcValue } from './value'
import { decodeXml, parseXml, type XmlNode } from './xml'

export const readCall = (bytes: Uint8Array): RpcCall => callOf(parseXml(decodeXml(bytes)))
export const readResponse = (bytes: Uint8Array): RpcResponse => responseOf(parseXml(decodeXml(bytes)))

export function callOf(root: XmlNode): RpcCall {
  expectName(root, 'methodCall')
  const [name, params, ...rest] = elements(root)
  if (name?.name !== 'methodName' || rest.length > 0 || (params && params.name !== 'params')) {
    throw new RpcError('a methodCall holds a methodName, then params')
  }
  const method = leaf(name).trim()
  // the specification's characters, and no more than a name needs
  if (!/^[A-Za-z0-9_.:/]{1,255}$/.test(method)) throw new RpcError('a method name has letters, digits, _ . : / and nothing else')
  return { method, params: params ? paramsOf(params) : [] }
}

export function responseOf(root: XmlNode): RpcResponse {
  expectName(root, 'methodResponse')
  const [only, ...rest] = elements(root)
  if (!only || rest.length > 0) throw new RpcError('a methodResponse holds params or a fault')
  if (only.name === 'fault') {
    const value = valueOf(single(only, 'value'), { depth: 0, count: 0 })
    const code = member(value, 'faultCode')
    const message = member(value, 'faultString')
    if (code?.type !== 'int' || message?.type !== 'string') throw new RpcError('a fault is a struct of an int faultCode and a string faultString')
    return { fault: { code: Number(code.value), message: message.value } }
  }
  if (only.name !== 'params') throw new RpcError('a methodResponse holds params or a fault')
  const values = paramsOf(only)
  if (values.length !== 1) throw new RpcError('a methodResponse has exactly one param')
  return { result: values[0]! }
}

interface Budget { depth: number; count: number }

function paramsOf(params: XmlNode): RpcValue[] {
  const budget = { depth: 0, count: 0 }
  return elements(params).map((param) => {
    expectName(param, 'param')
    return valueOf(single(param, 'value'), budget)
  })
}

function valueOf(node: XmlNode, budget: Budget): RpcValue {
  if (++budget.count > RPC_LIMITS.values) throw new RpcError(`more than ${RPC_LIMITS.values} values`, FAULT.notXmlRpc, 'values')
  // a value without a type is a string
  if (node.children.length === 0) return { type: 'string', value: node.text }
  const [typed, ...rest] = elements(node)
  if (!typed || rest.length > 0) throw new RpcError('a value holds one type')
  if (budget.depth >= RPC_LIMITS.depth) throw new RpcError(`values nest deeper than ${RPC_LIMITS.depth}`, FAULT.notXmlRpc, 'depth')
  budget.depth++
  const value = typedValue(typed, budget)
  budget.depth--
  return value
}

function typedValue(node: XmlNode, budget: Budget): RpcValue {
  const wrong = (what: string): RpcError => new RpcError(`<${node.name}> holds ${what}`)
  switch (node.name) {
    case 'int': case 'i4': case 'i8': case 'i1': case 'i2': case 'biginteger': {
      const text = leaf(node).trim()
      // as long as 64 bits are
      if (!/^[+-]?\d{1,19}$/.test(text)) throw wrong('digits, with a sign at most')
      return { type: 'int', value: BigInt(text.replace('+', '')) }
    }
    case 'boolean': {
      const text = leaf(node).trim()
      if (text !== '0' && text !== '1') throw wrong('0 or 1')
      return { type: 'boolean', value: text === '1' }
    }
    case 'double': case 'float': {
      const text = leaf(node).trim()
      if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,5})?$/.test(text)) throw wrong('a decimal number')
      return { type: 'double', value: Number(text) }
    }
    case 'string': return { type: 'string', value: leaf(node) }
    case 'dateTime.iso8601': {
      const text = leaf(node).trim()
      if (!/^\d{4}-?\d\d-?\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/.test(text)) throw wrong('a time such as 20260131T09:15:00')
      return { type: 'dateTime', value: text }
    }
    case 'base64': {
      const bytes = fromBase64(leaf(node))
      if (!bytes) throw wrong('base64')
      return { type: 'base64', value: bytes }
    }
    case 'nil': case 'ex:nil':
      if (leaf(node).trim() !== '') throw wrong('nothing')
      return { type: 'nil' }
    case 'array': return { type: 'array', value: elements(single(node, 'data')).map((one) => valueOf(named(one, 'value'), budget)) }
    case 'struct': return {
      type: 'struct',
      value: elements(node).map((one) => {
        const [name, value, ...rest] = elements(named(one, 'member'))
        if (name?.name !== 'name' || value?.name !== 'value' || rest.length > 0) throw new RpcError('a member holds a name and a value')
        return { name: leaf(name), value: valueOf(value, budget) }
      }),
    }
    default: throw new RpcError(`there is no type <${node.name.slice(0, 40)}> in XML-RPC`)
  }
}

/** Children of an element that holds no text of its own. */
function elements(node: XmlNode): XmlNode[] {
  if (node.text.trim() !== '') throw new RpcError(`<${node.name}> holds text where only elements belong`)
  return node.children
}

function leaf(node: XmlNode): string {
  if (node.children.length > 0) throw new RpcError(`<${node.name}> holds elements where only text belongs`)
  return node.text
}

function expectName(node: XmlNode, name: string): void {
  if (node.name !== name) throw new RpcError(`<${name}> is wanted here, not <${node.name.slice(0, 40)}>`)
}

function named(node: XmlNode, name: string): XmlNode {
  expectName(node, name)
  return node
}

function single(node: XmlNode, name: string): XmlNode {
  const [only, ...rest] = elements(node)
  if (!only || rest.length > 0) throw new RpcError(`<${node.name}> holds exactly one <${name}>`)
  return named(only, name)
}
