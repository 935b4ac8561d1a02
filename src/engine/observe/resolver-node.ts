/**
 * Where the C library's resolver cannot be bound: the same questions through Node's dns.lookup, which asks that resolver
 * too, but passes on addresses and host names only. Service names come from the lab's own table; there are no aliases.
 */
import { lookup, lookupService } from 'node:dns/promises'
import { SERVICES } from '../../shared/net/ports'
import type { PlatformTable } from '../kernel/platform/platform'
import { decodeSockAddr, encodeSockAddr, SOCKADDR_STORAGE } from '../kernel/sockaddr'
import { NETDB, type RawAddrInfo } from './resolver-layouts'
import type { NativeAnswer, NativeResolver } from './resolver-native'

/** type and protocol of the rows, in the order of glibc and Windows */
const ROWS = (table: PlatformTable): { type: number; protocol: number }[] => [
  { type: table.SOCK.stream, protocol: table.IPPROTO.tcp }, { type: table.SOCK.dgram, protocol: table.IPPROTO.udp }, { type: 3, protocol: 0 },
]

export function nodeResolver(table: PlatformTable): NativeResolver {
  const layout = NETDB[table.name]
  const eai = (name: string): { ok: false; kind: 'eai'; number: number } =>
    ({ ok: false, kind: 'eai', number: Number(Object.keys(layout.EAI).find((key) => layout.EAI[Number(key)] === name) ?? 0) })
  const failed = (error: unknown): { ok: false; kind: 'eai'; number: number } => {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    return eai(code.startsWith('EAI_') ? code : 'EAI_NONAME')
  }
  const familyNumber = (family: number): 0 | 4 | 6 => (family === table.AF.inet ? 4 : family === table.AF.inet6 ? 6 : 0)

  function sockaddr(address: string, family: number, port: number): Uint8Array {
    const into = new Uint8Array(SOCKADDR_STORAGE)
    return into.slice(0, encodeSockAddr({ family: family === 4 ? 'inet' : 'inet6', host: address, port }, table, into))
  }
  const portOf = (service: string | null): number | undefined =>
    service === null ? 0 : /^\d{1,5}$/.test(service) ? Number(service) & 0xffff : SERVICES.find((s) => s.name === service)?.port

  return {
    layout,
    atOnce: 2,
    async getaddrinfo(host, service, hints): Promise<NativeAnswer<RawAddrInfo[]>> {
      if (host === null && service === null) return eai('EAI_NONAME')
      const port = portOf(service)
      if (port === undefined) return eai('EAI_SERVICE')
      const passive = (hints.flags & layout.AI.AI_PASSIVE) !== 0
      try {
        const wanted = familyNumber(hints.family)
        const own = (passive ? [['::', 6], ['0.0.0.0', 4]] as const : [['::1', 6], ['127.0.0.1', 4]] as const)
          .map(([address, family]) => ({ address, family })).filter((one) => wanted === 0 || one.family === wanted)
        const found = host === null ? own : await lookup(host, { all: true, verbatim: true, family: wanted })
        return {
          ok: true,
          value: found.flatMap(({ address, family }) => ROWS(table).filter((row) => hints.type === 0 || row.type === hints.type).map((row) =>
            ({ ...row, family: family === 4 ? table.AF.inet : table.AF.inet6, canonname: '', sockaddr: sockaddr(address, family, port) }))),
        }
      } catch (error) {
        return failed(error)
      }
    },
    async getnameinfo(bytes) {
      const address = decodeSockAddr(bytes, bytes.length, table)
      if (!address || address.family === 'unix') return eai('EAI_FAMILY')
      try {
        const { hostname, service } = await lookupService(address.host, address.port)
        return { ok: true, value: { host: hostname, service } }
      } catch (error) {
        return failed(error)
      }
    },
    async gethostbyname(name) {
      try {
        const found = await lookup(name, { all: true, family: 4 })
        return { ok: true, value: { name, aliases: [], addresses: found.map(({ address }) => sockaddr(address, 4, 0).slice(4, 8)) } }
      } catch (error) {
        return failed(error)
      }
    },
    async gethostbyaddr(bytes, family) {
      const into = new Uint8Array(SOCKADDR_STORAGE)
      encodeSockAddr(family === table.AF.inet ? { family: 'inet', host: '0.0.0.0', port: 0 } : { family: 'inet6', host: '::', port: 0 }, table, into)
      into.set(bytes, family === table.AF.inet ? 4 : 8)
      const address = decodeSockAddr(into, family === table.AF.inet ? 16 : 28, table)
      if (!address || address.family === 'unix') return eai('EAI_FAMILY')
      try {
        const { hostname } = await lookupService(address.host, 0)
        return { ok: true, value: { name: hostname, aliases: [], addresses: [bytes] } }
      } catch (error) {
        return failed(error)
      }
    },
  }
}
