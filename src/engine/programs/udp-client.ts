/** The course's UDP client: asks, waits, asks again with twice the patience, and gives up. One request, or many. */
import { decodeHex, encodeHex } from '../../shared/bytes/hex'
import type { ParamValues } from '../../shared/contract/params'
import type { LabError } from '../../shared/result'
import type { SockAddr } from '../../shared/trace/events'
import { errnoOf } from './errors'
import { program, type Socket, type Sys } from './program'
import { bytesRepr, name } from './python'
import { familyOf, pythonFamily } from './resolve'
import { MAX_DATAGRAM, SHOWN_BYTES } from './udp-server'

/** Requests that are printed each; then a line of progress for each hundredth of them. */
const SHOWN = 10

const params = {
  host: { kind: 'host', default: '127.0.0.1' },
  port: { kind: 'port', default: 9999 },
  send: { kind: 'text', default: 'hello', maxBytes: 65_536 },
  /** bytes as hex, instead of the text */
  hex: { kind: 'text', default: '', maxBytes: 196_608, optional: true },
  /** with more than one, each carries its request's number at its end */
  count: { kind: 'integer', default: 1, min: 1, max: 1_000_000 },
  /** how long the first attempt waits, and the most that any may, seconds: each waits twice as long as the one before */
  timeout: { kind: 'number', default: 0.1, min: 0.001, max: 60 },
  'give-up': { kind: 'number', default: 2, min: 0.001, max: 600 },
  /** how many ask at once, each from a socket of its own */
  parallel: { kind: 'integer', default: 1, min: 1, max: 500 },
  /** a connected socket hears only its server, and of ICMP errors */
  connected: { kind: 'flag', default: false },
  /** takes whatever comes for the answer */
  naive: { kind: 'flag', default: false },
  bufsize: { kind: 'integer', default: MAX_DATAGRAM, min: 1, max: MAX_DATAGRAM },
} as const
type Params = ParamValues<typeof params>

/** What all threads count together. */
class Tally {
  begun = 0
  answered = 0
  givenUp = 0
  attempts = 0
  late = 0
  repeated = 0
  outOfOrder = 0

  constructor(private readonly sys: Sys, private readonly count: number) {}

  next(): number | undefined {
    return this.begun < this.count ? ++this.begun : undefined
  }

  /** A line about one request; of many only the first few are shown. */
  show(request: number, text: string): void {
    if (request > SHOWN) return
    this.sys.print(this.count > 1 ? `request ${request}: ${text}` : text)
  }

  done(answered: boolean): void {
    if (answered) this.answered++
    else this.givenUp++
    const over = this.answered + this.givenUp
    if (this.count > SHOWN && over % Math.ceil(this.count / 100) === 0) {
      this.sys.print(`${over} of ${this.count}: ${this.answered} answered, ${this.attempts} attempts`)
    }
  }

  end(): void {
    if (this.count === 1) return
    this.sys.print(`${this.answered} of ${this.count} answered, ${this.givenUp} given up, ${this.attempts} attempts`)
    this.sys.print(`${this.late} late, ${this.repeated} repeated, ${this.outOfOrder} out of order`)
  }
}

/** The request that an answer belongs to: the number at its end. 0: none. */
function numberOf(answer: Uint8Array): number {
  let number = 0
  let unit = 1
  let at = answer.length - 1
  for (; at >= 0 && answer[at]! >= 0x30 && answer[at]! <= 0x39; at--, unit *= 10) number += (answer[at]! - 0x30) * unit
  return at >= 0 && answer[at] === 0x20 && Number.isSafeInteger(number) ? number : 0
}

/** Scope ids left out, as a program compares what recvfrom() says with what it sent to. */
const same = (a: SockAddr, b: SockAddr): boolean => a.family !== 'unix' && b.family !== 'unix' && a.port === b.port && a.host === b.host

const isWildcard = (address: SockAddr): boolean => address.family !== 'unix' && (address.host === '0.0.0.0' || address.host === '::')

/** The text or the bytes, and of several requests its number. */
function requestBytes({ send, hex, count }: Params, request: number): Uint8Array {
  const given = hex === '' ? undefined : decodeHex(hex)
  const data = given?.ok ? given.value : new TextEncoder().encode(send)
  const number = new TextEncoder().encode(count > 1 ? ` ${request}` : '')
  const whole = new Uint8Array(data.length + number.length)
  whole.set(data)
  whole.set(number, data.length)
  return whole
}

/** As Python's bytes.fromhex() takes it: with nothing but spaces between. */
function plainHex(hex: string): string {
  const decoded = decodeHex(hex)
  return decoded.ok ? encodeHex(decoded.value) : ''
}

function checkHex(hex: string): LabError | undefined {
  const decoded = decodeHex(hex)
  if (!decoded.ok) return { code: 'INVALID', field: 'hex', message: 'hex must be pairs of hexadecimal digits, such as 68 69' }
  return decoded.value.length <= 65_536 ? undefined : { code: 'INVALID', field: 'hex', message: 'hex must stand for at most 65536 bytes' }
}

/** Asks from one socket, one request after another. */
class Asker {
  private readonly answered = new Set<number>()
  private latest = 0

  constructor(
    private readonly sys: Sys, private readonly client: Socket, private readonly server: SockAddr, private readonly p: Params, private readonly tally: Tally,
  ) {}

