/** The course's UDP server: answers each datagram, and plays a bad network when told to. */
import type { ParamValues } from '../../shared/contract/params'
import type { SockAddr } from '../../shared/trace/events'
import { BadWire, sendWhenDue, type Carried } from '../relay/bad-wire'
import { DelayLine } from '../relay/delay-line'
import { Fates, MAX_SEED } from '../relay/fates'
import { upperCase } from './behaviours'
import { errnoOf } from './errors'
import { program, type MaybePromise, type Socket, type Sys } from './program'
import { bytesRepr, name } from './python'
import { familyOf, pythonFamily } from './resolve'

/** The largest datagram that UDP has, bytes. */
export const MAX_DATAGRAM = 65_535
/** Datagrams that are printed each; then one line a thousand. */
const SHOWN = 20
const EVERY = 1000
/** How much of a datagram a line shows, bytes. */
export const SHOWN_BYTES = 200

const params = {
  host: { kind: 'host', default: '127.0.0.1' },
  port: { kind: 'port', default: 9999, allowZero: true },
  behaviour: { kind: 'choice', default: 'upper', choices: ['upper', 'echo'] },
  /** the probability that a request is lost, that its answer comes twice, that its answer comes after a later one */
  loss: { kind: 'number', default: 0, min: 0, max: 1 },
  duplicate: { kind: 'number', default: 0, min: 0, max: 1 },
  reorder: { kind: 'number', default: 0, min: 0, max: 1 },
  /** how much later an answer is sent, milliseconds */
  delay: { kind: 'number', default: 0, min: 0, max: 60_000 },
  seed: { kind: 'integer', default: 1, min: 0, max: MAX_SEED },
  /** the most that one recvfrom() takes, bytes: the rest of a longer datagram is lost */
  bufsize: { kind: 'integer', default: MAX_DATAGRAM, min: 1, max: MAX_DATAGRAM },
} as const
type Params = ParamValues<typeof params>

interface Answer {
  data: Uint8Array
  client: SockAddr
}

/** A client that cannot be reached is no failure of the server. */
function answer(server: Socket, { data, client }: Answer): MaybePromise<unknown> {
  try {
    const sent = server.sendto(data, client)
    return sent instanceof Promise ? sent.catch(errnoOf) : sent
  } catch (error) {
    return errnoOf(error)
  }
}

/** Sends the delayed answers. */
async function deliver(sys: Sys, server: Socket, line: DelayLine<Carried<Answer>>): Promise<void> {
  await sendWhenDue(sys, line, (one) => answer(server, one))
}

async function serve(sys: Sys, server: Socket, p: Params): Promise<void> {
  const line = new DelayLine<Carried<Answer>>()
  const wire = new BadWire(line)
  const fates = new Fates(p.seed)
  let delivering = false
  let dropped = 0
  let n = 0
  try {
    for (;;) {
      let got: [Uint8Array, SockAddr]
      try {
        got = await server.recvfrom(p.bufsize)
      } catch (error) {
        // Windows tells of an answer that nobody took, which is not the next one's fault
        if (errnoOf(error) === 'ECONNRESET') continue
        throw error
      }
      n++
      const [data, client] = got
      const fate = fates.next(p)
      const drop = fate.drop || wire.full
      if (drop) {
        dropped++
        sys.mark('drop')
      }
      if (n <= SHOWN) sys.print(`${name(client)} sent ${bytesRepr(data.subarray(0, SHOWN_BYTES))}${drop ? ': dropped' : ''}`)
      else if (n % EVERY === 0) sys.print(`${n} datagrams, ${dropped} dropped`)
      if (drop) continue

      if (p.delay > 0) sys.mark('delay', { us: Math.round(p.delay * 1000) })
      if (fate.duplicate) sys.mark('duplicate')
      if (wire.holds(fate)) sys.mark('reorder')
      const now = wire.carry({ data: p.behaviour === 'upper' ? upperCase(data) : data, client }, fate, p.delay)
      if (line.size > 0 && !delivering) {
        delivering = true
        sys.thread(deliver, { name: 'delayed', args: [server, line] })
      }
      for (const one of now) await answer(server, one)
    }
  } finally {
    line.close()
  }
}

export const udpServer = program({
  id: 'udp-server',
  params,
  live: ['loss', 'duplicate', 'reorder', 'delay'],
  twin: (p) => ({
    file: 'udp-server.py',
    constants: {
      FAMILY: pythonFamily(p.host), HOST: p.host, PORT: p.port, BEHAVIOUR: p.behaviour, BUFSIZE: p.bufsize,
      LOSS: p.loss, DUPLICATE: p.duplicate, REORDER: p.reorder, DELAY: p.delay, SEED: p.seed,
    },
  }),

  async main(sys, p) {
    const server = await sys.socket(familyOf(p.host), 'dgram')
    try {
      await server.bind(await sys.resolve(p.host, p.port))
      const address = await server.getsockname()
      sys.print(`listening on ${name(address)}`)
      await serve(sys, server, p)
    } finally {
      await server.close()
    }
  },
})
