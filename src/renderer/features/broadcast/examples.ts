/** The example of the broadcast page ('/broadcast?example=right'): a receiver, a broadcast without the right, and one with it. */
import type { Examples } from '../../shell/use-example'
import { useLabStore } from '../../stores/lab'
import { useUntil } from '../../stores/use-until'
import { useBroadcastStore } from './broadcast-store'

export function broadcastExamples(): Examples {
  const lab = useLabStore()
  const until = useUntil()
  const cast = useBroadcastStore()

  /** The port of a receiver: the one that hears already, or a new one where the kernel chooses the port. */
  async function receiver(): Promise<number | undefined> {
    const running = cast.receivers.at(-1)?.run ?? await cast.receive(0)
    return running === undefined ? undefined : until(() => {
      const local = [...lab.lab().sockets.values()].find((sock) => sock.run === running)?.local.value.at(-1)
      return local && local.family !== 'unix' && local.port !== 0 ? local.port : lab.lab().calls.runs.get(running)?.end ? 0 : undefined
    })
  }
  return {
    right: async () => {
      const port = await receiver()
      if (!port) return
      // the loopback's own network: a broadcast that no other machine can hear, allowed in every scope
      const to = cast.networks.find((one) => one.loopback)?.to ?? cast.form.to
      Object.assign(cast.form, { port, to, broadcast: false })
      const first = await cast.send()
      await until(() => (first === undefined || lab.lab().calls.runs.get(first)?.end ? true : undefined))
      if (first !== undefined) await cast.allowAndSend()
    },
  }
}
