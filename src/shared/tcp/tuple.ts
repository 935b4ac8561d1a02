/** The keys by which connections are found: the two addresses, normalised. */
import type { SockAddr } from '../trace/events'

/** An IPv4-mapped address is the IPv4 address it maps (RFC 4291, 2.5.5.2): the kernel shows either, by socket family. */
function host(text: string): string {
  if (text.startsWith('::ffff:') && text.includes('.')) return text.slice(7)
  return text
}

/** A connect to the unspecified address goes to this machine itself (connect(2) on every system of ours). */
export function peerHost(text: string): string {
  const plain = host(text)
  if (plain === '0.0.0.0') return '127.0.0.1'
  return plain === '::' ? '::1' : plain
}

/** One end, as text: 'host|port' or 'unix:path'. */
export function endKey(address: SockAddr): string {
  return address.family === 'unix' ? `unix:${address.path}` : `${host(address.host)}|${address.port}`
}

/** As endKey, for the address that a program connects to. */
export function peerKey(address: SockAddr): string {
  return address.family === 'unix' ? `unix:${address.path}` : `${peerHost(address.host)}|${address.port}`
}

/** A connection as its opener sees it. */
export const tupleKey = (local: SockAddr, remote: SockAddr): string => `${endKey(local)}>${peerKey(remote)}`

/** Whether a socket bound to `bound` takes connections for `target`: same port, same or unspecified host. */
export function listensFor(bound: SockAddr, target: SockAddr): boolean {
  if (bound.family === 'unix' || target.family === 'unix') {
    return bound.family === 'unix' && target.family === 'unix' && bound.path === target.path
  }
  if (bound.port !== target.port) return false
  const at = host(bound.host)
  // [::] takes IPv4 too unless IPV6_V6ONLY is set; with it the connect fails and no connection comes to be
  return at === '::' || at === peerHost(target.host) || (at === '0.0.0.0' && !peerHost(target.host).includes(':'))
}

/** Whether both ends are certainly on this machine: then the kernel's table tells of the other end too. */
export function sameMachine(local: SockAddr | undefined, remote: SockAddr | undefined): boolean {
  if (!local || !remote || local.family === 'unix' || remote.family === 'unix') return false
  const l = host(local.host)
  const r = peerHost(remote.host)
  return l === r || (l.startsWith('127.') && r.startsWith('127.'))
}
