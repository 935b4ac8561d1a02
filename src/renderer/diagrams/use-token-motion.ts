/**
 * A token goes along the edges that its end took, one after the other, and then rests. With reduced motion, after a jump
 * of the cursor, or where the browser cannot measure a path, it is simply there.
 */
import { onScopeDispose, shallowRef, watch } from 'vue'
import type { Step, Token } from './states-tokens'

const STEP_MS = 420
/** More new steps than these at once are a jump, not a movement. */
const MOST = 6

/** The line of a step. It stands in no document: to ask one that does how long it is has the whole page laid out first. */
function pathOf({ edge }: Step): SVGPathElement {
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  path.setAttribute('d', edge.path)
  return path
}

export function useTokenMotion(token: () => Token | undefined) {
  /** where the token is while it moves; undefined at rest */
  const moving = shallowRef<{ x: number; y: number }>()
  let frame = 0

  function stop(): void {
    cancelAnimationFrame(frame)
    moving.value = undefined
  }

  function run(steps: Step[]): void {
    const step = steps[0]
    const path = step && pathOf(step)
    if (!step || !path || typeof path.getPointAtLength !== 'function') {
      stop()
      return
    }
    const length = path.getTotalLength()
    const begin = performance.now()
    const draw = (now: number) => {
      const part = Math.min(1, Math.max(0, (now - begin) / STEP_MS))
      const eased = part < 0.5 ? 2 * part * part : 1 - 2 * (1 - part) * (1 - part)
      const { x, y } = path.getPointAtLength(eased * length)
      moving.value = { x, y }
      if (part < 1) frame = requestAnimationFrame(draw)
      else run(steps.slice(1))
    }
    frame = requestAnimationFrame(draw)
  }

  watch(() => token()?.steps.length ?? 0, (now, before) => {
    const fresh = token()?.steps.slice(before) ?? []
    stop()
    const still = typeof matchMedia === 'function' && matchMedia('(prefers-reduced-motion: reduce)').matches
    if (now > before && fresh.length <= MOST && !still) run(fresh)
  }, { flush: 'post' })
  onScopeDispose(stop)
  return moving
}
