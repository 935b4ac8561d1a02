/**
 * IPv4 and IPv6 addresses: strict reading, canonical writing (RFC 5952), classes, and the arithmetic of masks.
 *
 * Strict means: what inet_pton(3) takes and no more. No octal or short IPv4 forms ("127.1", "010.0.0.1"), because such
 * text names different machines to different programs. Addresses are bytes in network order, 4 or 16 of them.
 */
import type { AddressScope } from '../contract/contract'
import type { SockAddr } from '../trace/events'

export type IpFamily = 'inet' | 'inet6'

export interface IpAddress {
  family: IpFamily
  /** 4 or 16 bytes, network order */
  bytes: Uint8Array
  /** what stood after '%' (RFC 4007): an interface name or a number. IPv6 only. */
  zone?: string
}

/** The four bytes of dotted-decimal text; undefined where it is not an IPv4 address. */
export function parseIPv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const bytes = new Uint8Array(4)
  for (const [i, part] of parts.entries()) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part)) return undefined
    const n = Number(part)
    if (n > 255) return undefined
    bytes[i] = n
  }
  return bytes
}

/** The groups of one side of '::', an IPv4 tail included where `tail` allows it; undefined where one is malformed. */
function parseGroups(text: string, tail: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (tail && i === parts.length - 1 && part.includes('.')) {
      const v4 = parseIPv4(part)
      if (!v4) return undefined
      groups.push((v4[0]! << 8) | v4[1]!, (v4[2]! << 8) | v4[3]!)
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined
      groups.push(parseInt(part, 16))
    }
  }
  return groups
}

/** The sixteen bytes of an IPv6 address without a zone (RFC 4291, section 2.2); undefined where it is not one. */
function parseIPv6Bytes(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const left = parseGroups(halves[0]!, halves.length === 1)
  if (!left) return undefined
  let groups = left
  if (halves.length === 2) {
    const right = parseGroups(halves[1]!, true)
    // '::' stands for at least one group
    if (!right || left.length + right.length > 7) return undefined
    groups = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right]
  }
  if (groups.length !== 8) return undefined
  const bytes = new Uint8Array(16)
  for (const [i, group] of groups.entries()) {
    bytes[2 * i] = group >> 8
    bytes[2 * i + 1] = group & 0xff
  }
  return bytes
}

/** An IPv6 address with an optional %zone; undefined where the text is not one. */
export function parseIPv6(text: string): IpAddress | undefined {
  const percent = text.indexOf('%')
  const bytes = parseIPv6Bytes(percent < 0 ? text : text.slice(0, percent))
  if (!bytes) return undefined
  if (percent < 0) return { family: 'inet6', bytes }
  const zone = text.slice(percent + 1)
  return zone === '' || zone.length > 255 || /[%\s]/.test(zone) ? undefined : { family: 'inet6', bytes, zone }
}

/** Either kind. undefined: not an address (it may be a name). */
export function parseAddress(text: string): IpAddress | undefined {
  const v4 = parseIPv4(text)
  return v4 ? { family: 'inet', bytes: v4 } : parseIPv6(text)
}

/** The numeric scope id that a zone means on this machine; undefined where no interface has that name. */
export function scopeIdOf(zone: string, interfaces: readonly { name: string; index: number }[]): number | undefined {
  const named = interfaces.find((i) => i.name === zone)
  if (named) return named.index
  if (!/^[0-9]{1,10}$/.test(zone)) return undefined
  const n = Number(zone)
  return n <= 0xffff_ffff ? n : undefined
}

export function formatIPv4(bytes: Uint8Array, at = 0): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
}

/** The canonical text of RFC 5952: lower case, the longest run of zero groups as '::', IPv4-mapped in mixed notation. */
export function formatIPv6(bytes: Uint8Array, at = 0): string {
  const mapped = mappedIPv4(at === 0 ? bytes : bytes.subarray(at, at + 16))
  if (mapped) return `::ffff:${formatIPv4(mapped)}`
  const groups: number[] = []
  for (let i = 0; i < 8; i++) groups.push((bytes[at + 2 * i]! << 8) | bytes[at + 2 * i + 1]!)
  // section 4.2.2: a single zero group is not shortened; 4.2.3: of equally long runs, the first
  let best = -1
  let bestLength = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > bestLength) {
      best = i
      bestLength = end - i
    }
    if (end > i) i = end
  }
  const hex = (from: number, to: number): string => groups.slice(from, to).map((g) => g.toString(16)).join(':')
  return best < 0 ? hex(0, 8) : `${hex(0, best)}::${hex(best + bestLength, 8)}`
}

export function formatAddress(address: IpAddress): string {
  if (address.family === 'inet') return formatIPv4(address.bytes)
  return formatIPv6(address.bytes) + (address.zone === undefined ? '' : `%${address.zone}`)
}

/** 'host:port' as URLs and RFC 5952, section 6 write it: IPv6 in brackets. A Unix socket is its path. */
export function formatEndpoint(address: SockAddr): string {
  switch (address.family) {
    case 'inet': return `${address.host}:${address.port}`
    case 'inet6': return `[${address.host}${address.scope ? `%${address.scope}` : ''}]:${address.port}`
    case 'unix': return address.path === '' ? '(unnamed)' : address.path
    default: return address satisfies never
  }
}

/** The IPv4 address inside ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2), else undefined. */
export function mappedIPv4(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length !== 16 || bytes[10] !== 0xff || bytes[11] !== 0xff) return undefined
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return undefined
  return bytes.slice(12)
}

