/**
 * The operating system's own resolver over koffi. Its calls wait for the network, so each runs on a pool thread; a thread
 * cannot be called back, which is why resolver.ts lets only a few run at once.
 */
import koffi from 'koffi'
import type { PlatformName } from '../../shared/net/errno'
import { NETDB, readAddrInfo, readHostent, writeHints, type NativeMemory, type NetdbLayout, type RawAddrInfo, type RawHost } from './resolver-layouts'

/** A failure as the C library tells it: getaddrinfo's own numbers ('eai') or h_errno ('herr'). */
export type NativeAnswer<T> = { ok: true; value: T } | { ok: false; kind: 'eai' | 'herr'; number: number; text?: string }

export interface NativeResolver {
  readonly layout: NetdbLayout
  /** how many calls may run at once: one where the answer lies in the C library's own memory */
  readonly atOnce: number
  getaddrinfo(host: string | null, service: string | null, hints: { flags: number; family: number; type: number }): Promise<NativeAnswer<RawAddrInfo[]>>
  getnameinfo(sockaddr: Uint8Array, flags: number): Promise<NativeAnswer<{ host: string; service: string }>>
  gethostbyname(name: string): Promise<NativeAnswer<RawHost>>
  /** `address`: 4 or 16 bytes */
  gethostbyaddr(address: Uint8Array, family: number): Promise<NativeAnswer<RawHost>>
}

/** NI_MAXHOST, NI_MAXSERV (netdb.h) */
const MAX_HOST = 1025
const MAX_SERVICE = 128
/** room for one host's names and addresses */
const HOST_BUFFER = 64 * 1024
const HOST_NOT_FOUND = { linux: 1, darwin: 1, win32: 11001 } as const

const decoder = new TextDecoder()
const memory: NativeMemory = {
  bytes: (address, length) => new Uint8Array(koffi.view(address, length)).slice(),
  text: (address) => koffi.decode(address, 'char', -1) as string,
}
const cString = (bytes: Uint8Array): string => decoder.decode(bytes.subarray(0, Math.max(0, bytes.indexOf(0))))

type NativeFunction = ReturnType<ReturnType<typeof koffi.load>['func']>
/** Runs `call` on a pool thread. `read` makes the answer while the arrays that native code was given are certain to live. */
function later<R, T>(call: NativeFunction, args: unknown[], read: (result: R) => T): Promise<T> {
  return new Promise((resolve, reject) => {
    call.async(...args, (error: Error | null, result: R) => {
      try {
        if (error) reject(error)
        else resolve(read(result))
      } catch (e) {
        reject(e instanceof Error ? e : new Error(String(e)))
      } finally {
        args.length = 0
      }
    })
  })
}

/** Native code writes into these while JavaScript runs: more than 64 bytes, so that V8 never moves them. */
const outPointer = (): BigUint64Array => new BigUint64Array(16)

/** Throws where the platform's library has no such functions. */
export function bindResolver(platform: PlatformName): NativeResolver {
  const layout = NETDB[platform]
  const windows = platform === 'win32'
  const library = windows ? koffi.load('ws2_32.dll') : koffi.load(null)
  const convention = windows ? '__stdcall ' : ''
  const size = windows ? 'uint32_t' : 'size_t'
  const c_getaddrinfo = library.func(`int ${convention}getaddrinfo(const char *, const char *, const void *, void *)`)
  const c_freeaddrinfo = library.func(`void ${convention}freeaddrinfo(void *)`)
  const c_getnameinfo = library.func(`int ${convention}getnameinfo(const void *, uint32_t, void *, uint32_t, void *, uint32_t, int)`)
  // Windows has gai_strerror in a header only
  const c_strerror = windows ? undefined : library.func('const char *gai_strerror(int)')

  const eai = (number: number): { ok: false; kind: 'eai'; number: number; text?: string } => {
    const text = c_strerror?.(number) as string | undefined
    return { ok: false, kind: 'eai', number, ...(text === undefined ? {} : { text }) }
  }

  const common = {
    layout,
    getaddrinfo(host: string | null, service: string | null, hints: { flags: number; family: number; type: number }): Promise<NativeAnswer<RawAddrInfo[]>> {
      const asked = writeHints(layout.addrinfo, hints)
      const first = outPointer()
      return later(c_getaddrinfo, [host, service, asked, first], (result: number): NativeAnswer<RawAddrInfo[]> => {
        if (result !== 0) return eai(result)
        try {
          return { ok: true, value: readAddrInfo(layout.addrinfo, memory, first[0]!) }
        } finally {
          c_freeaddrinfo(first[0])
        }
      })
    },
    getnameinfo(sockaddr: Uint8Array, flags: number): Promise<NativeAnswer<{ host: string; service: string }>> {
      const given = new Uint8Array(128)
      given.set(sockaddr)
      const host = new Uint8Array(MAX_HOST)
      const service = new Uint8Array(MAX_SERVICE)
      return later(c_getnameinfo, [given, sockaddr.length, host, host.length, service, service.length, flags], (result: number) =>
        result === 0 ? { ok: true as const, value: { host: cString(host), service: cString(service) } } : eai(result))
    },
  }

  if (platform === 'linux') return { ...common, atOnce: 2, ...bindReentrant(library, layout) }

  const c_gethostbyname = library.func(`void *${convention}gethostbyname(const char *)`)
  const c_gethostbyaddr = library.func(`void *${convention}gethostbyaddr(const void *, ${windows ? 'int' : size}, int)`)
  // h_errno and WSAGetLastError() belong to the pool's thread, which we cannot ask: the one cause that is common stands for all
  const answer = (host: bigint | null): NativeAnswer<RawHost> =>
    host ? { ok: true, value: readHostent(layout.hostent, memory, host) } : { ok: false, kind: 'herr', number: HOST_NOT_FOUND[platform] }
  return {
    ...common,
    atOnce: 1,
    gethostbyname: (name) => later(c_gethostbyname, [name], answer),
    gethostbyaddr(address, family) {
      const given = new Uint8Array(128)
      given.set(address)
      return later(c_gethostbyaddr, [given, address.length, family], answer)
    },
  }
}

/** glibc's and musl's gethostbyname_r(3): the answer lies in memory of ours, and so does h_errno. */
function bindReentrant(library: ReturnType<typeof koffi.load>, layout: NetdbLayout): Pick<NativeResolver, 'gethostbyname' | 'gethostbyaddr'> {
  const byName = library.func('int gethostbyname_r(const char *, void *, void *, size_t, void *, void *)')
  const byAddress = library.func('int gethostbyaddr_r(const void *, uint32_t, int, void *, void *, size_t, void *, void *)')
  function ask(call: NativeFunction, ...question: unknown[]): Promise<NativeAnswer<RawHost>> {
    const hostent = new Uint8Array(128)
    const buffer = new Uint8Array(HOST_BUFFER)
    const result = outPointer()
    const error = new Int32Array(32)
    // the pointers in hostent point into buffer
    return later(call, [...question, hostent, buffer, buffer.length, result, error], () => (result[0] === 0n
      ? { ok: false, kind: 'herr', number: error[0]! }
      : { ok: true, value: readHostent(layout.hostent, memory, result[0]!) }))
  }
  return {
    gethostbyname: (name) => ask(byName, name),
    gethostbyaddr(address, family) {
      const given = new Uint8Array(128)
      given.set(address)
      return ask(byAddress, given, address.length, family)
    },
  }
}
