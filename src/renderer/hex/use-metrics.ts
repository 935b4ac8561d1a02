/** The size of a view and of its characters, kept up to date as window, theme and text size change. */
import { onBeforeUnmount, onMounted, shallowRef, type Ref, type ShallowRef } from 'vue'

export interface Metrics {
  /** px */
  width: number
  height: number
  /** one character of the monospace face, and one row */
  ch: number
  row: number
}

/** `probe` holds PROBE_CHARS characters in the view's face, one row high. */
export const PROBE_CHARS = 40

export function useMetrics(view: Ref<HTMLElement | null>, probe: Ref<HTMLElement | null>): Readonly<ShallowRef<Metrics>> {
  const metrics = shallowRef<Metrics>({ width: 0, height: 0, ch: 7.2, row: 20 })
  function measure(): void {
    const box = view.value
    const face = probe.value?.getBoundingClientRect()
    if (!box) return
    metrics.value = {
      width: box.clientWidth,
      height: box.clientHeight,
      ch: face && face.width > 0 ? face.width / PROBE_CHARS : metrics.value.ch,
      row: face && face.height > 0 ? face.height : metrics.value.row,
    }
  }
  const observer = typeof ResizeObserver === 'undefined' ? undefined : new ResizeObserver(measure)
  onMounted(() => {
    measure()
    if (view.value) observer?.observe(view.value)
    if (probe.value) observer?.observe(probe.value)
  })
  onBeforeUnmount(() => observer?.disconnect())
  return metrics
}
