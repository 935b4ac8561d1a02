/** What IP carries, by protocol number. */
import { decodeIcmp } from './icmp'
import { decodeIcmpv6 } from './icmpv6'
import { protocolName, PROTOCOL } from './numbers'
import { rest, type Context } from './scribe'
import { decodeTcp } from './tcp'
import { decodeUdp } from './udp'

/** What the IP header around it says: the checksum's pseudo-header needs it. */
export interface Carrier {
  version: 4 | 6
  src: string
  dst: string
  /** one's complement sum of both addresses */
  addresses: number
  /** only a part of what was sent is here */
  fragment: 'first' | 'later' | undefined
}

export function decodeTransport(context: Context, carrier: Carrier, protocol: number, at: number, limit: number): void {
  switch (protocol) {
    case PROTOCOL.tcp: return decodeTcp(context, carrier, at, limit)
    case PROTOCOL.udp: return decodeUdp(context, carrier, at, limit)
    case PROTOCOL.icmp: return decodeIcmp(context, carrier, at, limit)
    case PROTOCOL.icmpv6: return decodeIcmpv6(context, carrier, at, limit)
    default: return rest(context, at, limit, 'transport', protocolName(protocol))
  }
}

/** Can the checksum over [at, limit) be worked out? Not from a fragment, not where the capture cut it. */
export const isWhole = (context: Context, carrier: Carrier, limit: number): boolean => !carrier.fragment && limit <= context.available
