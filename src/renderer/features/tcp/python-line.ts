/** A call made by hand as the line of Python that makes the same call. */
import { pythonBytes, pythonStr } from '../../../shared/bytes/python-bytes'
import type { CallModel, SockModel } from '../../../shared/projections/model'
import type { Plain, SockAddr, SockId } from '../../../shared/trace/events'

/** Bytes of a payload that a line shows; the rest is dots. */
const SHOWN = 48

const FAMILY = { inet: 'socket.AF_INET', inet6: 'socket.AF_INET6', unix: 'socket.AF_UNIX' } as const

export function pythonAddress(address: SockAddr): string {
  switch (address.family) {
    case 'inet': return `(${pythonStr(address.host)}, ${address.port})`
    case 'inet6': return address.scope ? `(${pythonStr(address.host)}, ${address.port}, 0, ${address.scope})` : `(${pythonStr(address.host)}, ${address.port})`
    case 'unix': return pythonStr(address.path)
    default: return address satisfies never
  }
}

const isAddress = (value: Plain | undefined): value is SockAddr => typeof value === 'object' && value !== null && 'family' in value && !Array.isArray(value)

function addressOf(call: CallModel): string {
  const address = Object.values(call.args).find(isAddress)
  return address ? pythonAddress(address) : '...'
}

function bytesText(bytes: Uint8Array | undefined, whole: number): string {
  if (whole === 0) return "b''"
  if (!bytes) return `<${whole} bytes>`
  return bytes.length < whole ? `${pythonBytes(bytes)} + ...  # ${whole} bytes` : pythonBytes(bytes)
}

/** The names that a hand's sockets have in Python: server and client for those it made, conn for those it accepted. */
export function socketNames(sockets: readonly SockModel[], base: string): Map<SockId, string> {
  const names = new Map<SockId, string>()
  let made = 0
  let accepted = 0
  for (const socket of sockets) {
    if (socket.origin.by === 'accept') {
      accepted++
      names.set(socket.sock, accepted === 1 ? 'conn' : `conn${accepted}`)
    } else {
      made++
      names.set(socket.sock, made === 1 ? base : `${base}${made}`)
    }
  }
  return names
}

/**
 * @param bytes the first bytes that the call took or gave, where they are here
 * @param options the level of each socket option: 'SOL_SOCKET'
 */
export function pythonLine(call: CallModel, names: ReadonlyMap<SockId, string>, bytes?: Uint8Array, options: ReadonlyMap<string, string> = new Map()): string {
  const me = (call.sock === undefined ? undefined : names.get(call.sock)) ?? 's'
  const made = (call.end?.sock === undefined ? undefined : names.get(call.end.sock)) ?? 's'
  const number = (...keys: string[]): number => Number(keys.map((key) => call.args[key]).find((value) => typeof value === 'number') ?? 0)
  const data = (): string => bytesText(bytes?.subarray(0, SHOWN), call.end?.data?.len ?? number('len', 'length', 'size', 'n'))
  const option = String(call.args.option ?? call.args.optname ?? call.args.name ?? '')
  const optionArgs = `socket.${options.get(option) ?? 'SOL_SOCKET'}, socket.${option}`
  switch (call.name) {
    case 'socket': {
      const family = Object.values(call.args).map(String).find((value) => /inet6?$|unix$/i.test(value))?.toLowerCase().replace('af_', '') ?? 'inet'
      const type = Object.values(call.args).some((value) => /dgram/i.test(String(value))) ? 'SOCK_DGRAM' : 'SOCK_STREAM'
      return `${made} = socket.socket(${FAMILY[family as keyof typeof FAMILY] ?? FAMILY.inet}, socket.${type})`
    }
    case 'bind': return `${me}.bind(${addressOf(call)})`
    case 'listen': return `${me}.listen(${number('backlog')})`
    case 'accept': return `${made === 's' ? 'conn' : made}, addr = ${me}.accept()`
    case 'connect': return `${me}.connect(${addressOf(call)})`
    case 'send': return `n = ${me}.send(${data()})`
    case 'sendto': return `n = ${me}.sendto(${data()}, ${addressOf(call)})`
    case 'recv': return `data = ${me}.recv(${number('len', 'n', 'bufsize', 'size')}${call.args.flags || call.args.peek ? ', socket.MSG_PEEK' : ''})`
    case 'recvfrom': return `data, addr = ${me}.recvfrom(${number('len', 'n', 'bufsize', 'size')})`
    case 'shutdown': return `${me}.shutdown(socket.SHUT_${String(call.args.how ?? 'RDWR').replace('SHUT_', '')})`
    case 'close': return `${me}.close()`
    case 'abort': return `${me}.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); ${me}.close()`
    case 'setsockopt': return `${me}.setsockopt(${optionArgs}, ${number('value', 'optval')})`
    case 'getsockopt': return `value = ${me}.getsockopt(${optionArgs})`
    case 'getsockname': return `addr = ${me}.getsockname()`
    case 'getpeername': return `addr = ${me}.getpeername()`
    case 'poll': return 'events = poller.poll()'
    case 'sleep': return `time.sleep(${number('seconds')})`
    case 'input': return 'line = input()'
    default: return call.name satisfies never
  }
}

/** What the call gave, as Python would show it; the errno name where it failed. */
export function pythonResult(call: CallModel, bytes?: Uint8Array): string {
  const end = call.end
  if (!end) return ''
  if (end.errno) return end.errno
  switch (call.name) {
    case 'send': case 'sendto': case 'getsockopt': return String(end.value)
    case 'recv': case 'recvfrom': return bytesText(bytes?.subarray(0, SHOWN), end.data?.len ?? 0)
    case 'accept': return end.remote ? pythonAddress(end.remote) : ''
    case 'getsockname': return end.local ? pythonAddress(end.local) : ''
    case 'getpeername': return end.remote ? pythonAddress(end.remote) : ''
    default: return ''
  }
}
