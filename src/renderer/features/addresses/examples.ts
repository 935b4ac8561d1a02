/** The examples of the addresses page ('/addresses?example=all'): a server, so that the picture is of a real socket. */
import type { Ref } from 'vue'
import { useExplain } from '../../shell/use-explain'
import type { Examples } from '../../shell/use-example'
import { useLabStore } from '../../stores/lab'
import { useUntil } from '../../stores/use-until'
import { useToasts } from '../../ui/toasts'
import { listeningAt } from './bindings'

/** `bound`: what the picture is of. */
export function addressesExamples(bound: Ref<string>): Examples {
  const lab = useLabStore()
  const toasts = useToasts()
  const until = useUntil()
  const { explained } = useExplain()

  async function listen(host: string): Promise<void> {
    const answer = await lab.request('run.start', { program: 'tcp-server', params: { host, port: 0 } })
    if (!answer.ok) {
      toasts.show(explained(answer.error).said, 'danger')
      return
    }
    const { run } = answer.value
    const id = await until(() => {
      const made = listeningAt(lab.lab(), Infinity, lab.hello?.platform === 'win32').find(({ sock }) => lab.lab().sockets.get(sock)?.run === run)
      return made?.id ?? (lab.lab().calls.runs.get(run)?.end ? '' : undefined)
    })
    if (id) bound.value = id
  }
  return { all: () => listen('0.0.0.0'), loopback: () => listen('127.0.0.1') }
}
