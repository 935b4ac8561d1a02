/** The same server and client on a path (AF_UNIX): the forms, and what was started on paths. */
import { defineStore } from 'pinia'
import { computed, reactive, shallowRef } from 'vue'
import type { CallModel, RunModel } from '../../../../shared/projections/model'
import type { LabError } from '../../../../shared/result'
import type { RunId } from '../../../../shared/trace/events'
import { useLabStore } from '../../../stores/lab'
import { useTimelineStore } from '../../../timeline/store'
import type { Model } from '../models/models-store'

export type UnixBehaviour = 'ack' | 'echo' | 'upper' | 'sum'
export interface UnixRun {
  run: RunModel
  role: 'server' | 'client'
  status: 'running' | 'ok' | 'failed' | 'stopped'
  lines: string[]
  /** the call that made it fail */
  failed?: CallModel
}
/** Runs listed, newest first. */
const LISTED = 20

export const useUnixStore = defineStore('server-unix', () => {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const form = reactive({ path: '/tmp/lab.sock', behaviour: 'upper' as UnixBehaviour, model: 'threads' as Model, stale: true, send: 'hello' })
  const error = shallowRef<LabError>()

  const runs = computed<UnixRun[]>(() => {
    void lab.version
    const { calls } = lab.lab()
    const { cursor } = timeline
    const own = [...calls.runs.values()].filter((run) => run.params.family === 'unix' && (run.program === 'tcp-server' || run.program === 'tcp-client') && run.seq <= cursor)
    return own.reverse().slice(0, LISTED).map((run) => {
      const status = run.end && run.end.seq <= cursor ? run.end.status : 'running'
      const last = run.threads.flatMap((id) => calls.threads.get(id)?.calls ?? []).flatMap((i) => calls.list[i] ?? [])
        .filter((call) => call.end && call.end.seq <= cursor && call.end.errno !== undefined && call.end.errno !== 'CANCELLED').at(-1)
      return {
        run, status, role: run.program === 'tcp-server' ? 'server' : 'client', lines: run.output.filter((line) => line.seq <= cursor).map(({ text }) => text),
        ...(status === 'failed' && last && { failed: last }),
      }
    })
  })

  async function start(program: 'tcp-server' | 'tcp-client', params: Record<string, string | boolean>): Promise<RunId | undefined> {
    error.value = undefined
    timeline.goLive()
    const answer = await lab.request('run.start', { program, params: { family: 'unix', path: form.path, ...params } })
    if (answer.ok) return answer.value.run
    error.value = answer.error
    return undefined
  }
  const startServer = (): Promise<RunId | undefined> => start('tcp-server', { behaviour: form.behaviour, model: form.model, reuseaddr: form.stale })
  const startClient = (): Promise<RunId | undefined> => start('tcp-client', { send: form.send })
  const stop = (run: RunModel) => lab.request('run.stop', { run: run.run })

  return { form, error, runs, startServer, startClient, stop }
})
