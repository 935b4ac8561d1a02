/**
 * A system call as the line of Python that makes it, and its result as Python shows it: what a student would have typed
 * and seen. abort() is no call of Python's: it is shown as the two real lines that do it.
 */
import { pythonBytes, pythonStr } from '../bytes/python-bytes'
import type { CallModel } from '../projections/model'
import type { Plain, SockAddr, SockId } from '../trace/events'

/** The first bytes of a call's data, as far as they are at hand. `whole`: there are no more. */
export interface Preview {
  bytes: Uint8Array
  whole: boolean
}

/** Longest literal that a line spells out, bytes; longer data is called `data`. */
export const LITERAL_BYTES = 48

/** ('127.0.0.1', 9999); with an IPv6 scope id the four-tuple that Python wants; an AF_UNIX path is a str. */
export function pythonAddress(address: SockAddr): string {
  if (address.family === 'unix') return pythonStr(address.path)
  const scope = address.family === 'inet6' && address.scope ? `, 0, ${address.scope}` : ''
  return `(${pythonStr(address.host)}, ${address.port}${scope})`
}

const FAMILIES: Readonly<Record<string, string>> = { inet: 'AF_INET', inet6: 'AF_INET6', unix: 'AF_UNIX' }
const TYPES: Readonly<Record<string, string>> = { stream: 'SOCK_STREAM', dgram: 'SOCK_DGRAM', seqpacket: 'SOCK_SEQPACKET' }

const text = (value: Plain | undefined): string => (typeof value === 'string' ? value : '')
const number = (value: Plain | undefined): number => (typeof value === 'number' ? value : 0)

/** An argument or a result that is an address. */
export const asAddress = (value: Plain | undefined): SockAddr | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && typeof value.family === 'string' && value.family in FAMILIES
    ? (value as SockAddr)
    : undefined

const addressArgument = (call: CallModel): string => {
  const address = asAddress(call.args.address)
  return address ? pythonAddress(address) : 'address'
}

const levelOf = (call: CallModel): string => {
  const option = text(call.args.option)
  return (
    text(call.args.level) ||
    (option.startsWith('TCP_')
      ? 'IPPROTO_TCP'
      : option.startsWith('IPV6_')
        ? 'IPPROTO_IPV6'
        : option.startsWith('IP_')
          ? 'IPPROTO_IP'
          : 'SOL_SOCKET')
  )
}

/** The value as setsockopt() takes it: a struct linger or timeval is packed, all else is an int. */
function optionValue(option: string, value: number): string {
  if (option === 'SO_LINGER') return `struct.pack('ii', ${value < 0 ? '0, 0' : `1, ${value}`})`
  if (option === 'SO_RCVTIMEO' || option === 'SO_SNDTIMEO') {
    return `struct.pack('ll', ${Math.floor(value)}, ${Math.round((value % 1) * 1e6)})`
  }
  return String(value)
}

/** The bytes sent, spelled out where they are few and the kernel took them all. */
function dataArgument(call: CallModel, preview: Preview | undefined): string {
  const whole = preview?.whole && preview.bytes.length === number(call.args.len) && preview.bytes.length <= LITERAL_BYTES
  return whole ? pythonBytes(preview.bytes) : 'data'
}

/**
 * The line (two for abort). `nameOf` gives the variable of a socket; `preview` the bytes that the call sent, once known.
 */
export function pythonLines(call: CallModel, nameOf: (sock: SockId | undefined) => string, preview?: Preview): string[] {
  const s = nameOf(call.sock)
  const made = nameOf(call.end?.sock)
  const option = text(call.args.option)
  switch (call.name) {
    case 'socket':
      return [
        `${made} = socket.socket(socket.${FAMILIES[text(call.args.family)] ?? 'AF_INET'}, ` +
          `socket.${TYPES[text(call.args.type)] ?? 'SOCK_STREAM'})`,
      ]
    case 'bind':
    case 'connect':
      return [`${s}.${call.name}(${addressArgument(call)})`]
    case 'listen':
      return [`${s}.listen(${number(call.args.backlog)})`]
    case 'accept':
      return [`${call.end?.sock === undefined ? 'conn' : made}, addr = ${s}.accept()`]
    case 'send':
      if (call.args.control) return [`${s}.sendmsg([${dataArgument(call, preview)}], control)`]
      return [`${s}.send(${dataArgument(call, preview)})`]
    case 'sendto':
      if (call.args.control) return [`${s}.sendmsg([${dataArgument(call, preview)}], control, 0, ${addressArgument(call)})`]
      return [`${s}.sendto(${dataArgument(call, preview)}, ${addressArgument(call)})`]
    case 'recv':
      return [`${s}.recv(${number(call.args.len)}${text(call.args.flags) ? `, socket.${text(call.args.flags)}` : ''})`]
    case 'recvfrom':
      if (call.args.control) return [`data, control, flags, addr = ${s}.recvmsg(${number(call.args.len)}, ${number(call.args.control)})`]
      return [`data, addr = ${s}.recvfrom(${number(call.args.len)})`]
    case 'shutdown':
      return [`${s}.shutdown(socket.SHUT_${text(call.args.how)})`]
    case 'abort':
      return [`${s}.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))`, `${s}.close()`]
    case 'setsockopt':
      return [`${s}.setsockopt(socket.${levelOf(call)}, socket.${option}, ${optionValue(option, number(call.args.value))})`]
    case 'getsockopt': {
      const asked = `${s}.getsockopt(socket.${levelOf(call)}, socket.${option}`
      return [option === 'SO_LINGER' ? `struct.unpack('ii', ${asked}, 8))` : `${asked})`]
    }
    case 'close':
    case 'getsockname':
    case 'getpeername':
      return [`${s}.${call.name}()`]
    case 'poll':
      return ['poller.poll()']
    case 'dup':
      return [`${s}.dup()`]
    case 'socketpair':
      return [`socket.socketpair(socket.AF_UNIX, socket.${TYPES[text(call.args.type)] ?? 'SOCK_STREAM'})`]
    case 'sleep':
      return [`time.sleep(${number(call.args.seconds)})`]
    case 'input':
      return [`input(${text(call.args.prompt) ? pythonStr(text(call.args.prompt)) : ''})`]
    default:
      return call.name satisfies never
  }
}

