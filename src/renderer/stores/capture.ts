/** The capture of real packets, as the app sees it: whether it can be, whether it runs, and what the person asks of it. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useStorage } from '@vueuse/core'
import type { CaptureStatus, RunningCapture } from '../../shared/contract/contract'
import type { LabError } from '../../shared/result'
import { useLabStore } from './lab'

export const useCaptureStore = defineStore('capture', () => {
  const lab = useLabStore()
  const status = shallowRef<CaptureStatus>()
  const error = shallowRef<LabError>()
  const busy = ref(false)
  /** the panel that says all of it is open */
  const open = ref(false)
  /** '' is loopback, which every machine has */
  const on = useStorage('socketscope.capture.interface', '')
  const untilRun = useStorage('socketscope.capture.untilRun', false)

  /** The engine's word of the moment; what a request answered until the first one comes. */
  const running = computed<RunningCapture | undefined>(() => (lab.status ? lab.status.capture : status.value?.running))
  const problem = computed(() => error.value ?? status.value?.problem)

  async function look(fresh = false): Promise<void> {
    const answer = await lab.request('capture.status', { fresh })
    if (!answer.ok) return
    status.value = answer.value
    if (fresh) error.value = undefined
    take(answer.value)
  }
  /** An answer is newer than the status that was pushed last. */
  function take(now: CaptureStatus): void {
    status.value = now
    if (lab.status) lab.status = { ...lab.status, capture: now.running }
  }
  /** The page's own connection to the engine is no part of the lab. */
  const own = (): number[] => (location.protocol.startsWith('http') && location.port !== '' ? [Number(location.port)] : [])

  async function start(): Promise<void> {
    busy.value = true
    error.value = undefined
    const known = status.value?.interfaces.some((one) => one.name === on.value && one.allowed)
    const answer = await lab.request('capture.start', { ...(known && { interface: on.value }), until: untilRun.value ? 'run' : 'stop', except: own() })
    if (answer.ok) take(answer.value)
    else {
      error.value = answer.error
      open.value = true
    }
    busy.value = false
  }
  async function stop(): Promise<void> {
    busy.value = true
    const answer = await lab.request('capture.stop', {})
    if (answer.ok) take(answer.value)
    else error.value = answer.error
    busy.value = false
  }
  /** Begins, where that is allowed; else says what to do about it. */
  async function ask(): Promise<void> {
    if (!status.value) await look()
    if (status.value?.available) await start()
    else open.value = true
  }
  const toggle = (): Promise<void> => (running.value ? stop() : ask())

  // another scope, another engine: what may be captured is another matter. Finding out starts a program, so only when asked for.
  watch(() => [lab.link, lab.scope] as const, ([link]) => {
    status.value = undefined
    if (open.value && link === 'connected') void look()
  })
  // it ended by itself: with its run, or because its tool did
  watch(running, (now, before) => { if (before && !now && open.value) void look() })

  return { status, running, problem, busy, open, on, untilRun, look, start, stop, ask, toggle }
})
