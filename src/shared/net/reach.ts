/**
 * Which of a machine's addresses reach a listening socket, and from where. Pure: it follows from the address that the
 * socket is bound to, by the rules of ip(7), ipv6(7) and RFC 4291; the tests prove it against real sockets.
 */
import type { AddressScope, NetAddress, NetInterface } from '../contract/contract'
import { classify, formatIPv6, mapIPv4, mappedIPv4, parseAddress, parseIPv4 } from './address'

/** What a server was bound to. `v6only` matters for '::' alone: IPV6_V6ONLY, whose default differs by platform. */
export interface Bound {
  family: 'inet' | 'inet6'
  host: string
  scope?: number
  v6only?: boolean
}

/**
 * From where an address can be dialled: only by programs on this computer; by machines on the same link; by machines of
 * the same private network; from anywhere that has a route (a firewall may still stand between).
 */
export type ReachableFrom = 'computer' | 'link' | 'lab' | 'anywhere'

/** Why an address reaches the socket, or does not. */
export type ReachReason =
  | 'exact' // bound to this very address
  | 'wildcard' // bound to all addresses of this family
  | 'dual-stack' // an IPv4 address, taken by a dual-stack IPv6 socket
  | 'loopback-only' // bound to loopback: no other address leads there
  | 'other-address' // bound to another single address
  | 'other-family' // an IPv4 socket knows no IPv6, and the other way round
  | 'v6only' // '::' with IPV6_V6ONLY takes no IPv4
  | 'other-scope' // the same link-local address, on another interface
  | 'down' // the interface is down: nothing arrives

export interface Reach {
  interface: string
  address: NetAddress
  reaches: boolean
  why: ReachReason
  /** where `reaches`: from where */
  from?: ReachableFrom
  /** where `why` is dual-stack: how the server sees an IPv4 peer's address, '::ffff:192.168.1.7' in form */
  seenAs?: string
}

const FROM: Partial<Record<AddressScope, ReachableFrom>> = {
  loopback: 'computer',
  'link-local': 'link',
  private: 'lab',
  'unique-local': 'lab',
  shared: 'lab',
  // routed nowhere: where a network uses one, it is as good as private
  documentation: 'lab',
  reserved: 'lab',
}

/** From where an address of this class can be dialled. */
export const reachableFrom = (scope: AddressScope): ReachableFrom => FROM[scope] ?? 'anywhere'

/** Whether a server bound so listens on every address of its family. */
export function isWildcard(bound: Bound): boolean {
  const address = parseAddress(bound.host)
  return address !== undefined && address.bytes.every((byte) => byte === 0)
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])

/** Every address of the machine, in the order of its interfaces, and whether it leads to the socket. */
export function reachOf(bound: Bound, interfaces: readonly NetInterface[]): Reach[] {
  const parsed = parseAddress(bound.host)
  if (!parsed) return []
  // a socket bound to ::ffff:a.b.c.d takes IPv4 alone
  const mapped = mappedIPv4(parsed.bytes)
  const host = mapped ?? parsed.bytes
  const family = mapped ? 'inet' : bound.family
  const wildcard = host.every((byte) => byte === 0)
  const loopback = classify(host) === 'loopback'

  const why = (i: NetInterface, a: NetAddress): ReachReason => {
    const bytes = parseAddress(a.address)?.bytes
    if (!i.up) return 'down'
    if (wildcard) {
      if (a.family === family) return 'wildcard'
      if (family === 'inet') return 'other-family'
      return bound.v6only ? 'v6only' : 'dual-stack'
    }
    if (a.family !== family) return 'other-family'
    if (bytes && same(bytes, host)) {
      const scoped = a.scope === 'link-local' && a.family === 'inet6'
      return scoped && bound.scope !== undefined && a.scopeId !== undefined && a.scopeId !== bound.scope ? 'other-scope' : 'exact'
    }
    return loopback ? 'loopback-only' : 'other-address'
  }

  const reaches: readonly ReachReason[] = ['exact', 'wildcard', 'dual-stack']
  return interfaces.flatMap((i) => i.addresses.map((address): Reach => {
    const reason = why(i, address)
    const reach: Reach = { interface: i.name, address, reaches: reaches.includes(reason), why: reason }
    if (reach.reaches) reach.from = reachableFrom(address.scope)
    const v4 = reason === 'dual-stack' || mapped ? parseIPv4(address.address) : undefined
    if (reach.reaches && v4) reach.seenAs = formatIPv6(mapIPv4(v4))
    return reach
  }))
}

/** The widest place from which a server bound so can be dialled; undefined where no address leads to it. */
export function exposure(bound: Bound, interfaces: readonly NetInterface[]): ReachableFrom | undefined {
  const order: ReachableFrom[] = ['computer', 'link', 'lab', 'anywhere']
  let widest = -1
  for (const r of reachOf(bound, interfaces)) if (r.from) widest = Math.max(widest, order.indexOf(r.from))
  return order[widest]
}