/** ::ffff:a.b.c.d: how a dual-stack IPv6 socket names an IPv4 peer. */
export function mapIPv4(v4: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16)
  bytes[10] = bytes[11] = 0xff
  bytes.set(v4, 12)
  return bytes
}

const cidr = (text: string): { bytes: Uint8Array; prefix: number } => {
  const slash = text.indexOf('/')
  return { bytes: parseAddress(text.slice(0, slash))!.bytes, prefix: Number(text.slice(slash + 1)) }
}
const table = (rows: [string, AddressScope][]): { bytes: Uint8Array; prefix: number; scope: AddressScope }[] =>
  rows.map(([text, scope]) => ({ ...cidr(text), scope }))

/** The IANA special-purpose registries (RFC 6890) as far as a lab tells them apart. The first match holds. */
const IPV4_CLASSES = table([
  ['0.0.0.0/8', 'unspecified'], // "this host on this network", RFC 1122, section 3.2.1.3
  ['127.0.0.0/8', 'loopback'],
  ['10.0.0.0/8', 'private'], ['172.16.0.0/12', 'private'], ['192.168.0.0/16', 'private'], // RFC 1918
  ['169.254.0.0/16', 'link-local'], // RFC 3927
  ['100.64.0.0/10', 'shared'], // carrier-grade NAT, RFC 6598
  ['192.0.2.0/24', 'documentation'], ['198.51.100.0/24', 'documentation'], ['203.0.113.0/24', 'documentation'], // RFC 5737
  ['192.0.0.0/24', 'reserved'], ['198.18.0.0/15', 'reserved'], // protocol assignments; benchmarks
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
  ['240.0.0.0/4', 'reserved'],
])
const IPV6_CLASSES = table([
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['fe80::/10', 'link-local'],
  ['fc00::/7', 'unique-local'], // RFC 4193
  ['ff00::/8', 'multicast'],
  ['2001:db8::/32', 'documentation'], ['3fff::/20', 'documentation'], // RFC 3849, RFC 9637
  ['64:ff9b::/96', 'global'], // NAT64, RFC 6052
  ['2000::/3', 'global'],
])

/** What kind of address it is. An IPv4-mapped IPv6 address is what its IPv4 address is. */
export function classify(bytes: Uint8Array): AddressScope {
  if (bytes.length === 4) return IPV4_CLASSES.find((c) => contains(c.bytes, c.prefix, bytes))?.scope ?? 'global'
  const mapped = mappedIPv4(bytes)
  if (mapped) return classify(mapped)
  return IPV6_CLASSES.find((c) => contains(c.bytes, c.prefix, bytes))?.scope ?? 'reserved'
}

/** The class of an address given as text (a zone may follow); undefined where it is not an address. */
export function classifyText(text: string): AddressScope | undefined {
  const address = parseAddress(text)
  return address && classify(address.bytes)
}

// ---- masks. `bits` is 32 or 128.

/** The mask with `prefix` leading ones. */
export function prefixToMask(prefix: number, bits: 32 | 128): Uint8Array {
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > bits) throw new RangeError(`prefix ${prefix} of ${bits}`)
  const mask = new Uint8Array(bits / 8)
  for (let i = 0; i < mask.length; i++) mask[i] = 0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i))
  return mask
}

/** How many leading ones; undefined where ones follow a zero, which is no mask. */
export function maskToPrefix(mask: Uint8Array): number | undefined {
  let prefix = 0
  for (const byte of mask) prefix += Math.clz32((~byte & 0xff) << 24 | 0x0080_0000) // at most 8
  const whole = prefixToMask(prefix, mask.length === 4 ? 32 : 128)
  return whole.every((byte, i) => byte === mask[i]) ? prefix : undefined
}

/** The network's own address: host bits zero. */
export function networkOf(address: Uint8Array, prefix: number): Uint8Array {
  const mask = prefixToMask(prefix, address.length === 4 ? 32 : 128)
  return address.map((byte, i) => byte & mask[i]!)
}

/**
 * The directed broadcast address: host bits one (RFC 919). IPv4 only; undefined for /31 and /32, which have none
 * (RFC 3021), and for IPv6, which has multicast instead.
 */
export function broadcastOf(address: Uint8Array, prefix: number): Uint8Array | undefined {
  if (address.length !== 4 || prefix > 30) return undefined
  const mask = prefixToMask(prefix, 32)
  return address.map((byte, i) => byte | (~mask[i]! & 0xff))
}

/** Whether `address` lies in the network of which `network` is any address. Different families: never. */
export function contains(network: Uint8Array, prefix: number, address: Uint8Array): boolean {
  if (network.length !== address.length) return false
  const whole = prefix >> 3
  for (let i = 0; i < whole; i++) if (network[i] !== address[i]) return false
  const rest = prefix & 7
  return rest === 0 || ((network[whole]! ^ address[whole]!) & (0xff00 >> rest) & 0xff) === 0
}

/** How many addresses hosts can have: the network's own and the broadcast address are not for hosts, /31 and /32 excepted. */
export function hostCount(prefix: number, bits: 32 | 128): bigint {
  const all = 1n << BigInt(bits - prefix)
  return bits === 32 && prefix < 31 ? all - 2n : all
}

/** The bits as text, eight to a byte: '11000000'. */
export const bitsOf = (bytes: Uint8Array): string[] => Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0'))
