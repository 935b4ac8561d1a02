/** Datagrams, their flows, and the requests of a client: what is said at a cursor, and that no trace breaks the fold. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as P from '../../../../src/shared/projections'
import type { LabState } from '../../../../src/shared/projections/model'
import { relatedTo } from '../../../../src/shared/projections/selection'
import type { MarkEvent, SockAddr, TraceEvent } from '../../../../src/shared/trace/events'
import { events as anyEvents } from '../trace/arbitrary'

const folded = (events: readonly TraceEvent[]): LabState => {
  const lab = P.createLab()
  for (const e of events) P.fold(lab, e)
  return lab
}

const at = (host: string, port: number): SockAddr => ({ family: 'inet', host, port })
const SERVER = at('127.0.0.1', 9999)
const CLIENT = at('127.0.0.1', 40_000)

/** Writes a trace by hand: a server (run 1, socket 1) and a client (run 2, socket 2). */
class Script {
  readonly events: TraceEvent[] = []
  private calls = 0
  t = 0

  add(event: object): void {
    this.events.push({ ...event, seq: this.events.length, t: (this.t += 10) } as TraceEvent)
  }
  call(thread: number, name: string, sock: number | undefined, args: object, ret: object): number {
    const call = ++this.calls
    this.add({ k: 'call', call, thread, name, sock, fd: sock, args })
    this.add({ k: 'ret', call, value: null, ...ret })
    return call
  }
  begin(call: number, thread: number, name: string, sock: number, args: object): number {
    this.calls = Math.max(this.calls, call)
    this.add({ k: 'call', call, thread, name, sock, fd: sock, args })
    return call
  }
  ends(): this {
    for (const [run, program] of [[1, 'udp-server'], [2, 'udp-client']] as const) {
      this.add({ k: 'run', run, program, params: {} })
      this.add({ k: 'thread', run, thread: run, name: 'main', func: 'main' })
      this.call(run, 'socket', undefined, { family: 'inet', type: 'dgram' }, { sock: run, fd: run })
    }
    this.call(1, 'bind', 1, { address: SERVER }, { local: SERVER })
    return this
  }
  ask(len: number, to = SERVER): number {
    return this.call(2, 'sendto', 2, { len, address: to }, { value: len, data: { at: 0, len, kept: len }, local: at('0.0.0.0', 40_000), remote: to })
  }
  hear(len: number, more: object = {}): number {
    return this.call(1, 'recvfrom', 1, { len: 1024 }, { value: len, data: { at: 0, len, kept: len }, remote: CLIENT, ...more })
  }
  answer(len: number): number {
    return this.call(1, 'sendto', 1, { len, address: CLIENT }, { value: len, data: { at: 0, len, kept: len }, local: SERVER, remote: CLIENT })
  }
  get(len: number): number {
    return this.call(2, 'recvfrom', 2, { len: 1024 }, { value: len, data: { at: 0, len, kept: len }, remote: SERVER })
  }
  mark(thread: number, what: MarkEvent['what'], more: object = {}): void {
    this.add({ k: 'mark', thread, what, ...more })
  }
}

const arrows = (lab: LabState, cursor = Infinity, flow = -1) =>
  P.flowConnection(lab, flow, cursor)!.segments.map((s) => `${s.from} ${s.len} ${s.fate} ${s.evidence}${s.datagram?.cause ? ` ${s.datagram.cause}` : ''}`)

