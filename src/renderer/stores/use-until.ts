/** Waits until the trace says something: `look` is asked again with everything new. */
import { watch } from 'vue'
import { useLabStore } from './lab'

/** What `look` found; undefined when `signal` was aborted first, or the engine is gone. */
export function useUntil(): <T>(look: () => T | undefined, signal?: AbortSignal) => Promise<T | undefined> {
  const lab = useLabStore()
  return (look, signal) => new Promise((resolve) => {
    const settle = (value: ReturnType<typeof look>): void => {
      stop()
      signal?.removeEventListener('abort', gone)
      resolve(value)
    }
    const gone = (): void => settle(undefined)
    const check = (): void => {
      const found = look()
      if (found !== undefined) settle(found)
      else if (lab.link !== 'connected') gone()
    }
    const stop = watch(() => [lab.version, lab.link], check)
    signal?.addEventListener('abort', gone, { once: true })
    if (signal?.aborted) gone()
    else check()
  })
}
