/** TCP (RFC 9293): the header, and what of it is checked. */
import { pseudoSum, verify } from './checksum'
import type { Field } from './model'
import { PROTOCOL } from './numbers'
import { asHex, hex, means, rest, Scribe, uintAt, type Context } from './scribe'
import { tcpOptions } from './tcp-options'
import { isWhole, type Carrier } from './transport'
import { portMeaning } from './udp'

/** From the most significant bit on (RFC 9293, 3.1; CWR and ECE: RFC 3168). */
export const TCP_FLAGS = ['CWR', 'ECE', 'URG', 'ACK', 'PSH', 'RST', 'SYN', 'FIN'] as const

function flagsField(bits: number, at: number): Field {
  const set = TCP_FLAGS.filter((_, i) => bits & (0x80 >> i))
  return {
    key: 'tcp.flags', value: bits, text: hex(bits, 1), name: set.join(', ') || '-', from: at, to: at + 1,
    fields: TCP_FLAGS.map((name, i) => {
      const value = bits & (0x80 >> i) ? 1 : 0
      return { key: `tcp.flag.${name}`, value, from: at, to: at + 1, bits: { at: i, len: 1 }, ...(value ? means(`tcp.${name}`) : {}) }
    }),
  }
}

export function decodeTcp(context: Context, carrier: Carrier, at: number, limit: number): void {
  const scribe = new Scribe(context, 'tcp', 'transport', at, limit)
  scribe.uint('tcp.sport', 2, portMeaning)
  scribe.uint('tcp.dport', 2, portMeaning)
  scribe.uint('tcp.seq', 4)
  const ackAt = scribe.fields.length
  scribe.uint('tcp.ack', 4)
  const [words = 0] = scribe.bits(1, [['tcp.offset', 4, (n) => means('words', { bytes: n * 4 })], ['tcp.reserved', 4]])
  let flags = 0
  if (!scribe.short && scribe.has(1)) {
    flags = context.bytes[scribe.at]!
    scribe.add(flagsField(flags, scribe.at))
    scribe.at++
  } else scribe.short = true
  if (!scribe.short && !(flags & 0x10) && scribe.fields[ackAt]) Object.assign(scribe.fields[ackAt], means('tcp.noAck'))
  scribe.uint('tcp.window', 2)
  const checksumAt = scribe.at
  scribe.uint('tcp.checksum', 2, asHex(2))
  scribe.uint('tcp.urgent', 2, () => (flags & 0x20 ? {} : means('tcp.noUrgent')))
  const header = at + words * 4
  if (scribe.short) {
    scribe.done()
    return
  }
  if (words < 5 || header > limit) {
    scribe.error('headerLength', { value: words * 4, least: 20 })
    scribe.done()
    return rest(context, scribe.at, limit)
  }
  tcpOptions(scribe, header)
  const layer = scribe.done()
  if (!context.quoted || isWhole(context, carrier, limit)) {
    layer.checksum = isWhole(context, carrier, limit)
      ? verify(context.bytes, at, limit, checksumAt, pseudoSum(carrier.addresses, limit - at, PROTOCOL.tcp))
      : { state: 'unknown', stored: uintAt(context.bytes, checksumAt, 2) }
  }
  if (!scribe.short) rest(context, header, limit)
}
