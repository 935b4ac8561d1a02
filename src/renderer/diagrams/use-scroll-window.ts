/**
 * A tall sheet in a scroller, of which only the part in sight is drawn; follows its end until the person scrolls up.
 * Lengths are in em of the scroller's font.
 */
import { computed, onBeforeUnmount, onMounted, shallowRef, type Ref } from 'vue'
import { useFollow } from '../ui/use-follow'

/** Sizes before the first measurement, and where there is no layout at all (tests). */
const START = { em: 12, width: 960, height: 720 }

/** @param end of what is followed: the element of the sheet, and its height, em */
export function useScrollWindow(scroller: Ref<HTMLElement | null>, probe: Ref<HTMLElement | null>, end?: { sheet: Ref<HTMLElement | null>; height: () => number }) {
  const size = shallowRef(START)
  /** nothing is drawn before: it would be drawn for a guess, and again elsewhere */
  const measured = shallowRef(false)
  const { top, following, toEnd, onScroll, resized } = useFollow(scroller, end?.sheet, () => 2 * size.value.em)

  function measure(): void {
    const el = scroller.value
    if (!el) return
    // the probe is 10 em wide, so a change of theme or zoom is seen by its observer
    const em = (probe.value?.getBoundingClientRect().width ?? 0) / 10 || START.em
    const next = { em, width: el.clientWidth || START.width, height: el.clientHeight || START.height }
    const old = size.value
    if (next.em !== old.em || next.width !== old.width || next.height !== old.height) size.value = next
    measured.value = true
  }

  function follow(): void {
    // who follows already is moved when the sheet has been laid out
    if (following.value) return
    following.value = true
    toEnd()
  }

  /** Brings a stretch (em) into sight, moving no more than is needed. */
  function reveal(from: number, to: number): void {
    const el = scroller.value
    if (!el) return
    const { em } = size.value
    const margin = 2 * em
    if (from * em - margin < el.scrollTop) el.scrollTop = Math.max(0, from * em - margin)
    else if (to * em + margin > el.scrollTop + el.clientHeight) el.scrollTop = to * em + margin - el.clientHeight
    onScroll()
  }

  /** The stretch that is drawn, em: the part in sight and half of it on either side, moved in steps of half. */
  const drawn = computed(() => {
    if (!measured.value) return { from: -1, to: -1 }
    const { em, height } = size.value
    const half = height / 2
    // who follows is at the end as soon as the sheet has grown: its rows are drawn once, where they will be
    const seen = following.value && end ? Math.max(0, end.height() * em - height) : top.value
    const step = Math.floor(seen / half)
    return { from: ((step - 1) * half) / em, to: ((step + 4) * half) / em }
  })

  let observer: ResizeObserver | undefined
  let frame = 0
  function begin(): void {
    measure()
    // an observer is told after the layout of a frame, when to ask for sizes and to scroll costs nothing
    observer = new ResizeObserver((changes) => {
      measure()
      resized(changes)
      if (following.value) toEnd()
    })
    for (const one of [scroller, probe, end?.sheet]) if (one?.value) observer.observe(one.value)
  }
  // at the next frame all round it is laid out already: to ask now would lay it out twice
  onMounted(() => { frame = requestAnimationFrame(begin) })
  onBeforeUnmount(() => {
    cancelAnimationFrame(frame)
    observer?.disconnect()
  })
  return { size, top, drawn, following, onScroll, follow, reveal }
}
