/**
 * Scenarios of a TCP connection, composed by a generator and played on real loopback sockets through the engine's own
 * dispatcher, so that every call stands in the trace.
 */
import fc from 'fast-check'
import type { Engine } from '../../src/engine/engine'
import type { Sock, Thread } from '../../src/engine/kernel/objects'
import type { SockAddr } from '../../src/shared/trace/events'
import { sockOf } from './kernel'

export type Side = 'a' | 'b'
export type Ending = 'close' | 'half-close' | 'abort' | 'unread' | 'late'

export interface Round {
  from: Side
  /** bytes of each send(); several are sent before the other side reads */
  sizes: number[]
  /** the other side waits in recv() before the first is sent */
  waiting: boolean
}

export interface Exchange {
  kind: 'exchange'
  family: 'inet' | 'inet6'
  /** the peer accepts before the first bytes are sent, or after */
  lateAccept: boolean
  rounds: Round[]
  ending: Ending
  /** who closes first */
  first: Side
  /** bytes that answer a half-close */
  answer: number
  /** through the relay, which delays, ms */
  relay?: { delay: number; rate: number }
}

const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 3000 }), fc.constantFrom(1, 1460, 4096, 20_000))

export const exchange = (family: Exchange['family'], ending: Ending, relay = false): fc.Arbitrary<Exchange> => fc.record({
  kind: fc.constant('exchange' as const),
  family: fc.constant(family),
  lateAccept: fc.boolean(),
  rounds: fc.array(fc.record({
    from: fc.constantFrom<Side>('a', 'b'), sizes: fc.array(size, { minLength: 1, maxLength: 3 }), waiting: fc.boolean(),
  }), { maxLength: 4 }),
  ending: fc.constant(ending),
  first: fc.constantFrom<Side>('a', 'b'),
  answer: fc.integer({ min: 1, max: 3000 }),
  ...(relay ? { relay: fc.record({ delay: fc.integer({ min: 0, max: 15 }), rate: fc.constantFrom(0, 2_000_000) }) } : {}),
})

/** The players of one scenario: threads of a run by hand. */
export class Stage {
  readonly server: Thread
  readonly client: Thread
  private readonly run

  constructor(private readonly engine: Engine) {
    const kernel = engine.ready()
    if (!kernel.ok) throw new Error(kernel.error.message)
    this.run = kernel.value.processes.open('by-hand', {})
    this.server = this.thread('server')
    this.client = this.thread('client')
  }

  get dispatcher() {
    return this.engine.kernel!.dispatcher
  }

  thread(name: string): Thread {
    return this.engine.kernel!.processes.begin(this.run, name, 'hand')
  }

  async listening(family: 'inet' | 'inet6', backlog = 5): Promise<Sock> {
    const l = sockOf(await this.dispatcher.socket(this.server, family, 'stream'))
    await this.dispatcher.bind(this.server, l, { family, host: family === 'inet' ? '127.0.0.1' : '::1', port: 0 })
    await this.dispatcher.listen(this.server, l, backlog)
    return l
  }

  /** A client's socket that is connected, or what became of it. */
  async connect(to: SockAddr, timeout: number | null = null, thread = this.client): Promise<{ sock: Sock; errno: string | undefined }> {
    const sock = sockOf(await this.dispatcher.socket(thread, to.family, 'stream'))
    sock.timeout = timeout
    return { sock, errno: (await this.dispatcher.connect(thread, sock, to)).errno }
  }

  /** Reads until there are `n` bytes, or the end. */
  async read(thread: Thread, sock: Sock, n: number): Promise<void> {
    for (let got = 0; got < n;) {
      const r = await this.dispatcher.recv(thread, sock, 65_536)
      if (r.errno || typeof r.value !== 'number' || r.value === 0) return
      got += r.value
    }
  }

  /** Ends everything that is left open. */
  async end(): Promise<void> {
    await this.engine.stopRuns()
  }
}

