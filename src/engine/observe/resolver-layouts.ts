/**
 * <netdb.h> per platform, as data: struct addrinfo, struct hostent, the flags, and the numbers of the errors. 64-bit only,
 * as everything the lab runs on is. Linux: glibc and musl; macOS: Darwin's <netdb.h>; Windows: ws2def.h, ws2tcpip.h.
 */
import type { PlatformName } from '../../shared/net/errno'
import type { LookupFlag, ReverseFlag } from '../../shared/net/names'

export interface NetdbLayout {
  /** byte offsets in struct addrinfo; BSD and Windows have the canonical name before the address, Linux after it */
  addrinfo: { flags: 0; family: 4; type: 8; protocol: 12; length: 16; address: number; canonname: number; next: 40; size: 48 }
  /** byte offsets in struct hostent; Windows keeps type and length in 16 bits */
  hostent: { name: 0; aliases: 8; type: 16; length: number; addresses: 24; size: 32; short: boolean }
  AI: Record<LookupFlag, number>
  NI: Record<ReverseFlag, number>
  /** getaddrinfo's and getnameinfo's errors: number -> name */
  EAI: Record<number, string>
  /** h_errno: number -> name */
  HERR: Record<number, string>
}

const addrinfo = (address: number, canonname: number): NetdbLayout['addrinfo'] =>
  ({ flags: 0, family: 4, type: 8, protocol: 12, length: 16, address, canonname, next: 40, size: 48 })

const POSIX_HERR = { 1: 'HOST_NOT_FOUND', 2: 'TRY_AGAIN', 3: 'NO_RECOVERY', 4: 'NO_DATA' }

export const NETDB: Record<PlatformName, NetdbLayout> = {
  linux: {
    addrinfo: addrinfo(24, 32),
    hostent: { name: 0, aliases: 8, type: 16, length: 20, addresses: 24, size: 32, short: false },
    AI: { AI_PASSIVE: 0x1, AI_CANONNAME: 0x2, AI_NUMERICHOST: 0x4, AI_V4MAPPED: 0x8, AI_ALL: 0x10, AI_ADDRCONFIG: 0x20, AI_NUMERICSERV: 0x400 },
    NI: { NI_NUMERICHOST: 1, NI_NUMERICSERV: 2, NI_NOFQDN: 4, NI_NAMEREQD: 8, NI_DGRAM: 16 },
    EAI: {
      [-1]: 'EAI_BADFLAGS', [-2]: 'EAI_NONAME', [-3]: 'EAI_AGAIN', [-4]: 'EAI_FAIL', [-5]: 'EAI_NODATA', [-6]: 'EAI_FAMILY', [-7]: 'EAI_SOCKTYPE',
      [-8]: 'EAI_SERVICE', [-9]: 'EAI_ADDRFAMILY', [-10]: 'EAI_MEMORY', [-11]: 'EAI_SYSTEM', [-12]: 'EAI_OVERFLOW',
    },
    HERR: POSIX_HERR,
  },
  darwin: {
    addrinfo: addrinfo(32, 24),
    hostent: { name: 0, aliases: 8, type: 16, length: 20, addresses: 24, size: 32, short: false },
    AI: { AI_PASSIVE: 0x1, AI_CANONNAME: 0x2, AI_NUMERICHOST: 0x4, AI_V4MAPPED: 0x800, AI_ALL: 0x100, AI_ADDRCONFIG: 0x400, AI_NUMERICSERV: 0x1000 },
    NI: { NI_NOFQDN: 1, NI_NUMERICHOST: 2, NI_NAMEREQD: 4, NI_NUMERICSERV: 8, NI_DGRAM: 16 },
    EAI: {
      1: 'EAI_ADDRFAMILY', 2: 'EAI_AGAIN', 3: 'EAI_BADFLAGS', 4: 'EAI_FAIL', 5: 'EAI_FAMILY', 6: 'EAI_MEMORY', 7: 'EAI_NODATA', 8: 'EAI_NONAME',
      9: 'EAI_SERVICE', 10: 'EAI_SOCKTYPE', 11: 'EAI_SYSTEM', 12: 'EAI_BADHINTS', 13: 'EAI_PROTOCOL', 14: 'EAI_OVERFLOW',
    },
    HERR: POSIX_HERR,
  },
  win32: {
    addrinfo: addrinfo(32, 24),
    hostent: { name: 0, aliases: 8, type: 16, length: 18, addresses: 24, size: 32, short: true },
    AI: { AI_PASSIVE: 0x1, AI_CANONNAME: 0x2, AI_NUMERICHOST: 0x4, AI_NUMERICSERV: 0x8, AI_ALL: 0x100, AI_ADDRCONFIG: 0x400, AI_V4MAPPED: 0x800 },
    NI: { NI_NOFQDN: 1, NI_NUMERICHOST: 2, NI_NAMEREQD: 4, NI_NUMERICSERV: 8, NI_DGRAM: 16 },
    EAI: {
      8: 'EAI_MEMORY', 10022: 'EAI_BADFLAGS', 10044: 'EAI_SOCKTYPE', 10047: 'EAI_FAMILY', 10109: 'EAI_SERVICE', 11001: 'EAI_NONAME', 11002: 'EAI_AGAIN',
      11003: 'EAI_FAIL', 11004: 'EAI_NODATA',
    },
    HERR: { 11001: 'HOST_NOT_FOUND', 11002: 'TRY_AGAIN', 11003: 'NO_RECOVERY', 11004: 'NO_DATA' },
  },
}

