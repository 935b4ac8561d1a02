/** ARP (RFC 826): who has this address? */
import { formatIPv4 } from '../net/address'
import { macMeaning, macText } from './link'
import { etherTypeName, hardwareName } from './numbers'
import { asHex, means, Scribe, type Context } from './scribe'

export function decodeArp(context: Context, at: number, limit: number): void {
  const scribe = new Scribe(context, 'arp', 'link', at, limit)
  scribe.uint('arp.hardware', 2, (n) => ({ name: hardwareName(n) }))
  const protocol = scribe.uint('arp.protocol', 2, asHex(2, (n) => ({ name: etherTypeName(n) })))
  const hlen = scribe.uint('arp.hardwareLength', 1)
  const plen = scribe.uint('arp.protocolLength', 1)
  scribe.uint('arp.operation', 2, (n) => (n === 1 ? means('arp.request') : n === 2 ? means('arp.reply') : {}))
  const host = protocol === 0x0800 && plen === 4 ? (bytes: Uint8Array) => formatIPv4(bytes) : undefined
  for (const end of ['sender', 'target']) {
    scribe.octets(`arp.${end}Hardware`, hlen, macText, hlen === 6 ? macMeaning : undefined)
    scribe.octets(`arp.${end}Protocol`, plen, host)
  }
  scribe.done(scribe.at)
}
