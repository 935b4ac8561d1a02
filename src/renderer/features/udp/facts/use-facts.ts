/** Plays an experiment: opens a hand, makes its calls one after another, and closes it. What happened is in the trace. */
import { computed, shallowRef } from 'vue'
import type { CallModel } from '../../../../shared/projections/model'
import type { LabError } from '../../../../shared/result'
import type { CallId, RunId, SockId, ThreadId } from '../../../../shared/trace/events'
import { useLabStore } from '../../../stores/lab'
import { useTimelineStore } from '../../../timeline/store'
import { EXPERIMENTS, type FactContext, type FactId, type Who } from './experiments'

/** Experiments are runs by hand of this name: the trace keeps it, so that a stored session shows them too. */
const NAME = 'udp facts: '

export function useFacts() {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const busy = shallowRef(false)
  const error = shallowRef<LabError>()

  const callOf = (id: CallId): CallModel | undefined => lab.lab().calls.list[lab.lab().calls.index.get(id) ?? -1]
  async function ended(id: CallId): Promise<CallModel | undefined> {
    while (lab.link === 'connected') {
      const call = callOf(id)
      if (call?.end) return call
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
    return undefined
  }

  async function play(id: FactId): Promise<void> {
    if (busy.value) return
    busy.value = true
    error.value = undefined
    timeline.goLive()
    let run: RunId | undefined
    try {
      const opened = await lab.request('hand.open', { name: NAME + id })
      if (!opened.ok) return void (error.value = opened.error)
      run = opened.value.run
      const threads = new Map<Who, ThreadId>()
      const socks = new Map<string, SockId>()
      const context: FactContext = {
        sock: (name) => socks.get(name) ?? -1,
        addr: (name) => {
          const local = lab.lab().sockets.get(socks.get(name) ?? -1)?.local.value.at(-1) ?? { family: 'inet', host: '127.0.0.1', port: 9 }
          // a connected socket's address is its own; one that is not bound to an address is reached by loopback here
          return local.family === 'inet' && local.host === '0.0.0.0' ? { ...local, host: '127.0.0.1' } : local
        },
      }
      for (const step of EXPERIMENTS[id]) {
        let thread = threads.get(step.who)
        if (thread === undefined) {
          const made = await lab.request('hand.thread', { run, name: step.who })
          if (!made.ok) return void (error.value = made.error)
          threads.set(step.who, (thread = made.value.thread))
        }
        const begun = await lab.request('hand.call', { thread, call: step.call(context), timeout: step.timeout })
        if (!begun.ok) return void (error.value = begun.error)
        const call = await ended(begun.value.call)
        if (!call) return
        if (step.save && call.end?.sock !== undefined) socks.set(step.save, call.end.sock)
      }
    } finally {
      if (run !== undefined) await lab.request('run.stop', { run })
      busy.value = false
    }
  }

  /** The newest experiment at the cursor, with its calls in order. */
  const last = computed(() => {
    void lab.version
    const { calls } = lab.lab()
    const run = [...calls.runs.values()].findLast((one) => one.seq <= timeline.cursor && typeof one.params.name === 'string' && one.params.name.startsWith(NAME))
    if (!run) return undefined
    const id = String(run.params.name).slice(NAME.length)
    if (!(id in EXPERIMENTS)) return undefined
    const end = run.end?.seq ?? Infinity
    const list = run.threads
      .flatMap((thread) => (calls.threads.get(thread)?.calls ?? []).map((index) => ({ call: calls.list[index]!, who: calls.threads.get(thread)!.name })))
      .filter(({ call }) => call.seq <= timeline.cursor && call.args.by !== 'exit')
      .sort((x, y) => x.call.seq - y.call.seq)
    return { id: id as FactId, run: run.run, calls: list, over: end <= timeline.cursor }
  })

  return { busy, error, play, last }
}
