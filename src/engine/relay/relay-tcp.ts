/**
 * The relay for TCP: the bytes of each direction pass unchanged and in order, later and slower. The end of a stream
 * (half-close) passes on behind its bytes; a reset passes on at once. A receiver that does not read fills the wire, and
 * then its sender waits.
 */
import type { SockAddr } from '../../shared/trace/events'
import { PythonRandom } from '../../shared/random'
import { errnoOf } from '../programs/errors'
import type { Socket, Sys } from '../programs/program'
import { name } from '../programs/python'
import { familyOf } from '../programs/resolve'
import { seedOf, transmission, type From, type RelayParams } from './params'
import { Pipe } from './pipe'

const BACKLOG = 128
/** Most bytes of one recv(); fewer where the rate is low, so that a slow wire trickles and does not gush. */
const PIECE = 65_536
/** At a rate, one piece is at most this many seconds' worth. */
const PIECE_SECONDS = 0.05
/** Bytes that are on their way in one direction at most, besides what the kernel's buffers hold. */
const ON_THE_WAY = 1 << 20

interface Connection {
  p: RelayParams
  pipes: Record<From, Pipe>
  reset: boolean
}

const FROM: readonly From[] = ['client', 'server']

/** Takes the bytes of one end in. */
async function read(sys: Sys, source: Socket, target: Socket, c: Connection, from: From): Promise<void> {
  const { p } = c
  const pipe = c.pipes[from]
  const generator = new PythonRandom(seedOf(p.seed, from))
  // when what was taken in before has left the wire, and when it arrives: nothing overtakes
  let free = 0
  let last = 0
  while (await pipe.room()) {
    let data: Uint8Array
    try {
      data = await source.recv(p.rate > 0 ? Math.min(PIECE, Math.max(1, Math.ceil(p.rate * PIECE_SECONDS))) : PIECE)
    } catch (error) {
      return reset(error, source, target, c)
    }
    const now = performance.now()
    free = Math.max(now, free) + transmission(data.length, p.rate)
    const due = Math.max(last, (p.rate > 0 ? free : now) + p.delay + p.jitter * generator.random())
    last = due
    const late = due - now
    if (data.length === 0) return pipe.put({ due })
    if (late > 0) sys.mark('delay', { us: Math.round(late * 1000), from })
    else sys.mark('forward', { from })
    pipe.put({ data, due })
  }
}

/** Gives them to the other end. */
async function write(_sys: Sys, source: Socket, target: Socket, c: Connection, from: From): Promise<void> {
  const pipe = c.pipes[from]
  for (;;) {
    const piece = await pipe.take()
    if (!piece) return
    try {
      if (!piece.data) return await target.shutdown('WR')
      await target.sendall(piece.data)
      pipe.out(piece.data.length)
    } catch (error) {
      return reset(error, target, source, c)
    }
  }
}

/** One end is gone: the other is told with a RST, whatever is still on its way. */
async function reset(error: unknown, gone: Socket, other: Socket, c: Connection): Promise<void> {
  const errno = errnoOf(error)
  if (c.reset) return
  c.reset = true
  for (const from of FROM) c.pipes[from].close()
  await gone.close()
  if (errno !== 'EBADF') await other.abort()
}

/** One client: connects to the server, then four threads carry the bytes. */
async function serve(sys: Sys, toClient: Socket, client: SockAddr, n: number, p: RelayParams, server: SockAddr): Promise<void> {
  const toServer = await sys.socket(familyOf(p['to-host']), 'stream')
  try {
    await toServer.connect(server)
  } catch (error) {
    sys.print(`${name(client)}: no connection to ${name(server)}: ${errnoOf(error)}`)
    await toServer.close()
    await toClient.abort()
    return
  }
  sys.print(`${name(client)} connected`)
  const pipe = (): Pipe => new Pipe(ON_THE_WAY, sys.signal)
  const c: Connection = { p, pipes: { client: pipe(), server: pipe() }, reset: false }
  const threads = FROM.flatMap((from) => {
    const [source, target] = from === 'client' ? [toClient, toServer] : [toServer, toClient]
    return [
      sys.thread(read, { name: `from ${from} ${n}`, args: [source, target, c, from] }),
      sys.thread(write, { name: `to ${from === 'client' ? 'server' : 'client'} ${n}`, args: [source, target, c, from] }),
    ]
  })
  for (const thread of threads) await thread.join()
  await toClient.close()
  await toServer.close()
  sys.print(`${name(client)} ${c.reset ? 'reset' : 'closed'}`)
}

export async function relayTcp(sys: Sys, listening: Socket, p: RelayParams): Promise<void> {
  await listening.setsockopt('SO_REUSEADDR', 1)
  await listening.bind(await sys.resolve(p['listen-host'], p['listen-port']))
  await listening.listen(BACKLOG)
  sys.print(`listening on ${name(await listening.getsockname())}`)
  const server = await sys.resolve(p['to-host'], p['to-port'])
  sys.print(`TCP to ${name(server)}`)
  if (p.loss + p.duplicate + p.reorder > 0) sys.print('loss, duplicate and reorder are for UDP: TCP itself repairs them')
  for (let n = 1; ; n++) {
    const [conn, client] = await listening.accept()
    sys.thread(serve, { name: `client ${n}`, args: [conn, client, n, p, server] })
  }
}
