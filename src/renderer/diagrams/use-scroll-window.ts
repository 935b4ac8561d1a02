/**
 * A tall sheet in a scroller, of which only the part in sight is drawn; follows its end until the person scrolls up.
 * Lengths are in em of the scroller's font.
 */
import { computed, nextTick, onBeforeUnmount, onMounted, ref, shallowRef, type Ref } from 'vue'

/** Sizes before the first measurement, and where there is no layout at all (tests). */
const START = { em: 12, width: 960, height: 720 }

export function useScrollWindow(scroller: Ref<HTMLElement | null>, probe: Ref<HTMLElement | null>) {
  const size = shallowRef(START)
  const top = ref(0)
  const following = ref(true)
  /** the sheet's end before and after it last grew, pixels */
  const ends = { before: Infinity, now: Infinity }

  function measure(): void {
    const el = scroller.value
    if (!el) return
    // the probe is 10 em wide, so a change of theme or zoom is seen by its observer
    const em = (probe.value?.getBoundingClientRect().width ?? 0) / 10 || START.em
    const next = { em, width: el.clientWidth || START.width, height: el.clientHeight || START.height }
    const old = size.value
    if (next.em !== old.em || next.width !== old.width || next.height !== old.height) size.value = next
  }

  function toEnd(): void {
    const el = scroller.value
    if (!el) return
    el.scrollTop = el.scrollHeight
    top.value = el.scrollTop
  }

  function onScroll(): void {
    const el = scroller.value
    if (!el) return
    const bottom = el.scrollTop + el.clientHeight + 2 * size.value.em
    // growth moves the end away without anybody scrolling: only a move upwards lets go of it, and who moved down to
    // where the end was just now meant the end
    if (bottom >= el.scrollHeight || (el.scrollTop > top.value && bottom >= ends.before)) following.value = true
    else if (el.scrollTop < top.value - 1) following.value = false
    top.value = el.scrollTop
  }

  function follow(): void {
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
    const half = size.value.height / 2
    const step = Math.floor(top.value / half)
    return { from: ((step - 1) * half) / size.value.em, to: ((step + 4) * half) / size.value.em }
  })

  let observer: ResizeObserver | undefined
  onMounted(() => {
    measure()
    ends.now = scroller.value?.scrollHeight ?? Infinity
    observer = new ResizeObserver(() => {
      measure()
      if (following.value) void nextTick(toEnd)
    })
    if (scroller.value) observer.observe(scroller.value)
    if (probe.value) observer.observe(probe.value)
    if (following.value) toEnd()
  })
  onBeforeUnmount(() => observer?.disconnect())
  /** To be called when the sheet has another height. */
  function grown(): void {
    ends.before = ends.now
    ends.now = scroller.value?.scrollHeight ?? Infinity
    if (following.value) toEnd()
  }

  return { size, top, drawn, following, onScroll, follow, reveal, grown }
}
