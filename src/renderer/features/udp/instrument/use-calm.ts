/**
 * A value that is computed at once when its sources change after a pause, but in a stream of changes only every so often:
 * nobody reads a list or a ladder that is another one each frame.
 */
import { onScopeDispose, shallowRef, watch, type ShallowRef, type WatchSource } from 'vue'
import { useActive } from './use-active'

/** Milliseconds between two computations in a stream of changes. */
export const CALM = 150

export function useCalm<T>(sources: WatchSource[], compute: () => T, every = CALM): Readonly<ShallowRef<T>> {
  const active = useActive()
  const value = shallowRef(compute()) as ShallowRef<T>
  let last = performance.now()
  let timer: ReturnType<typeof setTimeout> | undefined
  function update(): void {
    timer = undefined
    // a page that nobody sees computes nothing; it catches up when it is shown again
    if (!active.value) return
    value.value = compute()
    last = performance.now()
  }
  watch([...sources, active], () => {
    if (timer !== undefined) return
    const wait = last + every - performance.now()
    if (wait <= 0) update()
    else timer = setTimeout(update, wait)
  })
  onScopeDispose(() => clearTimeout(timer))
  return value
}
