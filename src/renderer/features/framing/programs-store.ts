/** The framing programs on the page: a server of frames and its client, with what the builder holds. */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { RunModel } from '../../../shared/projections/model'
import type { LabError } from '../../../shared/result'
import type { RunId } from '../../../shared/trace/events'
import { useLabStore } from '../../stores/lab'
import { useUntil } from '../../stores/use-until'
import { useTimelineStore } from '../../timeline/store'
import { useFramingStore } from './framing-store'

export type Fault = 'none' | 'truncated' | 'oversized'

export const useFramePrograms = defineStore('framing-programs', () => {
  const lab = useLabStore()
  const until = useUntil()
  const timeline = useTimelineStore()
  const builder = useFramingStore()
  const fault = shallowRef<Fault>('none')
  const error = shallowRef<LabError>()
  const busy = shallowRef(false)
  const chosen = shallowRef<RunId>()

  /** newest first */
  const runs = computed<RunModel[]>(() => {
    void lab.version
    return [...lab.lab().calls.runs.values()].filter((run) => (run.program === 'frame-server' || run.program === 'frame-client') && run.seq <= timeline.cursor).reverse()
  })
  const linesOf = (run: RunModel): string[] => run.output.filter((line) => line.seq <= timeline.cursor).map(({ text }) => text)
  const endOf = (run: RunModel) => (run.end && run.end.seq <= timeline.cursor ? run.end : undefined)

  const framing = (): Record<string, string | number> => {
    const { form } = builder
    return { framing: form.kind, size: form.size, 'header-bytes': form.lengthBytes, 'byte-order': form.byteOrder, max: form.max }
  }
  const portOf = (run: RunId) => (): number | undefined => {
    for (const sock of lab.lab().sockets.values()) {
      const local = sock.run === run && sock.state.value.at(-1)?.state === 'LISTEN' ? sock.local.value.at(-1) : undefined
      if (local && local.family !== 'unix') return local.port
    }
    return lab.lab().calls.runs.get(run)?.end ? 0 : undefined
  }

  /** Server, then client; the server ends with its client. */
  async function run(): Promise<void> {
    if (busy.value) return
    busy.value = true
    error.value = undefined
    timeline.goLive()
    try {
      const server = await lab.request('run.start', { program: 'frame-server', params: { ...framing(), port: 0 } })
      if (!server.ok) {
        error.value = server.error
        return
      }
      const port = await until(portOf(server.value.run))
      if (port) {
        const client = await lab.request('run.start', { program: 'frame-client', params: { ...framing(), port, send: builder.form.bodies, piece: builder.form.piece, broken: fault.value } })
        if (client.ok) {
          chosen.value = client.value.run
          await until(() => lab.lab().calls.runs.get(client.value.run)?.end)
        } else error.value = client.error
      }
      await lab.request('run.stop', { run: server.value.run })
    } finally {
      busy.value = false
    }
  }
  /** Ends what still runs. */
  const stop = async (): Promise<void> => {
    await Promise.all(runs.value.filter((one) => !one.end).map((one) => lab.request('run.stop', { run: one.run })))
  }
  return { fault, error, busy, chosen, runs, linesOf, endOf, run, stop }
})
