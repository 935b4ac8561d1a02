import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, KeepAlive, nextTick, ref, Teleport, watch } from 'vue'
import { pageRest } from '../../../../src/renderer/shell/rest'

/** Two pages on one value; each counts how often it is drawn. */
function lab(over = false) {
  const value = ref(0)
  const shown = ref<'one' | 'two'>('one')
  const open = ref(over)
  const drawn = { page: 0, part: 0 }
  const seen: number[] = []
  const Part = defineComponent(() => {
    watch(value, (now) => seen.push(now))
    return () => (drawn.part++, h('b', value.value))
  })
  const One = defineComponent(() => () => (drawn.page++, h('section', [
    h('i', value.value), h(Part), h(Teleport, { to: document.body }, open.value ? [h('dialog', value.value)] : []),
  ])))
  const Two = defineComponent(() => () => h('section', 'two'))
  const { rest, wake, renew } = pageRest(1000)
  const app = mount(defineComponent(() => () => h(KeepAlive, null, {
    default: () => h(shown.value === 'one' ? One : Two, { onVnodeMounted: wake, onVnodeUnmounted: rest }),
  })), { attachTo: document.body })
  return { app, value, shown, open, drawn, seen, renew }
}

describe('a page behind the one on the screen', () => {
  beforeEach(() => { vi.useFakeTimers() })
  afterEach(() => { vi.useRealTimers() })

  async function hide(over = false) {
    const it = lab(over)
    it.shown.value = 'two'
    await nextTick()
    vi.advanceTimersByTime(1000)
    return it
  }
  async function change({ value }: { value: { value: number } }, times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      value.value++
      await nextTick()
    }
  }

  it('is not drawn and watches nothing', async () => {
    const it = await hide()
    const before = { ...it.drawn }
    await change(it, 5)
    expect(it.drawn).toEqual(before)
    expect(it.seen).toEqual([])
    it.app.unmount()
  })

  it('draws once what it missed when it is shown again', async () => {
    const it = await hide()
    const before = { ...it.drawn }
    await change(it, 5)
    it.shown.value = 'one'
    await nextTick()
    expect(it.app.text()).toBe('55')
    expect(it.drawn).toEqual({ page: before.page + 1, part: before.part + 1 })
    expect(it.seen).toEqual([5])
    await change(it, 1)
    expect(it.app.text()).toBe('66')
    it.app.unmount()
  })

  it('goes on when it was hidden for a moment only', async () => {
    const it = lab()
    it.shown.value = 'two'
    await nextTick()
    it.shown.value = 'one'
    await nextTick()
    vi.advanceTimersByTime(5000)
    await change(it, 1)
    expect(it.app.text()).toBe('11')
    it.app.unmount()
  })

  it('rests only when nothing of it lies over the app any more', async () => {
    const it = await hide(true)
    await change(it, 1)
    expect(document.querySelector('dialog')?.textContent).toBe('1')
    it.open.value = false
    await nextTick()
    expect(document.querySelector('dialog')).toBeNull()
    vi.advanceTimersByTime(1000)
    const before = { ...it.drawn }
    await change(it, 1)
    expect(it.drawn).toEqual(before)
    it.app.unmount()
  })

  it('lets go of what is over: it draws once, and rests again', async () => {
    const it = await hide()
    await change(it, 2)
    it.renew()
    await nextTick()
    expect(it.seen).toEqual([2])
    vi.advanceTimersByTime(1000)
    const before = { ...it.drawn }
    await change(it, 3)
    expect(it.drawn).toEqual(before)
    it.shown.value = 'one'
    await nextTick()
    expect(it.app.text()).toBe('55')
    it.app.unmount()
  })
})
