/**
 * Names, as the operating system's resolver tells them, and Python's functions built upon it as CPython builds them
 * (Modules/socketmodule.c, Lib/socket.py). A look-up may be cancelled: its answer comes at once (CANCELLED), while the pool
 * thread that waits for the network is let go only when the C library returns. So few run at once, and the others queue.
 */
import { hostname } from 'node:os'
import { domainToASCII } from 'node:url'
import type { NetInterface, Scope } from '../../shared/contract/contract'
import { formatAddress, parseIPv4, parseIPv6 } from '../../shared/net/address'
import type { AddrInfo, HostEntry, HostQuestion, LookupQuestion, LookupType, ReverseFlag } from '../../shared/net/names'
import { fail, ok, type LabError, type Result } from '../../shared/result'
import { decodeSockAddr, encodeSockAddr, SOCKADDR_STORAGE } from '../kernel/sockaddr'
import type { PlatformTable } from '../kernel/platform/platform'
import { checkName, checkReverse, type NamesKnown } from '../policy/names'
import { readHosts } from './hosts-file'
import { HERR_TEXT } from './resolver-layouts'
import type { NativeAnswer, NativeResolver } from './resolver-native'

/** SOCK_RAW is 3 on every platform (constants.ts) */
const SOCK_RAW = 3

export interface ResolverOptions {
  native: NativeResolver
  table: PlatformTable
  /** the scope and the interfaces of now */
  known: () => { scope: Scope; interfaces: readonly Pick<NetInterface, 'addresses'>[] }
  /** most look-ups that may wait for their turn */
  waiting: number
}

interface Job {
  cancelled: boolean
  cancel: () => void
}

const CANCELLED: LabError = { code: 'CANCELLED', message: 'the look-up was cancelled' }

export class Resolver {
  private running = 0
  private readonly jobs = new Map<string, Job>()
  private readonly queue: (() => void)[] = []

  constructor(private readonly options: ResolverOptions) {}

  /** socket.getaddrinfo */
  lookup(token: string, q: LookupQuestion): Promise<Result<AddrInfo[]>> {
    return this.run(token, (job) => this.getaddrinfo(job, q))
  }

  /** socket.getnameinfo: the names of an address and a port. */
  reverse(token: string, q: { address: string; port: number; flags: readonly ReverseFlag[] }): Promise<Result<{ host: string; service: string }>> {
    return this.run(token, async () => {
      const { native, table } = this.options
      const family = parseIPv4(q.address) ? 'inet' as const : 'inet6' as const
      const bytes = family === 'inet' ? parseIPv4(q.address) : parseIPv6(q.address)?.bytes
      const sockaddr = new Uint8Array(SOCKADDR_STORAGE)
      const length = bytes ? encodeSockAddr({ family, host: q.address, port: q.port }, table, sockaddr) : -1
      if (!bytes || length < 0) return fail({ code: 'INVALID', field: 'address', message: `${JSON.stringify(q.address)} is not a numeric address` })
      const allowed = q.flags.includes('NI_NUMERICHOST') ? ok(null) : checkReverse(this.known(), bytes, 'getnameinfo')
      if (!allowed.ok) return allowed
      const flags = q.flags.reduce((sum, flag) => sum | native.layout.NI[flag], 0)
      return this.said(await native.getnameinfo(sockaddr.subarray(0, length), flags), 'getnameinfo', q.address)
    })
  }

  /** gethostname, getfqdn, gethostbyname, gethostbyname_ex, gethostbyaddr */
  host(token: string, q: HostQuestion): Promise<Result<string | HostEntry>> {
    return this.run<string | HostEntry>(token, async (job) => {
      switch (q.call) {
        case 'gethostname': return ok(hostname())
        case 'getfqdn': return this.getfqdn(job, q.name.trim())
        case 'gethostbyname': {
          const found = await this.setipaddr(job, q.name, 'inet', 'gethostbyname')
          return found.ok ? ok(formatAddress({ family: 'inet', bytes: found.value })) : found
        }
        case 'gethostbyname_ex': return this.gethostbynameEx(job, q.name)
        case 'gethostbyaddr': return this.gethostbyaddr(job, q.name)
        default: return q.call satisfies never
      }
    })
  }

  /** Whether there was such a look-up. */
  cancel(token: string): boolean {
    const job = this.jobs.get(token)
    job?.cancel()
    return job !== undefined
  }

