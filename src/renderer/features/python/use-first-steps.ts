/** What a newcomer does next, as long as there are just the two programs that are there at first: runs the server, then the client. */
import { computed } from 'vue'
import { usePythonPrograms } from './programs/programs-store'
import { usePythonRuns } from './runs-store'

/** `run`: nothing was run yet; `open`: the server runs, and the client is in the other tab; `here`: it is in this one. */
export type FirstStep = 'run' | 'open' | 'here'

export function useFirstSteps() {
  const programs = usePythonPrograms()
  const runs = usePythonRuns()
  const named = (name: string) => programs.programs.find((one) => one.name === name)

  const step = computed<FirstStep | undefined>(() => {
    const [server, client] = [named('server.py'), named('client.py')]
    if (programs.programs.length !== 2 || !server || !client || runs.tabs.has(client.id)) return undefined
    const run = runs.tabs.get(server.id)
    if (runs.tabs.size === 0 || (run && run.run === undefined && !run.error)) return 'run'
    if (!runs.running(server.id)) return undefined
    return programs.current === client ? 'here' : 'open'
  })
  function open(): void {
    const client = named('client.py')
    if (client) programs.currentId = client.id
  }
  return { step, open }
}
