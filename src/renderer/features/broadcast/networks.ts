/** The IPv4 networks that this machine stands in and that have a broadcast address, worked out from address and prefix. */
import type { NetInterface } from '../../../shared/contract/contract'
import { broadcastOf, formatIPv4, hostCount, networkOf, parseIPv4, prefixToMask } from '../../../shared/net/address'

export interface BroadcastNetwork {
  interface: string
  loopback: boolean
  prefix: number
  address: Uint8Array
  mask: Uint8Array
  network: Uint8Array
  broadcast: Uint8Array
  hosts: bigint
  /** the broadcast address as text: what a program sends to */
  to: string
  /** the kernel has another one for this interface: somebody set it by hand */
  kernel?: string
}

/** The networks of the interfaces that are up, real ones before the loopback. A /31 or /32 has no broadcast address. */
export function broadcastNetworks(interfaces: readonly NetInterface[]): BroadcastNetwork[] {
  return interfaces.filter((net) => net.up).flatMap((net) => net.addresses.flatMap((own) => {
    const address = own.family === 'inet' ? parseIPv4(own.address) : undefined
    const broadcast = address && broadcastOf(address, own.prefix)
    if (!address || !broadcast) return []
    const to = formatIPv4(broadcast)
    const found: BroadcastNetwork = {
      interface: net.name, loopback: net.loopback, prefix: own.prefix, address, mask: prefixToMask(own.prefix, 32), network: networkOf(address, own.prefix), broadcast,
      hosts: hostCount(own.prefix, 32), to,
    }
    if (own.broadcast !== undefined && own.broadcast !== to) found.kernel = own.broadcast
    return [found]
  })).sort((x, y) => Number(x.loopback) - Number(y.loopback))
}

/** 255.255.255.255: every host of the link, whatever its network; never passed on by a router (RFC 919, section 7). */
export const LIMITED = '255.255.255.255'