describe('a flow', () => {
  it('joins what is sent to what is received, both ways, and learns the address of a socket that was not bound', () => {
    const s = new Script().ends()
    const sent = s.ask(5)
    const before = s.events.length - 1
    const heard = s.hear(5)
    s.answer(6)
    s.get(6)
    const lab = folded(s.events)
    expect(P.flowCount(lab, Infinity)).toBe(1)
    expect(arrows(lab, before)).toEqual(['a 5 unknown inferred'])
    expect(arrows(lab)).toEqual(['a 5 arrived kernel', 'b 6 arrived kernel'])
    const flow = P.flowConnection(lab, -1, Infinity)!
    expect([flow.a.addr, flow.b.addr, flow.a.sock, flow.b.sock]).toEqual([CLIENT, SERVER, 2, 1])
    expect(flow.calls.map((c) => `${c.side} ${lab.calls.list[c.index]!.name}`)).toEqual(['a sendto', 'b recvfrom', 'b sendto', 'a recvfrom'])
    // a call lights up its datagram and the call at the other end
    const related = relatedTo({ kind: 'call', call: sent, seq: 0 }, lab)
    expect([related.connection, [...related.segments], related.calls.has(heard)]).toEqual([-1, [0], true])
  })

  it('tells a drop by a program, a datagram left unread, a refused port, and one nobody is known to have got', () => {
    const s = new Script().ends()
    s.ask(5)
    s.mark(1, 'drop', { call: s.hear(5) })
    s.ask(6)
    s.ask(7, at('192.0.2.9', 9))
    s.call(1, 'close', 1, {}, {})
    const lab = folded(s.events)
    expect(arrows(lab)).toEqual(['a 5 lost kernel drop', 'a 6 lost inferred unread'])
    expect(P.flowConnection(lab, -1, Infinity)!.segments[0]!.datagram).toMatchObject({ by: 'udp-server' })
    expect(arrows(lab, Infinity, -2)).toEqual(['a 7 unknown inferred'])

    const refused = new Script().ends()
    refused.call(2, 'connect', 2, { address: at('127.0.0.1', 1) }, { local: CLIENT, remote: at('127.0.0.1', 1) })
    refused.call(2, 'send', 2, { len: 3 }, { value: 3, data: { at: 0, len: 3, kept: 3 } })
    refused.call(2, 'recv', 2, { len: 100 }, { errno: 'ECONNREFUSED' })
    expect(arrows(folded(refused.events))).toEqual(['a 3 lost inferred refused'])
  })

  it('matches by size where the network has lost one, and still knows one that comes late', () => {
    const s = new Script().ends()
    for (const len of [1, 2, 3]) s.ask(len)
    for (const len of [3, 1]) s.hear(len)
    expect(arrows(folded(s.events))).toEqual(['a 1 arrived kernel', 'a 2 unknown inferred', 'a 3 arrived kernel'])
  })

  it('takes the last one that fits where receives may have been left out', () => {
    const s = new Script().ends()
    s.ask(5)
    s.add({ k: 'gap', events: 4, bytes: 0, why: 'slow-ui' })
    s.ask(5)
    s.hear(5)
    expect(arrows(folded(s.events))).toEqual(['a 5 unknown inferred', 'a 5 arrived kernel'])
  })

  it('says how much of a datagram was cut off', () => {
    const s = new Script().ends()
    s.ask(1000)
    s.call(1, 'recvfrom', 1, { len: 10 }, { value: 10, data: { at: 0, len: 10, kept: 10 }, remote: CLIENT, size: 1000 })
    expect(P.flowConnection(folded(s.events), -1, Infinity)!.segments[0]).toMatchObject({ len: 1000, fate: 'arrived', datagram: { cut: 10 } })
  })

  it('takes what another program sent as received and no more', () => {
    const s = new Script().ends()
    s.call(1, 'recvfrom', 1, { len: 10 }, { value: 4, data: { at: 0, len: 4, kept: 4 }, remote: at('192.168.1.7', 555) })
    const lab = folded(s.events)
    expect(arrows(lab)).toEqual(['a 4 arrived kernel'])
    expect(P.flowConnection(lab, -1, Infinity)!.a).toMatchObject({ addr: at('192.168.1.7', 555) })
  })

  it('gives one datagram to every member of a group', () => {
    const s = new Script().ends()
    const group = at('239.1.2.3', 9999)
    s.add({ k: 'call', call: 900, thread: 1, name: 'socket', args: { family: 'inet', type: 'dgram' } })
    s.add({ k: 'ret', call: 900, value: null, sock: 3, fd: 3 })
    s.add({ k: 'call', call: 901, thread: 1, name: 'bind', sock: 3, args: {} })
    s.add({ k: 'ret', call: 901, value: null, local: at('0.0.0.0', 9999) })
    s.ask(5, group)
    s.hear(5)
    s.add({ k: 'call', call: 902, thread: 1, name: 'recvfrom', sock: 3, args: { len: 10 } })
    s.add({ k: 'ret', call: 902, value: 5, data: { at: 0, len: 5, kept: 5 }, remote: CLIENT })
    const lab = folded(s.events)
    expect(P.flowCount(lab, Infinity)).toBe(1)
    expect(P.datagramCount(lab, Infinity)).toBe(1)
  })

  it('shows a call that still waits on the socket', () => {
    const s = new Script().ends()
    s.ask(5)
    s.begin(500, 2, 'recvfrom', 2, { len: 10 })
    const flow = P.flowConnection(folded(s.events), -1, Infinity)!
    expect(flow.calls.at(-1)).toMatchObject({ side: 'a', index: s.events.filter((e) => e.k === 'call').length - 1 })
  })
})

