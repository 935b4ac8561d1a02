import { describe, expect, it } from 'vitest'
import { BytesCache, PAGE } from '../../../../src/renderer/lab/bytes-cache'
import { EventIndex } from '../../../../src/renderer/lab/event-index'
import { SessionFeed } from '../../../../src/renderer/lab/session-feed'
import { advance, atSeq, atTime, step } from '../../../../src/renderer/timeline/clock'
import { encodeEvents } from '../../../../src/shared/trace/codec'
import type { TraceEvent } from '../../../../src/shared/trace/events'

const prints = (from: number, count: number): TraceEvent[] =>
  Array.from({ length: count }, (_, i) => ({ seq: from + i, t: (from + i) * 10, k: 'print', thread: 1, text: `line ${from + i}` }))
const opening: TraceEvent[] = [
  { seq: 0, t: 0, k: 'run', run: 1, program: 'x', params: {} },
  { seq: 1, t: 10, k: 'thread', run: 1, thread: 1, name: 'main', func: 'main' },
]

function feed(most?: number) {
  const acked: number[] = []
  let ticks = 0
  const frames: (() => void)[] = []
  const it = new SessionFeed({ ack: (batch) => acked.push(batch), tick: () => { ticks++ }, schedule: (run) => frames.push(run), ...(most !== undefined && { most }) })
  const take = (session: string, batch: number, events: TraceEvent[]) => it.take({ push: 'trace', session, batch, data: encodeEvents(events) })
  return { feed: it, acked, take, frame: () => frames.splice(0).forEach((run) => run()), ticks: () => ticks }
}

describe('SessionFeed', () => {
  it('folds, acknowledges each batch, and ticks once per frame however many batches came', () => {
    const { feed: it, acked, take, frame, ticks } = feed()
    it.reset('s')
    frame()
    const before = ticks()
    take('s', 1, opening)
    take('s', 2, prints(2, 5))
    expect(acked).toEqual([1, 2])
    expect(ticks()).toBe(before)
    frame()
    expect(ticks()).toBe(before + 1)
    expect(it.lab.calls.runs.get(1)?.output.map((line) => line.text)).toEqual(['line 2', 'line 3', 'line 4', 'line 5', 'line 6'])
    expect(it.next).toBe(7)
  })

  it('takes each event once when a new subscription begins earlier than asked', () => {
    const { feed: it, take } = feed()
    it.reset('s')
    take('s', 1, [...opening, ...prints(2, 3)])
    take('s', 2, prints(3, 4))
    expect(it.lab.calls.runs.get(1)?.output.length).toBe(5)
    expect(it.index.length).toBe(7)
  })

  it('acknowledges, but does not fold, what belongs to another session', () => {
    const { feed: it, acked, take } = feed()
    it.reset('s')
    take('other', 9, opening)
    expect(acked).toEqual([9])
    expect(it.index.length).toBe(0)
  })

  it('begins anew with another session', () => {
    const { feed: it, take } = feed()
    it.reset('s')
    take('s', 1, opening)
    it.reset('u')
    expect(it.lab.calls.runs.size).toBe(0)
    expect(it.next).toBe(0)
  })
})

describe('a live session that is too long for the page', () => {
  it('is not asked for more once it is full, and begins anew with what is given then', () => {
    const { feed: it, acked, take } = feed(5)
    it.reset('s', true)
    take('s', 1, [...opening, ...prints(2, 2)])
    expect([it.full, acked]).toEqual([false, [1]])
    take('s', 2, prints(4, 3))
    expect([it.full, acked]).toEqual([true, [1]])
    it.reset('s', true)
    expect([it.full, it.next, it.index.length]).toEqual([false, 0, 0])
    take('s', 3, [...opening, { seq: 2, t: 20, k: 'gap', events: 4, bytes: 0, why: 'limit' }])
    expect(acked).toEqual([1, 3])
    expect(it.lab.gaps.map((gap) => gap.events)).toEqual([4])
  })

  it('is a matter of live sessions only: of a stored one nothing is left out', () => {
    const { feed: it, acked, take } = feed(5)
    it.reset('stored')
    take('stored', 1, [...opening, ...prints(2, 8)])
    expect([it.full, acked]).toEqual([false, [1]])
  })
})

