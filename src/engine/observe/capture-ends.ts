/**
 * The lab's own endpoints, so that a capture keeps the packets of the lab and nobody else's. Learnt from the trace, in
 * which every address that the kernel gave stands; an endpoint is remembered for a while after its socket is closed,
 * because its last segments come after that.
 */
import type { CallId, SockAddr, SockId, SockType, TraceEvent } from '../../shared/trace/events'
import type { Sock } from '../kernel/objects'

/** How long a closed socket's packets still count as the lab's, ms: TIME_WAIT is a minute (tcp(7)). */
const LINGER_MS = 90_000
/** How often those that are over are forgotten. */
const SWEEP_MS = 10_000

interface End {
  /** sockets of the lab that have it */
  open: number
  /** performance.now() when the last of them closed */
  closedAt: number
}

const plain = (host: string): string => (host.startsWith('::ffff:') && host.includes('.') ? host.slice(7) : host)
const isAny = (host: string): boolean => host === '0.0.0.0' || host === '::'

export class LabEnds {
  /** by protocol and port; then by host, '' for every host of this machine */
  private readonly ends = new Map<number, Map<string, End>>()
  private readonly types = new Map<SockId, SockType>()
  private readonly places = new Map<SockId, Set<string>>()
  private readonly calls = new Map<CallId, { name: string; sock: SockId | undefined; type: SockType | undefined }>()
  private sweptAt = performance.now()

  /** @param sockets the lab's open ones, now and later */
  constructor(private readonly sockets: ReadonlyMap<SockId, Sock>) {
    for (const sock of sockets.values()) {
      this.types.set(sock.id, sock.type)
      if (sock.local) this.add(sock.id, sock.local)
    }
  }

  learn(events: readonly TraceEvent[]): void {
    for (const e of events) {
      switch (e.k) {
        case 'call':
          this.calls.set(e.call, { name: e.name, sock: e.sock, type: e.args.type === 'dgram' || e.args.type === 'stream' ? e.args.type : undefined })
          break
        case 'block': {
          const call = this.calls.get(e.call)
          if (call?.sock !== undefined && e.local) this.add(call.sock, e.local)
          break
        }
        case 'ret': {
          const call = this.calls.get(e.call)
          this.calls.delete(e.call)
          if (!call) break
          const made = call.name === 'socket' || call.name === 'accept' || call.name === 'dup' ? e.sock : undefined
          if (made !== undefined) this.types.set(made, call.name === 'socket' ? call.type ?? 'stream' : this.types.get(call.sock ?? -1) ?? 'stream')
          const sock = made ?? call.sock
          if (sock !== undefined && e.local) this.add(sock, e.local)
          if (sock !== undefined && (call.name === 'close' || call.name === 'abort') && !e.errno) this.close(sock)
          break
        }
        default:
      }
    }
    const now = performance.now()
    if (now - this.sweptAt > SWEEP_MS) this.sweep(now)
  }

  /** Whether one end of a packet is the lab's. */
  has(proto: 'tcp' | 'udp', from: SockAddr, to: SockAddr): boolean {
    return this.is(proto, from) || this.is(proto, to)
  }

  private is(proto: 'tcp' | 'udp', end: SockAddr): boolean {
    if (end.family === 'unix') return false
    const hosts = this.ends.get(proto === 'udp' ? end.port + 65_536 : end.port)
    return hosts !== undefined && (hosts.has('') || hosts.has(plain(end.host)))
  }

  private add(sock: SockId, local: SockAddr): void {
    if (local.family === 'unix' || local.port === 0) return
    const port = this.types.get(sock) === 'dgram' ? local.port + 65_536 : local.port
    const host = isAny(local.host) ? '' : plain(local.host)
    const place = `${port} ${host}`
    let places = this.places.get(sock)
    if (!places) this.places.set(sock, (places = new Set()))
    if (places.has(place)) return
    places.add(place)
    let hosts = this.ends.get(port)
    if (!hosts) this.ends.set(port, (hosts = new Map()))
    const end = hosts.get(host)
    if (end) end.open++
    else hosts.set(host, { open: 1, closedAt: 0 })
  }

  private close(sock: SockId): void {
    const now = performance.now()
    for (const place of this.places.get(sock) ?? []) {
      const [port, host] = place.split(' ') as [string, string]
      const end = this.ends.get(Number(port))?.get(host)
      if (end && --end.open === 0) end.closedAt = now
    }
    this.places.delete(sock)
    this.types.delete(sock)
  }

  private sweep(now: number): void {
    this.sweptAt = now
    // a run's end closes what its program has left open, without a call
    for (const sock of this.types.keys()) if (!this.sockets.has(sock)) this.close(sock)
    for (const [port, hosts] of this.ends) {
      for (const [host, end] of hosts) if (end.open === 0 && now - end.closedAt > LINGER_MS) hosts.delete(host)
      if (hosts.size === 0) this.ends.delete(port)
    }
  }
}
