/**
 * A long list of rows of one height in a scroller, of which those in sight exist; it follows its end until the person scrolls
 * up. Where a row is, is a multiplication: a million cost no more than ten. Lengths are pixels.
 */
import { computed, onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import { useFollow } from './use-follow'

/** Rows drawn above and below those in sight; the stretch that is drawn moves by as many, so that scrolling seldom draws. */
const AROUND = 6

export interface RowsOptions {
  scroller: Ref<HTMLElement | null>
  /** as high as all rows together, at the top of the scroller */
  sheet: Ref<HTMLElement | null>
  count: () => number
  /** of a row */
  height: () => number
}

export function useRows({ scroller, sheet, count, height }: RowsOptions) {
  const { top, following, moveTo, toEnd, onScroll, resized } = useFollow(scroller, sheet, height)
  const room = shallowRef(0)
  const total = computed(() => count() * height())

  /** Which are drawn: from the first to before the end. */
  const drawn = computed(() => {
    const end = Math.max(0, total.value - room.value)
    // who follows is at the end as soon as there are more: the rows are drawn once, where they will be
    const seen = following.value ? end : Math.min(top.value, end)
    const first = Math.max(0, Math.floor(seen / height() / AROUND) - 1) * AROUND
    return { first, end: Math.min(count(), first + Math.ceil(room.value / height()) + 3 * AROUND) }
  })
  const rows = computed(() => Array.from({ length: Math.max(0, drawn.value.end - drawn.value.first) }, (_, i) => {
    const index = drawn.value.first + i
    return { index, start: index * height() }
  }))
  const isDrawn = (index: number): boolean => index >= drawn.value.first && index < drawn.value.end

  /** Brings a row into sight: into the middle, or moving no more than is needed. */
  function reveal(index: number, align: 'nearest' | 'center' = 'nearest'): void {
    const el = scroller.value
    if (!el) return
    const from = index * height()
    const lowest = from + height() - el.clientHeight
    moveTo(align === 'center' ? (from + lowest) / 2 : Math.min(from, Math.max(lowest, el.scrollTop)))
  }

  let away = false
  /** After a layout, when to ask for sizes and to scroll costs nothing. */
  function settle(): void {
    const el = scroller.value
    if (!el) return
    const back = away
    away = el.clientHeight === 0
    if (away) return
    room.value = el.clientHeight
    if (following.value) toEnd()
    // it was not on the screen: what was in sight is in sight again
    else if (back) moveTo(top.value)
  }
  const observer = typeof ResizeObserver === 'undefined' ? undefined : new ResizeObserver((changes) => {
    resized(changes)
    settle()
  })
  watch([scroller, sheet], (elements) => {
    observer?.disconnect()
    for (const one of elements) if (one) observer?.observe(one)
    settle()
  }, { flush: 'post' })
  onScopeDispose(() => observer?.disconnect())

  function follow(): void {
    following.value = true
    toEnd()
  }
  return { rows, total, following, isDrawn, onScroll, follow, reveal }
}