  close(): void {
    for (const job of this.jobs.values()) job.cancel()
  }

  // ---- taking turns

  private run<T>(token: string, work: (job: Job) => Promise<Result<T>>): Promise<Result<T>> {
    if (this.jobs.has(token)) return Promise.resolve(fail({ code: 'INVALID', field: 'lookup', message: 'a look-up of this name is under way' }))
    if (this.queue.length >= this.options.waiting) {
      return Promise.resolve(fail({
        code: 'LIMIT', limit: 'lookups', message: `at most ${this.options.waiting} look-ups may wait: let some finish`, detail: { limit: this.options.waiting },
      }))
    }
    return new Promise((resolve, reject) => {
      const job: Job = { cancelled: false, cancel: () => {} }
      const end = (result: Result<T>): void => {
        this.jobs.delete(token)
        resolve(result)
      }
      const start = (): void => {
        this.running++
        work(job).then(
          (result) => { if (!job.cancelled) end(result) },
          (error: unknown) => {
            this.jobs.delete(token)
            reject(error instanceof Error ? error : new Error(String(error)))
          },
        ).finally(() => {
          this.running--
          this.queue.shift()?.()
        })
      }
      job.cancel = () => {
        job.cancelled = true
        const at = this.queue.indexOf(start)
        if (at >= 0) this.queue.splice(at, 1)
        end(fail(CANCELLED))
      }
      this.jobs.set(token, job)
      if (this.running < this.options.native.atOnce) start()
      else this.queue.push(start)
    })
  }

  // ---- the calls

  private known(): NamesKnown {
    return { ...this.options.known(), hosts: readHosts() }
  }

  private said<T>(answer: NativeAnswer<T>, syscall: string, host: string, service?: string | null): Result<T> {
    if (answer.ok) return answer
    const { layout } = this.options.native
    const code = (answer.kind === 'eai' ? layout.EAI : layout.HERR)[answer.number] ?? (answer.kind === 'eai' ? 'EAI_FAIL' : 'NO_RECOVERY')
    const text = answer.text ?? (answer.kind === 'herr' ? HERR_TEXT[code] : undefined) ?? code
    return fail({
      code, syscall, message: `${syscall}: ${text}`,
      detail: { host, address: host, errno: answer.number, text, ...(service ? { service } : {}), exception: answer.kind === 'eai' ? 'gaierror' : 'herror' },
    })
  }

  private family(family: 'unspec' | 'inet' | 'inet6'): number {
    return family === 'unspec' ? 0 : this.options.table.AF[family]
  }

  private type(type: LookupType): number {
    const { SOCK } = this.options.table
    return type === 'any' ? 0 : type === 'raw' ? SOCK_RAW : SOCK[type]
  }

  /** The scope's word on a host: what the system takes for a numeric address needs no asking. */
  private async mayAsk(host: string, syscall: string): Promise<Result<null>> {
    const allowed = checkName(this.known(), host, syscall)
    if (allowed.ok) return allowed
    const { native } = this.options
    const literal = await native.getaddrinfo(host, null, { flags: native.layout.AI.AI_NUMERICHOST, family: 0, type: this.type('stream') })
    return literal.ok ? ok(null) : allowed
  }

  private async getaddrinfo(job: Job, q: LookupQuestion): Promise<Result<AddrInfo[]>> {
    const { native, table } = this.options
    const host = q.host === null ? null : encodeName(q.host)
    if (host !== null && !q.flags.includes('AI_NUMERICHOST')) {
      const allowed = await this.mayAsk(host, 'getaddrinfo')
      if (!allowed.ok) return allowed
      if (job.cancelled) return fail(CANCELLED)
    }
    const flags = q.flags.reduce((sum, flag) => sum | native.layout.AI[flag], 0)
    const answer = await native.getaddrinfo(host, q.service, { flags, family: this.family(q.family), type: this.type(q.type) })
    const rows = this.said(answer, 'getaddrinfo', q.host ?? '', q.service)
    if (!rows.ok) return rows
    return ok(rows.value.map(({ sockaddr, ...row }) => {
      const address = sockaddr.length > 2 ? decodeSockAddr(sockaddr, sockaddr.length, table) : undefined
      return address ? { ...row, address } : row
    }))
  }

