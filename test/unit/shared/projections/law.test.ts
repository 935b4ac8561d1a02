/** The law of the projections, and that no trace whatever breaks a fold. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as P from '../../../../src/shared/projections'
import type { LabState } from '../../../../src/shared/projections/model'
import { edgeOf } from '../../../../src/shared/tcp/states'
import type { TraceEvent } from '../../../../src/shared/trace/events'
import { events as anyEvents } from '../trace/arbitrary'
import { recorded } from './recorded'

const folded = (events: readonly TraceEvent[]): LabState => {
  const lab = P.createLab()
  for (const e of events) P.fold(lab, e)
  return lab
}

/** Everything that a view can ask at a cursor. */
function asked(lab: LabState, cursor: number): unknown {
  return {
    runs: P.runsAt(lab.calls, cursor),
    threads: P.threadsAt(lab.calls, cursor),
    calls: P.callsAt(lab.calls, cursor),
    activity: P.threadsAt(lab.calls, cursor).map((t) => P.threadActivityAt(lab.calls, t.thread, cursor)),
    sockets: P.socketsAt(lab, cursor),
    listeners: P.listenersAt(lab, cursor),
    queues: [...lab.sockets.values()].filter((s) => s.seq <= cursor).map((s) => P.acceptQueueAt(s, cursor)),
    gaps: P.prefixAt(lab.gaps, cursor),
    connections: P.connectionsAt(lab, cursor).map((c) => ({
      id: c.id, family: c.family, seq: c.seq, t: c.t,
      ends: [c.a, c.b].map((end) => ({
        states: P.statesAt(end, cursor), state: P.stateAt(end, cursor), facts: P.factsAt(end, cursor), sock: P.endpointSockAt(end, cursor),
      })),
      segments: P.segmentsAt(c, cursor), streams: P.streamsAt(c, cursor), outcome: P.outcomeAt(c, cursor), calls: P.connectionCallsAt(c, cursor),
    })),
  }
}

/** seq and t as a recorder gives them. */
const restamp = (events: readonly TraceEvent[]): TraceEvent[] => events.map((e, i) => ({ ...e, seq: i, t: i * 10 }))

const one = fc.constantFrom(...recorded)
/** A recorded trace with pieces left out. */
const gapped = fc.tuple(one, fc.infiniteStream(fc.nat(9))).map(([r, dice]) => restamp(r.events.filter(() => dice.next().value! > 0)))

