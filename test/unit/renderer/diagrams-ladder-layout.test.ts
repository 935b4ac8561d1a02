import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasStory } from '../../../src/renderer/diagrams/at'
import { clock, duration, fit, textWidth } from '../../../src/renderer/diagrams/format'
import { carries, enteredStates, ladderItems, ladderRange } from '../../../src/renderer/diagrams/ladder-items'
import { layoutLadder, windowOf } from '../../../src/renderer/diagrams/ladder-layout'
import { columnsFor, drawRow, type RowTexts, type TextBox } from '../../../src/renderer/diagrams/ladder-row'
import type { Side, StateChange } from '../../../src/shared/projections/model'
import type { TcpState, TraceEvent } from '../../../src/shared/trace/events'
import { callLine } from '../../../src/renderer/diagrams/call-text'
import { createLab, fold, segmentsAt } from '../../../src/shared/projections/index'
import { aborted, crossing, Hand, long, silence, whole } from './diagrams-fixtures'

/** What Linux did: test/fixtures/inference/record.py says how it was recorded. */
const recorded = Object.entries(import.meta.glob<{ events: TraceEvent[] }>('../../fixtures/inference/*.json', { eager: true, import: 'default' }))
  .map(([path, { events }]) => ({ name: /([^/]+)\.json$/.exec(path)![1]!, events }))

