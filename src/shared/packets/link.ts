/** The link layer: Ethernet II and 802.3, VLAN tags, Linux cooked captures, BSD loopback, raw IP. */
import { encodeHex } from '../bytes/hex'
import { decodeArp } from './arp'
import { decodeIPv4 } from './ipv4'
import { decodeIPv6 } from './ipv6'
import { etherTypeName, ETHERTYPE, hardwareName } from './numbers'
import { asHex, means, rest, Scribe, uintAt, type Context } from './scribe'

export const macText = (bytes: Uint8Array): string => encodeHex(bytes, ':')

/** What an Ethernet address says of itself (IEEE 802): all zeros on loopback, all ones is everybody, two bits of the first byte. */
export function macMeaning(text: string) {
  if (text === '00:00:00:00:00:00') return means('mac.zero')
  if (text === 'ff:ff:ff:ff:ff:ff') return means('mac.broadcast')
  const first = Number.parseInt(text.slice(0, 2), 16)
  if (first & 1) return means('mac.group')
  return first & 2 ? means('mac.local') : {}
}

const etherType = asHex(2, (n) => ({ name: etherTypeName(n) }))

export function decodeEtherType(context: Context, type: number, at: number, limit: number): void {
  switch (type) {
    case ETHERTYPE.ipv4: return decodeIPv4(context, at, limit)
    case ETHERTYPE.ipv6: return decodeIPv6(context, at, limit)
    case ETHERTYPE.arp: return decodeArp(context, at, limit)
    case ETHERTYPE.vlan:
    case ETHERTYPE.qinq: return decodeVlan(context, at, limit)
    default: return rest(context, at, limit, 'link', etherTypeName(type))
  }
}

export function decodeEthernet(context: Context, at: number, limit: number): void {
  const scribe = new Scribe(context, 'ethernet', 'link', at, limit)
  scribe.octets('ethernet.dst', 6, macText, macMeaning)
  scribe.octets('ethernet.src', 6, macText, macMeaning)
  const follows = scribe.has(2) ? uintAt(context.bytes, scribe.at, 2) : 0
  // below 1536 it is a length (IEEE 802.3, clause 3.2.6)
  const isLength = scribe.has(2) && follows < 0x600
  scribe.uint(isLength ? 'ethernet.length' : 'ethernet.type', 2, isLength ? {} : etherType)
  scribe.done(isLength ? Math.min(limit, scribe.at + follows) : limit)
  if (scribe.short) return
  if (isLength) rest(context, scribe.at, Math.min(limit, scribe.at + follows), 'link', 'LLC')
  else decodeEtherType(context, follows, scribe.at, limit)
}

/** An 802.1Q tag; several may stand one behind the other. */
function decodeVlan(context: Context, at: number, limit: number): void {
  const scribe = new Scribe(context, 'vlan', 'link', at, limit)
  scribe.bits(2, [['vlan.pcp', 3], ['vlan.dei', 1], ['vlan.id', 12]])
  const type = scribe.uint('ethernet.type', 2, etherType)
  scribe.done()
  if (!scribe.short) decodeEtherType(context, type, scribe.at, limit)
}

/** Linux: to us, broadcast, multicast, between others, from us. */
const PACKET_TYPES = ['toUs', 'broadcast', 'multicast', 'others', 'fromUs']
const packetType = (n: number) => (PACKET_TYPES[n] ? means(`sll.${PACKET_TYPES[n]}`) : {})
const hardware = (n: number) => ({ name: hardwareName(n) })

/** The sender's link address stands in 8 bytes, of which `len` count. */
function cookedAddress(scribe: Scribe, len: number): void {
  const used = Math.min(len, 8)
  if (used > 0) scribe.octets('sll.address', used, macText, used === 6 ? macMeaning : undefined)
  if (used < 8) scribe.octets('sll.unused', 8 - used)
}

/** LINKTYPE_LINUX_SLL: what 'any' gives on Linux in place of the link's own header. */
export function decodeSll(context: Context, at: number, limit: number): void {
  const scribe = new Scribe(context, 'sll', 'link', at, limit)
  scribe.uint('sll.packetType', 2, packetType)
  scribe.uint('sll.hardware', 2, hardware)
  cookedAddress(scribe, scribe.uint('sll.addressLength', 2))
  const type = scribe.uint('ethernet.type', 2, etherType)
  scribe.done()
  if (!scribe.short) decodeEtherType(context, type, scribe.at, limit)
}

/** LINKTYPE_LINUX_SLL2: the same with the interface's index. */
export function decodeSll2(context: Context, at: number, limit: number): void {
  const scribe = new Scribe(context, 'sll2', 'link', at, limit)
  const type = scribe.uint('ethernet.type', 2, etherType)
  scribe.uint('sll.reserved', 2)
  scribe.uint('sll.interface', 4)
  scribe.uint('sll.hardware', 2, hardware)
  scribe.uint('sll.packetType', 1, packetType)
  cookedAddress(scribe, scribe.uint('sll.addressLength', 1))
  scribe.done()
  if (!scribe.short) decodeEtherType(context, type, scribe.at, limit)
}

/** AF_INET6 differs between the BSDs: NetBSD and OpenBSD 24, FreeBSD 28, macOS 30. */
const LOOPBACK_FAMILIES: Readonly<Record<number, number>> = { 2: ETHERTYPE.ipv4, 24: ETHERTYPE.ipv6, 28: ETHERTYPE.ipv6, 30: ETHERTYPE.ipv6 }

/** LINKTYPE_NULL and _LOOP: the address family in 4 bytes, in the capturing machine's order or in the network's. */
export function decodeLoopback(context: Context, at: number, limit: number, network: boolean): void {
  const scribe = new Scribe(context, 'loopback', 'link', at, limit)
  const here = scribe.has(4)
  const big = here ? uintAt(context.bytes, at, 4) : 0
  // families are small numbers: in the right order only the last byte is set
  const family = network || big < 0x1_0000 || !here ? big : (context.bytes[at]! | (context.bytes[at + 1]! << 8))
  const type = LOOPBACK_FAMILIES[family]
  scribe.uint('loopback.family', 4, () => ({ text: String(family), name: type === undefined ? undefined : etherTypeName(type) }))
  scribe.done()
  if (scribe.short) return
  if (type === undefined) rest(context, scribe.at, limit, 'link')
  else decodeEtherType(context, type, scribe.at, limit)
}

/** No link header at all: the first half byte says which IP it is. */
export function decodeRaw(context: Context, at: number, limit: number): void {
  const version = at < context.available ? context.bytes[at]! >> 4 : 0
  if (version === 4) decodeIPv4(context, at, limit)
  else if (version === 6) decodeIPv6(context, at, limit)
  else rest(context, at, limit, 'internet')
}
