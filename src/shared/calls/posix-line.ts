/** A system call as C makes it, in the manner of strace: 'send(4, buf, 5, 0) = 5'. */
import { encodeUtf8 } from '../bytes/utf8'
import { printable } from '../bytes/printable'
import type { CallModel } from '../projections/model'
import type { Plain, SockAddr } from '../trace/events'
import { asAddress } from './python-line'

const FAMILIES: Readonly<Record<string, string>> = { inet: 'AF_INET', inet6: 'AF_INET6', unix: 'AF_UNIX' }
const TYPES: Readonly<Record<string, string>> = { stream: 'SOCK_STREAM', dgram: 'SOCK_DGRAM', seqpacket: 'SOCK_SEQPACKET' }
const show = (value: Plain | undefined): string => (value === undefined || value === null ? '0' : printable(String(value)))

/** A struct sockaddr and its size in bytes (ip(7), ipv6(7), unix(7)). */
function sockaddr(address: SockAddr): string {
  switch (address.family) {
    case 'inet':
      return `{AF_INET, port ${address.port}, ${printable(address.host)}}, 16`
    case 'inet6':
      return `{AF_INET6, port ${address.port}, ${printable(address.host)}${address.scope ? `, scope ${address.scope}` : ''}}, 28`
    case 'unix':
      return `{AF_UNIX, "${printable(address.path)}"}, ${2 + (address.path ? encodeUtf8(address.path).length + 1 : 0)}`
    default:
      return address satisfies never
  }
}

const target = (call: CallModel): string => {
  const address = asAddress(call.args.address)
  return address ? sockaddr(address) : 'addr, addrlen'
}

/** With control messages (cmsg(3)); the program's own name for it is sendmsg or recvmsg. */
const message = (call: CallModel): string => `${call.name.slice(0, 4)}msg(${call.fd ?? '?'}, msg, ${show(call.args.flags)})`

/** The call (two for abort) with its arguments, without its result. */
export function posixLines(call: CallModel): string[] {
  const fd = call.fd ?? '?'
  const { args } = call
  const flags = show(args.flags)
  switch (call.name) {
    case 'socket':
      return [`socket(${FAMILIES[show(args.family)] ?? show(args.family)}, ${TYPES[show(args.type)] ?? show(args.type)}, 0)`]
    case 'bind':
    case 'connect':
      return [`${call.name}(${fd}, ${target(call)})`]
    case 'listen':
      return [`listen(${fd}, ${show(args.backlog)})`]
    case 'accept':
      return [`accept(${fd}, &addr, &addrlen)`]
    case 'send':
    case 'recv':
      if (args.control) return [message(call)]
      return [`${call.name}(${fd}, buf, ${show(args.len)}, ${flags})`]
    case 'sendto':
      if (args.control) return [message(call)]
      return [`sendto(${fd}, buf, ${show(args.len)}, ${flags}, ${target(call)})`]
    case 'recvfrom':
      if (args.control) return [message(call)]
      return [`recvfrom(${fd}, buf, ${show(args.len)}, ${flags}, &addr, &addrlen)`]
    case 'shutdown':
      return [`shutdown(${fd}, SHUT_${show(args.how)})`]
    case 'close':
      return [`close(${fd})`]
    case 'abort':
      return [`setsockopt(${fd}, SOL_SOCKET, SO_LINGER, {1, 0}, 8)`, `close(${fd})`]
    case 'setsockopt':
      return [`setsockopt(${fd}, ${show(args.level)}, ${show(args.option)}, {${show(args.value)}}, optlen)`]
    case 'getsockopt':
      return [`getsockopt(${fd}, ${show(args.level)}, ${show(args.option)}, &value, &optlen)`]
    case 'getsockname':
    case 'getpeername':
      return [`${call.name}(${fd}, &addr, &addrlen)`]
    case 'poll':
      return ['poll(fds, nfds, timeout)']
    case 'dup':
      return [`dup(${fd})`]
    case 'socketpair':
      return [`socketpair(AF_UNIX, ${TYPES[show(call.args.type)] ?? 'SOCK_STREAM'}, 0, sv)`]
    case 'sleep':
      return [`nanosleep({${show(args.seconds)} s}, 0)`]
    case 'input':
      return ['read(0, buf, count)']
    default:
      return call.name satisfies never
  }
}

/** What C gives back: '= 5', '= -1 ECONNREFUSED'; undefined while the call has not returned. */
export function posixResult(call: CallModel): string | undefined {
  const end = call.end
  if (!end) return undefined
  if (end.errno) return /^E[A-Z0-9]+$/.test(end.errno) ? `= -1 ${end.errno}` : `= ${printable(end.errno)}`
  if (end.fd !== undefined && (call.name === 'socket' || call.name === 'accept' || call.name === 'dup')) return `= ${end.fd}`
  if (call.name === 'getsockopt') return `= 0, value ${show(end.value)}`
  if (end.data) return `= ${end.data.len}`
  return typeof end.value === 'number' ? `= ${end.value}` : '= 0'
}
