/**
 * What a group's address says about itself: how far its datagrams go, who gave it out, and the Ethernet address it becomes.
 *
 * Sources: RFC 4291, section 2.7 (IPv6 flags and scopes), RFC 7346 (scope values), RFC 5771 and RFC 2365 (IPv4 ranges),
 * RFC 1112, section 6.4 and RFC 2464, section 7 (Ethernet), IANA's registries of multicast addresses.
 */
import type { Result } from '../result'
import { ok } from '../result'
import { classify, formatAddress, parseAddress, type IpFamily } from './address'

/** How far a datagram to the group may go, by the address alone. IPv4's ranges are by use: `routed` leaves it to the TTL. */
export type GroupReach = 'interface' | 'link' | 'realm' | 'admin' | 'site' | 'organization' | 'global' | 'routed' | 'reserved' | 'unassigned'

/** The IPv4 block that holds the address (RFC 5771); for IPv6 who gave the address out (the T and P flags). */
export type GroupRange =
  | 'local-control' | 'internetwork' | 'ad-hoc' | 'sdp' | 'ssm' | 'glop' | 'unicast-prefix' | 'site-scoped' | 'organization-scoped' | 'admin-scoped' | 'other'
  | 'permanent' | 'transient' | 'prefix-based'

export interface GroupFacts {
  family: IpFamily
  bytes: Uint8Array
  /** canonical text, without a zone */
  text: string
  reach: GroupReach
  range: GroupRange
  /** IPv6: the scope nibble, 0 to 15, and the flags nibble (0RPT) */
  scope?: number
  flags?: number
  /** the interface that stood after '%' */
  zone?: string
  /** the Ethernet address that frames to the group carry */
  mac: string
  /** a group that everybody knows: 'ff02::1' is all nodes of the link */
  known?: KnownGroup
}

export type KnownGroup = 'all-hosts' | 'all-routers' | 'mdns' | 'llmnr' | 'ssdp' | 'ntp'

/** Why a text is no group. `kind` (with not-group) is what the address is instead. */
export type GroupProblem = { code: 'not-address' } | { code: 'not-group'; kind: string }

const REACH_BY_SCOPE: Readonly<Record<number, GroupReach>> = {
  0: 'reserved', 1: 'interface', 2: 'link', 3: 'realm', 4: 'admin', 5: 'site', 8: 'organization', 14: 'global', 15: 'reserved',
}

const KNOWN: Readonly<Record<string, KnownGroup>> = {
  '224.0.0.1': 'all-hosts', '224.0.0.2': 'all-routers', '224.0.0.251': 'mdns', '224.0.0.252': 'llmnr', '239.255.255.250': 'ssdp', '224.0.1.1': 'ntp',
  'ff01::1': 'all-hosts', 'ff02::1': 'all-hosts', 'ff02::2': 'all-routers', 'ff05::2': 'all-routers', 'ff02::fb': 'mdns', 'ff02::1:3': 'llmnr',
  'ff02::c': 'ssdp', 'ff02::101': 'ntp',
}

/** Reads a group's address; a zone (%eth0) may follow an IPv6 one. */
export function parseGroup(text: string): Result<GroupFacts, GroupProblem & { message: string }> {
  const address = parseAddress(text.trim())
  if (!address) return { ok: false, error: { code: 'not-address', message: 'not an IPv4 or IPv6 address' } }
  const kind = classify(address.bytes)
  // ::ffff:224.0.0.1 is IPv4 in disguise: no IPv6 socket can join it
  if (kind !== 'multicast' || (address.family === 'inet6' && address.bytes[0] !== 0xff)) {
    return { ok: false, error: { code: 'not-group', kind, message: 'the address of one host, not of a group' } }
  }
  const { family, bytes } = address
  const canonical = formatAddress({ family, bytes })
  const facts: GroupFacts = {
    family, bytes, text: canonical, mac: groupMac(bytes), ...(family === 'inet' ? inet(bytes) : inet6(bytes)),
    ...(address.zone === undefined ? {} : { zone: address.zone }),
  }
  const known = KNOWN[canonical]
  if (known) facts.known = known
  return ok(facts)
}

function inet(b: Uint8Array): { range: GroupRange; reach: GroupReach } {
  const [first, second, third] = [b[0]!, b[1]!, b[2]!]
  if (first === 224) {
    // routers never pass these on, whatever the TTL (RFC 5771, section 4)
    if (second === 0 && third === 0) return { range: 'local-control', reach: 'link' }
    if (second === 0 && third === 1) return { range: 'internetwork', reach: 'routed' }
    if (second === 2) return { range: 'sdp', reach: 'routed' }
    return { range: second <= 4 ? 'ad-hoc' : 'other', reach: 'routed' }
  }
  if (first === 232) return { range: 'ssm', reach: 'routed' }
  if (first === 233) return { range: second >= 252 ? 'ad-hoc' : 'glop', reach: 'routed' }
  if (first === 234) return { range: 'unicast-prefix', reach: 'routed' }
  if (first === 239) {
    if (second === 255) return { range: 'site-scoped', reach: 'site' }
    if ((second & 0xfc) === 192) return { range: 'organization-scoped', reach: 'organization' }
    return { range: 'admin-scoped', reach: 'admin' }
  }
  return { range: 'other', reach: 'routed' }
}

function inet6(b: Uint8Array): { range: GroupRange; reach: GroupReach; scope: number; flags: number } {
  const flags = b[1]! >> 4
  const scope = b[1]! & 0x0f
  const range = (flags & 0b0010) !== 0 ? 'prefix-based' : (flags & 0b0001) !== 0 ? 'transient' : 'permanent'
  return { range, reach: REACH_BY_SCOPE[scope] ?? 'unassigned', scope, flags }
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0')

/**
 * The Ethernet address of a group: 01:00:5e and the last 23 bits of an IPv4 group (so 32 groups share one), 33:33 and the
 * last 32 bits of an IPv6 group.
 */
export function groupMac(bytes: Uint8Array): string {
  const mac = bytes.length === 4
    ? [0x01, 0x00, 0x5e, bytes[1]! & 0x7f, bytes[2]!, bytes[3]!]
    : [0x33, 0x33, bytes[12]!, bytes[13]!, bytes[14]!, bytes[15]!]
  return mac.map(hex).join(':')
}

/** How many bits of the group are in the MAC address, of how many that tell groups apart: 23 of 28; 32 of 112. */
export const macBits = (family: IpFamily): { kept: number; of: number } => (family === 'inet' ? { kept: 23, of: 28 } : { kept: 32, of: 112 })

/** Whether the address alone leaves open which link is meant: a send to it needs an interface (RFC 4007, section 6). */
export const needsInterface = (facts: GroupFacts): boolean => facts.family === 'inet6' && (facts.reach === 'link' || facts.reach === 'interface')