  async ask(request: number): Promise<void> {
    const { sys, p, tally } = this
    const data = requestBytes(p, request)
    const began = performance.now()
    sys.mark('request', { id: request })
    let n = 0
    for (let wait = p.timeout; wait <= p['give-up']; wait *= 2) {
      if (p.connected) await this.client.send(data)
      else await this.client.sendto(data, this.server)
      tally.attempts++
      sys.mark('attempt', { id: request, n: ++n, us: Math.round(wait * 1e6) })
      tally.show(request, `sent ${bytesRepr(data.subarray(0, SHOWN_BYTES))}, waiting up to ${Number(wait.toPrecision(6))} s`)
      const answer = await this.receive(request, performance.now() + wait * 1000)
      if (!answer) continue
      tally.show(request, `received ${bytesRepr(answer.subarray(0, SHOWN_BYTES))}`)
      return this.done(request, n, began, true)
    }
    sys.mark('give-up', { id: request, n })
    tally.show(request, 'server seems down')
    this.done(request, n, began, false)
  }

  private done(request: number, n: number, began: number, ok: boolean): void {
    this.sys.mark('done', { id: request, n, us: Math.round((performance.now() - began) * 1000), ok })
    this.tally.done(ok)
  }

  /** The answer to this request, should it come before the deadline. What else comes is caught and named. */
  private async receive(request: number, deadline: number): Promise<Uint8Array | undefined> {
    for (;;) {
      const left = (deadline - performance.now()) / 1000
      if (left <= 0) return undefined
      this.client.settimeout(left)
      let answer: Uint8Array
      let sender: SockAddr
      try {
        [answer, sender] = this.p.connected ? [await this.client.recv(this.p.bufsize), this.server] : await this.client.recvfrom(this.p.bufsize)
      } catch (error) {
        const errno = errnoOf(error)
        if (errno === 'TIMEOUT') return undefined
        // Windows: the request found nobody, which an unconnected socket need not be told
        if (errno === 'ECONNRESET' && !this.p.connected) continue
        throw error
      }
      if (this.accepts(request, answer, sender)) return answer
    }
  }

  private accepts(request: number, answer: Uint8Array, sender: SockAddr): boolean {
    const { sys, p, tally } = this
    if (!p.naive && !same(sender, this.server) && !isWildcard(this.server)) {
      tally.show(request, `ignored a datagram from ${name(sender)}`)
      return false
    }
    const number = p.naive || p.count === 1 ? request : numberOf(answer)
    if (number === request) {
      // who takes whatever comes may be taken in: the trace knows what it really was
      const of = p.naive && p.count > 1 ? numberOf(answer) : request
      sys.mark('answer', { id: request, ...(of > 0 && of !== request ? { n: of } : {}) })
      this.answered.add(request)
      this.latest = request
      return true
    }
    if (number < 1 || number > request) {
      tally.show(request, 'ignored what is no answer')
      return false
    }
    if (this.answered.has(number)) {
      tally.repeated++
      sys.mark('repeated', { id: number })
      tally.show(request, `a second answer to request ${number}`)
      return false
    }
    tally.late++
    sys.mark('late', { id: number })
    tally.show(request, `a late answer to request ${number}`)
    this.answered.add(number)
    if (number < this.latest) {
      tally.outOfOrder++
      sys.mark('reorder', { id: number })
      tally.show(request, `it came after the answer to request ${this.latest}: out of order`)
    } else this.latest = number
    return false
  }
}

async function work(sys: Sys, p: Params, tally: Tally): Promise<void> {
  const client = await sys.socket(familyOf(p.host), 'dgram')
  try {
    const server = await sys.resolve(p.host, p.port)
    if (p.connected) await client.connect(server)
    const asker = new Asker(sys, client, server, p, tally)
    for (let request = tally.next(); request !== undefined; request = tally.next()) await asker.ask(request)
  } finally {
    await client.close()
  }
}

export const udpClient = program({
  id: 'udp-client',
  params,
  check: (p) => (p.timeout <= p['give-up'] ? checkHex(p.hex)
    : { code: 'INVALID', field: 'timeout', message: `timeout must be at most give-up, which is ${p['give-up']} s` }),
  twin: (p) => ({
    file: p.parallel > 1 ? 'udp-client-parallel.py' : 'udp-client.py',
    constants: {
      FAMILY: pythonFamily(p.host), HOST: p.host, PORT: p.port, SEND: p.send, HEX: plainHex(p.hex), COUNT: p.count, TIMEOUT: p.timeout, GIVE_UP: p['give-up'],
      CONNECTED: p.connected, NAIVE: p.naive, BUFSIZE: p.bufsize, ...(p.parallel > 1 && { PARALLEL: p.parallel }),
    },
  }),

  async main(sys, p) {
    const tally = new Tally(sys, p.count)
    if (p.parallel === 1) await work(sys, p, tally)
    else {
      const threads = Array.from({ length: Math.min(p.parallel, p.count) }, (_, i) => sys.thread(work, { name: `client ${i + 1}`, args: [p, tally] }))
      for (const thread of threads) await thread.join()
    }
    tally.end()
    if (tally.answered === 0) throw new Error('no request was answered')
  },
})
