/** What the two start forms hold, and starting and stopping. Kept in a store, so that leaving the page keeps the forms. */
import { defineStore } from 'pinia'
import { computed, reactive, shallowRef } from 'vue'
import type { RunModel } from '../../../../shared/projections/model'
import type { LabError } from '../../../../shared/result'
import type { RunId } from '../../../../shared/trace/events'
import { useLabStore } from '../../../stores/lab'
import { useTimelineStore } from '../../../timeline/store'
import { dialled } from '../../../shell/addresses'
import { BY_HAND } from '../hand/hand-store'

export type Behaviour = 'ack' | 'echo' | 'upper' | 'discard' | 'sum'
export type ServerModel = 'iterative' | 'threads' | 'pool' | 'poll'
export type ClientProgram = 'tcp-client' | 'echo-client'

export const useStartStore = defineStore('tcp-start', () => {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const server = reactive({
    host: '127.0.0.1', port: 9999, behaviour: 'ack' as Behaviour, model: 'threads' as ServerModel, backlog: 5, reuseaddr: true, bufsize: 1024,
  })
  const client = reactive({ program: 'tcp-client' as ClientProgram, host: '127.0.0.1', port: 9999, send: 'hello', recv: 4096, count: 1 })
  const serverError = shallowRef<LabError>()
  const clientError = shallowRef<LabError>()
  /** the run whose output, threads and Python are looked at */
  const chosenRun = shallowRef<RunId>()

  /** Runs of programs that had begun at the cursor, newest first; hands are not among them. */
  const runs = computed<RunModel[]>(() => {
    void lab.version
    return [...lab.lab().calls.runs.values()].filter((run) => run.program !== BY_HAND && run.program !== '' && run.seq <= timeline.cursor).reverse()
  })
  /** How a run is at the cursor. */
  const statusOf = (run: RunModel): 'running' | 'ok' | 'failed' | 'stopped' => (run.end && run.end.seq <= timeline.cursor ? run.end.status : 'running')

  /** Resolves when it listens or has ended; undefined where it could not be started. */
  async function startServer(): Promise<RunId | undefined> {
    serverError.value = undefined
    // what is started now is to be seen now
    timeline.goLive()
    const answer = await lab.request('run.start', { program: 'tcp-server', params: { ...server } })
    if (!answer.ok) {
      serverError.value = answer.error
      return undefined
    }
    chosenRun.value = answer.value.run
    client.program = server.behaviour === 'echo' ? 'echo-client' : 'tcp-client'
    // what the client says is a request that its server understands
    if (server.behaviour === 'sum' && client.send === 'hello') client.send = '1 2'
    await offer(answer.value.run)
    return answer.value.run
  }
  /** The client's form takes the address that the server has got from the kernel: the port may have been 0, the host a wildcard. */
  async function offer(id: RunId): Promise<void> {
    while (lab.link === 'connected' && !lab.lab().calls.runs.get(id)?.end) {
      for (const socket of lab.lab().sockets.values()) {
        const local = socket.run === id && !socket.closed && socket.state.value.at(-1)?.state === 'LISTEN' ? socket.local.value.at(-1) : undefined
        if (!local) continue
        const to = dialled(local)
        client.host = to.family === 'unix' ? to.path : to.family === 'inet6' && to.scope ? server.host : to.host
        if (to.family !== 'unix') client.port = to.port
        return
      }
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
  }
  async function startClients(): Promise<(RunId | undefined)[]> {
    clientError.value = undefined
    timeline.goLive()
    const { program, host, port, send, recv, count } = client
    const params = program === 'tcp-client' ? { host, port, send, recv } : { host, port }
    const answers = await Promise.all(Array.from({ length: count }, () => lab.request('run.start', { program, params })))
    const failed = answers.find((answer) => !answer.ok)
    if (failed && !failed.ok) clientError.value = failed.error
    const last = answers.at(-1)
    if (last?.ok) chosenRun.value = last.value.run
    return answers.map((answer) => (answer.ok ? answer.value.run : undefined))
  }
  const stop = (run: RunId) => lab.request('run.stop', { run })

  return { server, client, serverError, clientError, chosenRun, runs, statusOf, offer, startServer, startClients, stop }
})
