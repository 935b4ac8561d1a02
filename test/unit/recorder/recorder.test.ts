import { describe, expect, it } from 'vitest'
import { decodeEvents } from '../../../src/shared/trace/codec'
import type { TraceEvent } from '../../../src/shared/trace/events'
import { createRecorder } from '../../../src/engine/recorder/recorder'
import { LAG_EVENTS } from '../../../src/engine/recorder/limits'
import { accountFor, connection, header, readAll } from './lib'

const print = (text: string) => ({ k: 'print' as const, thread: 1, text })
/** A turn of the event loop: what was put off with setImmediate has happened. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('the recorder', () => {
  it('stamps events from 0 with a time that never goes back', async () => {
    const recorder = createRecorder({ header })
    const seqs = Array.from({ length: 5000 }, (_, i) => recorder.push(print(String(i))))
    expect(seqs).toStrictEqual(Array.from({ length: 5000 }, (_, i) => i))
    const events = await readAll(recorder)
    expect(events.map((event) => event.seq)).toStrictEqual(seqs)
    expect(events.map((event) => event.k === 'print' && event.text)).toStrictEqual(seqs.map(String))
    expect(events.every((event, i) => Number.isSafeInteger(event.t) && event.t >= (events[i - 1]?.t ?? 0))).toBe(true)
    expect(recorder.info()).toMatchObject({ live: true, events: 5000, startedAt: header.startedAt, duration: events.at(-1)!.t })
    await recorder.close()
  })

  it('hands a subscriber what was before, then what comes, from any event on', async () => {
    const recorder = createRecorder({ header })
    for (let i = 0; i < 100; i++) recorder.push(print(`before ${i}`))
    expect((await readAll(recorder, 97)).map((event) => event.seq)).toStrictEqual([97, 98, 99])
    const got: TraceEvent[] = []
    const news = new Promise<void>((resolve) => {
      const subscription = recorder.subscribe({
        from: 98,
        onBatch(batch, data) {
          got.push(...decodeEvents(data))
          subscription.ack(batch)
          if (got.length === 2) recorder.push(print('after'))
          if (got.length === 3) resolve()
        },
      })
    })
    await news
    expect(got.map((event) => event.seq)).toStrictEqual([98, 99, 100])
    await recorder.close()
  })

  it('gives the answer of subscribe before the first batch, and at most two unanswered batches of bounded size', async () => {
    const recorder = createRecorder({ header })
    for (let i = 0; i < 20_000; i++) recorder.push(print(`a line of some length, number ${i}`))
    const sizes: number[] = []
    let answered = false
    const subscription = recorder.subscribe({ from: 0, onBatch: (_, data) => void (expect(answered).toBe(true), sizes.push(data.length)) })
    answered = true
    await turn()
    for (let i = 0; i < 100; i++) recorder.push(print('more'))
    recorder.flush()
    await turn()
    expect(sizes.length).toBe(2)
    expect(Math.max(...sizes)).toBeLessThan(2 * 64 * 1024)
    // an answer to something else is none
    subscription.ack(-1)
    expect(sizes.length).toBe(2)
    await recorder.close()
  })

  it('tells a tap every event, the last ones at its end and at close', async () => {
    const recorder = createRecorder({ header })
    recorder.push(print('before'))
    const told: TraceEvent[] = []
    const early: TraceEvent[] = []
    recorder.tap((events) => told.push(...events))
    const end = recorder.tap((events) => early.push(...events))
    for (let i = 0; i < 5000; i++) recorder.push(print(String(i)))
    end()
    expect(early.length).toBe(5000)
    recorder.push(print('last'))
    await recorder.close()
    expect(told.map((event) => event.seq)).toStrictEqual(Array.from({ length: 5001 }, (_, i) => i + 1))
    expect(told.at(-1)).toMatchObject({ k: 'print', text: 'last' })
    expect(early.length).toBe(5000)
  })

  it('cuts a printed text that is too long, and says so', async () => {
    const recorder = createRecorder({ header })
    recorder.push(print('x'.repeat(5_000_000)))
    const [event] = await readAll(recorder)
    expect(event?.k === 'print' && event.text.length).toBe(256 * 1024 + 1)
    expect(event?.k === 'print' && event.text.at(-1)).toBe('…')
    await recorder.close()
  })

  it('keeps memory within its limits, and the structure longer than the rest', async () => {
    const recorder = createRecorder({ header, limits: { events: 20_000, traceBytes: 1024 * 1024 } })
    recorder.push({ k: 'run', run: 1, program: 'tcp-server', params: {} })
    let pushed = 1
    let peak = 0
    for (let n = 0; n < 400; n++) {
      for (const event of connection(n, 40)) {
        recorder.push(event)
        pushed++
      }
      peak = Math.max(peak, recorder.status().traceBytes - recorder.bytes.memory)
    }
    const events = await readAll(recorder)
    expect(accountFor(events)).toStrictEqual({ seqsRise: true, total: pushed })
    expect(events.length).toBeLessThan(25_000)
    expect(peak).toBeLessThan(2 * 1024 * 1024)
    expect(recorder.status()).toMatchObject({ events: pushed, dropped: pushed - events.filter((event) => event.k !== 'gap').length })
    // the structure of all connections is still there; of the newest everything
    expect(events.filter((event) => event.k === 'call' && event.name === 'accept').length).toBe(400)
    expect(events.filter((event) => event.k === 'thread-end').length).toBe(400)
    expect(events.slice(-60).every((event) => event.k !== 'gap')).toBe(true)
    expect(events[0]).toMatchObject({ k: 'run', seq: 0 })
    // no return is left without its call
    const calls = new Set<number>()
    for (const event of events) {
      if (event.k === 'call') calls.add(event.call)
      if (event.k === 'ret' || event.k === 'block') expect(calls.has(event.call), `seq ${event.seq}`).toBe(true)
    }
    await recorder.close()
  })

  it('gives up structure, oldest first, when structure alone is too much, and still counts all of it', async () => {
    const recorder = createRecorder({ header, limits: { events: 10_000 } })
    recorder.push({ k: 'run', run: 1, program: 'tcp-server', params: {} })
    let pushed = 1
    for (let n = 0; n < 8000; n++) {
      for (const event of connection(n, 0)) {
        recorder.push(event)
        pushed++
      }
    }
    const events = await readAll(recorder)
    expect(accountFor(events)).toStrictEqual({ seqsRise: true, total: pushed })
    expect(events.length).toBeLessThan(15_000)
    expect(events.slice(0, 2)).toMatchObject([{ k: 'run', seq: 0 }, { k: 'gap', seq: 1, why: 'limit' }])
    expect(events.filter((event) => event.k === 'gap').length).toBeLessThan(3)
    await recorder.close()
  })

  it('leaves detail out for a UI that falls behind, counts it, and gives it everything again once it has caught up', async () => {
    const recorder = createRecorder({ header })
    const got: TraceEvent[] = []
    let waiting: number[] = []
    const subscription = recorder.subscribe({
      from: 0,
      onBatch(batch, data) {
        waiting.push(batch)
        got.push(...decodeEvents(data))
      },
    })
    await turn()
    let pushed = 0
    const load = (connections: number) => {
      for (let n = 0; n < connections; n++) {
        for (const event of connection(pushed, 40)) {
          recorder.push(event)
          pushed++
        }
      }
      recorder.flush()
    }
    load(3)
    expect(waiting.length).toBeGreaterThan(0)
    // it does not answer while far more than the allowed lag comes in
    load(Math.ceil(2 * LAG_EVENTS / 207))
    expect(waiting.length).toBeLessThanOrEqual(2)
    for (let rounds = 0; waiting.length > 0; rounds++) {
      expect(rounds).toBeLessThan(1000)
      const answer = waiting
      waiting = []
      for (const batch of answer) subscription.ack(batch)
    }
    expect(accountFor(got)).toStrictEqual({ seqsRise: true, total: pushed })
    const gaps = got.filter((event) => event.k === 'gap')
    expect(gaps.length).toBeGreaterThan(0)
    expect(gaps.every((gap) => gap.why === 'slow-ui' && gap.bytes > 0)).toBe(true)
    const left = gaps.reduce((sum, gap) => sum + gap.events, 0)
    expect(recorder.status().dropped).toBe(left)
    // the structure came through whole
    expect(got.filter((event) => event.k === 'thread-end').length).toBe(pushed / 207)
    const before = got.length
    load(1)
    for (const batch of waiting) subscription.ack(batch)
    expect(got.slice(before).map((event) => event.k === 'gap')).toStrictEqual(Array.from({ length: 207 }, () => false))
    // another UI that asks for everything gets everything: the store has it
    expect(accountFor(await readAll(recorder)).total).toBe(pushed)
    expect((await readAll(recorder)).some((event) => event.k === 'gap')).toBe(false)
    await recorder.close()
    expect(recorder.status().dropped).toBe(left)
  })

  it('gives a UI no more than its memory can hold: then the structure only, counted; what it asks for is given whole', async () => {
    const recorder = createRecorder({ header })
    const got: TraceEvent[] = []
    const subscription = recorder.subscribe({
      from: 0,
      allowance: { burst: 1000, perSecond: 0 },
      onBatch(batch, data) {
        got.push(...decodeEvents(data))
        // it keeps up at every moment
        setImmediate(() => subscription.ack(batch))
      },
    })
    let pushed = 0
    for (let n = 0; n < 40; n++) {
      for (const event of connection(n, 40)) {
        recorder.push(event)
        pushed++
      }
      recorder.flush()
      while (accountFor(got).total < pushed) await turn()
    }
    const whole = got.findIndex((event) => event.k === 'gap')
    expect(whole).toBeGreaterThanOrEqual(1000)
    expect(whole).toBeLessThan(1000 + 2 * 207)
    expect(accountFor(got)).toStrictEqual({ seqsRise: true, total: pushed })
    expect(got.filter((event) => event.k === 'thread-end').length).toBe(40)
    expect(recorder.status().dropped).toBe(got.reduce((sum, event) => sum + (event.k === 'gap' ? event.events : 0), 0))
    expect((await readAll(recorder)).some((event) => event.k === 'gap')).toBe(false)
    await recorder.close()
  })

  it('gives a UI that begins anew the structure of what is long past, and the rest whole', async () => {
    const recorder = createRecorder({ header })
    for (let n = 0; n < 60; n++) {
      for (const event of connection(n, 40)) recorder.push(event)
      recorder.flush()
    }
    const { events: pushed } = recorder.info()
    // outlines are made of some chunks at once
    const whole = 20 * (pushed / 60)
    const surely = pushed - 12 * (pushed / 60)
    const got: TraceEvent[] = []
    await new Promise<void>((resolve) => {
      const subscription = recorder.subscribe({
        from: 0, whole,
        onBatch(batch, data) {
          got.push(...decodeEvents(data))
          if (accountFor(got).total < pushed) return void setImmediate(() => subscription.ack(batch))
          subscription.close()
          resolve()
        },
      })
    })
    expect(accountFor(got)).toStrictEqual({ seqsRise: true, total: pushed })
    expect(got.filter((event) => event.k === 'gap').every((gap) => gap.why === 'limit' && gap.seq < surely)).toBe(true)
    expect(got.filter((event) => event.k === 'thread-end').length).toBe(60)
    expect(got.filter((event) => event.seq >= surely).length).toBe(pushed - surely)
    expect(got.length).toBeLessThan(pushed / 2)
    // it was asked for: nothing was lost on anybody's account
    expect(recorder.status().dropped).toBe(0)
    await recorder.close()
  })

  it('joins the small chunks of a slow session, so that hours of it stay small', async () => {
    const recorder = createRecorder({ header })
    for (let i = 0; i < 10_000; i++) {
      recorder.push(print('x'))
      recorder.flush()
    }
    expect([...recorder.store.from(0)].length).toBeLessThan(10_000 / 32)
    expect((await readAll(recorder)).map((event) => event.seq)).toStrictEqual(Array.from({ length: 10_000 }, (_, i) => i))
    expect((await readAll(recorder, 4321))[0]?.seq).toBe(4321)
    await recorder.close()
  })
})
