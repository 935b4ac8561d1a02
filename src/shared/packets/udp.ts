/** UDP (RFC 768). */
import { portRange, serviceAt } from '../net/ports'
import { pseudoSum, verify } from './checksum'
import { PROTOCOL } from './numbers'
import { asHex, means, rest, Scribe, uintAt, type Context } from './scribe'
import { isWhole, type Carrier } from './transport'

export const portMeaning = (port: number) => ({ name: serviceAt(port), ...(port > 0 ? means(`port.${portRange(port)}`) : {}) })

export function decodeUdp(context: Context, carrier: Carrier, at: number, limit: number): void {
  const scribe = new Scribe(context, 'udp', 'transport', at, limit)
  scribe.uint('udp.sport', 2, portMeaning)
  scribe.uint('udp.dport', 2, portMeaning)
  const length = scribe.uint('udp.length', 2, (n) => (n === 0 ? means('lengthLater') : {}))
  const checksumAt = scribe.at
  scribe.uint('udp.checksum', 2, asHex(2))
  if (scribe.short) {
    scribe.done()
    return
  }
  let end = length === 0 ? limit : at + length
  if (length !== 0 && length < 8) {
    scribe.error('udpLength', { value: length })
    end = limit
  } else if (end > limit) {
    // the datagram's other fragments have the rest
    if (!carrier.fragment && !context.quoted) scribe.error('beyond', { value: length, there: limit - at })
    end = context.quoted ? end : limit
  } else if (end < limit && !carrier.fragment) scribe.note('surplus', { bytes: limit - end })
  const layer = scribe.done(end)
  const stored = uintAt(context.bytes, checksumAt, 2)
  if (stored === 0 && carrier.version === 4) layer.checksum = { state: 'none', stored }
  else if (isWhole(context, carrier, end)) layer.checksum = verify(context.bytes, at, end, checksumAt, pseudoSum(carrier.addresses, end - at, PROTOCOL.udp))
  else if (!context.quoted) layer.checksum = { state: 'unknown', stored }
  rest(context, scribe.at, end)
}
