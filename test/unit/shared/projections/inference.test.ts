/** The inference against recorded captures: the same segments, in the same order, with the same flags. */
import { describe, expect, it } from 'vitest'
import { createLab, fold, segmentsAt, stateAt, statesAt } from '../../../../src/shared/projections'
import type { ConnectionModel, LabState } from '../../../../src/shared/projections/model'
import { edgeOf } from '../../../../src/shared/tcp/states'
import type { TraceEvent } from '../../../../src/shared/trace/events'
import { recorded } from './recorded'

const folded = (events: TraceEvent[]): LabState => {
  const lab = createLab()
  for (const e of events) fold(lab, e)
  return lab
}

const portOf = (c: ConnectionModel): number => (c.a.addr && c.a.addr.family !== 'unix' ? c.a.addr.port : 0)
const line = (from: string, s: { flags: string; len: number; count?: number }): string => `${from} ${s.flags} ${s.len}${(s.count ?? 1) > 1 ? ` x${s.count}` : ''}`

/** Where the window cuts a send into pieces, only the number of the pieces is known, not where the cuts are. */
const WINDOWED = /^(big-send|simultaneous-close)/

it.each(recorded.filter((r) => !WINDOWED.test(r.name)))('$name: draws what passed', ({ events, packets }) => {
  for (const c of folded(events).connections) {
    const wire = packets.filter((p) => p.from === portOf(c) || p.to === portOf(c)).map((p) => line(p.from === portOf(c) ? 'a' : 'b', p))
    expect(segmentsAt(c, Infinity).map((s) => line(s.from, s))).toEqual(wire)
  }
})

describe.each(recorded)('$name', ({ events, packets }) => {
  const lab = folded(events)

  it('finds every connection', () => {
    const opened = packets.filter((p) => p.flags === 'SYN').map((p) => p.from)
    expect(lab.connections.map(portOf)).toEqual([...new Set(opened)])
  })

  it('draws every byte once', () => {
    for (const c of lab.connections) {
      for (const side of ['a', 'b'] as const) {
        const wire = packets.filter((p) => (side === 'a' ? p.from : p.to) === portOf(c))
        const drawn = segmentsAt(c, Infinity).filter((s) => s.from === side && !s.retransmission)
        expect(drawn.reduce((n, s) => n + s.len, 0)).toBe(wire.reduce((n, p) => n + p.len, 0))
        let at = 0
        for (const s of drawn) {
          if (s.len === 0) continue
          expect(s.offset).toBe(at)
          at += s.len
        }
      }
    }
  })

  it('walks along the state machine, to where the kernel is', () => {
    for (const c of lab.connections) {
      for (const end of [c.a, c.b]) {
        let at = 'CLOSED'
        for (const change of statesAt(end, Infinity)) {
          expect(change.from).toBe(at)
          expect(edgeOf(change)).toBeDefined()
          at = change.to
        }
        const facts = end.facts.value.at(-1)
        // an open descriptor says CLOSED where the table says TIME_WAIT: the figure's state is the table's
        if (facts && facts.state !== 'CLOSED') expect(stateAt(end, Infinity).state).toBe(facts.state)
      }
    }
  })
})

const states = (name: string, side: 'a' | 'b') => statesAt(folded(recorded.find((r) => r.name === name)!.events).connections[0]![side], Infinity).map((s) => s.to)

it('tells the endings apart', () => {
  const outcome = (name: string, i = 0) => folded(recorded.find((r) => r.name === name)!.events).connections[i]!.outcome.value
  expect(outcome('open-data-close-client-v4')).toEqual(['closed'])
  expect(outcome('half-close-v6')).toEqual(['closed'])
  expect(outcome('refused-v4')).toEqual(['refused'])
  expect(outcome('abort-client-v4')).toEqual(['reset'])
  expect(outcome('close-unread-v6')).toEqual(['reset'])
  expect(outcome('accept-queue-full-v4', 1)).toEqual(['timed-out'])
  expect(outcome('simultaneous-close-v4')).toEqual(['closed'])
})

it('passes through every state of a connection', () => {
  expect(states('open-data-close-client-v4', 'a')).toEqual(['SYN_SENT', 'ESTABLISHED', 'FIN_WAIT_1', 'TIME_WAIT'])
  expect(states('open-data-close-client-v4', 'b')).toEqual(['LISTEN', 'SYN_RCVD', 'ESTABLISHED', 'CLOSE_WAIT', 'LAST_ACK', 'CLOSED'])
  expect(states('half-close-v4', 'a')).toEqual(['SYN_SENT', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'TIME_WAIT'])
  expect([...states('simultaneous-close-v4', 'a'), ...states('simultaneous-close-v4', 'b')]).toContain('CLOSING')
})

it('marks a SYN that nobody answered as lost, from the moment it was sent again', () => {
  const lab = folded(recorded.find((r) => r.name === 'accept-queue-full-v4')!.events)
  const c = lab.connections[1]!
  const [first, second] = segmentsAt(c, Infinity)
  expect(first).toMatchObject({ flags: 'SYN', fate: 'lost' })
  expect(second).toMatchObject({ flags: 'SYN', retransmission: true, evidence: 'kernel' })
  expect(segmentsAt(c, second!.seq - 1)[0]).toMatchObject({ fate: 'unknown' })
})

it('shows captured packets instead of what was inferred, from the moment they come', () => {
  const { events, packets } = recorded.find((r) => r.name === 'half-close-v4')!
  const end = events.at(-1)!
  const host = '127.0.0.1'
  const seqno = { a: 4_294_967_290, b: 100 }
  const opener = packets[0]!.from
  const captured: TraceEvent[] = packets.map((p, i) => {
    const side = p.from === opener ? 'a' : 'b'
    const at = seqno[side]
    seqno[side] = (at + p.len + (/SYN|FIN/.test(p.flags) ? 1 : 0)) % 2 ** 32
    return {
      k: 'packet', seq: end.seq + 1 + i, t: end.t, proto: 'tcp', flags: p.flags.split(','), len: p.len, seqno: at,
      from: { family: 'inet', host, port: p.from }, to: { family: 'inet', host, port: p.to },
    }
  })
  const lab = folded([...events, ...captured])
  const c = lab.connections[0]!
  const shown = segmentsAt(c, Infinity)
  expect(shown.map((s) => s.evidence)).toEqual(packets.map(() => 'captured'))
  expect(shown.map((s) => line(s.from, s))).toEqual(packets.map((p) => line(p.from === opener ? 'a' : 'b', p)))
  expect(shown.filter((s) => s.len > 0 && s.from === 'b').map((s) => s.offset)).toEqual([0, 60])
  expect(segmentsAt(c, end.seq).some((s) => s.evidence === 'captured')).toBe(false)
})
