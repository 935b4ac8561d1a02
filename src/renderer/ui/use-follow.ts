/** A scroller that follows its end while it grows, until the person scrolls up. Lengths are pixels. */
import { ref, type Ref } from 'vue'

/**
 * @param sheet what is in it, by whose height it grows
 * @param near from the end, and still at it
 */
export function useFollow(scroller: Ref<HTMLElement | null>, sheet: Ref<HTMLElement | null> | undefined, near: () => number) {
  const top = ref(0)
  const following = ref(true)
  /** the sheet's end before and after it last grew */
  const ends = { before: Infinity, now: Infinity }

  function moveTo(to: number): void {
    const el = scroller.value
    if (!el) return
    el.scrollTop = to
    top.value = el.scrollTop
  }
  const toEnd = (): void => moveTo(scroller.value?.scrollHeight ?? 0)

  function onScroll(): void {
    const el = scroller.value
    if (!el) return
    const bottom = el.scrollTop + el.clientHeight + near()
    // growth moves the end away without anybody scrolling: only a move upwards lets go of it, and who moved down to
    // where the end was just now meant the end
    if (bottom >= el.scrollHeight || (el.scrollTop > top.value && bottom >= ends.before)) following.value = true
    else if (el.scrollTop < top.value - 1) following.value = false
    top.value = el.scrollTop
  }

  /** For a ResizeObserver of both, which is told after the layout of a frame. */
  function resized(changes: readonly ResizeObserverEntry[]): void {
    if (!changes.some(({ target }) => target === sheet?.value)) return
    ends.before = ends.now
    ends.now = scroller.value?.scrollHeight ?? Infinity
  }

  return { top, following, moveTo, toEnd, onScroll, resized }
}
