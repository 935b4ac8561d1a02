import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { axisTicks, layoutSegments, whereabouts } from '../../../../src/renderer/hex/ribbon-layout'
import { connection, type Fact } from './fixture'

const size = (r: { from: number; to: number }) => r.to - r.from

describe('where the bytes are', () => {
  it('answers "1,000 bytes sent, how many received?"', () => {
    const c = connection({
      sends: [500, 100, 400],
      recvs: [100, 7, 200, 193, 100, 57, 200],
      sender: [[90, { sendq: 0 }]],
      receiver: [[90, { recvq: 143 }]],
    })
    const w = whereabouts(c, 'a', Infinity)
    expect(w).toMatchObject({ sent: 1000, sends: 3, received: 857, recvs: 7, receiveBufferEvidence: 'kernel' })
    expect([w.delivered, w.receiveBuffer, w.unacknowledged, w.unknown].map(size)).toEqual([857, 143, 0, 0])
  })

  it('tells bytes that the kernel still holds from bytes that nobody asked about', () => {
    const c = connection({ sends: [1000, 500], recvs: [], sender: [[1.5, { sendq: 300 }]], receiver: [] })
    const before = whereabouts(c, 'a', 1.7)
    expect([before.receiveBuffer, before.unacknowledged, before.unknown].map(size)).toEqual([700, 300, 0])
    expect(before.receiveBufferEvidence).toBe('inferred')
    const after = whereabouts(c, 'a', Infinity)
    expect([after.receiveBuffer, after.unacknowledged, after.unknown].map(size)).toEqual([700, 300, 500])
  })

  it('guesses nothing about another program', () => {
    const c = connection({ sends: [10], recvs: [], sender: [[90, { sendq: 0, state: 'FIN_WAIT_1' }]], receiver: [] })
    expect(size(whereabouts(c, 'a', Infinity).receiveBuffer)).toBe(10)
    const { sock: _, ...foreign } = c.b
    expect(whereabouts({ ...c, listener: 7, b: foreign }, 'a', Infinity).received).toBe(0)
    const w = whereabouts({ ...c, b: foreign }, 'a', Infinity)
    expect(w.received).toBeUndefined()
    expect([w.acknowledged, w.receiveBuffer, w.delivered].map(size)).toEqual([10, 0, 0])
  })

  it('says that bytes were never received, once the connection is over', () => {
    const c = connection({ sends: [1000], recvs: [600], sender: [[90, { sendq: 0 }]], receiver: [[90, { recvq: 400 }]] })
    const over = { ...c, outcome: { seq: [95], t: [0], value: ['reset' as const] } }
    expect(size(whereabouts(over, 'a', 94).receiveBuffer)).toBe(400)
    expect(size(whereabouts(over, 'a', 95).notReceived)).toBe(400)
    expect(size(whereabouts(over, 'a', 95).receiveBuffer)).toBe(0)
  })

  it('puts every byte in exactly one place, at every cursor', () => {
    const facts = fc
      .array(fc.tuple(fc.nat(40), fc.record({ sendq: fc.nat(50), recvq: fc.nat(50) })))
      .map((l): Fact[] => l.sort((x, y) => x[0] - y[0]))
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 10 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 10 }),
        facts,
        facts,
        fc.nat(45),
        (sends, recvs, sender, receiver, cursor) => {
          const w = whereabouts(connection({ sends, recvs, sender, receiver }), 'a', cursor)
          const parts = [w.delivered, w.receiveBuffer, w.unacknowledged, w.unknown, w.notReceived]
          expect(parts[0]?.from).toBe(0)
          parts.forEach((p, i) => {
            expect(p.to).toBeGreaterThanOrEqual(p.from)
            expect(parts[i + 1]?.from ?? w.length).toBe(p.to)
          })
        },
      ),
    )
  })
})

describe('segments', () => {
  const items = (lens: number[]) => connection({ sends: lens, recvs: [], sender: [], receiver: [] }).streams.a.sends

  it('draws every call of the view once, in order, none narrower than it must be', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 10, max: 900 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (lens, width, a, b) => {
          const list = items(lens)
          const length = lens.reduce((x, y) => x + y, 0)
          // the view never spans less than a byte
          const from = Math.floor(Math.min(a, b) * (length - 1))
          const view = { from, to: Math.max(from + 1, Math.ceil(Math.max(a, b) * length)) }
          const segments = layoutSegments(list, list.length, view, width, 5)
          const drawn = segments.flatMap((s) => Array.from({ length: s.count }, (_, i) => s.first + i))
          // a group at the right edge may reach past the view; nothing of the view is missing and nothing is drawn twice
          const inView = list
            .map((x, i) => [x, i] as const)
            .filter(([x]) => view.to > view.from && x.offset < view.to && x.offset + x.len > view.from)
            .map(([, i]) => i)
          expect(drawn).toEqual(expect.arrayContaining(inView))
          expect(drawn).toEqual([...new Set(drawn)].sort((x, y) => x - y))
          for (const s of segments) {
            expect(s.x).toBeGreaterThanOrEqual(0)
            expect(s.x + s.width).toBeLessThanOrEqual(width + 1e-6)
          }
          expect(segments.length).toBeLessThanOrEqual(2 * (width / 5) + 2)
        },
      ),
    )
  })

  it('keeps a wide call apart from narrow ones, and draws a million calls as a few hundred segments', () => {
    expect(layoutSegments(items([100, 7, 200]), 3, { from: 0, to: 1000 }, 700, 5).map((s) => s.count)).toEqual([1, 1, 1])
    const many = items(Array.from({ length: 1_000_000 }, () => 1000))
    const segments = layoutSegments(many, many.length, { from: 0, to: 1e9 }, 600, 5)
    expect(segments.length).toBeLessThanOrEqual(121)
    expect(segments.reduce((sum, s) => sum + s.count, 0)).toBe(1_000_000)
  })
})

describe('axis', () => {
  it('has round offsets, not too many', () => {
    expect(axisTicks({ from: 0, to: 1000 }, 600, 84)).toEqual([0, 200, 400, 600, 800, 1000])
    expect(axisTicks({ from: 0, to: 5 }, 600, 84)).toEqual([0, 1, 2, 3, 4, 5])
    expect(axisTicks({ from: 0, to: 0 }, 600, 84)).toEqual([])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 100, max: 2000 }), (to, width) => {
        const ticks = axisTicks({ from: 0, to }, width, 84)
        expect(ticks.length).toBeLessThanOrEqual(width / 84 + 2)
        expect(ticks.length).toBeGreaterThan(0)
      }),
    )
  })
})
