import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BadWire, HOLD_MS, type Carried } from '../../../src/engine/relay/bad-wire'
import { DelayLine } from '../../../src/engine/relay/delay-line'
import { Pipe } from '../../../src/engine/relay/pipe'

const plain = { drop: false, duplicate: false, reorder: false }
const held = { ...plain, reorder: true }
const twice = { ...plain, duplicate: true }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** What comes out of the line, and when, milliseconds. */
function drain(line: DelayLine<Carried<string>>, signal = new AbortController().signal): { out: [string, number][]; over: Promise<void> } {
  const out: [string, number][] = []
  const begun = performance.now()
  const over = (async () => {
    for (let one = await line.take(signal); one; one = await line.take(signal)) {
      if (one.gone) continue
      one.gone = true
      for (let i = 0; i < one.copies; i++) out.push([one.item, Math.round(performance.now() - begun)])
    }
  })()
  return { out, over }
}

describe('DelayLine', () => {
  it('gives each when it is due, whatever the order of going in', async () => {
    const line = new DelayLine<Carried<string>>()
    const { out } = drain(line)
    const now = performance.now()
    line.put({ item: 'c', copies: 1 }, now + 30)
    line.put({ item: 'a', copies: 1 }, now + 10)
    line.put({ item: 'd', copies: 1 }, now + 30)
    line.put({ item: 'b', copies: 1 }, now + 20)
    await vi.advanceTimersByTimeAsync(15)
    expect(out).toEqual([['a', 10]])
    await vi.advanceTimersByTimeAsync(100)
    expect(out).toEqual([['a', 10], ['b', 20], ['c', 30], ['d', 30]])
    expect(line.size).toBe(0)
  })
  it.each(['close', 'abort'])('ends at %s while something waits', async (how) => {
    const stop = new AbortController()
    const line = new DelayLine<Carried<string>>()
    const { out, over } = drain(line, stop.signal)
    line.put({ item: 'late', copies: 1 }, performance.now() + 1e6)
    if (how === 'close') line.close()
    else stop.abort()
    await over
    expect(out).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('BadWire', () => {
  const make = () => {
    const line = new DelayLine<Carried<string>>()
    return { wire: new BadWire<string>(line), ...drain(line) }
  }
  it('passes on, and twice what is to come twice', () => {
    const { wire } = make()
    expect(wire.carry('a', plain, 0)).toEqual(['a'])
    expect(wire.carry('b', twice, 0)).toEqual(['b', 'b'])
  })
  it('holds one back until the next has passed', async () => {
    const { wire, out } = make()
    expect(wire.holds(held)).toBe(true)
    expect(wire.carry('a', held, 0)).toEqual([])
    // one at a time: this one passes, and takes the first along
    expect(wire.holds(held)).toBe(false)
    expect(wire.carry('b', held, 0)).toEqual(['b', 'a'])
    expect(wire.carry('c', held, 0)).toEqual([])
    await vi.advanceTimersByTimeAsync(HOLD_MS - 1)
    expect(out).toEqual([])
    // nothing came: it goes on alone
    await vi.advanceTimersByTimeAsync(1)
    expect(out).toEqual([['c', HOLD_MS]])
    expect(wire.carry('d', plain, 0)).toEqual(['d'])
  })
  it('delays, in order, a held one behind the one that passes it', async () => {
    const { wire, out } = make()
    wire.carry('a', held, 50)
    wire.carry('b', twice, 50)
    wire.carry('c', plain, 50)
    await vi.advanceTimersByTimeAsync(2000)
    expect(out).toEqual([['b', 50], ['b', 50], ['a', 50], ['c', 50]])
  })
})

describe('Pipe', () => {
  const bytes = (n: number) => new Uint8Array(n)
  it('takes no more than it holds, until that is out', async () => {
    const pipe = new Pipe(10, new AbortController().signal)
    expect(await pipe.room()).toBe(true)
    pipe.put({ data: bytes(10), due: performance.now() })
    let room: boolean | undefined
    void pipe.room().then((value) => { room = value })
    expect((await pipe.take())!.data).toHaveLength(10)
    await vi.advanceTimersByTimeAsync(100)
    expect(room).toBeUndefined()
    pipe.out(10)
    await vi.advanceTimersByTimeAsync(0)
    expect(room).toBe(true)
  })
  it('keeps the order, the end behind the bytes', async () => {
    const pipe = new Pipe(100, new AbortController().signal)
    const now = performance.now()
    pipe.put({ data: bytes(1), due: now + 10 })
    pipe.put({ due: now + 10 })
    const got: (number | undefined)[] = []
    void (async () => {
      for (let piece = await pipe.take(); piece; piece = await pipe.take()) got.push(piece.data?.length)
    })()
    await vi.advanceTimersByTimeAsync(9)
    expect(got).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(got).toEqual([1, undefined])
  })
  it.each(['close', 'abort'])('%s wakes whoever waits', async (how) => {
    const stop = new AbortController()
    const pipe = new Pipe(1, stop.signal)
    pipe.put({ data: bytes(1), due: performance.now() + 1e6 })
    const waiting = Promise.all([pipe.room(), pipe.take()])
    if (how === 'close') pipe.close()
    else stop.abort()
    expect(await waiting).toEqual([false, undefined])
    expect(vi.getTimerCount()).toBe(0)
  })
})
