/** Socket options by number, as a program outside the engine gives them: their names, their values, and what is refused. */
import { formatAddress } from '../shared/net/address'
import type { NetInterface } from '../shared/contract/contract'
import type { Plain } from '../shared/trace/events'
import type { LabError } from '../shared/result'
import type { PlatformTable } from './kernel/platform/platform'

type Option = PlatformTable['options'][string]

export interface NamedOption {
  /** the POSIX name, else the number as text */
  name: string
  levelName: string
  known: Option | undefined
}

const byNumber = new WeakMap<PlatformTable, Map<string, string>>()

/** Level and number to the name that policy and trace speak. */
export function nameOption(table: PlatformTable, level: number, option: number): NamedOption {
  let names = byNumber.get(table)
  if (!names) {
    names = new Map(Object.entries(table.options).map(([name, o]) => [`${o.level} ${o.option}`, name]))
    byNumber.set(table, names)
  }
  const name = names.get(`${level} ${option}`)
  const known = name === undefined ? undefined : table.options[name]
  return { name: name ?? String(option), levelName: known?.levelName ?? LEVELS[table.name][level] ?? String(level), known }
}

const LEVELS: Record<PlatformTable['name'], Record<number, string>> = {
  linux: { 0: 'IPPROTO_IP', 1: 'SOL_SOCKET', 6: 'IPPROTO_TCP', 17: 'IPPROTO_UDP', 41: 'IPPROTO_IPV6' },
  darwin: { 0: 'IPPROTO_IP', 0xffff: 'SOL_SOCKET', 6: 'IPPROTO_TCP', 17: 'IPPROTO_UDP', 41: 'IPPROTO_IPV6' },
  win32: { 0: 'IPPROTO_IP', 0xffff: 'SOL_SOCKET', 6: 'IPPROTO_TCP', 17: 'IPPROTO_UDP', 41: 'IPPROTO_IPV6' },
}

/**
 * Options that change whom a socket speaks to or which headers it writes, so that an address which the policy has judged
 * would no longer be where the bytes go: another device, source routes, headers made by hand, foreign source addresses.
 * Linux: <linux/in.h>, <linux/in6.h>, <asm-generic/socket.h>; macOS: <netinet/in.h>; Windows: <ws2ipdef.h>.
 */
const REFUSED: Record<PlatformTable['name'], Record<string, string>> = {
  linux: {
    '1 25': 'SO_BINDTODEVICE', '1 36': 'SO_MARK', '1 62': 'SO_BINDTOIFINDEX',
    '0 3': 'IP_HDRINCL', '0 4': 'IP_OPTIONS', '0 15': 'IP_FREEBIND', '0 19': 'IP_TRANSPARENT', '0 50': 'IP_UNICAST_IF',
    '41 5': 'IPV6_2292RTHDR', '41 6': 'IPV6_2292PKTOPTIONS', '41 36': 'IPV6_HDRINCL', '41 50': 'IPV6_PKTINFO', '41 54': 'IPV6_HOPOPTS', '41 55': 'IPV6_RTHDRDSTOPTS',
    '41 57': 'IPV6_RTHDR', '41 59': 'IPV6_DSTOPTS', '41 75': 'IPV6_TRANSPARENT', '41 76': 'IPV6_UNICAST_IF', '41 78': 'IPV6_FREEBIND',
  },
  darwin: {
    '0 1': 'IP_OPTIONS', '0 2': 'IP_HDRINCL', '0 25': 'IP_BOUND_IF', '41 46': 'IPV6_PKTINFO', '41 51': 'IPV6_RTHDR', '41 49': 'IPV6_HOPOPTS', '41 50': 'IPV6_DSTOPTS', '41 125': 'IPV6_BOUND_IF',
  },
  win32: { '0 1': 'IP_OPTIONS', '0 2': 'IP_HDRINCL', '0 31': 'IP_UNICAST_IF', '41 31': 'IPV6_UNICAST_IF', '41 2': 'IPV6_HDRINCL', '41 32': 'IPV6_RTHDR' },
}