/** The line of a list: abort's two on one. */
export const pythonLine = (call: CallModel, nameOf: (sock: SockId | undefined) => string, preview?: Preview): string =>
  pythonLines(call, nameOf, preview).join('; ')

/** PEP 3151: the subclass of OSError that Python raises for an errno. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  EAGAIN: 'BlockingIOError',
  EWOULDBLOCK: 'BlockingIOError',
  EALREADY: 'BlockingIOError',
  EINPROGRESS: 'BlockingIOError',
  EPIPE: 'BrokenPipeError',
  ESHUTDOWN: 'BrokenPipeError',
  ECONNABORTED: 'ConnectionAbortedError',
  ECONNREFUSED: 'ConnectionRefusedError',
  ECONNRESET: 'ConnectionResetError',
  EEXIST: 'FileExistsError',
  ENOENT: 'FileNotFoundError',
  EISDIR: 'IsADirectoryError',
  ENOTDIR: 'NotADirectoryError',
  EINTR: 'InterruptedError',
  EACCES: 'PermissionError',
  EPERM: 'PermissionError',
  ETIMEDOUT: 'TimeoutError',
  TIMEOUT: 'TimeoutError',
}

/** The exception that Python raises; undefined for codes that are the lab's own (CANCELLED, POLICY, LIMIT ...). */
export const pythonException = (errno: string): string | undefined =>
  EXCEPTIONS[errno] ?? (/^E[A-Z0-9]+$/.test(errno) ? 'OSError' : undefined)

/**
 * What the call gave, as Python shows it: "b'hello'", '5', "(conn, ('127.0.0.1', 50000))"; '' where Python gives None.
 * Undefined while it has not returned, and where it failed (see pythonException). `preview` is what recv/recvfrom got;
 * without it only the number of bytes is told.
 */
export function pythonResult(call: CallModel, nameOf: (sock: SockId | undefined) => string, preview?: Preview): string | undefined {
  const end = call.end
  if (!end || end.errno) return undefined
  switch (call.name) {
    case 'accept':
      return `(${nameOf(end.sock)}, ${end.remote ? pythonAddress(end.remote) : 'None'})`
    case 'recv':
      return received(end.data?.len ?? number(end.value), preview)
    case 'recvfrom':
      return `(${received(end.data?.len ?? number(end.value), preview)}, ${end.remote ? pythonAddress(end.remote) : 'None'})`
    case 'getsockname':
    case 'getpeername': {
      const address = asAddress(end.value) ?? (call.name === 'getsockname' ? end.local : end.remote)
      return address ? pythonAddress(address) : ''
    }
    case 'socket':
      return ''
    case 'input':
      return typeof end.value === 'string' ? pythonStr(end.value) : 'EOFError'
    case 'send':
    case 'sendto':
    case 'getsockopt':
      return typeof end.value === 'number' ? String(end.value) : ''
    case 'bind':
    case 'listen':
    case 'connect':
    case 'shutdown':
    case 'close':
    case 'abort':
    case 'setsockopt':
    case 'sleep':
      return ''
    case 'dup':
      return nameOf(end.sock)
    case 'socketpair':
      return end.sock2 === undefined ? nameOf(end.sock) : `(${nameOf(end.sock)}, ${nameOf(end.sock2)})`
    case 'poll':
      return plain(end.value)
    default:
      return call.name satisfies never
  }
}

function received(len: number, preview: Preview | undefined): string {
  if (len === 0) return "b''"
  if (!preview) return `<${len} bytes>`
  return preview.whole ? pythonBytes(preview.bytes) : `${pythonBytes(preview.bytes)}…`
}

/** A plain value as a Python literal. */
function plain(value: Plain): string {
  if (value === null) return ''
  if (typeof value === 'string') return pythonStr(value)
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) return `[${value.map(plain).join(', ')}]`
  const address = asAddress(value)
  return address
    ? pythonAddress(address)
    : `{${Object.entries(value)
        .map(([k, v]) => `${pythonStr(k)}: ${plain(v)}`)
        .join(', ')}}`
}
