/** Linux's interfaces by rtnetlink(7): all of them, those that are down included, with what ip-address(8) shows. */
import type { NetAddress, NetInterface } from '../../shared/contract/contract'
import { broadcastOf, classify, formatIPv4, formatIPv6, prefixToMask } from '../../shared/net/address'
import { eachAttribute, HEADER, NETLINK_ROUTE, openNetlink } from './netlink'

const RTM_NEWLINK = 16
const RTM_GETLINK = 18
const RTM_NEWADDR = 20
const RTM_GETADDR = 22
const AF_INET = 2
const AF_INET6 = 10
const IFLA = { address: 1, name: 3, mtu: 4 } as const
const IFA = { address: 1, local: 2, broadcast: 4 } as const
/** struct ifinfomsg: family u8, pad u8, type u16, index i32, flags u32, change u32 */
const IFINFOMSG = 16
/** struct ifaddrmsg: family u8, prefixlen u8, flags u8, scope u8, index u32 */
const IFADDRMSG = 8
/** netdevice(7) */
const FLAGS: readonly [number, string][] = [
  [0x1, 'UP'], [0x2, 'BROADCAST'], [0x8, 'LOOPBACK'], [0x10, 'POINTOPOINT'], [0x40, 'RUNNING'], [0x80, 'NOARP'], [0x100, 'PROMISC'],
  [0x1000, 'MULTICAST'], [0x10000, 'LOWER_UP'],
]
const IFF_UP = 0x1
const IFF_LOOPBACK = 0x8
const IFF_RUNNING = 0x40
const IFF_MULTICAST = 0x1000
/** RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR */
export const CHANGES = 0x1 | 0x10 | 0x100

const decoder = new TextDecoder()
const slice = (view: DataView, at: number, length: number): Uint8Array => new Uint8Array(view.buffer, view.byteOffset + at, length).slice()

function readLink(view: DataView, at: number, end: number): NetInterface {
  const flags = view.getUint32(at + 8, true)
  const link: NetInterface = {
    name: '',
    index: view.getInt32(at + 4, true),
    up: (flags & IFF_UP) !== 0,
    running: (flags & IFF_RUNNING) !== 0,
    loopback: (flags & IFF_LOOPBACK) !== 0,
    multicast: (flags & IFF_MULTICAST) !== 0,
    flags: FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name),
    addresses: [],
  }
  eachAttribute(view, at + IFINFOMSG, end, (type, value, length) => {
    if (type === IFLA.name) link.name = decoder.decode(slice(view, value, length - 1))
    else if (type === IFLA.mtu) link.mtu = view.getUint32(value, true)
    // loopback has six zeros, a tunnel an IP address: neither is a MAC
    else if (type === IFLA.address && length === 6 && !link.loopback) {
      link.mac = Array.from(slice(view, value, length), (b) => b.toString(16).padStart(2, '0')).join(':')
    }
  })
  return link
}

function readAddress(view: DataView, at: number, end: number): { index: number; address: NetAddress } | undefined {
  const family = view.getUint8(at)
  if (family !== AF_INET && family !== AF_INET6) return undefined
  const prefix = view.getUint8(at + 1)
  const index = view.getUint32(at + 4, true)
  let address: Uint8Array | undefined
  let local: Uint8Array | undefined
  let broadcast: Uint8Array | undefined
  eachAttribute(view, at + IFADDRMSG, end, (type, value, length) => {
    if (type === IFA.address) address = slice(view, value, length)
    else if (type === IFA.local) local = slice(view, value, length)
    else if (type === IFA.broadcast) broadcast = slice(view, value, length)
  })
  // on a point-to-point link IFA_ADDRESS is the peer's and IFA_LOCAL is ours (rtnetlink(7))
  const own = local ?? address
  if (!own) return undefined
  const scope = classify(own)
  if (family === AF_INET6) {
    const result: NetAddress = { family: 'inet6', address: formatIPv6(own), prefix, scope }
    if (scope === 'link-local') result.scopeId = index
    return { index, address: result }
  }
  const result: NetAddress = { family: 'inet', address: formatIPv4(own), prefix, netmask: formatIPv4(prefixToMask(prefix, 32)), scope }
  // an address given without a broadcast address still has the one that its mask makes, but on loopback nothing uses it
  const worked = broadcast ?? (scope === 'loopback' ? undefined : broadcastOf(own, prefix))
  if (worked) result.broadcast = formatIPv4(worked)
  return { index, address: result }
}

/** Every interface in the kernel's order; undefined where netlink is refused. */
export function linuxInterfaces(): NetInterface[] | undefined {
  const opened = openNetlink(NETLINK_ROUTE)
  if (!opened.ok) return undefined
  const { netlink } = opened
  try {
    const links = new Map<number, NetInterface>()
    const gotLinks = netlink.dump(RTM_GETLINK, new Uint8Array(HEADER + IFINFOMSG), (type, view, at, end) => {
      if (type !== RTM_NEWLINK) return
      const link = readLink(view, at, end)
      links.set(link.index, link)
    })
    const gotAddresses = netlink.dump(RTM_GETADDR, new Uint8Array(HEADER + IFADDRMSG), (type, view, at, end) => {
      if (type !== RTM_NEWADDR) return
      const found = readAddress(view, at, end)
      if (found) links.get(found.index)?.addresses.push(found.address)
    })
    return gotLinks < 0 || gotAddresses < 0 ? undefined : [...links.values()]
  } finally {
    netlink.close()
  }
}
