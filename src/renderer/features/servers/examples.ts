/** The examples of the servers page ('/servers?example=models'). */
import type { Ref } from 'vue'
import type { Examples } from '../../shell/use-example'
import { useLabStore } from '../../stores/lab'
import { useBacklogStore } from './backlog/backlog-store'
import { MODELS, useModelsStore } from './models/models-store'
import { useUnixStore } from './unix/unix-store'
import { useUntil } from '../../stores/use-until'

export type ServersTab = 'models' | 'backlog' | 'unix' | 'python'
/** Clients of the backlog's example: its queue has room for one more than the backlog, so the last one meets silence. */
const CLIENTS = 4

export function serversExamples(tab: Ref<ServersTab>): Examples {
  const lab = useLabStore()
  const models = useModelsStore()
  const backlog = useBacklogStore()
  const unix = useUnixStore()
  const until = useUntil()
  return {
    models: async () => {
      tab.value = 'models'
      await models.start(MODELS)
    },
    backlog: async () => {
      tab.value = 'backlog'
      await backlog.start()
      for (let n = 0; n < CLIENTS && backlog.listener; n++) await backlog.launch()
    },
    unix: async () => {
      tab.value = 'unix'
      const there = unix.runs.find((one) => one.role === 'server' && one.status === 'running' && one.run.params.path === unix.form.path)
      const run = there?.run.run ?? await unix.startServer()
      if (run === undefined) return
      // the client is refused before the server listens
      await until(() => {
        const model = lab.lab().calls.runs.get(run)
        return model && (model.end || model.output.length > 0) ? true : undefined
      })
      await unix.startClient()
    },
  }
}