describe('the cursor', () => {
  const index = new EventIndex()
  // two events at one moment, and a gap in the numbers
  for (const [seq, t] of [[0, 0], [1, 100], [2, 100], [10, 2_000_000], [11, 2_000_050]] as const) index.push(seq, t)

  it('goes from a time to the last event that has happened by then', () => {
    expect(atTime(index, 99)).toEqual({ t: 99, seq: 0 })
    expect(atTime(index, 100)).toEqual({ t: 100, seq: 2 })
    expect(atTime(index, 1e12)).toEqual({ t: 2_000_050, seq: 11 })
    expect(atTime(index, -5)).toEqual({ t: 0, seq: 0 })
  })

  it('steps event by event both ways, over gaps, and stops at both ends', () => {
    let at = { t: 0, seq: -1 }
    const seen: number[] = []
    for (let i = 0; i < 7; i++) seen.push((at = step(index, at, 1)).seq)
    expect(seen).toEqual([0, 1, 2, 10, 11, 11, 11])
    const back: number[] = []
    for (let i = 0; i < 6; i++) back.push((at = step(index, at, -1)).seq)
    expect(back).toEqual([10, 2, 1, 0, -1, -1])
  })

  it('goes to an event, or the one before it where it was left out', () => {
    expect(atSeq(index, 10)).toEqual({ t: 2_000_000, seq: 10 })
    expect(atSeq(index, 5)).toEqual({ t: 100, seq: 2 })
  })

  it('replays at a speed: 16 ms of a thousandth is 16 us', () => {
    expect(advance(index, { t: 90, seq: 0 }, 16, 0.001)).toEqual({ t: 106, seq: 2 })
    expect(advance(index, { t: 100, seq: 2 }, 200, 10)).toEqual({ t: 2_000_050, seq: 11 })
  })

  it('is nowhere in an empty session', () => {
    const empty = new EventIndex()
    expect(atTime(empty, 5)).toEqual({ t: 0, seq: -1 })
    expect(step(empty, { t: 0, seq: -1 }, 1)).toEqual({ t: 0, seq: -1 })
  })

  it('finds its way in a million events', () => {
    const big = new EventIndex()
    for (let i = 0; i < 1_000_000; i++) big.push(i, i * 3)
    expect(big.atTime(2_999_998)).toBe(999_999)
    expect(big.atTime(1_500_001)).toBe(500_000)
  })
})

describe('BytesCache', () => {
  function cache(size: number) {
    const store = Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff)
    const pulls: [number, number][] = []
    let arrivals = 0
    let end = size
    const it = new BytesCache(async (at, len) => {
      pulls.push([at, len])
      return { ok: true, value: { at, bytes: store.slice(at, Math.min(end, at + len)) } }
    }, () => { arrivals++ })
    return { it, store, pulls, arrivals: () => arrivals, cutAt: (n: number) => { end = n } }
  }

  it('reads across pages, pulling each page once', async () => {
    const { it: bytes, store, pulls } = cache(3 * PAGE)
    const [a, b] = await Promise.all([bytes.read(PAGE - 5, PAGE + 10), bytes.read(PAGE, 4)])
    expect(a).toEqual(store.slice(PAGE - 5, 2 * PAGE + 5))
    expect(b).toEqual(store.slice(PAGE, PAGE + 4))
    expect(pulls.map(([at]) => at).sort((x, y) => x - y)).toEqual([0, PAGE, 2 * PAGE])
  })

  it('peeks: undefined and sent for, then there', async () => {
    const { it: bytes, store, arrivals } = cache(100)
    expect(bytes.peek(10, 20)).toBeUndefined()
    await bytes.read(10, 20)
    expect(arrivals()).toBe(1)
    expect(bytes.peek(10, 20)).toEqual(store.slice(10, 30))
    expect(bytes.peek(3, 0)).toEqual(new Uint8Array())
  })

  it('asks again for a page that was not full when it came', async () => {
    const { it: bytes, store, cutAt } = cache(200)
    cutAt(50)
    expect((await bytes.read(0, 60)).length).toBe(50)
    cutAt(200)
    expect(await bytes.read(0, 60)).toEqual(store.slice(0, 60))
  })

  it('gives what there is where the store fails', async () => {
    const bytes = new BytesCache(async () => ({ ok: false, error: { code: 'GONE', message: '' } }), () => undefined)
    expect(await bytes.read(0, 10)).toEqual(new Uint8Array())
  })
})
