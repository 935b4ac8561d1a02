/** The examples of the UDP page ('/udp?example=retry'): each setting worth trying, started; and each fact, made. */
import type { Ref } from 'vue'
import type { Examples } from '../../shell/use-example'
import { FACTS } from './facts/experiments'
import { SCENARIOS, SETTINGS, type ScenarioId } from './programs/scenarios'
import { useUdpStore } from './udp-store'

/** `work`: the tab of what one does; `open`: whether it is in sight. */
export function udpExamples(work: Ref<'programs' | 'facts'>, open: Ref<boolean>): Examples {
  const udp = useUdpStore()

  async function ask(id: ScenarioId): Promise<void> {
    work.value = 'programs'
    open.value = true
    if (udp.clientRunning) await udp.stop(udp.clientRun)
    udp.choose(SETTINGS[id])
    // where the port of the form is taken by another program, the kernel chooses one
    for (const port of [udp.server.port, 0]) {
      if (udp.serverRunning) break
      udp.server.port = port
      await udp.startServer()
    }
    if (udp.serverRunning) await udp.startClient()
  }

  return {
    ...Object.fromEntries(SCENARIOS.map((id) => [id, () => ask(id)])),
    ...Object.fromEntries(FACTS.map((id) => [id, () => {
      work.value = 'facts'
      open.value = true
      udp.fact = id
    }])),
  }
}
