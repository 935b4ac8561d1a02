/** The same load on each server model, one after another: the form, the progress, and what the trace has of it. */
import { defineStore } from 'pinia'
import { computed, reactive, shallowRef } from 'vue'
import { loadsAt, loadView, notice, type LoadView, type Noticed } from '../../../../shared/projections/load'
import type { LabState, RunModel } from '../../../../shared/projections/model'
import type { LabError } from '../../../../shared/result'
import type { RunId } from '../../../../shared/trace/events'
import { useLabStore } from '../../../stores/lab'
import { useTimelineStore } from '../../../timeline/store'
import { useUntil } from '../../../stores/use-until'

export const MODELS = ['iterative', 'threads', 'pool', 'poll'] as const
export type Model = (typeof MODELS)[number]
export interface ModelRun { model: Model; view: LoadView; noticed: Noticed }

export const useModelsStore = defineStore('server-models', () => {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const until = useUntil()
  const form = reactive({ clients: 8, arrival: 20, work: 60, requests: 1, slow: true, slowMs: 400, workers: 4, backlog: 16 })
  const error = shallowRef<LabError>()
  const running = shallowRef<{ model: Model; index: number; of: number }>()
  let abort: AbortController | undefined

  /** What is over at both ends says the same at every later moment: worked out once. */
  const over = new Map<RunId, ModelRun | undefined>()
  let of: LabState | undefined
  function measured(load: RunModel): ModelRun | undefined {
    const { cursor } = timeline
    const ended = (run: RunModel | undefined): boolean => run?.end !== undefined && run.end.seq <= cursor
    if (ended(load) && over.has(load.run)) {
      const known = over.get(load.run)
      if (!known || ended(known.view.server)) return known
    }
    const view = loadView(lab.lab(), load, cursor, timeline.position.t)
    const model = MODELS.find((one) => one === view.model)
    const made = model && { model, view, noticed: notice(view) }
    if (ended(load) && (!view.server || ended(view.server))) over.set(load.run, made)
    return made
  }
  /** The newest load on each model, in the order of the models. */
  const runs = computed<ModelRun[]>(() => {
    void lab.version
    if (lab.lab() !== of) {
      of = lab.lab()
      over.clear()
    }
    const found = new Map<Model, ModelRun>()
    for (const load of loadsAt(lab.lab(), timeline.cursor)) {
      if (found.size === MODELS.length) break
      const run = measured(load)
      if (run && !found.has(run.model)) found.set(run.model, run)
    }
    return MODELS.flatMap((model) => found.get(model) ?? [])
  })
  /** one scale for all, so that lengths compare; microseconds */
  const span = computed(() => Math.max(1000, ...runs.value.map(({ view }) => view.end - view.begin)))

  const ended = (run: RunId) => () => (lab.lab().calls.runs.get(run)?.end ? true : undefined)
  const listening = (run: RunId) => (): number | undefined => {
    for (const sock of lab.lab().sockets.values()) {
      const local = sock.run === run && sock.state.value.at(-1)?.state === 'LISTEN' ? sock.local.value.at(-1) : undefined
      if (local && local.family !== 'unix') return local.port
    }
    return lab.lab().calls.runs.get(run)?.end ? 0 : undefined
  }

  async function measure(model: Model, signal: AbortSignal): Promise<void> {
    const server = await lab.request('run.start', {
      program: 'tcp-server',
      params: { host: '127.0.0.1', port: 0, behaviour: 'upper', model, work: form.work, workers: form.workers, backlog: form.backlog },
    })
    if (!server.ok) {
      error.value = server.error
      return
    }
    const port = await until(listening(server.value.run), signal)
    if (port) {
      const load = await lab.request('run.start', {
        program: 'tcp-load',
        params: {
          host: '127.0.0.1', port, clients: form.clients, 'arrival-ms': form.arrival, requests: form.requests,
          'slow-client': form.slow, 'slow-ms': form.slowMs,
        },
      })
      if (!load.ok) error.value = load.error
      else if (!(await until(ended(load.value.run), signal))) await lab.request('run.stop', { run: load.value.run })
    }
    await lab.request('run.stop', { run: server.value.run })
    await until(ended(server.value.run))
  }

  /** Each of them in turn: they must not take the processor from one another. */
  async function start(models: readonly Model[]): Promise<void> {
    if (running.value) return
    error.value = undefined
    timeline.goLive()
    const own = abort = new AbortController()
    try {
      for (const [index, model] of models.entries()) {
        if (own.signal.aborted || error.value) break
        running.value = { model, index, of: models.length }
        await measure(model, own.signal)
      }
    } finally {
      running.value = undefined
    }
  }
  const cancel = (): void => abort?.abort()

  return { form, error, running, runs, span, start, cancel }
})
