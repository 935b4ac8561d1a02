/**
 * Reads from the kernel what the calls did: TCP_INFO of both ends right after each call, and the connection table for
 * ends without a descriptor of ours (closed, not accepted yet, or another program's on this machine). Only changes
 * become events. Hot sockets are rationed; what was skipped is made up for within INTERVAL_MS.
 */
import type { SockAddr, SockId, TcpFacts, TcpState } from '../../shared/trace/events'
import type { Observer } from '../kernel/invoker'
import type { NativeSockets } from '../kernel/platform/platform'
import type { Sock, TraceSink } from '../kernel/objects'
import type { ConnectionTable, EndpointFacts } from './connection-table'
import { Ration } from './ration'

const INTERVAL_MS = 100
const SOCKET_BURST = 64
const SOCKET_EVERY_US = 10_000
const TOTAL_BURST = 1024
const TOTAL_EVERY_US = 1000
/** Most endpoints without a descriptor that are followed at once, and sockets looked at in one interval. */
const MOST_ENDPOINTS = 512
const MOST_SOCKETS = 512

interface Watched {
  sock: Sock
  /** it had its share, and gets no other before this; microseconds */
  until: number
  last?: TcpFacts
  ration: Ration
  tuple?: string
  peer?: string
}

interface Followed {
  local: SockAddr
  remote: SockAddr
  last: EndpointFacts
}

/** The same endpoint has one spelling: a v4-mapped address is its IPv4 address. */
const plain = (a: SockAddr): SockAddr =>
  a.family === 'inet6' && a.host.startsWith('::ffff:') && a.host.includes('.') ? { family: 'inet', host: a.host.slice(7), port: a.port } : a
const spell = (a: SockAddr): string => (a.family === 'unix' ? a.path : `${a.host} ${a.port}`)
const keyOf = (local: SockAddr, remote: SockAddr): string => `${spell(local)}|${spell(remote)}`

const CHANGES = ['state', 'recvq', 'sendq', 'segsOut', 'segsIn', 'dataSegsOut', 'dataSegsIn', 'retrans', 'backoff', 'sndbuf', 'rcvbuf'] as const
/** States that end by themselves, without a call of any program. */
const UNSETTLED: ReadonlySet<TcpState> = new Set(['SYN_SENT', 'SYN_RCVD', 'FIN_WAIT_1', 'CLOSING', 'LAST_ACK'])
const changed = (a: TcpFacts | undefined, b: TcpFacts): boolean => !a || CHANGES.some((name) => a[name] !== b[name])

export class Sampler implements Observer {
  private readonly watched = new Map<SockId, Watched>()
  private readonly byTuple = new Map<string, Watched>()
  private readonly followed = new Map<string, Followed>()
  private readonly overdue = new Set<Watched>()
  private readonly total = new Ration(TOTAL_BURST, TOTAL_EVERY_US)
  private readonly timer: NodeJS.Timeout
  /** somebody looks: all sockets are sampled at the interval, not only those with calls */
  looking = false

  constructor(
    private readonly native: NativeSockets,
    private readonly trace: TraceSink,
    private readonly table: ConnectionTable | undefined,
  ) {
    this.timer = setInterval(() => this.tick(), INTERVAL_MS)
    this.timer.unref()
  }

  touched(sock: Sock, at = performance.now()): void {
    if (sock.type !== 'stream' || sock.family === 'unix') return
    const now = at * 1000
    let w = sock.observed as Watched | undefined
    if (sock.closed) {
      if (w) this.ended(w, now)
      return
    }
    if (w && now < w.until) return
    // thousands of connections a second: those that come while nothing is left are not followed at all
    if (!w && !this.total.has(now)) return
    w ??= this.watch(sock)
    if (this.look(w, now) && w.peer) this.lookAtPeer(w.peer, now)
  }

