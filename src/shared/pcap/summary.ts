/**
 * The short word of a frame: who to whom, and the TCP or UDP header's numbers. For every packet of a capture, so it makes
 * no object per field; shared/packets has the long word, layer by layer. Nothing here trusts a length: what is not in
 * the captured bytes is not read.
 */
import { fold, pseudoSum, sum16 } from '../packets/checksum'
import type { ChecksumState, PacketEvent, SockAddr } from '../trace/events'
import { textOfIPv4, textOfIPv6 } from './address-text'
import { LINK } from './link-types'
import { readTcpOptions } from './tcp-options'

/** The fields of a PacketEvent that its frame tells; the payload as a range of the frame. */
export type Summary = Pick<PacketEvent, 'proto' | 'from' | 'to' | 'flags' | 'len' | 'seqno' | 'ackno' | 'window' | 'options' | 'urgent' | 'checksum'> & {
  /** where the payload begins in the frame, and how many of its bytes were captured; absent: there is none */
  payload?: { at: number; kept: number }
}

const PROTO = { hopByHop: 0, icmp: 1, tcp: 6, udp: 17, routing: 43, fragment: 44, ah: 51, icmp6: 58, destination: 60 } as const
const ETHER = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd, serviceVlan: 0x88a8, oldVlan: 0x9100 } as const
/** Tags in a row: two are in use (802.1ad). */
const MAX_TAGS = 4
/** Extension headers in a row: RFC 8200, 4.1 knows seven. */
const MAX_EXTENSIONS = 16

const FLAGS = [[1, 'FIN'], [2, 'SYN'], [4, 'RST'], [8, 'PSH'], [16, 'ACK'], [32, 'URG'], [64, 'ECE'], [128, 'CWR']] as const
/** Every combination once: a trace shares the arrays. */
const FLAG_SETS: string[][] = Array.from({ length: 256 }, (_, bits) => FLAGS.filter(([bit]) => bits & bit).map(([, name]) => name))
const NO_FLAGS: string[] = []

const u16 = (b: Uint8Array, at: number): number => (b[at]! << 8) | b[at + 1]!
const u32 = (b: Uint8Array, at: number): number => ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0

const nowhere = (): SockAddr => ({ family: 'inet', host: '', port: 0 })
const unknown = (wire: number): Summary => ({ proto: 'other', from: nowhere(), to: nowhere(), flags: NO_FLAGS, len: wire })

/** What a frame says. `wire` is how many bytes of it passed, of which `b` has the first. */
export function summarize(link: number, b: Uint8Array, wire: number): Summary {
  switch (link) {
    case LINK.ethernet: return b.length < 14 ? unknown(wire) : byEtherType(u16(b, 12), b, 14, wire)
    case LINK.sll: return b.length < 16 ? unknown(wire) : byEtherType(u16(b, 14), b, 16, wire)
    case LINK.sll2: return b.length < 20 ? unknown(wire) : byEtherType(u16(b, 0), b, 20, wire)
    // the family's number differs from system to system, its byte order in `null` too: the packet itself says what it is
    case LINK.null: case LINK.loop: return ip(b, 4, wire)
    case LINK.raw: case LINK.rawBsd: case LINK.rawOpenBsd: case LINK.ipv4: case LINK.ipv6: return ip(b, 0, wire)
    default: return unknown(wire)
  }
}

function byEtherType(type: number, b: Uint8Array, at: number, wire: number): Summary {
  for (let tags = 0; tags < MAX_TAGS && (type === ETHER.vlan || type === ETHER.serviceVlan || type === ETHER.oldVlan); tags++) {
    if (at + 4 > b.length) return unknown(wire)
    type = u16(b, at + 2)
    at += 4
  }
  if (type === ETHER.ipv4 || type === ETHER.ipv6) return ip(b, at, wire)
  return type === ETHER.arp ? arp(b, at, wire) : unknown(wire)
}

/** RFC 826, of Ethernet and IPv4. */
function arp(b: Uint8Array, at: number, wire: number): Summary {
  if (at + 28 > b.length || u16(b, at + 2) !== ETHER.ipv4 || b[at + 4] !== 6 || b[at + 5] !== 4) return unknown(wire)
  const end = (where: number): SockAddr => ({ family: 'inet', host: textOfIPv4(b, where), port: 0 })
  return { proto: 'other', from: end(at + 14), to: end(at + 24), flags: NO_FLAGS, len: wire }
}

function ip(b: Uint8Array, at: number, wire: number): Summary {
  if (at >= b.length) return unknown(wire)
  const version = b[at]! >> 4
  return version === 4 ? ipv4(b, at, wire) : version === 6 ? ipv6(b, at, wire) : unknown(wire)
}

