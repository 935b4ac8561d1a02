import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import Buffers from '../../../../src/renderer/hex/Buffers.vue'
import HexView from '../../../../src/renderer/hex/HexView.vue'
import { connection } from './fixture'
import { giveSize, mountView, type Mounted } from './mount'

const GB = 2 ** 30
const synthetic = (offset: number, len: number) => Uint8Array.from({ length: len }, (_, i) => (offset + i) & 0xff)
const text = (m: Mounted, selector: string) => m.wrapper.findAll(selector).map((e) => e.text())
let mounted: Mounted | undefined
function show(component: Parameters<typeof mountView>[0], props: Record<string, unknown>): Mounted {
  mounted = mountView(component, props)
  return mounted
}
async function press(m: Mounted, key: string, more: Record<string, unknown> = {}): Promise<void> {
  await m.wrapper.find('[role=grid]').trigger('keydown', { key, ...more })
  await flushPromises()
}

beforeEach(() => giveSize(800, 400))
afterEach(() => {
  mounted?.wrapper.unmount()
  mounted = undefined
})

describe('HexView', () => {
  it('shows only what is in sight of a gigabyte, and gets to its end', async () => {
    const asked: number[] = []
    const m = show(HexView, { length: GB, label: 'big', read: (o: number, n: number) => (asked.push(n), synthetic(o, n)) })
    await flushPromises()
    expect(text(m, '.hex-offset')[0]).toBe('00000000')
    expect(m.wrapper.find('[role=grid]').attributes('aria-rowcount')).toBe(String(GB / 16))
    await press(m, 'End', { ctrlKey: true })
    expect(text(m, '.hex-offset').at(-1)).toBe('3ffffff0')
    expect(m.wrapper.find('.hex-told').text()).toContain('1,073,741,823')
    expect(m.wrapper.findAll('*').length).toBeLessThan(300)
    expect(asked.reduce((a, b) => a + b)).toBeLessThan(256 * 1024)
  })

  it('moves and selects by keyboard', async () => {
    const m = show(HexView, { length: 100, label: 'x', read: synthetic })
    await flushPromises()
    await press(m, 'ArrowDown')
    await press(m, 'ArrowRight')
    expect(m.emitted('update:selection').at(-1)).toEqual({ from: 17, to: 18 })
    await press(m, 'End', { shiftKey: true })
    expect(m.emitted('update:selection').at(-1)).toEqual({ from: 17, to: 32 })
    await press(m, 'a', { ctrlKey: true })
    expect(m.emitted('update:selection').at(-1)).toEqual({ from: 0, to: 100 })
    await press(m, 'Escape')
    expect(m.emitted('update:selection').at(-1)).toBeUndefined()
  })

  it('draws what was not kept as such, and keeps the last value while a page is refreshed', async () => {
    let answer: (bytes: Uint8Array) => void = () => {}
    const read = vi.fn(() => new Promise<Uint8Array>((resolve) => (answer = resolve)))
    const m = show(HexView, { length: 4, label: 'x', read, revision: 0 })
    expect(text(m, '.hex-bytes')).toEqual(['·· ·· ·· ··'])
    answer(Uint8Array.of(1, 2, 3))
    await flushPromises()
    expect(text(m, '.hex-bytes')).toEqual(['01 02 03 --'])
    await m.set({ revision: 1 })
    expect(read).toHaveBeenCalledTimes(2)
    expect(text(m, '.hex-bytes')).toEqual(['01 02 03 --'])
    answer(Uint8Array.of(9, 9, 9, 9))
    await flushPromises()
    expect(text(m, '.hex-bytes')).toEqual(['09 09 09 09'])
  })

  it('asks again for bytes that were not here, when the tick says that some came', async () => {
    let here = false
    const m = show(HexView, { length: 2, label: 'x', tick: 0, read: () => (here ? Uint8Array.of(0xab, 0xcd) : undefined) })
    await flushPromises()
    expect(text(m, '.hex-bytes')).toEqual(['·· ··'])
    here = true
    await m.set({ tick: 1 })
    await flushPromises()
    expect(text(m, '.hex-bytes')).toEqual(['ab cd'])
  })

  it('forgets the bytes of another source', async () => {
    const m = show(HexView, { length: 2, label: 'x', read: () => Uint8Array.of(1, 2) })
    await flushPromises()
    await m.set({ read: () => new Promise(() => {}) })
    await flushPromises()
    expect(text(m, '.hex-bytes')).toEqual(['·· ··'])
  })

  it('shows bytes that came after the page was read', async () => {
    const m = show(HexView, { length: 2, label: 'x', read: synthetic })
    await flushPromises()
    await m.set({ length: 20 })
    await flushPromises()
    expect(text(m, '.hex-bytes').at(-1)).toBe('10 11 12 13')
  })

  it('finds text, goes to an offset, and says where a query is wrong', async () => {
    const all = new TextEncoder().encode('x'.repeat(900) + 'needle\r\n')
    const m = show(HexView, { length: all.length, label: 'x', read: (o: number, n: number) => all.subarray(o, o + n) })
    await flushPromises()
    await press(m, 'f', { ctrlKey: true })
    await m.wrapper.find('form input').setValue('needle\\r')
    await m.wrapper.find('form').trigger('submit')
    await vi.waitFor(() => expect(m.emitted('update:selection').at(-1)).toEqual({ from: 900, to: 907 }))
    await m.wrapper.find('form input').setValue('\\q')
    await m.wrapper.find('form').trigger('submit')
    expect(m.wrapper.find('output').text()).toContain('position 1')
    await press(m, 'g', { ctrlKey: true })
    await m.wrapper.find('form input').setValue('0x1F')
    await m.wrapper.find('form').trigger('submit')
    expect(m.emitted('update:selection').at(-1)).toEqual({ from: 31, to: 32 })
  })

  it('never writes hostile text into the page', async () => {
    const hostile = new TextEncoder().encode('<img src=x onerror=1>\u202Egnp\u200b\u0007\u0000')
    const m = show(HexView, { length: hostile.length, label: 'x', read: (o: number, n: number) => hostile.subarray(o, o + n) })
    await flushPromises()
    expect(m.wrapper.find('img').exists()).toBe(false)
    expect(m.wrapper.text()).not.toMatch(/[\u202e\u200b\u0007\u0000]/)
  })
})