/** hstrerror(3)'s English text. */
export const HERR_TEXT: Record<string, string> = {
  HOST_NOT_FOUND: 'Unknown host', TRY_AGAIN: 'Host name lookup failure', NO_RECOVERY: 'Unknown server error', NO_DATA: 'No address associated with name',
}

/** Where memory is read: a copy of `length` bytes at a native address, and the C string there. */
export interface NativeMemory {
  bytes(address: bigint, length: number): Uint8Array
  text(address: bigint): string
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** A row of the list as it lies in memory. */
export interface RawAddrInfo {
  family: number
  type: number
  protocol: number
  canonname: string
  sockaddr: Uint8Array
}

/** Longest list that is read: a broken one must not turn for ever. */
const MOST_ROWS = 1024

/** Walks the linked list from `first`. */
export function readAddrInfo(layout: NetdbLayout['addrinfo'], memory: NativeMemory, first: bigint): RawAddrInfo[] {
  const rows: RawAddrInfo[] = []
  for (let at = first; at !== 0n && rows.length < MOST_ROWS;) {
    const view = viewOf(memory.bytes(at, layout.size))
    const address = view.getBigUint64(layout.address, true)
    const name = view.getBigUint64(layout.canonname, true)
    rows.push({
      family: view.getInt32(layout.family, true),
      type: view.getInt32(layout.type, true),
      protocol: view.getInt32(layout.protocol, true),
      canonname: name === 0n ? '' : memory.text(name),
      sockaddr: address === 0n ? new Uint8Array(0) : memory.bytes(address, view.getUint32(layout.length, true)),
    })
    at = view.getBigUint64(layout.next, true)
  }
  return rows
}

/** A struct addrinfo that asks: all pointers null. At least 128 bytes, so that it lies where native code may keep its address. */
export function writeHints(layout: NetdbLayout['addrinfo'], hints: { flags: number; family: number; type: number; protocol?: number }): Uint8Array {
  const bytes = new Uint8Array(128)
  const view = viewOf(bytes)
  view.setInt32(layout.flags, hints.flags, true)
  view.setInt32(layout.family, hints.family, true)
  view.setInt32(layout.type, hints.type, true)
  view.setInt32(layout.protocol, hints.protocol ?? 0, true)
  return bytes
}

/** The pointers of a list that ends with a null pointer. */
function pointers(memory: NativeMemory, at: bigint): bigint[] {
  const found: bigint[] = []
  if (at === 0n) return found
  for (let i = 0n; found.length < MOST_ROWS; i++) {
    const next = viewOf(memory.bytes(at + 8n * i, 8)).getBigUint64(0, true)
    if (next === 0n) break
    found.push(next)
  }
  return found
}

export interface RawHost {
  name: string
  aliases: string[]
  /** 4 or 16 bytes each */
  addresses: Uint8Array[]
}

export function readHostent(layout: NetdbLayout['hostent'], memory: NativeMemory, at: bigint): RawHost {
  const view = viewOf(memory.bytes(at, layout.size))
  const length = layout.short ? view.getInt16(layout.length, true) : view.getInt32(layout.length, true)
  const name = view.getBigUint64(layout.name, true)
  return {
    name: name === 0n ? '' : memory.text(name),
    aliases: pointers(memory, view.getBigUint64(layout.aliases, true)).map((p) => memory.text(p)),
    addresses: pointers(memory, view.getBigUint64(layout.addresses, true)).map((p) => memory.bytes(p, length)),
  }
}
