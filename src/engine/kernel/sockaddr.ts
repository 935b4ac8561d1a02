/** SockAddr <-> struct sockaddr_in, sockaddr_in6, sockaddr_un (POSIX <sys/socket.h>), after the platform's table. */
import type { PlatformTable } from './platform/platform'
import type { SockAddr } from '../../shared/trace/events'
import { formatIPv4, formatIPv6, parseIPv4, parseIPv6 } from '../../shared/net/address'

/** sizeof(struct sockaddr_storage) */
export const SOCKADDR_STORAGE = 128
const SUN_PATH_OFFSET = 2
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Writes `addr` into `into` and returns its length in bytes. The host of an inet or inet6 address must be a literal.
 * A result below 0 says that it is none: 'EINVAL' in the caller's terms; -2: the unix path is too long.
 */
export function encodeSockAddr(addr: SockAddr, table: PlatformTable, into: Uint8Array): number {
  const family = (number: number, length: number) => {
    into[0] = table.sockaddr.lengthByte ? length : number & 0xff
    into[1] = table.sockaddr.lengthByte ? number : number >>> 8
    return length
  }
  const port = (number: number) => {
    into[2] = number >>> 8
    into[3] = number
  }
  if (addr.family === 'inet') {
    const bytes = ipv4Bytes(addr.host)
    if (!bytes) return -1
    port(addr.port)
    for (let i = 0; i < 4; i++) into[4 + i] = bytes[i]!
    for (let i = 8; i < 16; i++) into[i] = 0
    return family(table.AF.inet, 16)
  }
  into.fill(0)
  switch (addr.family) {
    case 'inet6': {
      const parsed = parseIPv6(addr.host)
      const scope = addr.scope ?? Number(parsed?.zone ?? 0)
      // an interface's name after '%' is the resolver's to turn into its number
      if (!parsed || !Number.isInteger(scope)) return -1
      port(addr.port)
      into.set(parsed.bytes, 8)
      new DataView(into.buffer, into.byteOffset, into.byteLength).setUint32(24, scope, true)
      return family(table.AF.inet6, 28)
    }
    case 'unix': {
      const path = encoder.encode(addr.path)
      if (path.length >= table.sockaddr.unixPath) return -2
      into.set(path, SUN_PATH_OFFSET)
      // a name of Linux's own (abstract) begins with a zero byte and has no other at its end (unix(7))
      return family(table.AF.unix, SUN_PATH_OFFSET + path.length + (path[0] === 0 ? 0 : 1))
    }
    default:
      return addr satisfies never
  }
}

/** Reads the struct sockaddr of `length` bytes at the start of `from`; undefined for a family that is not ours. */
export function decodeSockAddr(from: Uint8Array, length: number, table: PlatformTable): SockAddr | undefined {
  const family = table.sockaddr.lengthByte ? from[1]! : from[0]! | (from[1]! << 8)
  if (length < 2) return { family: 'unix', path: '' }
  if (family === table.AF.inet) return inetAddress(from)
  if (family === table.AF.inet6) {
    const view = new DataView(from.buffer, from.byteOffset, from.byteLength)
    const scope = view.getUint32(24, true)
    const address: SockAddr = { family: 'inet6', host: formatIPv6(from, 8), port: view.getUint16(2) }
    if (scope) address.scope = scope
    return address
  }
  if (family === table.AF.unix) {
    const path = from.subarray(SUN_PATH_OFFSET, length)
    const end = path[0] === 0 ? path.length : path.indexOf(0)
    return { family: 'unix', path: decoder.decode(end < 0 ? path : path.subarray(0, end)) }
  }
  return undefined
}

/** Peers that datagrams come from and go to a hundred thousand times a second: read and written once. */
const REMEMBERED = 1024
const bytesOf = new Map<string, Uint8Array | undefined>()
const hostOf = new Map<number, string>()

function remember<K, V>(cache: Map<K, V>, key: K, value: V): V {
  if (cache.size >= REMEMBERED) cache.clear()
  cache.set(key, value)
  return value
}

function ipv4Bytes(host: string): Uint8Array | undefined {
  return bytesOf.get(host) ?? remember(bytesOf, host, parseIPv4(host))
}

/** The address seen last in each place, which its port gives: nothing is stored anew for each of ten thousand clients. */
const places = Array.from({ length: REMEMBERED }, () => ({ ip: -1, address: { family: 'inet' as const, host: '', port: -1 } }))

/** Events and programs share the value: nobody changes it. */
function inetAddress(from: Uint8Array): SockAddr {
  const port = (from[2]! << 8) | from[3]!
  const ip = (from[4]! << 24) | (from[5]! << 16) | (from[6]! << 8) | from[7]!
  const place = places[port % REMEMBERED]!
  if (place.ip !== ip || place.address.port !== port) {
    place.address = { family: 'inet', host: hostOf.get(ip) ?? remember(hostOf, ip, formatIPv4(from, 4)), port }
    place.ip = ip
  }
  return place.address
}
