import { afterEach, describe, expect, it } from 'vitest'
import Ladder from '../../../src/renderer/diagrams/Ladder.vue'
import { nothing } from '../../../src/shared/projections/selection'
import { aborted, crossing, datagrams, Hand, long, refused, silence, whole } from './diagrams-fixtures'
import { missing, show } from './diagrams-mount'

const propsOf = (hand: Hand, more: Record<string, unknown> = {}) =>
  ({ connection: hand.connection, calls: hand.calls, sockets: hand.sockets, cursor: Infinity, version: 0, ...more })
const labels = (wrapper: Awaited<ReturnType<typeof show>>) => wrapper.findAll('[role=button]').map((b) => b.attributes('aria-label')!)

let wrapper: Awaited<ReturnType<typeof show>>
afterEach(() => wrapper.unmount())

describe('Ladder', () => {
  it.each(['inferred', 'kernel', 'captured'] as const)('draws a whole connection, %s', async (evidence) => {
    wrapper = await show(Ladder, propsOf(whole(evidence)))
    const said = labels(wrapper)
    expect(said).toContain(`SYN from client, 0 bytes, ${evidence}, at 1.234000 s`)
    expect(said).toContain(`server becomes TIME_WAIT, ${evidence}, at 1.577201 s`)
    expect(said).toContain('server: accept() = fd 5, blocked 1.23 s, at 1.234041 s')
    expect(wrapper.findAll(`.row .arrow.ev-${evidence}`).length).toBe(11)
    expect(wrapper.findAll('.row .arrow .head').length).toBe(11)
    expect(wrapper.text()).toContain('closed in order')
    expect(wrapper.text()).toContain('fd 5')
    expect(wrapper.text()).toContain('tcp-client · main')
  })

  it('ends lost segments in a cross and says so, and marks what was sent again', async () => {
    wrapper = await show(Ladder, propsOf(silence()))
    expect(wrapper.findAll('.row .cross').length).toBe(5)
    expect(wrapper.findAll('.row .head').length).toBe(0)
    expect(labels(wrapper).filter((l) => l.includes('lost, retransmission')).length).toBe(4)
    expect(wrapper.text()).toContain('timed out: no answer came')
    expect(wrapper.text()).toContain('ETIMEDOUT · blocked 31.1 s')
    expect(wrapper.findAll('text.gap').map((g) => g.text())).toEqual(['1.01 s', '2.02 s', '4.04 s', '8.08 s', '16 s'])
  })

  it('gives a RST its own look and explains a refusal', async () => {
    wrapper = await show(Ladder, propsOf(refused()))
    expect(wrapper.findAll('.row .rst .core').length).toBe(1)
    expect(wrapper.text()).toContain('connection refused')
    expect(wrapper.find('.sub.failed').text()).toBe('ECONNREFUSED')
    wrapper.unmount()
    wrapper = await show(Ladder, propsOf(aborted()))
    expect(wrapper.find('.row .rst').exists()).toBe(true)
    expect(wrapper.text()).toContain('ECONNRESET')
  })

  it('draws datagrams without states, of unknown fate with an open head', async () => {
    wrapper = await show(Ladder, propsOf(datagrams()))
    expect(wrapper.findAll('.band').length).toBe(0)
    expect(wrapper.findAll('.row .open').length).toBe(1)
    expect(wrapper.text()).toContain('arrival not')
  })

  it('shows sequence numbers counted from the first, of captured segments only', async () => {
    wrapper = await show(Ladder, propsOf(whole('captured')))
    expect(wrapper.html()).not.toContain('4,000,000,000')
    expect(wrapper.findAll('.row .label').some((l) => l.text() === 'PSH,ACK · len 5 · seq 1 ack 1' || l.text().startsWith('PSH,ACK · len 5'))).toBe(true)
  })

  it('draws every prefix, and only what was known then', async () => {
    const hand = crossing()
    wrapper = await show(Ladder, propsOf(hand, { cursor: -1 }))
    expect(wrapper.text()).toContain('Nothing has passed yet')
    for (let cursor = 0; cursor <= hand.seq; cursor++) {
      await wrapper.setProps({ cursor })
      // a busy machine may put the drawing off for a moment
      await expect.poll(() => wrapper.findAll('.row .arrow').length).toBe(hand.connection.segments.filter((s) => s.seq <= cursor).length)
    }
    await expect.poll(() => wrapper.text()).toContain('CLOSING')
  })

  it('says of a call that has not returned what it waits for', async () => {
    const hand = new Hand()
    hand.block(hand.call('b', 'accept', {}), 'readable')
    hand.block(hand.call('a', 'connect', { address: null }), 'step')
    wrapper = await show(Ladder, propsOf(hand))
    expect(labels(wrapper)).toEqual([
      'client: connect(None) …, held: waits for a step, at 0.000000 s', 'server: accept() …, blocked: waits for the peer, at 0.000000 s',
    ])
    expect(wrapper.findAll('.bar.open').length).toBe(2)
  })

  it('emits the shared selection by click and by keyboard, and lights up what is related', async () => {
    const hand = whole('inferred')
    wrapper = await show(Ladder, propsOf(hand))
    await wrapper.get('[aria-label^="SYN from client"]').trigger('click')
    expect(wrapper.emitted('select')![0]).toEqual([{ kind: 'segment', connection: 7, segment: 0, seq: hand.connection.segments[0]!.seq }])
    const scroller = wrapper.get('.scroller')
    await scroller.trigger('keydown', { key: 'ArrowDown' })
    await scroller.trigger('keydown', { key: 'Enter' })
    expect(wrapper.emitted('select')![1]![0]).toMatchObject({ kind: 'segment', segment: 1 })
    expect(document.activeElement?.getAttribute('aria-label')).toContain('SYN,ACK from server')
    await wrapper.setProps({ related: { ...nothing(), connection: 7, segments: new Set([3]), calls: new Set([2]), states: [{ side: 'b', index: 0 }] } })
    expect(wrapper.findAll('.item.lit').map((i) => i.attributes('data-key'))).toEqual(['call:2:start', 'state:b:0', 'call:2:end', 'segment:3'])
    expect(wrapper.findAll('[tabindex="0"][data-key]').length).toBe(1)
  })

  it('shows a tip with the range of bytes and a place for the bytes', async () => {
    wrapper = await show(Ladder, propsOf(whole('captured')))
    await wrapper.get('[aria-label^="PSH,ACK from client"]').trigger('pointerenter')
    const tip = wrapper.get('[role=tooltip]').text()
    expect(tip).toContain('0 to 4')
    expect(tip).toContain('1 (raw 4000000001)')
    expect(tip).toContain('A capture delivered this packet')
  })

  it('draws only what is in sight of a long connection, and grows with it', async () => {
    const hand = long(5_000)
    wrapper = await show(Ladder, propsOf(hand))
    expect(wrapper.findAll('.row').length).toBeLessThan(150)
    expect(wrapper.element.querySelectorAll('*').length).toBeLessThan(2_000)
    const sheet = () => parseFloat((wrapper.get('.sheet').element as HTMLElement).style.height)
    const before = sheet()
    hand.wait(100).data('a', 1)
    await wrapper.setProps({ version: 1 })
    await expect.poll(sheet, { timeout: 10_000 }).toBeGreaterThan(before)
  })

  it('switches its axis', async () => {
    wrapper = await show(Ladder, propsOf(silence()))
    await wrapper.findAll('.axis button')[1]!.trigger('click')
    await expect.poll(() => wrapper.findAll('text.gap').length).toBe(0)
    expect(wrapper.findAll('.axis button')[1]!.attributes('aria-pressed')).toBe('true')
  })

  it.each(['ja', 'ko'])('has all its words in %s', async (locale) => {
    missing.length = 0
    for (const hand of [whole('captured'), silence(), refused(), datagrams()]) (await show(Ladder, propsOf(hand), locale)).unmount()
    expect(missing).toEqual([])
    wrapper = await show(Ladder, propsOf(aborted()), locale)
  })
})