/** A client's marks: `plan` says how many attempts each request took; 0 for one that was given up after five. */
function requests(plan: readonly number[]): Script {
  const s = new Script().ends()
  plan.forEach((attempts, i) => {
    const n = attempts || 5
    s.mark(2, 'request', { id: i + 1 })
    for (let k = 1; k <= n; k++) s.mark(2, 'attempt', { id: i + 1, n: k, us: 100_000 * 2 ** (k - 1) })
    s.mark(2, attempts ? 'answer' : 'give-up', { id: i + 1 })
    s.mark(2, 'done', { id: i + 1, n, ok: attempts > 0, us: attempts === 1 ? 50 : 100_000 * n })
  })
  return s
}

describe('requests', () => {
  it('are counted from their ends alone, so that they stay exact when the rest is left out', () => {
    const whole = requests([1, 1, 2, 0, 3]).events
    const thin = whole.filter((e) => e.k !== 'mark' || e.what === 'done')
    for (const events of [whole, thin]) {
      const stats = P.requestStats(folded(events).marks, 2, Infinity)
      expect(stats).toMatchObject({ to: 5, answered: 4, attempts: 12, answeredBy: [2, 1, 1], tookAttempts: [2, 1, 1, 0, 1], roundTripCount: 2, roundTripTime: 100 })
      expect(P.measuredSuccess(stats, 5)).toEqual([0.4, 0.6, 0.8, 0.8, 0.8])
    }
  })

  it('are told one by one, with the waits of their attempts', () => {
    const s = requests([1, 2])
    const { marks } = folded(s.events)
    expect(P.requestAt(marks, 2, 1, Infinity)).toMatchObject({
      id: 2, attempts: [{ n: 1, wait: 100_000 }, { n: 2, wait: 200_000 }], marks: [{ what: 'answer' }], end: { ok: true, attempts: 2 },
    })
    // the one that runs has no end
    const running = s.events.length - 3
    expect(P.lastRequest(marks, 2, running)).toMatchObject({ id: 2, end: undefined, attempts: [{ n: 1 }, { n: 2 }] })
    expect(P.requestAt(marks, 2, 1, running)).toBeUndefined()
    expect(P.lastRequest(marks, 2, Infinity)).toEqual(P.requestAt(marks, 2, 1, Infinity))
    expect(P.requestAt(marks, 2, 2, Infinity)).toBeUndefined()
  })

  it('are told apart where several threads ask at once', () => {
    const s = new Script().ends()
    s.add({ k: 'thread', run: 2, thread: 9, name: 'client 2', func: 'work' })
    for (const what of ['request', 'attempt', 'late', 'done'] as const) {
      for (const [thread, id] of [[2, 1], [9, 2]] as const) s.mark(thread, what, { id, n: 1, ok: true })
    }
    const { marks } = folded(s.events)
    for (const i of [0, 1]) expect(P.requestAt(marks, 2, i, Infinity)).toMatchObject({ id: i + 1, attempts: [{ n: 1 }], marks: [{ what: 'late', id: i + 1 }], end: { ok: true } })
  })

  it('are counted on from an earlier answer as they would be anew', () => {
    fc.assert(fc.property(fc.array(fc.nat(4), { minLength: 1, maxLength: 30 }), fc.nat(), fc.nat(), (plan, x, y) => {
      const s = requests(plan)
      const { marks } = folded(s.events)
      const [low, high] = [x % s.events.length, y % s.events.length].sort((p, q) => p - q) as [number, number]
      const before = P.requestStats(marks, 2, low)
      expect(P.requestStats(marks, 2, high, 0, before)).toEqual(P.requestStats(marks, 2, high))
    }))
  })

  it('of a hundred thousand fold in columns', () => {
    const marks = P.createLab()
    P.fold(marks, { k: 'thread', seq: 0, t: 0, run: 1, thread: 1, name: 'main', func: 'main' })
    for (let i = 1; i <= 100_000; i++) {
      P.fold(marks, { k: 'mark', seq: i, t: i * 20, thread: 1, what: 'done', id: i, n: 1 + (i % 5), ok: i % 5 < 4, us: i })
    }
    const stats = P.requestStats(marks.marks, 1, Infinity)
    expect([stats.to, stats.answered, stats.attempts]).toEqual([100_000, 80_000, 300_000])
    expect(P.requestStats(marks.marks, 1, 50_000).to).toBe(50_000)
    expect(P.requestRate(marks.marks, 1, Infinity, 100_000 * 20)).toBe(50_000)
  })
})

