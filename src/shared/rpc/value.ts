/**
 * The values of XML-RPC (http://xmlrpc.com/spec), each with its type: JavaScript's own would not tell 2 from 2.0. `nil` is the
 * common extension; an int wider than 32 bits is read (i8, as Python reads it) and never written.
 */
export type RpcValue =
  | { type: 'int'; value: bigint }
  | { type: 'boolean'; value: boolean }
  | { type: 'double'; value: number }
  | { type: 'string'; value: string }
  /** as on the wire: 20260131T09:15:00 */
  | { type: 'dateTime'; value: string }
  | { type: 'base64'; value: Uint8Array }
  | { type: 'array'; value: RpcValue[] }
  | { type: 'struct'; value: RpcMember[] }
  | { type: 'nil' }
export interface RpcMember { name: string; value: RpcValue }
export type RpcType = RpcValue['type']

export interface RpcFault { code: number; message: string }
export interface RpcCall { method: string; params: RpcValue[] }
export type RpcResponse = { fault: RpcFault } | { result: RpcValue }

/** -32700, -32600, -32601 ...: "Specification for Fault Code Interoperability", which Python's own server does not use for its methods. */
export const FAULT = { notWellFormed: -32_700, notXmlRpc: -32_600, application: 1 } as const

/** What makes bytes no XML-RPC message; `limit` names what was too large. */
export class RpcError extends Error {
  constructor(message: string, readonly code: number = FAULT.notXmlRpc, readonly limit?: 'bytes' | 'depth' | 'values') {
    super(message)
    this.name = 'RpcError'
  }
}

export const int = (value: bigint | number): RpcValue => ({ type: 'int', value: BigInt(value) })
export const double = (value: number): RpcValue => ({ type: 'double', value })
export const string = (value: string): RpcValue => ({ type: 'string', value })
export const boolean = (value: boolean): RpcValue => ({ type: 'boolean', value })
export const array = (value: RpcValue[]): RpcValue => ({ type: 'array', value })
export const struct = (members: Record<string, RpcValue>): RpcValue =>
  ({ type: 'struct', value: Object.entries(members).map(([name, value]) => ({ name, value })) })

/** The member of a struct; of several of one name the last, as a Python dict keeps it. */
export function member(value: RpcValue, name: string): RpcValue | undefined {
  return value.type === 'struct' ? value.value.findLast((one) => one.name === name)?.value : undefined
}

export const isInt32 = (value: bigint): boolean => value >= -2_147_483_648n && value <= 2_147_483_647n