  /** CPython's setipaddr(): the first address of what is typed; '' is a wildcard, <broadcast> is 255.255.255.255. */
  private async setipaddr(job: Job, name: string, family: 'unspec' | 'inet', syscall: string): Promise<Result<Uint8Array>> {
    const { native, table } = this.options
    if (name === '') {
      const any = await native.getaddrinfo(null, '0', { flags: native.layout.AI.AI_PASSIVE, family: this.family(family), type: table.SOCK.dgram })
      const rows = this.said(any, syscall, name)
      if (!rows.ok) return rows
      if (rows.value.length > 1) return fail({ code: 'INVALID', field: 'name', message: 'wildcard resolved to multiple address', detail: { exception: 'OSError' } })
      return addressOf(rows.value[0]?.sockaddr, table)
    }
    if (name === '<broadcast>' || name === '255.255.255.255') return ok(new Uint8Array([255, 255, 255, 255]))
    const literal = parseIPv4(name) ?? (family === 'unspec' && !name.includes('%') ? parseIPv6(name)?.bytes : undefined)
    if (literal) return ok(literal)
    const host = encodeName(name)
    const allowed = await this.mayAsk(host, syscall)
    if (!allowed.ok) return allowed
    if (job.cancelled) return fail(CANCELLED)
    const rows = this.said(await native.getaddrinfo(host, null, { flags: 0, family: this.family(family), type: 0 }), syscall, name)
    return rows.ok ? addressOf(rows.value[0]?.sockaddr, table) : rows
  }

  private async gethostbynameEx(job: Job, name: string): Promise<Result<HostEntry>> {
    const first = await this.setipaddr(job, name, 'inet', 'gethostbyname_ex')
    if (!first.ok) return first
    if (job.cancelled) return fail(CANCELLED)
    return this.entry(this.said(await this.options.native.gethostbyname(encodeName(name)), 'gethostbyname_ex', name))
  }

  private async gethostbyaddr(job: Job, name: string): Promise<Result<HostEntry>> {
    const bytes = await this.setipaddr(job, name, 'unspec', 'gethostbyaddr')
    if (!bytes.ok) return bytes
    const allowed = checkReverse(this.known(), bytes.value, 'gethostbyaddr')
    if (!allowed.ok) return allowed
    if (job.cancelled) return fail(CANCELLED)
    const family = this.family(bytes.value.length === 4 ? 'inet' : 'inet6')
    return this.entry(this.said(await this.options.native.gethostbyaddr(bytes.value, family), 'gethostbyaddr', name))
  }

  private entry(raw: Result<{ name: string; aliases: string[]; addresses: Uint8Array[] }>): Result<HostEntry> {
    if (!raw.ok) return raw
    const addresses = raw.value.addresses.map((bytes) => formatAddress({ family: bytes.length === 4 ? 'inet' : 'inet6', bytes }))
    return ok({ name: raw.value.name, aliases: raw.value.aliases, addresses })
  }

  /** Lib/socket.py: the first of the names with a dot in it, else the canonical one; where nothing is found, what was asked. */
  private async getfqdn(job: Job, asked: string): Promise<Result<string>> {
    const name = asked === '' || asked === '0.0.0.0' ? hostname() : asked
    const found = await this.gethostbyaddr(job, name)
    if (!found.ok) return found.error.code === 'POLICY' || found.error.code === 'CANCELLED' ? found : ok(name)
    return ok([found.value.name, ...found.value.aliases].find((one) => one.includes('.')) ?? found.value.name)
  }
}

/** A name with letters beyond ASCII goes out in its ASCII form (IDNA), as Python sends it. */
function encodeName(name: string): string {
  return [...name].every((character) => character.codePointAt(0)! < 0x80) ? name : domainToASCII(name) || name
}

function addressOf(sockaddr: Uint8Array | undefined, table: PlatformTable): Result<Uint8Array> {
  const address = sockaddr ? decodeSockAddr(sockaddr, sockaddr.length, table) : undefined
  const bytes = address?.family === 'inet' ? parseIPv4(address.host) : address?.family === 'inet6' ? parseIPv6(address.host)?.bytes : undefined
  return bytes ? ok(bytes) : fail({ code: 'EAI_FAMILY', syscall: 'getaddrinfo', message: 'unsupported address family' })
}