// ---- the law

function asked(lab: LabState, cursor: number): unknown {
  const flows = P.flowsAt(lab, cursor)
  const runs = [...lab.marks.runs.keys()].filter((run) => P.lastMarks(lab.marks, [run], P.MARK_KINDS, cursor, 1).length > 0)
  return {
    flows, count: P.flowCount(lab, cursor), datagrams: P.datagramCount(lab, cursor), received: P.receivedAt(lab, cursor, 10),
    ladders: flows.map((flow) => P.flowConnection(lab, flow.id, cursor)),
    windows: flows.map((flow) => P.flowConnection(lab, flow.id, cursor, 2)),
    params: P.runsAt(lab.calls, cursor).map((run) => P.paramsAt(run, cursor)),
    runs: runs.map((run) => ({
      stats: P.requestStats(lab.marks, run, cursor), rate: P.requestRate(lab.marks, run, cursor, 1000),
      last: P.lastMarks(lab.marks, [run], P.MARK_KINDS, cursor, 5),
      stories: [0, 1, 2].map((i) => P.requestAt(lab.marks, run, i, cursor)), running: P.lastRequest(lab.marks, run, cursor),
    })),
  }
}

const sock = fc.integer({ min: 1, max: 4 })
const len = fc.constantFrom(0, 1, 1, 2)
const host = fc.constantFrom('127.0.0.1', '0.0.0.0', '239.0.0.1')
const address = fc.record({ family: fc.constant('inet'), host, port: fc.integer({ min: 1, max: 3 }) })
const some = <T>(a: fc.Arbitrary<T>) => fc.option(a, { nil: undefined })
const call = fc.record({
  kind: fc.constant('call'), sock, name: fc.constantFrom('sendto', 'sendto', 'send', 'recvfrom', 'recvfrom', 'recv', 'connect', 'close', 'bind'), len, address,
  local: some(address), remote: some(address), errno: fc.constantFrom(undefined, undefined, undefined, 'ECONNREFUSED', 'TIMEOUT'), size: some(fc.constantFrom(1, 2)),
  returns: fc.constantFrom(true, true, true, false),
})
const mark = fc.record({
  kind: fc.constant('mark'), what: fc.constantFrom(...P.MARK_KINDS), thread: fc.integer({ min: 1, max: 4 }), back: fc.nat(5), id: some(fc.nat(3)), n: some(fc.integer({ min: 1, max: 3 })),
  us: some(fc.nat(1e6)), ok: some(fc.boolean()),
})
const set = fc.record({ kind: fc.constant('set'), run: fc.integer({ min: 1, max: 2 }), loss: fc.double({ min: 0, max: 1, noNaN: true }) })
const gap = fc.record({ kind: fc.constant('gap'), events: fc.nat(10) })
const end = fc.record({ kind: fc.constant('end'), run: fc.integer({ min: 1, max: 2 }) })

