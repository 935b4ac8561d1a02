import fc from 'fast-check'
import { expect, it } from 'vitest'
import { effectScope, nextTick, shallowRef } from 'vue'
import { useRows } from '../../../../src/renderer/ui/use-rows'

const HEIGHT = 24

/** A scroller as a browser has it: of a height, with so much in it, and never scrolled past its end. */
class Scroller {
  clientHeight = 240
  private at = 0
  constructor(private readonly rows: () => number) {}
  get scrollHeight(): number { return Math.max(this.clientHeight, this.rows() * HEIGHT) }
  get scrollTop(): number { return this.at }
  set scrollTop(to: number) { this.at = Math.max(0, Math.min(this.scrollHeight - this.clientHeight, to)) }
}

async function list(rows: number) {
  const count = shallowRef(rows)
  const el = new Scroller(() => count.value)
  const scroller = shallowRef<HTMLElement | null>(null)
  const view = effectScope().run(() => useRows({ scroller, sheet: shallowRef(null), count: () => count.value, height: () => HEIGHT }))!
  scroller.value = el as unknown as HTMLElement
  await nextTick()
  const scrollTo = (to: number) => {
    el.scrollTop = to
    view.onScroll()
  }
  return { count, el, view, scrollTo }
}

it('follows the end while rows come, until the person scrolls up; and again from the end on', async () => {
  const { count, el, view, scrollTo } = await list(1_000_000)
  expect(view.rows.value.at(-1)).toEqual({ index: 999_999, start: 999_999 * HEIGHT })
  expect(view.rows.value.length).toBeLessThan(40)
  count.value += 500
  expect(view.rows.value.at(-1)!.index).toBe(1_000_499)
  scrollTo(el.scrollTop - 100)
  expect(view.following.value).toBe(false)
  const first = view.rows.value[0]!.index
  count.value += 500
  expect(view.rows.value[0]!.index).toBe(first)
  scrollTo(Infinity)
  expect(view.following.value).toBe(true)
  expect(view.isDrawn(1_000_999)).toBe(true)
})

it('is not let go of by growth alone', async () => {
  const { count, el, view } = await list(100)
  count.value = 200
  view.onScroll()
  expect(el.scrollTop).toBe(100 * HEIGHT - el.clientHeight)
  expect(view.following.value).toBe(true)
})

it('brings a row into sight, and moves no more than is needed', async () => {
  const { el, view, scrollTo } = await list(1000)
  view.following.value = false
  scrollTo(2400)
  view.reveal(105)
  expect(el.scrollTop).toBe(2400)
  view.reveal(99)
  expect(el.scrollTop).toBe(99 * HEIGHT)
  view.reveal(500)
  expect(el.scrollTop).toBe(501 * HEIGHT - el.clientHeight)
  view.reveal(700, 'center')
  expect(el.scrollTop + el.clientHeight / 2).toBe(700.5 * HEIGHT)
})

it('draws every row in sight, wherever it is, and few besides', async () => {
  const { count, el, view, scrollTo } = await list(0)
  expect(view.rows.value).toEqual([])
  view.following.value = false
  fc.assert(fc.property(fc.nat(3000), fc.nat(80_000), (rows, to) => {
    count.value = rows
    scrollTo(to)
    view.following.value = false
    const drawn = view.rows.value.map(({ index }) => index)
    const last = Math.min(rows, Math.ceil((el.scrollTop + el.clientHeight) / HEIGHT)) - 1
    for (let row = Math.floor(el.scrollTop / HEIGHT); row <= last; row++) expect(drawn).toContain(row)
    expect(drawn.length).toBeLessThanOrEqual(el.clientHeight / HEIGHT + 20)
  }))
})
