/** The examples of the UDP page ('/udp?example=retry'): each setting worth trying, started; and each fact, made. */
import type { Ref } from 'vue'
import type { Examples } from '../../shell/use-example'
import { FACTS } from './facts/experiments'
import { SCENARIOS, SETTINGS, type ScenarioId } from './programs/scenarios'
import { useUdpStore } from './udp-store'

/** `work`: the tab of what one does; `open`: whether it is in sight. */
export function udpExamples(work: Ref<'programs' | 'facts'>, open: Ref<boolean>): Examples {
  const udp = useUdpStore()

  /** Where the port of the form is another program's, the kernel chooses one. */
  async function anywhere(): Promise<boolean> {
    udp.server.port = 0
    return udp.startServer()
  }
  async function ask(id: ScenarioId): Promise<void> {
    work.value = 'programs'
    open.value = true
    if (udp.clientRunning) await udp.stop(udp.clientRun)
    udp.choose(SETTINGS[id])
    if (udp.serverRunning ? await udp.offer(udp.serverRun!.run) : await udp.startServer() || await anywhere()) await udp.startClient()
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
