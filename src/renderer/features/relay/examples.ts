/** The examples of the lossy wire ('/relay?example=udp'): a server, the wire before it, and a client that goes through it. */
import type { Examples } from '../../shell/use-example'
import { useLabStore } from '../../stores/lab'
import { useUntil } from '../../stores/use-until'
import { NO_KNOBS, useRelayStore, type Knobs, type Proto } from './relay-store'

export function relayExamples(): Examples {
  const lab = useLabStore()
  const until = useUntil()
  const relay = useRelayStore()

  /** The port of the lab's own server behind the wire, on one of the kernel's choice; 0: it could not be started. */
  async function server(proto: Proto): Promise<number> {
    const answer = await lab.request('run.start', { program: `${proto}-server`, params: { host: '127.0.0.1', port: 0, behaviour: 'upper' } })
    if (!answer.ok) {
      relay.error = answer.error
      return 0
    }
    const { run } = answer.value
    return await until(() => {
      const local = [...lab.lab().sockets.values()].find((sock) => sock.run === run)?.local.value.at(-1)
      if (local && local.family !== 'unix' && local.port !== 0) return local.port
      return lab.lab().calls.runs.get(run)?.end ? 0 : undefined
    }) ?? 0
  }
  async function through(proto: Proto, knobs: Partial<Knobs>): Promise<void> {
    const toPort = await server(proto)
    if (toPort === 0) return
    Object.assign(relay.form, { proto, listenHost: '127.0.0.1', listenPort: 0, toHost: '127.0.0.1', toPort, knobs: { ...NO_KNOBS, ...knobs } })
    const run = await relay.start()
    if (run === undefined) return
    const listens = await until(() => {
      const wire = relay.run?.run === run ? relay.run : undefined
      return wire && (relay.listensAt(wire) ?? (wire.end ? null : undefined))
    })
    if (listens) await relay.startEnds('client')
  }
  return {
    udp: () => through('udp', { loss: 0.3, delay: 20, jitter: 20 }),
    tcp: () => through('tcp', { delay: 200, rate: 50 }),
  }
}
