/**
 * What may be bound and reached. Asked by the dispatcher before each call, so that no UI, script or Python goes round it.
 *
 * Scope `computer` (the default): nothing leaves this computer and nothing from outside reaches a program.
 *   - bind: loopback; also 0.0.0.0 and ::, because the courses' servers say so. Such a socket is open to the network for
 *     the kernel, so the second half of the rule is at accept: a peer that is not loopback is reset before any program sees
 *     it, and a datagram from one is dropped. A group's address, too: such a socket gets less than one on 0.0.0.0.
 *   - connect, sendto: loopback; also 0.0.0.0 and ::, which the kernel takes for loopback (or refuses, on Windows).
 *   - this machine's own network addresses are not loopback, so they are refused too: one rule, easy to see through.
 *   - sendto a multicast group: allowed, and the dispatcher keeps the socket's hop limit to groups at 0 (staysHere), so the
 *     kernel hands copies to the members on this computer and puts nothing on a link. A member hears loopback senders and,
 *     of what was sent to a group, this machine's own addresses (hears): that is how its neighbours on the same machine
 *     look to it. For IPv4 the kernel drops what comes from a link under one of its own addresses; for IPv6 it does not, so
 *     somebody on the link who forges our own address could put a line into a chat, and no more.
 *     Joining is not a datagram of the program: on an interface other than the loopback the kernel tells the link's routers
 *     of it (IGMP, MLD), except for groups of interface-local scope (ff01::/16, ff11::/16).
 * Scope `lab` (a deliberate switch): besides, the networks of a lab, which are the private, link-local and unique-local
 *   ones, broadcast and multicast, and whatever network this machine itself stands in, unless it is public.
 * A public peer is refused in both, in either direction; in scope lab the engine asks the person before it refuses to reach
 *   out to one (public.ts). Bound may be any address: the kernel refuses what is not this
 *   machine's, and accept refuses public peers.
 * Unix sockets are files of this computer, with the file's own permissions.
 *
 * IPv4-mapped IPv6 addresses are judged as the IPv4 address inside; NAT64 addresses are public.
 */
import type { AddressScope, NetInterface, Scope } from '../../shared/contract/contract'
import { classify, contains, parseAddress } from '../../shared/net/address'
import { fail, ok, type Result } from '../../shared/result'
import type { SockAddr } from '../../shared/trace/events'

/** Why the policy refuses: the address is outside this computer, or public. */
export type Refusal = 'outside-computer' | 'public'

const ALLOWED: Result<null> = ok(null)

type Interfaces = readonly Pick<NetInterface, 'addresses'>[]

/** Classes that a lab may reach wherever they are; the others only on a network that this machine stands in. */
const LAB_CLASSES: ReadonlySet<AddressScope> = new Set(['private', 'link-local', 'unique-local', 'broadcast', 'multicast'])

function refuse(what: string, address: Exclude<SockAddr, { family: 'unix' }>, scope: Scope, kind: AddressScope, reason: Refusal): Result<null> {
  const message = reason === 'public'
    ? `${what} ${address.host}: a public address. The lab reaches only this computer and the networks of the lab.`
    : `${what} ${address.host}: outside this computer. Switch the scope to the lab network, or use ${address.family === 'inet' ? '127.0.0.1' : '::1'}.`
  return fail({ code: 'POLICY', message, detail: { address: address.host, port: address.port, scope, class: kind, reason } })
}

function notAnAddress(host: string): Result<null> {
  return fail({ code: 'INVALID', field: 'host', message: `${JSON.stringify(host)} is not a numeric address: resolve the name first`, detail: { address: host } })
}

const inOwnNetwork = (bytes: Uint8Array, interfaces: Interfaces): boolean => interfaces.some((i) => i.addresses.some((own) => {
  const mine = parseAddress(own.address)?.bytes
  return mine !== undefined && contains(mine, own.prefix, bytes)
}))

/** Whether a peer at `address` may be spoken to. `anySelf`: 0.0.0.0 and :: stand for this computer. */
function checkPeer(what: string, scope: Scope, address: SockAddr, interfaces: Interfaces, anySelf: boolean): Result<null> {
  // the common case, ten thousand times a second
  if (address.family === 'unix' || address.host === '127.0.0.1' || address.host === '::1') return ALLOWED
  const bytes = parseAddress(address.host)?.bytes
  if (!bytes) return notAnAddress(address.host)
  const kind = classify(bytes)
  if (kind === 'loopback' || (anySelf && isWildcardAddress(bytes))) return ALLOWED
  if (scope === 'computer') return refuse(what, address, scope, kind, kind === 'global' ? 'public' : 'outside-computer')
  if (LAB_CLASSES.has(kind)) return ALLOWED
  if (kind !== 'global' && inOwnNetwork(bytes, interfaces)) return ALLOWED
  return refuse(what, address, scope, kind, 'public')
}

/** 0.0.0.0, ::, and ::ffff:0.0.0.0, which means the first. */
function isWildcardAddress(bytes: Uint8Array): boolean {
  return classify(bytes) === 'unspecified' && bytes.subarray(-4).every((byte) => byte === 0)
}

export function checkBind(scope: Scope, address: SockAddr, _interfaces: Interfaces): Result<null> {
  if (address.family === 'unix') return ALLOWED
  const bytes = parseAddress(address.host)?.bytes
  if (!bytes) return notAnAddress(address.host)
  const kind = classify(bytes)
  if (scope === 'lab' || kind === 'loopback' || kind === 'multicast' || isWildcardAddress(bytes)) return ALLOWED
  return refuse('bind to', address, scope, kind, 'outside-computer')
}

export const checkConnect = (scope: Scope, address: SockAddr, interfaces: Interfaces): Result<null> =>
  checkPeer('connect to', scope, address, interfaces, true)

export const checkSendto = (scope: Scope, address: SockAddr, interfaces: Interfaces): Result<null> =>
  (staysHere(scope, address) ? ALLOWED : checkPeer('send to', scope, address, interfaces, true))

/** Whether a datagram to this address is allowed only because it goes no further than this computer: a group, in scope computer. */
export function staysHere(scope: Scope, address: SockAddr): boolean {
  if (scope !== 'computer' || address.family === 'unix' || address.host === '127.0.0.1' || address.host === '::1') return false
  const bytes = parseAddress(address.host)?.bytes
  return bytes !== undefined && isGroup(bytes)
}

/** A group of the address's own family: ::ffff:224.0.0.1 would go by IPv4's rules from an IPv6 socket, so it is none. */
const isGroup = (bytes: Uint8Array): boolean => classify(bytes) === 'multicast' && (bytes.length === 4 || bytes[0] === 0xff)

/** In scope computer: whether a member hears a sender that is not loopback. `group` is where the datagram was sent to. */
export function hears(scope: Scope, from: SockAddr, group: Uint8Array, interfaces: Interfaces): boolean {
  if (scope !== 'computer' || from.family === 'unix' || !isGroup(group)) return false
  const bytes = parseAddress(from.host)?.bytes
  return bytes !== undefined && interfaces.some((i) => i.addresses.some((own) => {
    const mine = parseAddress(own.address)?.bytes
    return mine !== undefined && contains(mine, 8 * mine.length, bytes)
  }))
}

/** A peer that the kernel has let in already; also the sender of a datagram. Refused: reset or drop it, unseen by the program. */
export const checkAccept = (scope: Scope, peer: SockAddr, interfaces: Interfaces): Result<null> =>
  checkPeer('a peer at', scope, peer, interfaces, false)