const id = fc.nat(4)
const addr = fc.constantFrom(
  { family: 'inet' as const, host: '127.0.0.1', port: 1 }, { family: 'inet' as const, host: '127.0.0.1', port: 2 },
  { family: 'inet6' as const, host: '::ffff:127.0.0.1', port: 2 }, { family: 'inet6' as const, host: '::', port: 1 }, { family: 'unix' as const, path: 'p' },
)
const n = fc.nat(300)
const state = fc.constantFrom('CLOSED', 'LISTEN', 'SYN_SENT', 'SYN_RCVD', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSE_WAIT', 'CLOSING', 'LAST_ACK', 'TIME_WAIT')
const facts = { state, recvq: n, sendq: n, segsOut: n, segsIn: n, dataSegsOut: n, dataSegsIn: n, bytesAcked: n, bytesReceived: n, retrans: fc.nat(3), mss: n }
const name = fc.constantFrom('socket', 'bind', 'listen', 'accept', 'connect', 'send', 'recv', 'shutdown', 'close', 'abort', 'setsockopt')
const errno = fc.constantFrom('ECONNREFUSED', 'ETIMEDOUT', 'ECONNRESET', 'EPIPE', 'EAGAIN', 'CANCELLED', 'TIMEOUT', 'EHOSTUNREACH')
const some = <T>(a: fc.Arbitrary<T>) => fc.option(a, { nil: undefined })
/** Well-typed nonsense over so few names that the events meet. */
const nonsense = fc.array(fc.oneof(
  fc.record({ k: fc.constant('call'), call: n, thread: id, name, sock: some(id), args: fc.record({ address: addr, len: n, family: fc.constantFrom('inet', 'unix') }) }),
  fc.record({ k: fc.constant('ret'), call: n, value: n, errno: some(errno), sock: some(id), fd: some(id), local: some(addr), remote: some(addr) }),
  fc.record({ k: fc.constant('block'), call: n, why: fc.constantFrom('readable', 'writable', 'slow'), local: some(addr) }),
  fc.record({ k: fc.constant('sample'), sock: id, ...facts }),
  fc.record({ k: fc.constant('endpoint'), local: addr, remote: addr, ...facts }),
  fc.record({ k: fc.constant('run-end'), run: fc.constantFrom(-1, 0, 1), status: fc.constant('ok') }),
), { maxLength: 120 }).map((list) => {
  // calls return at once more often than not
  const out: unknown[] = []
  list.forEach((e, i) => {
    out.push(e.k === 'call' ? { ...e, call: i } : e.k === 'ret' || e.k === 'block' ? { ...e, call: Math.max(0, i - 1) } : e)
  })
  return restamp(out as TraceEvent[])
})

const flags = fc.constantFrom('SYN', 'SYN,ACK', 'ACK', 'PSH,ACK', 'FIN,ACK', 'RST', 'RST,ACK', 'FIN,PSH,ACK')
/** Sequence numbers so close together, and so near to the wrap, that segments meet, repeat and overtake each other. */
const number = fc.integer({ min: -12, max: 12 }).map((x) => x >>> 0)
const packet = fc.record({
  k: fc.constant('packet'), proto: fc.constantFrom('tcp', 'tcp', 'tcp', 'udp'), from: addr, to: addr, flags: flags.map((f) => f.split(',')), seqno: some(number),
  ackno: some(number), window: fc.constantFrom(0, 10, 20), len: fc.nat(6), at: some(fc.nat(2000)), options: some(fc.record({ ws: fc.nat(15) })),
  data: fc.constant({ at: 100, len: 6, kept: 6 }),
})
const captures = fc.record({ k: fc.constant('capture'), what: fc.constantFrom('start', 'stop', 'left-out') })
/** A capture file; and a lab whose packets come late, in captures that begin and end. */
const fileTrace = fc.array(packet, { maxLength: 60 }).map((list) => restamp([{ k: 'capture', what: 'file' }, ...list] as TraceEvent[]))
const capturedTrace = fc.tuple(nonsense, fc.array(fc.oneof({ weight: 8, arbitrary: packet }, { weight: 1, arbitrary: captures }), { maxLength: 60 }), fc.infiniteStream(fc.boolean()))
  .map(([events, wire, dice]) => {
    const out: unknown[] = []
    const left = [...wire]
    for (const e of events) {
      out.push(e)
      while (left.length > 0 && dice.next().value) out.push(left.shift())
    }
    return restamp([...out, ...left] as TraceEvent[])
  })
const KINDS = [['recorded with gaps', gapped], ['nonsense', nonsense], ['a capture file', fileTrace], ['a lab that captures', capturedTrace], ['anything', anyEvents]] as const

function legal(lab: LabState): void {
  for (const c of lab.connections) {
    for (const end of [c.a, c.b]) {
      let at = 'CLOSED'
      for (const change of end.states) {
        expect(change.from).toBe(at)
        expect(edgeOf(change)).toBeDefined()
        at = change.to
      }
    }
    for (const side of ['a', 'b'] as const) {
      let end = 0
      if (!c.packetsOnly) continue
      for (const part of c.streams[side].sends) {
        expect(part.offset).toBeGreaterThanOrEqual(end)
        expect(part.len).toBeGreaterThan(0)
        end = part.offset + part.len
      }
    }
    let last = -1
    for (const s of c.segments) {
      expect(s.seq).toBeGreaterThanOrEqual(last)
      expect(s.len).toBeGreaterThanOrEqual(0)
      expect(s.count).toBeGreaterThan(0)
      last = s.seq
    }
  }
}

describe('the law: what is said at a cursor is what was said then', () => {
  it('of every recorded trace, at every cursor', () => {
    for (const r of recorded.filter((x) => x.events.length < 60)) {
      const all = folded(r.events)
      const growing = P.createLab()
      for (const e of r.events) {
        P.fold(growing, e)
        expect(asked(all, e.seq)).toEqual(asked(growing, Infinity))
      }
    }
  })

  it.each(KINDS)('of %s', (_, arbitrary) => {
    fc.assert(fc.property(arbitrary as fc.Arbitrary<TraceEvent[]>, fc.nat(), (events, at) => {
      if (events.length === 0) return
      const cursor = events[at % events.length]!.seq
      expect(asked(folded(events), cursor)).toEqual(asked(folded(events.filter((e) => e.seq <= cursor)), Infinity))
    }), { numRuns: 300 })
  })
})

describe('a fold never throws, and every walk is legal', () => {
  it.each(KINDS)('on %s', (_, arbitrary) => {
    fc.assert(fc.property(arbitrary as fc.Arbitrary<TraceEvent[]>, (events) => legal(folded(events))), { numRuns: 500 })
  })

  it('on a shuffled trace', () => {
    fc.assert(fc.property(one.chain((r) => fc.shuffledSubarray(r.events, { minLength: 5 })), (events) => legal(folded(restamp(events)))), { numRuns: 300 })
  })

  it('on events whose seq and t jump about', () => {
    fc.assert(fc.property(one.chain((r) => fc.shuffledSubarray(r.events)), (events) => {
      const lab = folded(events)
      asked(lab, 10)
    }), { numRuns: 300 })
  })

  it('on every prefix', () => {
    for (const r of recorded) {
      const lab = P.createLab()
      for (const e of r.events) {
        P.fold(lab, e)
        legal(lab)
      }
    }
  })
})