describe('Buffers', () => {
  const c = connection({
    sends: [500, 100, 400],
    recvs: [100, 7, 200, 193, 100, 57, 200],
    sender: [[90, { sendq: 0 }]],
    receiver: [[90, { recvq: 143 }]],
  })
  const props = { connection: c, cursor: Infinity, store: synthetic, names: { a: 'client', b: 'server' } }

  it('answers how many of 1,000 bytes were received', async () => {
    const m = show(Buffers, props)
    await flushPromises()
    const flow = m.wrapper.find('.flow').text()
    for (const words of ['sent 1,000 in 3', '0 unacknowledged', '143 in receive buffer', 'received 857 in 7']) expect(flow).toContain(words)
    const ribbon = m.wrapper.find('.ribbon')
    expect(ribbon.findAll('.is-send [role=option]').map((o) => o.attributes('aria-label'))).toHaveLength(3)
    expect(ribbon.findAll('.is-recv [role=option]')).toHaveLength(7)
  })

  it('picks a send, and lights its bytes in the hex view', async () => {
    const m = show(Buffers, props)
    await flushPromises()
    await m.wrapper.findAll('.is-send [role=option]')[1]!.trigger('click')
    expect(m.emitted('select')).toEqual([{ kind: 'call', call: 101, seq: 2 }])
    await m.set({
      related: {
        calls: new Set([101]),
        segments: new Set(),
        threads: new Set(),
        socks: new Set(),
        bytes: [{ side: 'a', from: 500, to: 600 }],
        states: [],
      },
    })
    await flushPromises()
    expect(m.wrapper.find('.hex-told').text()).toContain('100 bytes selected: offsets 500')
    expect(m.wrapper.findAll('.is-send [role=option]').map((o) => o.attributes('aria-selected'))).toEqual(['false', 'true', 'false'])
  })

  it('shows the past at an earlier cursor', async () => {
    const m = show(Buffers, { ...props, cursor: 1 })
    await flushPromises()
    expect(m.wrapper.find('.flow').text()).toContain('sent 500 in 1')
    expect(m.wrapper.find('.hex-told').text()).toBe('500 bytes')
  })

  it('looks into a receive buffer', async () => {
    const peek = vi.fn(async () => Uint8Array.of(0xde, 0xad))
    const m = show(Buffers, { ...props, peek })
    await flushPromises()
    await m.wrapper
      .findAll('button')
      .find((b) => b.text() === 'receive buffer: server')!
      .trigger('click')
    await flushPromises()
    expect(peek).toHaveBeenCalledWith(2)
    expect(text(m, '.hex-bytes')).toEqual(['de ad'])
  })
})
