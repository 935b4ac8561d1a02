import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEvents, encodeEvents, TraceFormatError } from '../../../../src/shared/trace/codec'
import type { TraceEvent } from '../../../../src/shared/trace/events'
import { EventScan } from '../../../../src/shared/trace/scan'
import { Thinner } from '../../../../src/engine/recorder/thin'
import { events } from './arbitrary'

describe('the scan of a batch', () => {
  it('makes exactly the events that are asked for, whatever is passed over', () => {
    fc.assert(fc.property(events, fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }), (list, wanted) => {
      const wants = (i: number): boolean => wanted[i % wanted.length]!
      const got: TraceEvent[] = []
      const scan = new EventScan(encodeEvents(list))
      for (let i = 0; scan.next(); i++) {
        expect([scan.kind, scan.seq, scan.t]).toStrictEqual([list[i]!.k, list[i]!.seq, list[i]!.t])
        if (wants(i)) got.push(scan.event())
        else scan.skip()
      }
      expect(got).toStrictEqual(list.filter((_, i) => wants(i)))
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
})