function ipv4(b: Uint8Array, at: number, wire: number): Summary {
  const head = (b[at]! & 15) * 4
  if (head < 20 || at + head > b.length) return unknown(wire)
  // 0: a segment larger than the field can say, which the card is to cut up (Linux GSO)
  const total = u16(b, at + 2) || wire - at
  const end = Math.min(at + Math.max(total, head), wire)
  const fragment = u16(b, at + 6) & 0x1fff
  const sum = sum16(b, at + 12, at + 20)
  return upper(b[at + 9]!, 'inet', textOfIPv4(b, at + 12), textOfIPv4(b, at + 16), sum, b, at + head, end, fragment, (u16(b, at + 6) & 0x2000) !== 0)
}

function ipv6(b: Uint8Array, at: number, wire: number): Summary {
  if (at + 40 > b.length) return unknown(wire)
  const length = u16(b, at + 4) || wire - at - 40
  const end = Math.min(at + 40 + length, wire)
  const sum = sum16(b, at + 8, at + 40)
  const from = textOfIPv6(b, at + 8)
  const to = textOfIPv6(b, at + 24)
  let next = b[at + 6]!
  let p = at + 40
  let fragment = 0
  let more = false
  for (let i = 0; i < MAX_EXTENSIONS && p + 8 <= b.length; i++) {
    if (next === PROTO.fragment) {
      fragment = u16(b, p + 2) >> 3
      more = (b[p + 3]! & 1) === 1
      next = b[p]!
      p += 8
    } else if (next === PROTO.hopByHop || next === PROTO.routing || next === PROTO.destination) {
      next = b[p]!
      p += (b[p + 1]! + 1) * 8
    } else if (next === PROTO.ah) {
      next = b[p]!
      p += (b[p + 1]! + 2) * 4
    } else break
    if (fragment > 0) break
  }
  return upper(next, 'inet6', from, to, sum, b, Math.min(p, end), end, fragment, more)
}

/** The header after IP's, from `at` to `end` (which may lie past the captured bytes). */
function upper(
  proto: number, family: 'inet' | 'inet6', from: string, to: string, addresses: number, b: Uint8Array, at: number, end: number, fragment: number, more: boolean,
): Summary {
  const length = Math.max(0, end - at)
  const plain = (name: 'icmp' | 'other'): Summary =>
    ({ proto: name, from: { family, host: from, port: 0 }, to: { family, host: to, port: 0 }, flags: NO_FLAGS, len: length })
  // a later fragment has no header of its own
  if (fragment > 0) return plain('other')
  const held = Math.min(end, b.length)
  const whole = held === end && !more
  if (proto === PROTO.tcp && at + 20 <= held) {
    const head = (b[at + 12]! >> 4) * 4
    if (head < 20 || at + head > end) return plain('other')
    const said: Summary = {
      proto: 'tcp', from: { family, host: from, port: u16(b, at) }, to: { family, host: to, port: u16(b, at + 2) }, flags: FLAG_SETS[b[at + 13]!]!,
      len: end - at - head, seqno: u32(b, at + 4), ackno: u32(b, at + 8), window: u16(b, at + 14),
    }
    const options = readTcpOptions(b, at + 20, Math.min(at + head, held))
    if (options) said.options = options
    if (b[at + 13]! & 32) said.urgent = u16(b, at + 18)
    const checksum = check(b, at, end, at + 16, whole, pseudoSum(addresses, length, proto))
    if (checksum) said.checksum = checksum
    if (said.len > 0) said.payload = { at: Math.min(at + head, held), kept: Math.max(0, held - at - head) }
    return said
  }
  if (proto === PROTO.udp && at + 8 <= held) {
    // 0 is a jumbogram (RFC 2675); a length past the packet's end, or within the header, is not believed
    const said = u16(b, at + 4)
    const stop = said >= 8 && at + said <= end ? at + said : end
    const udp: Summary = {
      proto: 'udp', from: { family, host: from, port: u16(b, at) }, to: { family, host: to, port: u16(b, at + 2) }, flags: NO_FLAGS, len: stop - at - 8,
    }
    const checksum = u16(b, at + 6) === 0 ? 'none' : check(b, at, stop, at + 6, held >= stop && !more, pseudoSum(addresses, stop - at, proto))
    if (checksum) udp.checksum = checksum
    if (udp.len > 0) udp.payload = { at: Math.min(at + 8, held), kept: Math.max(0, Math.min(held, stop) - at - 8) }
    return udp
  }
  return plain(proto === PROTO.icmp || proto === PROTO.icmp6 ? 'icmp' : 'other')
}

/** RFC 1071. On its way out of Linux the field holds the pseudo-header's sum alone, for the card to go on from. */
function check(b: Uint8Array, from: number, to: number, at: number, whole: boolean, pseudo: number): ChecksumState | undefined {
  if (u16(b, at) === pseudo) return 'offloaded'
  if (!whole) return undefined
  return fold(sum16(b, from, to, pseudo)) === 0xffff ? 'good' : 'bad'
}

