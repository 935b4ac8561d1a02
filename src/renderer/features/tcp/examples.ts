/** The examples of the TCP page ('/tcp?example=hello'): the exercises of the courses, and every experiment by hand. */
import type { RunId } from '../../../shared/trace/events'
import type { Examples } from '../../shell/use-example'
import { useLabStore } from '../../stores/lab'
import { useUntil } from '../../stores/use-until'
import { PRESETS } from './hand/presets'
import { EXERCISES, type ExerciseId } from './run/exercises'
import { useStartStore } from './run/start-store'
import { useTcpView } from './view-store'

export function tcpExamples(): Examples {
  const lab = useLabStore()
  const until = useUntil()
  const start = useStartStore()
  const view = useTcpView()

  const ended = (run: RunId): boolean => lab.lab().calls.runs.get(run)?.end !== undefined
  function programs(): void {
    view.work = 'run'
    view.workOpen = true
    view.pinned = undefined
  }
  /** The exercise's server: the one that runs already, or a new one; where its port is taken, on a port of the kernel's choice. */
  async function serve(id: ExerciseId): Promise<boolean> {
    programs()
    const wanted = EXERCISES[id]
    const running = start.runs.find((run) => run.program === 'tcp-server' && start.statusOf(run) === 'running'
      && run.params.behaviour === wanted.behaviour && run.params.model === wanted.model && run.params.family !== 'unix')
    Object.assign(start.server, wanted)
    if (running) {
      await start.offer(running.run)
      return true
    }
    for (const port of [wanted.port, 0]) {
      start.server.port = port
      const run = await start.startServer()
      if (run === undefined) return false
      if (!lab.lab().calls.runs.get(run)?.end) return true
    }
    return false
  }
  const ask = async (program: 'tcp-client' | 'echo-client', count: number, send = 'hello') => {
    Object.assign(start.client, { program, count, send })
    return start.startClients()
  }

  return {
    hello: async () => { if (await serve('ack')) await ask('tcp-client', 1) },
    several: async () => { if (await serve('ack')) await ask('tcp-client', 5) },
    upper: async () => { if (await serve('upper')) await ask('tcp-client', 1) },
    sum: async () => { if (await serve('sum')) await ask('tcp-client', 1, '1 2') },
    // the second client is connected, and waits in the accept queue while the first is served
    queue: async () => {
      if (!(await serve('echo'))) return
      const [first, second] = await ask('echo-client', 2)
      for (const run of [first, second]) if (run !== undefined) await lab.request('run.input', { run, line: 'hello' })
    },
    // stopped while its client is connected, the server is the first to close: what is left of the connection keeps its address
    restart: async () => {
      programs()
      Object.assign(start.server, EXERCISES.echo, { port: 0 })
      const server = await start.startServer()
      if (server === undefined) return
      start.server.port = start.client.port
      const [client] = await ask('echo-client', 1)
      if (client === undefined) return
      await lab.request('run.input', { run: client, line: 'hello' })
      await until(() => (lab.lab().calls.runs.get(client)?.output.some((line) => line.text.startsWith('received')) || ended(client) ? true : undefined))
      await start.stop(server)
      await until(() => (ended(server) ? true : undefined))
      await start.startServer()
    },
    ...Object.fromEntries(PRESETS.map(({ id }) => [id, () => {
      view.work = 'hand'
      view.workOpen = true
      view.pinned = undefined
      view.preset = id
    }])),
  }
}
