import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEvents, encodeEvents, TraceFormatError } from '../../../../src/shared/trace/codec'
import type { TraceEvent } from '../../../../src/shared/trace/events'
import { EventScan, type Place } from '../../../../src/shared/trace/scan'
import { Thinner } from '../../../../src/engine/recorder/thin'
import { events } from './arbitrary'

describe('the scan of a batch', () => {
  it('makes exactly the events that are asked for, at once or later, whatever is passed over', () => {
    fc.assert(fc.property(events, fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }), (list, wanted) => {
      const wants = (i: number): boolean => wanted[i % wanted.length]!
      const places: Place[] = []
      const scan = new EventScan(encodeEvents(list))
      while (scan.next()) {
        places.push(scan.skip())
        expect(scan.kind).toBe(list[places.length - 1]!.k)
      }
      expect(places.map(({ seq, t }) => [seq, t])).toStrictEqual(list.map(({ seq, t }) => [seq, t]))
      // also out of order, and twice
      const asked = places.map((_, i) => i).filter(wants)
      for (const i of [...asked, ...asked.toReversed()]) expect(scan.eventAt(places[i]!)).toStrictEqual(list[i])
    }), { numRuns: 500 })
  })

  it('notes what decides about an event', () => {
    const list: TraceEvent[] = [
      { k: 'call', seq: 0, t: 0, call: 7, thread: 1, name: 'recvfrom', sock: 1, fd: 20, args: { len: 9 } },
      { k: 'ret', seq: 1, t: 0, call: 7, value: 3, data: { at: 1, len: 3, kept: 2 }, remote: { family: 'inet', host: '127.0.0.1', port: 9 } },
      { k: 'mark', seq: 2, t: 0, thread: 4, what: 'done', call: 7, from: 'client' },
      { k: 'gap', seq: 3, t: 0, events: 5, bytes: 6, why: 'limit' },
    ]
    const scan = new EventScan(encodeEvents(list))
    const noted: unknown[] = []
    while (scan.next()) {
      scan.skip()
      noted.push([scan.first, scan.second, scan.word, scan.bytesLength])
    }
    expect(noted).toStrictEqual([[7, 1, 'recvfrom', 0], [7, 0, '', 3], [4, 0, 'done', 0], [5, 6, 'limit', 0]])
  })

  it('ends or refuses, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const scan = new EventScan(Uint8Array.of(0x81, ...bytes))
      try {
        while (scan.next()) scan.skip()
      } catch (error) {
        expect(error).toBeInstanceOf(TraceFormatError)
      }
    }), { numRuns: 2000 })
  })
})

describe('thinning', () => {
  it('keeps the structure and what has not ended, in order, and counts the rest in one gap', () => {
    const call = (seq: number, id: number, name: 'accept' | 'recv'): TraceEvent => ({ k: 'call', seq, t: seq, call: id, thread: 1, name, args: {} })
    const ret = (seq: number, id: number): TraceEvent => ({ k: 'ret', seq, t: seq, call: id, value: 1, data: { at: 0, len: 10, kept: 10 } })
    const list: TraceEvent[] = [
      { k: 'print', seq: 1, t: 1, thread: 1, text: 'before' }, call(2, 1, 'accept'), ret(3, 1), call(4, 2, 'recv'), ret(5, 2),
      { k: 'gap', seq: 6, t: 6, events: 4, bytes: 40, why: 'slow-ui' }, { k: 'mark', seq: 7, t: 7, thread: 1, what: 'done', us: 3 }, call(8, 3, 'recv'),
    ]
    const thinner = new Thinner('limit')
    const { batch, count } = thinner.apply(encodeEvents(list))
    expect(decodeEvents(batch)).toStrictEqual([
      { k: 'gap', seq: 1, t: 1, events: 7, bytes: 50, why: 'limit' }, list[1], list[2], list[6], list[7],
    ])
    expect([count, thinner.left]).toStrictEqual([5, 3])
    expect(decodeEvents(thinner.apply(encodeEvents(list), 5).batch)).toStrictEqual([list[4], { ...list[5], why: 'limit' }, list[6], list[7]])
  })

  it('leaves out what one would find by looking at every event, however the calls lie across each other', () => {
    const id = fc.integer({ min: 1, max: 5 })
    const one = fc.oneof(
      fc.record({ k: fc.constant('call' as const), call: id, thread: fc.constant(1), name: fc.constantFrom('accept', 'recv', 'sendto'), args: fc.constant({}) }),
      fc.record({ k: fc.constant('block' as const), call: id, why: fc.constant('readable' as const) }),
      fc.record({ k: fc.constant('ret' as const), call: id, value: fc.constant(1), data: fc.record({ at: fc.nat(9), len: fc.nat(9), kept: fc.constant(0) }) }),
      fc.record({ k: fc.constant('print' as const), thread: fc.constant(1), text: fc.constant('line') }),
      fc.record({ k: fc.constant('gap' as const), events: fc.nat(9), bytes: fc.nat(9), why: fc.constant('limit' as const) }),
    )
    // a call's id is of one call at a time, as the kernel gives them
    const wellFormed = (list: { k: string; call?: number }[]): boolean => {
      const open = new Set<number>()
      const used = new Set<number>()
      return list.every(({ k, call }) => {
        if (call === undefined) return true
        if (k === 'call') {
          if (used.has(call)) return false
          open.add(call)
        } else if (used.has(call) && !open.has(call)) return false
        used.add(call)
        if (k === 'ret') open.delete(call)
        return true
      })
    }
    fc.assert(fc.property(fc.array(one, { maxLength: 14 }).filter(wellFormed), fc.nat(4), (list, from) => {
      const stamped = list.map((event, i) => ({ ...event, seq: i, t: 3 * i })) as TraceEvent[]
      const seen = stamped.slice(from)
      const went = new Set<number>()
      for (const [i, event] of seen.entries()) {
        if (event.k === 'call' && event.name !== 'accept' && seen.slice(i).some((later) => later.k === 'ret' && later.call === event.call)) went.add(event.call)
      }
      const stays = (event: TraceEvent): boolean => event.k !== 'print' && event.k !== 'gap' && !('call' in event && went.has(event.call!))
      const gone = seen.filter((event) => !stays(event))
      const sum = (of: (event: TraceEvent) => number): number => gone.reduce((all, event) => all + of(event), 0)
      const gap = {
        k: 'gap', seq: gone[0]?.seq, t: gone[0]?.t, why: 'limit', events: sum((e) => (e.k === 'gap' ? e.events : 1)),
        bytes: sum((e) => (e.k === 'gap' ? e.bytes : e.k === 'ret' ? e.data!.len : 0)),
      }
      const expected = seen.flatMap((event): unknown[] => (stays(event) ? [event] : event === gone[0] ? [gap] : []))
      const thinner = new Thinner('limit')
      const { batch, count } = thinner.apply(encodeEvents(stamped), from)
      expect(decodeEvents(batch)).toEqual(expected)
      expect([count, thinner.left]).toStrictEqual([expected.length, gone.filter((event) => event.k !== 'gap').length])
    }), { numRuns: 1000 })
  })
})
