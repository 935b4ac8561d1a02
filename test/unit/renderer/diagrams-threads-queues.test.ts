import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import Queues from '../../../src/renderer/diagrams/Queues.vue'
import Threads from '../../../src/renderer/diagrams/Threads.vue'
import { acceptQueue, factsAt, isFull, slots } from '../../../src/renderer/diagrams/queues-facts'
import { currentCall, panned, rowPieces, threadRows, ticks, tickText, zoomed } from '../../../src/renderer/diagrams/threads-layout'
import { nothing } from '../../../src/shared/projections/selection'
import { Hand, threads, whole } from './diagrams-fixtures'
import { missing, show } from './diagrams-mount'

let wrapper: Awaited<ReturnType<typeof show>> | undefined
afterEach(() => {
  wrapper?.unmount()
  wrapper = undefined
})

describe('threads layout', () => {
  it('gives each thread the pieces of its calls: running, held by the pace, blocked', async () => {
    const hand = threads(1)
    const row = threadRows(hand.calls, 1, Infinity).find((r) => r.thread.name === 'client 1')!
    const pieces = rowPieces(row, hand.calls.list, Infinity, hand.t, 0, hand.t, 1)
    expect(pieces.slice(0, 30).every((p) => p.kind === 'call' && p.call!.name === 'send')).toBe(true)
    expect(pieces.slice(30).map((p) => [p.kind, p.to - p.from])).toEqual([['pace', 15_000], ['net', 30_000]])
    expect(currentCall(row.thread, hand.calls.list, Infinity)).toMatchObject({ running: false })
  })

  it('keeps to what is known at the cursor', async () => {
    const hand = threads(3)
    for (let cursor = -1; cursor < hand.seq; cursor++) {
      const rows = threadRows(hand.calls, undefined, cursor)
      expect(rows.every((r) => r.thread.seq <= cursor)).toBe(true)
      for (const row of rows) {
        for (const piece of rowPieces(row, hand.calls.list, cursor, hand.t, 0, hand.t, 1)) expect(piece.call!.seq).toBeLessThanOrEqual(cursor)
      }
    }
  })

  it('never makes many more pieces than the row has pixels, nor loses a long one', async () => {
    fc.assert(fc.property(fc.array(fc.record({ gap: fc.nat(200), len: fc.nat(3000) }), { minLength: 1, maxLength: 400 }), fc.integer({ min: 50, max: 5000 }), (steps, grain) => {
      const hand = new Hand()
      for (const s of steps) {
        const call = hand.wait(s.gap).call('a', 'send', { len: 1 })
        hand.wait(s.len).ret(call, 1)
      }
      const row = threadRows(hand.calls, 2, Infinity)[0]!
      const pieces = rowPieces(row, hand.calls.list, Infinity, hand.t, 0, hand.t, grain)
      expect(pieces.length).toBeLessThanOrEqual(hand.t / grain * 2 + 2)
      for (const call of hand.calls.list) if (call.end!.t - call.t >= grain) expect(pieces.some((p) => p.call === call)).toBe(true)
      for (let i = 1; i < pieces.length; i++) expect(pieces[i]!.from).toBeGreaterThanOrEqual(pieces[i - 1]!.to)
    }))
  })

  it('zooms about a point, pans, and marks round times', async () => {
    expect(zoomed({ from: 100, to: 200 }, 0.5, 150)).toEqual({ from: 125, to: 175 })
    expect(zoomed({ from: 0, to: 100 }, 0.001, 50)).toEqual({ from: 45, to: 55 })
    expect(panned({ from: 10, to: 20 }, -50)).toEqual({ from: 0, to: 10 })
    expect(ticks(0, 1_000_000, 5)).toEqual([0, 200_000, 400_000, 600_000, 800_000, 1_000_000])
    expect([tickText(200_000, 200_000), tickText(1_234_560, 10), tickText(3_000_000, 1_000_000)]).toEqual(['0.2 s', '1.23456 s', '3 s'])
  })
})

describe('Threads', () => {
  const props = (hand: Hand, more = {}) => ({ calls: hand.calls, cursor: Infinity, t: hand.t, version: 0, ...more })

  it('names each thread, what it is in, and for how long', async () => {
    const hand = threads(2)
    wrapper = await show(Threads, props(hand))
    const said = wrapper.findAll('[role=button]').map((b) => b.attributes('aria-label'))
    expect(said).toContain('main · tcp-server')
    expect(said).toContain('client 1 · tcp-server: recv(1024) = 12, blocked: peer, 30 ms')
    expect(said.some((label) => label?.startsWith('main · tcp-client: input(> ) …, waits for input, '))).toBe(true)
    expect(wrapper.text()).toContain('ended')
    await wrapper.get('[aria-label^="main · tcp-server: accept"]').trigger('click')
    expect(wrapper.emitted('select')).toEqual([[{ kind: 'call', call: 1, seq: hand.calls.list[0]!.seq }]])
    await wrapper.setProps({ related: { ...nothing(), calls: new Set([1]), threads: new Set([1]) } })
    expect(wrapper.findAll('.lit').length).toBe(2)
  })

  it('draws only the rows in sight of 1,000 threads', async () => {
    const hand = threads(1_000)
    wrapper = await show(Threads, props(hand))
    expect(wrapper.findAll('[data-row]').length).toBeLessThan(120)
    expect(wrapper.findAll('[data-row]').length).toBeGreaterThan(10)
  })

  it('zooms and moves by keyboard', async () => {
    wrapper = await show(Threads, props(threads(2)))
    const marks = () => wrapper!.findAll('.axis text').map((m) => m.text())
    const before = marks()
    await wrapper.get('.scroller').trigger('keydown', { key: '+' })
    expect(marks()).not.toEqual(before)
    await wrapper.get('.scroller').trigger('keydown', { key: '0' })
    expect(marks()).toEqual(before)
    await wrapper.get('.scroller').trigger('keydown', { key: 'ArrowDown' })
    expect(document.activeElement?.getAttribute('aria-label')).toContain('client 1')
  })
})

