/** What is costly to draw comes a frame after what it stands beside, so that no one frame has to wait for all of it. */
import { onScopeDispose, ref, watch, type Ref } from 'vue'

/** True from the frame after `wanted` has become true. */
export function useNextFrame(wanted: () => boolean): Readonly<Ref<boolean>> {
  const ready = ref(false)
  let frame = 0
  watch(wanted, (now) => {
    cancelAnimationFrame(frame)
    if (now) frame = requestAnimationFrame(() => { ready.value = true })
    else ready.value = false
  }, { immediate: true })
  onScopeDispose(() => cancelAnimationFrame(frame))
  return ready
}
