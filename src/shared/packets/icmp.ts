/** ICMP (RFC 792). An error quotes the beginning of the packet that it is about. */
import { formatIPv4 } from '../net/address'
import { verify } from './checksum'
import { decodeIPv4 } from './ipv4'
import { icmpCodeKey, icmpName } from './numbers'
import { asHex, means, rest, Scribe, type Context } from './scribe'
import { isWhole, type Carrier } from './transport'

const ERRORS = new Set([3, 4, 5, 11, 12])
const ECHOES = new Set([0, 8, 13, 14])

export function decodeIcmp(context: Context, carrier: Carrier, at: number, limit: number): void {
  const scribe = new Scribe(context, 'icmp', 'internet', at, limit)
  const type = scribe.uint('icmp.type', 1, (n) => ({ name: icmpName(n) }))
  scribe.uint('icmp.code', 1, (n) => {
    const key = icmpCodeKey(type, n)
    return key ? means(`icmp.${key}`) : {}
  })
  const checksumAt = scribe.at
  scribe.uint('icmp.checksum', 2, asHex(2))
  const code = scribe.fields[1]?.value
  if (ECHOES.has(type)) {
    scribe.uint('icmp.id', 2)
    scribe.uint('icmp.seq', 2)
  } else if (type === 5) scribe.octets('icmp.gateway', 4, (b) => formatIPv4(b))
  else if (type === 3 && code === 4) {
    scribe.uint('icmp.unused', 2)
    scribe.uint('icmp.mtu', 2)
  } else if (type === 12) {
    scribe.uint('icmp.pointer', 1)
    scribe.uint('icmp.unused', 3)
  } else scribe.uint('icmp.unused', 4, asHex(4))
  const layer = scribe.done()
  if (scribe.short) return
  if (isWhole(context, carrier, limit)) layer.checksum = verify(context.bytes, at, limit, checksumAt)
  if (ERRORS.has(type) && !context.quoted) quote(context, scribe.at, limit, decodeIPv4)
  else rest(context, scribe.at, limit, 'application')
}

/** Takes the quoted packet apart. Its own lengths speak of the whole packet, of which only a part is here. */
export function quote(context: Context, at: number, limit: number, decode: (context: Context, at: number, limit: number) => void): void {
  const available = Math.min(context.available, limit)
  if (at >= available) return
  decode({ ...context, available, quoted: true }, at, limit)
}