/** Well-formed traces of four dgram sockets in two runs, over so few addresses that they meet. */
const traces = fc.array(fc.oneof({ weight: 8, arbitrary: call }, { weight: 4, arbitrary: mark }, { weight: 1, arbitrary: set }, { weight: 1, arbitrary: end }, { weight: 1, arbitrary: gap }), { maxLength: 60 }).map((list) => {
  const out: object[] = []
  let calls = 0
  for (const run of [1, 2]) out.push({ k: 'run', run, program: `p${run}`, params: { loss: 0 } })
  for (const id of [1, 2, 3, 4]) {
    out.push({ k: 'thread', run: 1 + (id % 2), thread: id, name: 'main', func: 'main' })
    out.push({ k: 'call', call: ++calls, thread: id, name: 'socket', args: { family: 'inet', type: 'dgram' } }, { k: 'ret', call: calls, value: null, sock: id, fd: id })
    out.push({ k: 'call', call: ++calls, thread: id, name: 'bind', sock: id, args: {} }, { k: 'ret', call: calls, value: null, local: at('127.0.0.1', id) })
  }
  for (const x of list) {
    if (x.kind === 'call') {
      out.push({ k: 'call', call: ++calls, thread: x.sock, name: x.name, sock: x.sock, args: { len: x.len, address: x.address } })
      const ret = { k: 'ret', call: calls, value: x.len, errno: x.errno, data: { at: 0, len: x.len, kept: x.len }, local: x.local, remote: x.remote, size: x.size }
      if (x.returns) out.push(ret)
    } else if (x.kind === 'mark') {
      out.push({ k: 'mark', thread: x.thread, what: x.what, call: calls - x.back, id: x.id, n: x.n, us: x.us, ok: x.ok })
    } else if (x.kind === 'set') {
      out.push({ k: 'run-set', run: x.run, params: { loss: x.loss } })
    } else if (x.kind === 'gap') {
      out.push({ k: 'gap', events: x.events, bytes: 0, why: 'slow-ui' })
    } else {
      out.push({ k: 'run-end', run: x.run, status: 'ok' })
    }
  }
  return out.map((e, i) => ({ ...e, seq: i, t: i * 10 })) as TraceEvent[]
})

describe('the law: what is said at a cursor is what was said then', () => {
  it.each([['datagrams', traces], ['anything', anyEvents]] as const)('of %s', (_, arbitrary) => {
    fc.assert(fc.property(arbitrary as fc.Arbitrary<TraceEvent[]>, fc.nat(), (events, where) => {
      if (events.length === 0) return
      const cursor = events[where % events.length]!.seq
      expect(asked(folded(events), cursor)).toEqual(asked(folded(events.filter((e) => e.seq <= cursor)), Infinity))
    }), { numRuns: 400 })
  })

  it('nothing throws on a trace with pieces left out, or shuffled', () => {
    fc.assert(fc.property(traces.chain((events) => fc.shuffledSubarray(events)), fc.nat(100), (events, cursor) => {
      const lab = folded(events)
      asked(lab, cursor)
      for (const row of [0, 1, 5]) relatedTo({ kind: 'segment', connection: -1, segment: row, seq: 0 }, lab)
    }), { numRuns: 400 })
  })

  it('every datagram is in one flow, received after it was known, and each call has at most one', () => {
    fc.assert(fc.property(traces, (events) => {
      const { datagrams } = folded(events)
      const c = datagrams.columns
      expect(datagrams.flows.reduce((sum, flow) => sum + flow.datagrams.length, 0)).toBe(c.seq.length)
      const received = new Set<number>()
      for (let row = 0; row < c.seq.length; row++) {
          if (c.recvCall.at(row) < 0) continue
        expect(received.has(c.recvCall.at(row))).toBe(false)
        received.add(c.recvCall.at(row))
      }
    }), { numRuns: 200 })
  })
})
