/** ICMPv6 (RFC 4443) with neighbour discovery (RFC 4861). */
import { formatIPv6 } from '../net/address'
import { pseudoSum, verify } from './checksum'
import { quote } from './icmp'
import { decodeIPv6 } from './ipv6'
import { macText } from './link'
import { icmpv6CodeKey, icmpv6Name, PROTOCOL } from './numbers'
import { asHex, hex, means, rest, Scribe, uintAt, type Context } from './scribe'
import { isWhole, type Carrier } from './transport'

const ND_OPTIONS: Readonly<Record<number, string>> = { 1: 'Source Link-Layer Address', 2: 'Target Link-Layer Address', 3: 'Prefix Information', 4: 'Redirected Header', 5: 'MTU', 25: 'Recursive DNS Server' }

/** What follows the checksum, by type. Answers whether neighbour discovery options follow. */
function body(scribe: Scribe, type: number): boolean {
  switch (type) {
    case 2: scribe.uint('icmp.mtu', 4); return false
    case 4: scribe.uint('icmp.pointer', 4); return false
    case 128:
    case 129:
      scribe.uint('icmp.id', 2)
      scribe.uint('icmp.seq', 2)
      return false
    case 133: scribe.uint('icmp.unused', 4, asHex(4)); return true
    case 134:
      scribe.uint('icmp.hopLimit', 1)
      scribe.uint('icmp.raFlags', 1, asHex(1))
      scribe.uint('icmp.lifetime', 2)
      scribe.uint('icmp.reachable', 4)
      scribe.uint('icmp.retrans', 4)
      return true
    case 135:
      scribe.uint('icmp.unused', 4, asHex(4))
      scribe.octets('icmp.target', 16, (b) => formatIPv6(b))
      return true
    case 136:
      scribe.bits(4, [['icmp.router', 1], ['icmp.solicited', 1], ['icmp.override', 1], ['icmp.unused', 29]])
      scribe.octets('icmp.target', 16, (b) => formatIPv6(b))
      return true
    default: scribe.uint('icmp.unused', 4, asHex(4)); return false
  }
}

function neighbourOptions(scribe: Scribe, limit: number): void {
  const { bytes, available } = scribe.context
  while (scribe.at + 2 <= Math.min(limit, available)) {
    const from = scribe.at
    const kind = bytes[from]!
    const len = bytes[from + 1]! * 8
    if (len === 0 || from + len > limit) {
      scribe.error('optionLength', { kind, length: len })
      return
    }
    if (from + len > available) {
      scribe.short = true
      return
    }
    const content = bytes.subarray(from + 2, from + len)
    const text = kind === 1 || kind === 2 ? macText(content) : kind === 5 && len === 8 ? String(uintAt(bytes, from + 4, 4)) : hex(kind, 1)
    scribe.add({ key: 'icmp.option', value: kind, text, name: ND_OPTIONS[kind], from, to: from + len })
    scribe.at = from + len
  }
}

export function decodeIcmpv6(context: Context, carrier: Carrier, at: number, limit: number): void {
  const scribe = new Scribe(context, 'icmpv6', 'internet', at, limit)
  const type = scribe.uint('icmp.type', 1, (n) => ({ name: icmpv6Name(n) }))
  scribe.uint('icmp.code', 1, (n) => {
    const key = icmpv6CodeKey(type, n)
    return key ? means(`icmp.${key}`) : {}
  })
  const checksumAt = scribe.at
  scribe.uint('icmp.checksum', 2, asHex(2))
  if (body(scribe, type) && !scribe.short) neighbourOptions(scribe, limit)
  const layer = scribe.done()
  if (scribe.short) return
  if (isWhole(context, carrier, limit)) {
    layer.checksum = verify(context.bytes, at, limit, checksumAt, pseudoSum(carrier.addresses, limit - at, PROTOCOL.icmpv6))
  }
  // types below 128 are errors (RFC 4443, 2.1)
  if (type < 128 && !context.quoted) quote(context, scribe.at, limit, decodeIPv6)
  else rest(context, scribe.at, limit, 'application')
}