describe('Queues', () => {
  const look = (hand: Hand, side: 'a' | 'b', value: object) => {
    const facts = hand.connection[side].facts
    facts.seq.push(hand.seq++)
    facts.t.push(hand.t)
    facts.value.push({ state: 'ESTABLISHED', ...value })
  }
  const props = (hand: Hand, more = {}) => ({ connection: hand.connection, listener: hand.sockets.get(10), sockets: hand.sockets, cursor: Infinity, version: 0, ...more })

  it('shows the numbers of both ends, and says what is not available', async () => {
    const hand = whole('kernel')
    look(hand, 'a', { sendq: 40_960, sndbuf: 87_040, recvq: 0, rtt: 43, cwnd: 10 })
    look(hand, 'b', { recvq: 5 })
    wrapper = await show(Queues, props(hand))
    expect(wrapper.get('[aria-label="client: send queue"]').attributes()).toMatchObject({ 'role': 'meter', 'aria-valuenow': '40960', 'aria-valuemax': '87040' })
    expect(wrapper.text()).toContain('40 KiB of 85 KiB')
    expect(wrapper.text()).toContain('43 µs')
    // a name belongs to a meter only: where there is none, the words stand by themselves (ARIA 1.2, 5.2.8.6)
    expect(wrapper.findAll('[role="meter"]').map((meter) => meter.attributes('aria-label'))).not.toContain('server: send queue')
    expect(wrapper.findAll('.gauge.side-b:not([role])').map((gauge) => gauge.text())).toEqual(['not available here'])
    expect(wrapper.text()).toContain('kernel:')
  })

  it('takes the newest look, and only one known at the cursor', async () => {
    const hand = whole('kernel')
    const first = hand.seq
    look(hand, 'a', { sendq: 1, sndbuf: 100 })
    look(hand, 'a', { sendq: 2 })
    expect(factsAt(hand.connection.a, undefined, first)?.facts.sendq).toBe(1)
    expect(factsAt(hand.connection.a, undefined, Infinity)?.facts.sendq).toBe(2)
    expect(factsAt(hand.connection.a, undefined, -1)).toBeUndefined()
    wrapper = await show(Queues, props(hand, { cursor: first }))
    expect(wrapper.text()).toContain('1 B of 100 B')
  })

  it('fills the accept queue slot by slot, and says when it is full', async () => {
    const hand = whole('kernel')
    const { facts } = hand.sockets.get(10)!
    for (const recvq of [0, 5, 6]) {
      facts.seq.push(hand.seq++)
      facts.t.push(hand.t)
      facts.value.push({ state: 'LISTEN', recvq, sendq: 5 })
    }
    expect(slots(acceptQueue(hand.sockets.get(10)!, 0)!)).toEqual([true, true, false, false, false])
    wrapper = await show(Queues, props(hand))
    expect(wrapper.findAll('.slots i.taken').length).toBe(6)
    expect(wrapper.findAll('.slots i.over').length).toBe(1)
    expect(wrapper.find('.full').exists()).toBe(true)
    await wrapper.setProps({ cursor: hand.seq - 2 })
    expect(wrapper.findAll('.slots i').map((i) => i.classes('taken'))).toEqual([true, true, true, true, true])
    expect(wrapper.find('.full').exists()).toBe(false)
    expect(isFull({ length: 5, limit: 5, closed: false })).toBe(false)
  })

  it('says so where a platform gives no accept queue', async () => {
    const hand = whole('kernel')
    hand.sockets.get(10)!.facts.value[0] = { state: 'LISTEN' }
    wrapper = await show(Queues, props(hand, { connection: undefined }))
    expect(wrapper.text()).toContain('not available here')
  })

  it.each(['ja', 'ko'])('has all its words in %s, as have the threads', async (locale) => {
    missing.length = 0
    const hand = threads(3)
    wrapper = await show(Threads, { calls: hand.calls, cursor: Infinity, t: hand.t }, locale)
    wrapper.unmount()
    wrapper = await show(Queues, props(whole('kernel')), locale)
    expect(missing).toEqual([])
  })
})