  connected(sock: Sock): void {
    if (sock.type !== 'stream' || sock.family === 'unix' || !sock.local || !sock.remote) return
    if (!this.total.has(performance.now() * 1000)) return
    const w = (sock.observed as Watched | undefined) ?? this.watch(sock)
    const local = plain(sock.local)
    const remote = plain(sock.remote)
    w.tuple = keyOf(local, remote)
    w.peer = keyOf(remote, local)
    this.byTuple.set(w.tuple, w)
    // accepted: from now on it has a descriptor
    this.followed.delete(w.tuple)
    if (!this.byTuple.has(w.peer)) this.follow(w.peer, remote, local, performance.now() * 1000, false)
  }

  close(): void {
    clearInterval(this.timer)
  }

  private watch(sock: Sock): Watched {
    const w: Watched = { sock, until: 0, ration: new Ration(SOCKET_BURST, SOCKET_EVERY_US) }
    sock.observed = w
    this.watched.set(sock.id, w)
    return w
  }

  private ended(w: Watched, now: number): void {
    w.sock.observed = undefined
    this.watched.delete(w.sock.id)
    this.overdue.delete(w)
    if (!w.tuple || !w.peer) return
    if (this.byTuple.get(w.tuple) === w) this.byTuple.delete(w.tuple)
    this.lookAtPeer(w.peer, now)
    this.follow(w.tuple, plain(w.sock.local!), plain(w.sock.remote!), now, true)
  }

  private lookAtPeer(key: string, now: number): void {
    const peer = this.byTuple.get(key)
    if (peer) return void this.look(peer, now)
    const f = this.followed.get(key)
    if (f && this.total.take(now)) this.lookUp(key, f)
  }

  /** false: it had its share; the tick makes up for it */
  private look(w: Watched, now: number): boolean {
    if (!w.ration.take(now) || !this.total.take(now)) {
      w.until = now + TOTAL_EVERY_US
      this.overdue.add(w)
      return false
    }
    this.overdue.delete(w)
    const facts = this.native.tcpFacts(w.sock.fd)
    if (!facts) return true
    // the kernel itself will move it on (a retransmission, an ACK): look again soon
    if (facts.sendq || UNSETTLED.has(facts.state)) this.overdue.add(w)
    if (!changed(w.last, facts)) return true
    w.last = facts
    this.trace.push({ k: 'sample', sock: w.sock.id, ...facts })
    // both sides shut down: the descriptor says CLOSED while the connection is in TIME_WAIT without it
    if (facts.state === 'CLOSED' && w.tuple) this.follow(w.tuple, plain(w.sock.local!), plain(w.sock.remote!), now, false)
    return true
  }

  /** @param ours the endpoint was ours: when the table has it no more, it is CLOSED */
  private follow(key: string, local: SockAddr, remote: SockAddr, now: number, ours: boolean): void {
    if (!this.table || this.followed.size >= MOST_ENDPOINTS || !this.total.take(now)) return
    const facts = this.table.lookup(local, remote)
    if (!facts) {
      if (ours) this.trace.push({ k: 'endpoint', local, remote, state: 'CLOSED' })
      return
    }
    this.followed.set(key, { local, remote, last: facts })
    this.trace.push({ k: 'endpoint', local, remote, ...facts })
  }

  private lookUp(key: string, f: Followed): void {
    const facts = this.table!.lookup(f.local, f.remote)
    if (!facts) {
      this.followed.delete(key)
      this.trace.push({ k: 'endpoint', local: f.local, remote: f.remote, state: 'CLOSED' })
    } else if (changed(f.last, facts)) {
      f.last = facts
      this.trace.push({ k: 'endpoint', local: f.local, remote: f.remote, ...facts })
    }
  }

  private tick(): void {
    if (this.followed.size) void this.table?.refresh()
    const now = performance.now() * 1000
    for (const w of [...this.overdue]) this.look(w, now)
    for (const [key, f] of [...this.followed]) if (this.total.take(now)) this.lookUp(key, f)
    if (!this.looking) return
    let left = MOST_SOCKETS
    for (const w of this.watched.values()) {
      if (left-- === 0) break
      this.look(w, now)
    }
  }
}
