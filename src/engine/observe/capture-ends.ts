/**
 * The lab's own endpoints, so that a capture keeps the packets of the lab and nobody else's. Learnt from the trace, in
 * which every address that the kernel gave stands. A connection is remembered for a while after its socket is closed,
 * because its last segments come after that; its port alone is not, for the kernel may give it to anybody.
 */
import type { CallId, SockAddr, SockId, SockType, TraceEvent } from '../../shared/trace/events'
import type { Sock } from '../kernel/objects'

/** How long a closed connection's packets still count as the lab's, ms: TIME_WAIT is a minute (tcp(7)). */
const LINGER_MS = 90_000
/** How long a closed endpoint's do, and those to a place that refused a connection, ms: what the capture has not delivered yet. */
const RECENT_MS = 2000
/** How often those that are over are forgotten. */
const SWEEP_MS = 5000

interface Place {
  /** sockets of the lab that have it */
  open: number
  /** performance.now() when the last of them closed */
  closedAt: number
}

interface Known {
  type: SockType
  local?: SockAddr
  remote?: SockAddr
  places: Set<string>
}

const plain = (host: string): string => (host.startsWith('::ffff:') && host.includes('.') ? host.slice(7) : host)
const isAny = (host: string): boolean => host === '0.0.0.0' || host === '::'

function placeOf(type: SockType, end: SockAddr): string | undefined {
  return end.family === 'unix' || end.port === 0 ? undefined : `${type} ${end.port} ${isAny(end.host) ? '' : plain(end.host)}`
}
const everywhere = (type: SockType, end: SockAddr): string => (end.family === 'unix' ? '' : `${type} ${end.port} `)
const pairOf = (a: string, b: string): string => (a < b ? `${a}|${b}` : `${b}|${a}`)

export class LabEnds {
  private readonly places = new Map<string, Place>()
  /** connections whose sockets are closed, both places, with the time of that */
  private readonly pairs = new Map<string, number>()
  private readonly known = new Map<SockId, Known>()
  private readonly calls = new Map<CallId, { name: string; sock: SockId | undefined; type: SockType | undefined; to: SockAddr | undefined }>()
  private sweptAt = performance.now()

  /** @param sockets the lab's open ones, now and later */
  constructor(private readonly sockets: ReadonlyMap<SockId, Sock>) {
    for (const sock of sockets.values()) {
      this.known.set(sock.id, { type: sock.type, places: new Set() })
      this.tell(sock.id, sock.local, sock.remote)
    }
  }

  learn(events: readonly TraceEvent[]): void {
    for (const e of events) {
      switch (e.k) {
        case 'call': {
          const { type, address } = e.args
          this.calls.set(e.call, {
            name: e.name, sock: e.sock, type: type === 'dgram' || type === 'stream' ? type : undefined,
            to: typeof address === 'object' && address !== null && 'family' in address ? address as SockAddr : undefined,
          })
          break
        }
        case 'block': {
          const call = this.calls.get(e.call)
          if (call?.sock !== undefined) this.tell(call.sock, e.local, undefined)
          break
        }
        case 'ret': {
          const call = this.calls.get(e.call)
          this.calls.delete(e.call)
          if (!call) break
          const made = call.name === 'socket' || call.name === 'accept' || call.name === 'dup' ? e.sock : undefined
          if (made !== undefined) {
            const type = call.name === 'socket' ? call.type ?? 'stream' : this.known.get(call.sock ?? -1)?.type ?? 'stream'
            if (!this.known.has(made)) this.known.set(made, { type, places: new Set() })
          }
          const sock = made ?? call.sock
          if (sock === undefined) break
          this.tell(sock, e.local, e.remote)
          // the kernel tells no address of a connect() that was refused at once: where it went to must do
          if (call.name === 'connect' && e.errno && call.to) this.visit(this.known.get(sock)?.type ?? 'stream', call.to)
          if ((call.name === 'close' || call.name === 'abort') && !e.errno) this.close(sock)
          break
        }
        default:
      }
    }
    const now = performance.now()
    if (now - this.sweptAt > SWEEP_MS) this.sweep(now)
  }

  /** Whether one end of a packet is the lab's, or the two are a connection that was. */
  has(proto: 'tcp' | 'udp', from: SockAddr, to: SockAddr): boolean {
    const type: SockType = proto === 'udp' ? 'dgram' : 'stream'
    const a = placeOf(type, from)
    const b = placeOf(type, to)
    if (a === undefined || b === undefined) return false
    const now = performance.now()
    return this.is(a, now) || this.is(b, now) || this.is(everywhere(type, from), now) || this.is(everywhere(type, to), now) || this.pairs.has(pairOf(a, b))
  }

  private is(name: string, now: number): boolean {
    const place = this.places.get(name)
    return place !== undefined && (place.open > 0 || now - place.closedAt < RECENT_MS)
  }

  private tell(sock: SockId, local: SockAddr | undefined, remote: SockAddr | undefined): void {
    const known = this.known.get(sock)
    if (!known) return
    if (remote) known.remote = remote
    if (!local) return
    known.local = local
    const name = placeOf(known.type, local)
    if (name === undefined || known.places.has(name)) return
    known.places.add(name)
    const place = this.places.get(name)
    if (place) place.open++
    else this.places.set(name, { open: 1, closedAt: 0 })
  }

  private visit(type: SockType, to: SockAddr): void {
    const name = placeOf(type, to)
    if (name === undefined) return
    const place = this.places.get(name)
    if (place) place.closedAt = performance.now()
    else this.places.set(name, { open: 0, closedAt: performance.now() })
  }

  private close(sock: SockId): void {
    const known = this.known.get(sock)
    if (!known) return
    this.known.delete(sock)
    const now = performance.now()
    for (const name of known.places) {
      const place = this.places.get(name)
      if (!place) continue
      place.open--
      place.closedAt = now
    }
    const a = known.local && placeOf(known.type, known.local)
    const b = known.remote && placeOf(known.type, known.remote)
    if (known.type === 'stream' && a !== undefined && b !== undefined) this.pairs.set(pairOf(a, b), now)
  }

  private sweep(now: number): void {
    this.sweptAt = now
    // a run's end closes what its program has left open, without a call
    for (const sock of this.known.keys()) if (!this.sockets.has(sock)) this.close(sock)
    for (const [name, place] of this.places) if (place.open <= 0 && now - place.closedAt > RECENT_MS) this.places.delete(name)
    for (const [pair, closedAt] of this.pairs) if (now - closedAt > LINGER_MS) this.pairs.delete(pair)
  }
}
