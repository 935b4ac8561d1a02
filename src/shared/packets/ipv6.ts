/** IPv6 (RFC 8200) and its extension headers. */
import { formatIPv6 } from '../net/address'
import { sum16 } from './checksum'
import { carry, dscp, ecn, MOST_LAYERS } from './ipv4'
import { protocolName, PROTOCOL } from './numbers'
import { asHex, hex, means, rest, Scribe, type Context } from './scribe'
import type { Carrier } from './transport'

const next = (n: number) => ({ name: protocolName(n) })
/** Headers of the common form: next header, length in 8-byte units beyond the first. */
const COMMON = new Set<number>([PROTOCOL.hopopts, PROTOCOL.routing, PROTOCOL.dstopts, PROTOCOL.mobility, PROTOCOL.hip, PROTOCOL.shim6])
const OPTION_NAMES: Readonly<Record<number, string>> = { 0: 'Pad1', 1: 'PadN', 5: 'Router Alert', 0xc2: 'Jumbo Payload' }

export function decodeIPv6(context: Context, at: number, limit: number): void {
  const scribe = new Scribe(context, 'ipv6', 'internet', at, limit)
  const [version = 0] = scribe.bits(4, [['ipv6.version', 4], ['ipv6.dscp', 6, dscp], ['ipv6.ecn', 2, ecn], ['ipv6.flow', 20, (n) => ({ text: hex(n, 3) })]])
  if (!scribe.short && version !== 6) {
    scribe.error('version', { value: version })
    scribe.done(scribe.at)
    return rest(context, scribe.at, limit, 'internet')
  }
  const length = scribe.uint('ipv6.length', 2, (n) => (n === 0 ? means('lengthLater') : {}))
  const protocol = scribe.uint('ipv6.next', 1, next)
  scribe.uint('ipv6.hops', 1, (n) => means('hops', { n }))
  const addressAt = scribe.at
  const src = scribe.octets('ipv6.src', 16, (b) => formatIPv6(b))
  const dst = scribe.octets('ipv6.dst', 16, (b) => formatIPv6(b))
  // payload length 0: a jumbogram, or the card writes the real lengths
  let end = length === 0 && protocol !== PROTOCOL.none ? limit : at + 40 + length
  if (!scribe.short && end > limit && !context.quoted) {
    scribe.error('beyond', { value: length, there: Math.max(0, limit - at - 40) })
    end = limit
  }
  const layer = scribe.done(end)
  if (scribe.short) return
  const carrier: Carrier = { addresses: sum16(context.bytes, addressAt, addressAt + 32), src, dst, version: 6, fragment: undefined }
  extensions(context, layer.problems, carrier, protocol, scribe.at, end)
}

/** Follows the chain of headers to what the packet carries. */
function extensions(context: Context, problems: Parameters<typeof carry>[1], carrier: Carrier, first: number, start: number, limit: number): void {
  let [protocol, at] = [first, start]
  while (context.layers.length <= MOST_LAYERS) {
    if (!COMMON.has(protocol) && protocol !== PROTOCOL.fragment && protocol !== PROTOCOL.ah) break
    const scribe = new Scribe(context, 'ipv6ext', 'internet', at, limit)
    const kind = protocol
    protocol = scribe.uint('ipv6ext.next', 1, next)
    if (kind === PROTOCOL.fragment) {
      scribe.uint('ipv6ext.reserved', 1)
      const [offset = 0, , more = 0] = scribe.bits(2, [
        ['ipv4.offset', 13, (n) => (n ? means('ipv4.offset', { bytes: n * 8 }) : {})], ['ipv6ext.reserved', 2], ['ipv4.mf', 1, (n) => (n ? means('ipv4.mf') : {})],
      ])
      scribe.uint('ipv4.id', 4, asHex(4))
      // offset 0 and no more to come: an atomic fragment (RFC 6946) is the whole packet
      carrier = { ...carrier, fragment: offset > 0 ? 'later' : more ? 'first' : undefined }
    } else {
      const units = scribe.uint('ipv6ext.length', 1, (n) => means('words', { bytes: kind === PROTOCOL.ah ? (n + 2) * 4 : (n + 1) * 8 }))
      const end = at + (kind === PROTOCOL.ah ? (units + 2) * 4 : (units + 1) * 8)
      if (!scribe.short) {
        if (end > limit && !context.quoted) scribe.error('headerLength', { value: end - at, least: 8 })
        if (kind === PROTOCOL.routing) {
          scribe.uint('ipv6ext.routingType', 1)
          scribe.uint('ipv6ext.segmentsLeft', 1)
        }
        if (kind === PROTOCOL.hopopts || kind === PROTOCOL.dstopts) options(scribe, Math.min(end, limit))
        const left = Math.min(end, limit) - scribe.at
        if (left > 0) scribe.octets('ipv6ext.content', left)
      }
    }
    scribe.done(limit)
    const layer = context.layers[context.layers.length - 1]!
    layer.fields.unshift({ key: 'ipv6ext.kind', value: kind, name: protocolName(kind), from: at, to: layer.to })
    if (scribe.short) return
    at = scribe.at
    if (carrier.fragment === 'later') break
  }
  if (protocol === PROTOCOL.none) return rest(context, at, limit, 'internet')
  carry(context, problems, carrier, protocol, at, limit)
}

/** Options of Hop-by-Hop and Destination headers (RFC 8200, section 4.2). */
function options(scribe: Scribe, end: number): void {
  const { bytes, available } = scribe.context
  while (scribe.at < Math.min(end, available)) {
    const from = scribe.at
    const kind = bytes[from]!
    const len = kind === 0 ? 1 : 2 + (bytes[from + 1] ?? 0)
    if (from + len > end) {
      scribe.error('optionLength', { kind, length: len })
      return
    }
    if (from + len > available) {
      scribe.short = true
      return
    }
    scribe.add({ key: 'ipv6ext.option', value: kind, text: hex(kind, 1), name: OPTION_NAMES[kind], from, to: from + len })
    scribe.at = from + len
  }
}
