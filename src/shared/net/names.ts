/** What the resolver is asked and answers, and both as Python writes them. */
import { constantName } from './constants'
import type { PlatformName } from './errno'
import type { SockAddr } from '../trace/events'

export const LOOKUP_FAMILIES = ['unspec', 'inet', 'inet6'] as const
export const LOOKUP_TYPES = ['any', 'stream', 'dgram', 'raw'] as const
export const LOOKUP_FLAGS = ['AI_PASSIVE', 'AI_CANONNAME', 'AI_NUMERICHOST', 'AI_NUMERICSERV', 'AI_ADDRCONFIG', 'AI_V4MAPPED', 'AI_ALL'] as const
export const REVERSE_FLAGS = ['NI_NUMERICHOST', 'NI_NUMERICSERV', 'NI_NOFQDN', 'NI_NAMEREQD', 'NI_DGRAM'] as const
export const HOST_CALLS = ['gethostname', 'getfqdn', 'gethostbyname', 'gethostbyname_ex', 'gethostbyaddr'] as const

export type LookupFamily = (typeof LOOKUP_FAMILIES)[number]
export type LookupType = (typeof LOOKUP_TYPES)[number]
export type LookupFlag = (typeof LOOKUP_FLAGS)[number]
export type ReverseFlag = (typeof REVERSE_FLAGS)[number]
export type HostCall = (typeof HOST_CALLS)[number]

/** One struct addrinfo of the answer, with this system's numbers. */
export interface AddrInfo {
  family: number
  type: number
  protocol: number
  /** '' unless AI_CANONNAME was asked for, and then in the first row only */
  canonname: string
  /** absent for a family that is not ours */
  address?: SockAddr
}

export interface LookupQuestion {
  /** null is Python's None */
  host: string | null
  service: string | null
  family: LookupFamily
  type: LookupType
  flags: readonly LookupFlag[]
}

/** (canonical name, aliases, addresses), as gethostbyname_ex and gethostbyaddr answer. */
export interface HostEntry {
  name: string
  aliases: string[]
  addresses: string[]
}

export interface HostQuestion {
  call: HostCall
  name: string
}

const FAMILY: Record<LookupFamily, string> = { unspec: '0', inet: 'socket.AF_INET', inet6: 'socket.AF_INET6' }
const TYPE: Record<LookupType, string> = { any: '0', stream: 'socket.SOCK_STREAM', dgram: 'socket.SOCK_DGRAM', raw: 'socket.SOCK_RAW' }

/** A str literal as repr() writes it: single quotes, what is not printable escaped. */
export function pythonStr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  let out = ''
  for (const character of text) {
    const code = character.codePointAt(0)!
    if (character === '\\' || character === quote) out += `\\${character}`
    else if (code < 0x20 || code === 0x7f) out += code === 10 ? '\\n' : code === 9 ? '\\t' : code === 13 ? '\\r' : `\\x${code.toString(16).padStart(2, '0')}`
    else out += character
  }
  return quote + out + quote
}

/** The call; arguments that have their defaults are left out, as a person would write it. */
export function pythonLookup(q: LookupQuestion): string {
  const port = q.service === null ? 'None' : /^\d+$/.test(q.service) ? String(Number(q.service)) : pythonStr(q.service)
  const parts = [q.host === null ? 'None' : pythonStr(q.host), port]
  if (q.family !== 'unspec') parts.push(`family=${FAMILY[q.family]}`)
  if (q.type !== 'any') parts.push(`type=${TYPE[q.type]}`)
  if (q.flags.length) parts.push(`flags=${q.flags.map((f) => `socket.${f}`).join(' | ')}`)
  return `socket.getaddrinfo(${parts.join(', ')})`
}

const member = (group: 'AF' | 'SOCK', type: string, number: number, platform: PlatformName): string => {
  const name = constantName(group, number, platform)
  return name ? `<${type}.${name}: ${number}>` : String(number)
}

/** A socket address as Python's tuple: (host, port), (host, port, flowinfo, scope_id), or a path. */
export function pythonSockaddr(address: SockAddr | undefined): string {
  if (!address) return "b''"
  switch (address.family) {
    case 'inet': return `(${pythonStr(address.host)}, ${address.port})`
    case 'inet6': return `(${pythonStr(address.host)}, ${address.port}, 0, ${address.scope ?? 0})`
    case 'unix': return pythonStr(address.path)
    default: return address satisfies never
  }
}

/** One row as print() shows it. */
export const pythonRow = (row: AddrInfo, platform: PlatformName): string =>
  `(${member('AF', 'AddressFamily', row.family, platform)}, ${member('SOCK', 'SocketKind', row.type, platform)}, ${row.protocol}, ${pythonStr(row.canonname)}, ${pythonSockaddr(row.address)})`

/** The whole list as print() shows it. */
export const pythonRows = (rows: readonly AddrInfo[], platform: PlatformName): string =>
  `[${rows.map((row) => pythonRow(row, platform)).join(', ')}]`

export const pythonHost = (q: HostQuestion): string =>
  q.call === 'gethostname' || (q.call === 'getfqdn' && q.name === '') ? `socket.${q.call}()` : `socket.${q.call}(${pythonStr(q.name)})`

const list = (items: readonly string[]): string => `[${items.map(pythonStr).join(', ')}]`

export const pythonHostAnswer = (value: string | HostEntry): string =>
  typeof value === 'string' ? pythonStr(value) : `(${pythonStr(value.name)}, ${list(value.aliases)}, ${list(value.addresses)})`
