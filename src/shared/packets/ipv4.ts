/** IPv4 (RFC 791): the header, its options, fragments. */
import { formatIPv4 } from '../net/address'
import { sum16, verify } from './checksum'
import { decodeIPv6 } from './ipv6'
import type { Field } from './model'
import { dscpName, ECN, protocolName, PROTOCOL } from './numbers'
import { asHex, hex, means, rest, Scribe, type Context } from './scribe'
import { decodeTransport, type Carrier } from './transport'

const OPTIONS: Readonly<Record<number, string>> = {
  0: 'End of Options', 1: 'No Operation', 7: 'Record Route', 68: 'Timestamp', 130: 'Security', 131: 'Loose Source Route', 136: 'Stream ID',
  137: 'Strict Source Route', 148: 'Router Alert',
}

export const dscp = (n: number) => ({ name: dscpName(n) })
export const ecn = (n: number) => ({ name: ECN[n], ...(n === 3 ? means('ecn.ce') : {}) })

/** The options up to the end of the header; a length that leads nowhere ends them. */
function options(scribe: Scribe, end: number): void {
  const { bytes } = scribe.context
  while (scribe.at < end && scribe.has(1)) {
    const from = scribe.at
    const kind = bytes[from]!
    const len = kind < 2 ? 1 : (bytes[from + 1] ?? 0)
    if (kind >= 2 && (len < 2 || from + len > end || !scribe.has(len))) {
      if (from + len <= end && len >= 2) scribe.short = true
      else scribe.error('optionLength', { kind, length: len })
      break
    }
    const field: Field = { key: 'ipv4.option', value: kind, from, to: from + len, name: OPTIONS[kind], text: hex(kind, 1) }
    if (kind === 7 || kind === 131 || kind === 137) {
      field.fields = []
      for (let at = from + 3; at + 4 <= from + len; at += 4) field.fields.push({ key: 'ipv4.route', value: formatIPv4(bytes, at), from: at, to: at + 4 })
    }
    scribe.add(field)
    scribe.at = from + len
    if (kind === 0) break
  }
  if (!scribe.short) scribe.at = Math.max(scribe.at, Math.min(end, scribe.context.available))
}

export function decodeIPv4(context: Context, at: number, limit: number): void {
  const scribe = new Scribe(context, 'ipv4', 'internet', at, limit)
  const [version = 0, ihl = 0] = scribe.bits(1, [['ipv4.version', 4], ['ipv4.ihl', 4, (n) => means('words', { bytes: n * 4 })]])
  if (!scribe.short && (version !== 4 || ihl < 5)) {
    scribe.error(version === 4 ? 'headerLength' : 'version', { value: version === 4 ? ihl * 4 : version, least: 20 })
    scribe.done(scribe.at)
    return rest(context, scribe.at, limit, 'internet')
  }
  scribe.bits(1, [['ipv4.dscp', 6, dscp], ['ipv4.ecn', 2, ecn]])
  const total = scribe.uint('ipv4.length', 2, (n) => (n === 0 ? means('lengthLater') : {}))
  scribe.uint('ipv4.id', 2, asHex(2))
  const [, , more = 0, offset = 0] = scribe.bits(2, [
    ['ipv4.reserved', 1], ['ipv4.df', 1, (n) => (n ? means('ipv4.df') : {})], ['ipv4.mf', 1, (n) => (n ? means('ipv4.mf') : {})],
    ['ipv4.offset', 13, (n) => (n ? means('ipv4.offset', { bytes: n * 8 }) : {})],
  ])
  scribe.uint('ipv4.ttl', 1, (n) => means('hops', { n }))
  const protocol = scribe.uint('ipv4.protocol', 1, (n) => ({ name: protocolName(n) }))
  const checksumAt = scribe.at
  scribe.uint('ipv4.checksum', 2, asHex(2))
  const addressAt = scribe.at
  const src = scribe.octets('ipv4.src', 4, (b) => formatIPv4(b))
  const dst = scribe.octets('ipv4.dst', 4, (b) => formatIPv4(b))

  const header = at + ihl * 4
  // total length 0: the kernel hands large segments to the card, which writes the real lengths (TSO)
  let end = total === 0 ? limit : at + total
  if (!scribe.short) {
    if (total !== 0 && total < ihl * 4) {
      scribe.error('totalLength', { value: total, least: ihl * 4 })
      end = limit
    } else if (end > limit) {
      // an ICMP error quotes only the packet's beginning; what its length says is still true
      if (!context.quoted) scribe.error('beyond', { value: total, there: limit - at })
      if (!context.quoted) end = limit
    }
    scribe.limit = Math.min(scribe.limit, end)
    options(scribe, header)
  }
  const layer = scribe.done(end)
  if (scribe.short || scribe.at < header) return
  layer.checksum = verify(context.bytes, at, header, checksumAt)
  if (layer.checksum.state === 'wrong' && layer.checksum.stored === 0) layer.checksum.state = 'partial'
  const fragment = offset > 0 ? 'later' : more ? 'first' : undefined
  carry(context, layer.problems, { addresses: sum16(context.bytes, addressAt, addressAt + 8), src, dst, version: 4, fragment }, protocol, header, end)
}

/** What an IP header carries, by its protocol number. */
export function carry(context: Context, problems: { push(p: { key: string; level: 'note' }): unknown }, carrier: Carrier, protocol: number, at: number, limit: number): void {
  if (carrier.fragment) problems.push({ key: carrier.fragment === 'first' ? 'fragmentFirst' : 'fragmentLater', level: 'note' })
  if (carrier.fragment === 'later') return rest(context, at, limit, 'transport', protocolName(protocol))
  if (context.layers.length > MOST_LAYERS) return rest(context, at, limit, 'internet')
  if (protocol === PROTOCOL.ipip) return decodeIPv4(context, at, limit)
  if (protocol === PROTOCOL.ipv6) return decodeIPv6(context, at, limit)
  return decodeTransport(context, carrier, protocol, at, limit)
}

/** More headers than any honest packet has: what is deeper stays bytes. */
export const MOST_LAYERS = 40
