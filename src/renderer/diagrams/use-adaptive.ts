/** A value that is computed again when its sources change, but takes about a tenth of the time at most. */
import { onScopeDispose, shallowRef, watch, type ShallowRef, type WatchSource } from 'vue'

/** Below this a computation may run at every change; the longest that a change waits. Milliseconds. */
const CHEAP = 3
const LONGEST = 400

export function useAdaptive<T>(sources: WatchSource[], compute: () => T): Readonly<ShallowRef<T>> {
  let cost = 0
  let last = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const run = (): T => {
    const begin = performance.now()
    const result = compute()
    last = performance.now()
    cost = last - begin
    return result
  }
  const value = shallowRef(run()) as ShallowRef<T>
  const update = () => {
    timer = undefined
    value.value = run()
  }
  watch(sources, () => {
    const wait = cost < CHEAP ? 0 : last + Math.min(LONGEST, cost * 9) - performance.now()
    if (wait <= 0) {
      clearTimeout(timer)
      update()
    } else {
      timer ??= setTimeout(update, wait)
    }
  })
  onScopeDispose(() => clearTimeout(timer))
  return value
}
