/** A system call as one short line: 'recv(1024) = 5', 'connect(127.0.0.1:9999) = ECONNREFUSED'. */
import { printable } from '../../shared/bytes/printable'
import { formatEndpoint } from '../../shared/net/address'
import type { CallModel } from '../../shared/projections/model'
import type { Plain, SockAddr } from '../../shared/trace/events'
import { endAt } from './at'

const isAddr = (value: Plain): value is SockAddr =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && typeof value.family === 'string' && ('port' in value || 'path' in value)

export function plainText(value: Plain): string {
  if (value === null) return 'None'
  // not grouped: within an argument list a comma means something else
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return printable(value)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) return `[${value.map(plainText).join(', ')}]`
  if (isAddr(value)) return printable(formatEndpoint(value))
  return `{${Object.values(value).map(plainText).join(', ')}}`
}

/** The call with its arguments, without result. */
export const callHead = (call: CallModel): string => `${call.name}(${Object.values(call.args).map(plainText).join(', ')})`

/** What the call gave at the cursor; undefined while it has not returned. */
export function callResult(call: CallModel, cursor: number): string | undefined {
  const end = endAt(call, cursor)
  if (!end) return undefined
  if (end.errno) return end.errno
  if (end.fd !== undefined && (call.name === 'accept' || call.name === 'socket')) return `fd ${end.fd}`
  return plainText(end.value)
}

/** Calls whose 0 says only that they went well: the result is not worth its ink. */
const QUIET = new Set(['bind', 'listen', 'connect', 'shutdown', 'close', 'abort', 'setsockopt', 'sleep'])

/** The call where it returns further down: its arguments stood where it began, only a number is worth saying again. */
export function shortHead(call: CallModel): string {
  const args = Object.values(call.args)
  const short = args.length === 0 ? '' : args.length === 1 && typeof args[0] === 'number' ? String(args[0]) : '…'
  return `${call.name}(${short})`
}

export function callLine(call: CallModel, cursor: number): string {
  const result = callResult(call, cursor)
  if (result === undefined) return `${callHead(call)} …`
  const quiet = QUIET.has(call.name) && (result === '0' || result === 'None')
  return quiet ? callHead(call) : `${callHead(call)} = ${result}`
}