/** Why this option may not be set; undefined: it may. */
export function refuseOption(table: PlatformTable, level: number, option: number): LabError | undefined {
  const name = REFUSED[table.name][`${level} ${option}`]
  if (name === undefined) return undefined
  return {
    code: 'POLICY', syscall: 'setsockopt', detail: { option: name, reason: 'goes-round' },
    message: `setsockopt ${name}: it would send round the lab's own check of addresses, so the lab does not set it`,
  }
}

/** Options by which a socket joins a group from one sender only, or in the form of RFC 3678; the kernel tells arrivals for these, too. */
const JOINS: Record<PlatformTable['name'], readonly string[]> = {
  linux: ['0 35', '0 39', '0 42', '0 46', '41 20', '41 42', '41 46'],
  darwin: ['0 12', '0 70', '0 80', '0 82', '41 12', '41 80', '41 82'],
  win32: ['0 12', '0 15', '0 41', '0 45', '41 12', '41 41', '41 45'],
}

export const joinsGroup = (table: PlatformTable, level: number, option: number): boolean => JOINS[table.name].includes(`${level} ${option}`)

/** Whether this is Linux's option that has the kernel tell where a datagram came in (IP_PKTINFO, IPV6_RECVPKTINFO): the lab may have set it already. */
export const tellsArrival = (table: PlatformTable, level: number, option: number): boolean =>
  table.name === 'linux' && ((level === 0 && option === 8) || (level === 41 && option === 49))

const hex = (bytes: Uint8Array): string => [...bytes.subarray(0, 64)].map((b) => b.toString(16).padStart(2, '0')).join('')
const ipv4 = (bytes: Uint8Array): string => formatAddress({ family: 'inet', bytes })

/**
 * A C value as the trace shows it: a number in the option's own unit, a membership, else its bytes in hex.
 * @param interfaces to find the index of an interface that is named by one of its addresses
 */
export function describeValue(table: PlatformTable, { known }: NamedOption, bytes: Uint8Array, interfaces: readonly Pick<NetInterface, 'index' | 'addresses'>[]): Plain {
  const fromAddress = (address: Uint8Array): number => {
    const text = ipv4(address)
    // 0.0.0.index is that index (Winsock), 0.0.0.0 the system's choice
    if (address[0] === 0) return (address[1]! << 16) | (address[2]! << 8) | address[3]!
    return interfaces.find((i) => i.addresses.some((own) => own.address === text))?.index ?? 0
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const n = bytes.length
  switch (known?.shape) {
    case 'linger':
      if (table.linger === 'short' && n >= 4) return view.getUint16(0, true) ? view.getUint16(2, true) : -1
      if (n >= 8) return view.getInt32(0, true) ? view.getInt32(4, true) : -1
      break
    case 'timeval':
      if (n >= 16) return Number(view.getBigInt64(0, true)) + Number(view.getBigInt64(8, true)) / 1e6
      break
    case 'membership':
      // struct ipv6_mreq, ip_mreqn, ip_mreq (ipv6(7), ip(7))
      if (n >= 20) return { group: formatAddress({ family: 'inet6', bytes: bytes.subarray(0, 16) }), interface: view.getUint32(16, true) }
      if (n >= 12) {
        const index = view.getInt32(8, true)
        return { group: ipv4(bytes.subarray(0, 4)), interface: index || fromAddress(bytes.subarray(4, 8)) }
      }
      if (n >= 8) return { group: ipv4(bytes.subarray(0, 4)), interface: fromAddress(bytes.subarray(4, 8)) }
      break
    case 'interface':
      if (n >= 12) return view.getInt32(8, true) || fromAddress(bytes.subarray(4, 8))
      if (n >= 8) return fromAddress(bytes.subarray(4, 8))
      if (n >= 4) return fromAddress(bytes.subarray(0, 4))
      break
    default:
  }
  if (known?.shape === 'int' || known?.shape === 'ms' || known?.shape === 'byte' || known?.shape === undefined) {
    if (n === 4) return view.getInt32(0, true)
    if (n === 1) return view.getUint8(0)
  }
  return { bytes: hex(bytes), len: n }
}
