/**
 * The relay for UDP. Each client address has a session with a socket of its own towards the server, so that the answers
 * find their way back. The fates are counted per direction, in the order in which the datagrams come.
 */
import type { CallId, SockAddr } from '../../shared/trace/events'
import { errnoOf } from '../programs/errors'
import type { Socket, Sys } from '../programs/program'
import { name } from '../programs/python'
import { familyOf } from '../programs/resolve'
import { MAX_DATAGRAM } from '../programs/udp-server'
import { BadWire, sendWhenDue, type Carried } from './bad-wire'
import { DelayLine } from './delay-line'
import { Fates } from './fates'
import { seedOf, transmission, type From, type RelayParams } from './params'

/** Clients at once; one more lets the one go that was silent longest. */
const MAX_SESSIONS = 1000
/** A client that was silent this long is forgotten, seconds. */
const IDLE = 120

interface Session {
  client: SockAddr
  toServer: Socket
  /** performance.now() of its last datagram */
  heard: number
  line: DelayLine<Carried<Outgoing>>
  wires: Record<From, BadWire<Outgoing>>
  delivering: boolean
  closed: boolean
}

interface Outgoing {
  data: Uint8Array
  from: From
}

/** One direction of the wire, for all sessions. */
class Direction {
  private readonly fates: Fates
  /** when what was sent before has left, performance.now() */
  private free = 0

  constructor(readonly from: From, private readonly p: RelayParams) {
    this.fates = new Fates(seedOf(p.seed, from))
  }

  /** Decides the fate of the datagram that `call` received, and says so. Answers what goes on at once. */
  take(sys: Sys, session: Session, data: Uint8Array, call: CallId | undefined): Outgoing[] {
    const { p, from } = this
    const about = call === undefined ? {} : { about: call }
    const fate = this.fates.next(p)
    const jitter = p.jitter * this.fates.draw()
    const wire = session.wires[from]
    if (fate.drop || wire.full) {
      sys.mark('drop', { from, ...about })
      return []
    }
    const now = performance.now()
    this.free = Math.max(now, this.free) + transmission(data.length, p.rate)
    const delay = (p.rate > 0 ? this.free - now : 0) + p.delay + jitter
    const reorder = wire.holds(fate)
    if (delay > 0) sys.mark('delay', { us: Math.round(delay * 1000), from, ...about })
    if (fate.duplicate) sys.mark('duplicate', { from, ...about })
    if (reorder) sys.mark('reorder', { from, ...about })
    if (!(delay > 0) && !fate.duplicate && !reorder) sys.mark('forward', { from, ...about })
    return wire.carry({ data, from }, fate, delay)
  }
}

/** Sends what is delayed, in both directions of a session. */
async function deliver(sys: Sys, listening: Socket, toServer: Socket, session: Session): Promise<void> {
  await sendWhenDue(sys, session.line, (one) => pass(listening, toServer, session, one))
}

/** A datagram that its receiver's machine refuses is lost, as on any wire. */
async function pass(listening: Socket, toServer: Socket, session: Session, { data, from }: Outgoing): Promise<void> {
  try {
    if (from === 'client') await toServer.send(data)
    else await listening.sendto(data, session.client)
  } catch (error) {
    errnoOf(error)
  }
}

async function passAll(sys: Sys, listening: Socket, toServer: Socket, session: Session, now: readonly Outgoing[]): Promise<void> {
  if (session.line.size > 0 && !session.delivering) {
    session.delivering = true
    sys.thread(deliver, { name: `wire ${name(session.client)}`, args: [listening, toServer, session] })
  }
  for (const one of now) await pass(listening, toServer, session, one)
}

/** What the server answers one client. Ends when the client has long been silent, or the session is closed. */
async function answers(sys: Sys, listening: Socket, toServer: Socket, session: Session, direction: Direction, forget: () => void): Promise<void> {
  while (!session.closed) {
    toServer.settimeout(IDLE)
    let data: Uint8Array
    try {
      data = await toServer.recv(MAX_DATAGRAM)
    } catch (error) {
      const errno = errnoOf(error)
      // nobody at the server's port (ICMP): the wire goes on, a server may come
      if (errno === 'ECONNREFUSED' || errno === 'ECONNRESET') continue
      if (errno !== 'TIMEOUT') break
      if (performance.now() - session.heard < IDLE * 1000) continue
      break
    }
    await passAll(sys, listening, toServer, session, direction.take(sys, session, data, sys.lastCall))
  }
  forget()
  await toServer.close()
}

export async function relayUdp(sys: Sys, listening: Socket, p: RelayParams): Promise<void> {
  await listening.bind(await sys.resolve(p['listen-host'], p['listen-port']))
  sys.print(`listening on ${name(await listening.getsockname())}`)
  const server = await sys.resolve(p['to-host'], p['to-port'])
  sys.print(`UDP to ${name(server)}`)
  const sessions = new Map<string, Session>()
  const directions = { client: new Direction('client', p), server: new Direction('server', p) }

  async function open(client: SockAddr): Promise<Session> {
    const toServer = await sys.socket(familyOf(p['to-host']), 'dgram')
    await toServer.connect(server)
    const line = new DelayLine<Carried<Outgoing>>()
    const session: Session = {
      client, toServer, heard: 0, line, wires: { client: new BadWire(line), server: new BadWire(line) }, delivering: false, closed: false,
    }
    sessions.set(name(client), session)
    sys.thread(answers, { name: `server for ${name(client)}`, args: [listening, toServer, session, directions.server, () => forget(session)] })
    return session
  }

  function forget(session: Session): void {
    session.closed = true
    session.line.close()
    if (sessions.get(name(session.client)) === session) sessions.delete(name(session.client))
  }

  async function close(session: Session): Promise<void> {
    forget(session)
    await session.toServer.close()
  }

  try {
    for (;;) {
      const [data, client] = await listening.recvfrom(MAX_DATAGRAM)
      const call = sys.lastCall
      const key = name(client)
      let session = sessions.get(key)
      if (!session) {
        if (sessions.size >= MAX_SESSIONS) await close(sessions.values().next().value!)
        session = await open(client)
      } else {
        // the map is in the order of the last datagram: the first is the longest silent
        sessions.delete(key)
        sessions.set(key, session)
      }
      session.heard = performance.now()
      await passAll(sys, listening, session.toServer, session, directions.client.take(sys, session, data, call))
    }
  } finally {
    for (const session of [...sessions.values()]) await close(session)
  }
}