async function relayTo(engine: Engine, to: SockAddr, { delay, rate }: { delay: number; rate: number }): Promise<SockAddr> {
  if (to.family === 'unix') throw new Error('no relay for a path')
  const bound = new Promise<SockAddr>((resolve) => {
    let run = -1
    const threads = new Set<number>()
    const calls = new Map<number, { name: string; thread: number }>()
    const stop = engine.recorder.tap((list) => {
      for (const e of list) {
        if (e.k === 'run' && e.program === 'relay') run = e.run
        else if (e.k === 'thread' && e.run === run) threads.add(e.thread)
        else if (e.k === 'call') calls.set(e.call, { name: e.name, thread: e.thread })
        else if (e.k === 'ret' && calls.get(e.call)?.name === 'bind' && threads.has(calls.get(e.call)!.thread) && e.local) {
          setImmediate(stop)
          resolve(e.local)
        }
      }
    })
  })
  const started = engine.start('relay', { proto: 'tcp', 'listen-host': to.host, 'listen-port': 0, 'to-host': to.host, 'to-port': to.port, delay, rate })
  if (!started.ok) throw new Error(started.error.message)
  return bound
}

/** Plays it to its end. */
export async function play(engine: Engine, x: Exchange): Promise<void> {
  const stage = new Stage(engine)
  const { dispatcher: d } = stage
  const l = await stage.listening(x.family)
  const target = x.relay ? await relayTo(engine, l.local!, x.relay) : l.local!
  const { sock: c } = await stage.connect(target)
  const early = x.lateAccept && x.rounds[0]?.from === 'a' ? x.rounds[0] : undefined
  if (early) for (const n of early.sizes) await d.send(stage.client, c, new Uint8Array(n))
  const s = sockOf(await d.accept(stage.server, l))
  const ends = { a: { thread: stage.client, sock: c }, b: { thread: stage.server, sock: s } }
  const other = (side: Side): Side => (side === 'a' ? 'b' : 'a')
  const total = (sizes: number[]): number => sizes.reduce((sum, n) => sum + n, 0)
  if (early) await stage.read(stage.server, s, total(early.sizes))
  for (const round of early ? x.rounds.slice(1) : x.rounds) {
    const mine = ends[round.from]
    const peer = ends[other(round.from)]
    const reading = round.waiting ? stage.read(peer.thread, peer.sock, total(round.sizes)) : undefined
    for (const n of round.sizes) await d.send(mine.thread, mine.sock, new Uint8Array(n))
    await (reading ?? stage.read(peer.thread, peer.sock, total(round.sizes)))
  }
  const mine = ends[x.first]
  const peer = ends[other(x.first)]
  switch (x.ending) {
    case 'close':
      await d.close(mine.thread, mine.sock)
      await d.recv(peer.thread, peer.sock, 100)
      await d.close(peer.thread, peer.sock)
      break
    case 'half-close':
      await d.shutdown(mine.thread, mine.sock, 'WR')
      await d.recv(peer.thread, peer.sock, 100)
      await d.send(peer.thread, peer.sock, new Uint8Array(x.answer))
      await stage.read(mine.thread, mine.sock, x.answer)
      await d.close(peer.thread, peer.sock)
      await d.recv(mine.thread, mine.sock, 100)
      await d.close(mine.thread, mine.sock)
      break
    case 'abort':
      await d.abort(mine.thread, mine.sock)
      await d.recv(peer.thread, peer.sock, 100)
      await d.close(peer.thread, peer.sock)
      break
    case 'unread':
      await d.send(peer.thread, peer.sock, new Uint8Array(7))
      // one of them is read, the rest is not
      await d.recv(mine.thread, mine.sock, 1)
      await d.close(mine.thread, mine.sock)
      await d.recv(peer.thread, peer.sock, 100)
      await d.close(peer.thread, peer.sock)
      break
    case 'late':
      await d.close(mine.thread, mine.sock)
      await d.send(peer.thread, peer.sock, new Uint8Array(5))
      await d.recv(peer.thread, peer.sock, 100)
      await d.close(peer.thread, peer.sock)
      break
    default:
      x.ending satisfies never
  }
  await d.close(stage.server, l)
}