const STATES: TcpState[] = ['CLOSED', 'LISTEN', 'SYN_SENT', 'SYN_RCVD', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSE_WAIT', 'CLOSING', 'LAST_ACK', 'TIME_WAIT']
const FLAGS = ['SYN', 'SYN,ACK', 'ACK', 'PSH,ACK', 'FIN,ACK', 'RST', 'RST,ACK', '']

const side = fc.constantFrom<Side>('a', 'b')
const op = fc.oneof(
  fc.record({ op: fc.constant('wait' as const), us: fc.oneof(fc.nat(5), fc.nat(900), fc.nat(5_000_000)) }),
  fc.record({ op: fc.constant('call' as const), side, name: fc.constantFrom('recv' as const, 'connect' as const, 'close' as const), block: fc.boolean() }),
  fc.record({ op: fc.constant('ret' as const), pick: fc.nat(3), fails: fc.boolean() }),
  fc.record({ op: fc.constant('segment' as const), side, flags: fc.constantFrom(...FLAGS), len: fc.nat(99_999), fate: fc.constantFrom('arrived' as const, 'lost' as const, 'unknown' as const), early: fc.nat(400) }),
  fc.record({ op: fc.constant('state' as const), side, to: fc.constantFrom(...STATES), rcv: fc.constantFrom(undefined, 'SYN', 'FIN', 'ACK of FIN', 'RST') }),
  fc.record({ op: fc.constant('outcome' as const) }),
)

/** Any order of anything, overlapping calls and late knowledge included: the layout must stand more than TCP allows. */
const connections = fc.array(op, { maxLength: 60 }).map((ops) => {
  const hand = new Hand('inferred')
  const open: ReturnType<Hand['call']>[] = []
  for (const o of ops) {
    switch (o.op) {
      case 'wait': hand.wait(o.us); break
      case 'call': {
        const call = hand.call(o.side, o.name, { n: 1024, address: { family: 'inet6', host: 'fe80::1234:5678:9abc:def0', port: 50_007 } })
        if (o.block) hand.block(call, 'readable')
        open.push(call)
        break
      }
      case 'ret': {
        const [call] = open.splice(o.pick % Math.max(1, open.length), 1)
        if (call) hand.ret(call, 12, o.fails ? { errno: 'ECONNREFUSED' } : {})
        break
      }
      case 'segment':
        hand.segment(o.side, o.flags, { len: o.len, fate: o.fate, t: Math.max(0, hand.t - o.early), call: open[0]?.call })
        hand.seq++
        break
      case 'state': hand.state(o.side, o.to, { rcv: o.rcv }); hand.seq++; break
      case 'outcome': hand.outcome('reset'); break
    }
  }
  return hand
})

const textsFor = (cursor: number): RowTexts => ({
  clock: (t) => clock(t), gap: duration,
  call: (slot) => callLine(slot.call, cursor),
  sub: (slot) => (hasStory(slot.call, slot.part, cursor) ? 'ECONNREFUSED · blocked 1.23 s' : undefined),
  failed: () => false,
  label: (row) => `${row.arrow!.segment.flags} · len ${row.arrow!.segment.len} · seq 123,456 ack 654,321 · retransmission`,
  outcome: () => 'connection reset',
})

function picture(hand: Hand, width: number, cursor = Infinity, mode: 'order' | 'time' = 'order') {
  const columns = columnsFor(width)
  const items = ladderItems(hand.connection, hand.calls.list, cursor)
  const layout = layoutLadder(items, { mode, compact: columns.compact, scale: 24, hasSubLine: (slot) => hasStory(slot.call, slot.part, cursor) })
  return { columns, items, layout, boxes: layout.rows.flatMap((row) => drawRow(row, columns, textsFor(cursor), mode).texts) }
}

const EPS = 1e-6
const overlap = (x: TextBox, y: TextBox) =>
  x.x + x.w > y.x + EPS && y.x + y.w > x.x + EPS && x.y + x.h / 2 > y.y - y.h / 2 + EPS && y.y + y.h / 2 > x.y - x.h / 2 + EPS

/** Labels may touch the next line's ground, but no two may share paper. Compared with neighbours only: rows are ordered. */
function overlaps(boxes: TextBox[]): string[] {
  const sorted = boxes.slice().sort((x, y) => x.y - y.y)
  const out: string[] = []
  for (let i = 0; i < sorted.length; i++) {
    for (let k = i + 1; k < sorted.length && sorted[k]!.y - sorted[i]!.y < 3; k++) {
      if (sorted[i]!.text && sorted[k]!.text && overlap(sorted[i]!, sorted[k]!)) out.push(`${sorted[i]!.role} ${sorted[i]!.text} / ${sorted[k]!.role} ${sorted[k]!.text}`)
    }
  }
  return out
}

describe('ladder layout', () => {
  it('lets no two texts overlap and keeps each on the page, at any width and in both axes', () => {
    fc.assert(fc.property(connections, fc.integer({ min: 34, max: 120 }), fc.constantFrom('order' as const, 'time' as const), (hand, width, mode) => {
      const { boxes, layout } = picture(hand, width, Infinity, mode)
      expect(overlaps(boxes)).toEqual([])
      for (const box of boxes) {
        expect(box.x).toBeGreaterThanOrEqual(-EPS)
        expect(box.x + box.w).toBeLessThanOrEqual(width + EPS)
        expect(box.y + box.h / 2).toBeLessThanOrEqual(layout.height)
      }
    }), { numRuns: 300 })
  })

  it('places everything known at a cursor once, in order of time', () => {
    fc.assert(fc.property(connections, fc.nat(80), (hand, cursor) => {
      const { layout, items } = picture(hand, 90, cursor)
      const rows = layout.rows
      expect(rows.filter((row) => row.arrow).length).toBe(hand.connection.segments.filter((s) => s.seq <= cursor).length)
      const marks = rows.flatMap((row) => [row.states.a, row.states.b]).filter(Boolean)
      const passive = (s: StateChange, i: number) => i === 0 && s.from === 'CLOSED' && s.to === 'LISTEN'
      expect(marks.length).toBe([hand.connection.a, hand.connection.b].flatMap(({ states }) => states.filter((s, i) => s.seq <= cursor && !passive(s, i))).length)
      const slots = rows.flatMap((row) => [row.calls.a, row.calls.b]).filter((slot) => slot !== undefined)
      const calls = hand.calls.list.filter((call) => call.seq <= cursor)
      expect(slots.filter((slot) => slot.part !== 'end').map((slot) => slot.call.call).sort()).toEqual(calls.map((call) => call.call).sort())
      expect(slots.filter((slot) => slot.part !== 'start').length).toBe(calls.filter((call) => call.end && call.end.seq <= cursor).length)
      for (let i = 1; i < rows.length; i++) {
        expect(rows[i]!.t).toBeGreaterThanOrEqual(rows[i - 1]!.t)
        expect(rows[i]!.top).toBeGreaterThanOrEqual(rows[i - 1]!.top + rows[i - 1]!.height - EPS)
      }
      for (let i = 1; i < items.length; i++) expect(items[i]!.t).toBeGreaterThanOrEqual(items[i - 1]!.t)
    }), { numRuns: 300 })
  })

  it('runs the bands of each lifeline downwards without a hole, in the order of the changes', () => {
    fc.assert(fc.property(connections, (hand) => {
      const { layout } = picture(hand, 90)
      for (const s of ['a', 'b'] as const) {
        const bands = layout.bands[s]
        const changes = hand.connection[s].states.map((_, i) => i).filter((i) => i > 0 || !(hand.connection[s].states[0]!.from === 'CLOSED' && hand.connection[s].states[0]!.to === 'LISTEN'))
        expect(bands.slice(1).map((b) => b.mark!.index)).toEqual(changes)
        for (let i = 1; i < bands.length; i++) {
          expect(bands[i]!.from).toBe(bands[i - 1]!.to)
          expect(bands[i]!.to - bands[i]!.from).toBeGreaterThan(0.9)
        }
      }
    }), { numRuns: 200 })
  })

  it('finds in a window just what touches it', () => {
    fc.assert(fc.property(connections, fc.double({ min: 0, max: 150, noNaN: true }), fc.double({ min: 1, max: 60, noNaN: true }), (hand, from, size) => {
      const { layout } = picture(hand, 90)
      const to = from + size
      const part = windowOf(layout, from, to)
      expect(part.rows).toEqual(layout.rows.filter((row) => row.top + row.height >= from && row.top <= to))
      for (const s of ['a', 'b'] as const) {
        expect(part.bars[s]).toEqual(layout.bars[s].filter((bar) => bar.to >= from && bar.from <= to))
        expect(part.bands[s]).toEqual(layout.bands[s].filter((band) => band.to >= from && band.from <= to))
      }
    }), { numRuns: 200 })
  })

  it('shows a call, its segment and the call that it woke in one row', () => {
    const hand = new Hand().open().wait(5000).data('a', 5, 300_000)
    const rows = picture(hand, 90).layout.rows
    const row = rows.find((r) => r.arrow?.segment.len === 5)!
    expect(row.calls.a).toMatchObject({ part: 'whole' })
    expect(row.calls.b).toMatchObject({ part: 'end' })
    expect(row.gap).toBe(300_015)
  })

  it('puts a change of state where its segment leaves or arrives', () => {
    const { layout } = picture(whole('inferred'), 90)
    const of = (flags: string, from: Side) => layout.rows.filter((r) => r.arrow?.segment.flags === flags && r.arrow.segment.from === from)
    expect(of('SYN', 'a')[0]!.states).toMatchObject({ a: { change: { to: 'SYN_SENT' } }, b: { change: { to: 'SYN_RCVD' } } })
    expect(of('FIN,ACK', 'b')[0]!.states).toMatchObject({ b: { change: { to: 'FIN_WAIT_1' } }, a: { change: { to: 'CLOSE_WAIT' } } })
    expect(of('FIN,ACK', 'a')[0]!.states).toMatchObject({ a: { change: { to: 'LAST_ACK' } }, b: { change: { to: 'TIME_WAIT' } } })
    expect(layout.rows.filter((r) => !r.arrow && (r.states.a ?? r.states.b))).toEqual([])
  })

  it('keeps time true where asked: no row stands above its time, and a quiet second has its height', () => {
    const { layout } = picture(silence(), 90, Infinity, 'time')
    for (const row of layout.rows) expect(row.base).toBeGreaterThanOrEqual(((row.t - layout.t0) / 1e6) * 24)
    const [first, second] = layout.rows.filter((r) => r.arrow)
    expect(second!.base - first!.base).toBeCloseTo(1.01 * 24, 0)
  })

  it('draws a part of a very long connection, with the state it is in', () => {
    const hand = long(10_000)
    const range = ladderRange(hand.connection, Infinity)
    expect(range).toMatchObject({ from: 9000, to: 20_003 })
    const { layout } = picture(hand, 90)
    expect(layout.rows.filter((r) => r.arrow).length).toBe(range.to - range.from)
    expect(layout.bands.a).toEqual([])
    expect(enteredStates(hand.connection, Infinity, range)).toEqual({ a: { state: 'ESTABLISHED', evidence: 'captured' }, b: { state: 'ESTABLISHED', evidence: 'captured' } })
    expect(enteredStates(long(1).connection, Infinity)).toEqual({ a: undefined, b: undefined })
    const earlier = ladderRange(hand.connection, Infinity, range.from)
    expect(earlier).toMatchObject({ from: 0, to: 9000 })
    const items = ladderItems(hand.connection, hand.calls.list, Infinity, earlier)
    expect(items.filter((i) => i.kind === 'segment').length).toBe(9000)
    expect(Math.max(...items.map((i) => i.t))).toBeLessThan(hand.connection.segments[9000]!.t)
  })

  it('lays out every fixture without overlap at the widths that matter', () => {
    for (const hand of [whole('kernel'), aborted(), crossing(), silence(), long(40)]) {
      for (const width of [35, 48, 64, 66, 80, 116]) expect(overlaps(picture(hand, width).boxes)).toEqual([])
    }
  })
})

describe('what Linux did (recorded)', () => {
  it.each(recorded)('$name: every moment is laid out, without overlap', ({ events }) => {
    const lab = createLab()
    for (const event of events) fold(lab, event)
    expect(lab.connections.length).toBeGreaterThan(0)
    for (const connection of lab.connections) {
      for (const cursor of [...events.filter((_, i) => i % 7 === 0).map((e) => e.seq), Infinity]) {
        const items = ladderItems(connection, lab.calls.list, cursor)
        for (const width of [40, 90]) {
          const columns = columnsFor(width)
          const layout = layoutLadder(items, { mode: 'order', compact: columns.compact, scale: 24, hasSubLine: (slot) => hasStory(slot.call, slot.part, cursor) })
          expect(layout.rows.filter((row) => row.arrow).length).toBe(segmentsAt(connection, cursor).length)
          expect(overlaps(layout.rows.flatMap((row) => drawRow(row, columns, textsFor(cursor), 'order').texts))).toEqual([])
        }
      }
      // what the projection says of a segment's fate and a state's evidence is what is drawn
      const drawn = ladderItems(connection, lab.calls.list, Infinity).flatMap((item) => (item.kind === 'segment' ? [item.segment.fate] : []))
      expect(drawn.slice().sort()).toEqual(segmentsAt(connection, Infinity).map((s) => s.fate).sort())
    }
  })
})

describe('columns', () => {
  it.each([0, 3, 12, 20, 65, 66, 120])('%i em wide: none has less than nothing', (width) => {
    for (const named of [true, false]) {
      const { time, calls, life, wire } = columnsFor(width, named)
      for (const { w } of [time, calls.a, calls.b, life.a, life.b, wire]) expect(w).toBeGreaterThan(0)
    }
  })
})

describe('words and numbers', () => {
  it('tells which segment the figure means', () => {
    expect(carries('FIN,ACK', 'FIN')).toBe(true)
    expect(carries('SYN,ACK', 'ACK of SYN')).toBe(false)
    expect(carries('ACK', 'ACK of FIN')).toBe(true)
    expect(carries('SYN', 'SYN,ACK')).toBe(false)
    expect(carries('RST,ACK', 'RST')).toBe(true)
  })
  it('writes durations and clocks', () => {
    expect([7, 1250, 340_000, 1_234_000, 31_100_000, 125_000_000].map(duration)).toEqual(['7 µs', '1.25 ms', '340 ms', '1.23 s', '31.1 s', '2 min 5 s'])
    expect([0, 123, 12_345_678].map(clock)).toEqual(['0.000000', '0.000123', '12.345678'])
  })
  it('never writes wider than it may', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.double({ min: 0, max: 40, noNaN: true }), (text, width) => {
      expect(textWidth(fit(text, width))).toBeLessThanOrEqual(width + EPS)
    }))
  })
})
