/**
 * The backlog by hand: a server that listens and does not accept, clients launched one by one, and accept() when the person
 * says so. What there is (server, clients, queue) is read from the trace.
 */
import { defineStore } from 'pinia'
import { computed, reactive, shallowRef } from 'vue'
import type { HandCall } from '../../../../shared/contract/contract'
import { endpointSockAt, listenersAt, stateAt, valueAt } from '../../../../shared/projections'
import type { CallModel, ConnectionModel, RunModel } from '../../../../shared/projections/model'
import type { LabError } from '../../../../shared/result'
import type { CallId, SockId, TcpState } from '../../../../shared/trace/events'
import { useLabStore } from '../../../stores/lab'
import { useTimelineStore } from '../../../timeline/store'
import { useUntil } from '../../../stores/use-until'

const NAME = 'backlog'
/** seconds that recv() waits for a client's request after its accept() */
const RECV_TIMEOUT = 2

export type ClientPlace = 'starting' | 'silence' | 'queued' | 'accepted' | 'served' | 'failed'
export interface BacklogClient {
  n: number
  run: RunModel
  place: ClientPlace
  state?: TcpState
  /** how often its SYN was sent again */
  again: number
  errno?: string
}

export const useBacklogStore = defineStore('server-backlog', () => {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const until = useUntil()
  const form = reactive({ backlog: 2 })
  const error = shallowRef<LabError>()
  const busy = shallowRef(false)

  const server = computed<RunModel | undefined>(() => {
    void lab.version
    return [...lab.lab().calls.runs.values()].findLast((run) => run.program === 'by-hand' && run.params.name === NAME && run.seq <= timeline.cursor)
  })
  const over = computed(() => (void lab.version, server.value?.end !== undefined && server.value.end.seq <= timeline.cursor))
  const listener = computed(() => {
    void lab.version
    return listenersAt(lab.lab(), timeline.cursor).find(({ sock }) => lab.lab().sockets.get(sock)?.run === server.value?.run)
  })
  const port = computed(() => {
    void lab.version
    for (const sock of lab.lab().sockets.values()) {
      const local = sock.run === server.value?.run && sock.origin.by === 'socket' ? sock.local.value.at(-1) : undefined
      if (local && local.family !== 'unix') return local.port
    }
    return undefined
  })

  const clients = computed<BacklogClient[]>(() => {
    void lab.version
    const { cursor } = timeline
    const state = lab.lab()
    const first = server.value?.seq ?? Infinity
    const runs = [...state.calls.runs.values()].filter((run) => run.program === 'tcp-client' && run.params.port === port.value && run.seq > first && run.seq <= cursor)
    const byRun = new Map<number, SockId>()
    for (const sock of state.sockets.values()) if (sock.seq <= cursor) byRun.set(sock.run, sock.sock)
    const bySock = new Map<SockId, ConnectionModel>()
    for (const connection of state.connections) if (connection.a.sock !== undefined && connection.seq <= cursor) bySock.set(connection.a.sock, connection)
    return runs.map((run, i) => clientOf(run, i + 1, byRun.get(run.run), bySock))
  })
  function clientOf(run: RunModel, n: number, id: SockId | undefined, connections: ReadonlyMap<SockId, ConnectionModel>): BacklogClient {
    const { cursor } = timeline
    const sock = id === undefined ? undefined : lab.lab().sockets.get(id)
    const connection = id === undefined ? undefined : connections.get(id)
    const tcp = connection ? stateAt(connection.a, cursor).state : undefined
    const facts = sock && valueAt(sock.facts, cursor)
    const again = Math.max(facts?.retrans ?? 0, facts?.backoff ?? 0)
    const made = { n, run, again, ...(tcp ? { state: tcp } : {}) }
    if (run.end && run.end.seq <= cursor) {
      return run.end.status === 'ok' ? { ...made, place: 'served' } : { ...made, place: 'failed', errno: run.end.error ?? run.end.status }
    }
    if (!tcp) return { ...made, place: 'starting' }
    if (tcp === 'SYN_SENT') return { ...made, place: 'silence' }
    return { ...made, place: endpointSockAt(connection!.b, cursor) === undefined ? 'queued' : 'accepted' }
  }

  // ---- by hand
  const callOf = (id: CallId): CallModel | undefined => {
    const index = lab.lab().calls.index.get(id)
    return index === undefined ? undefined : lab.lab().calls.list[index]
  }
  /** One call on the server's thread; waits until it has returned. Undefined where it was refused. */
  async function call(wanted: HandCall, timeout: number | null = null): Promise<CallModel | undefined> {
    const thread = server.value?.threads[0]
    if (thread === undefined) return undefined
    const answer = await lab.request('hand.call', { thread, call: wanted, timeout })
    if (!answer.ok) {
      error.value = answer.error
      return undefined
    }
    return until(() => { const made = callOf(answer.value.call); return made?.end ? made : undefined })
  }
  async function doing(work: () => Promise<void>): Promise<void> {
    if (busy.value) return
    busy.value = true
    error.value = undefined
    timeline.goLive()
    try {
      await work()
    } finally {
      busy.value = false
    }
  }

  const start = (): Promise<void> => doing(async () => {
    await end()
    const opened = await lab.request('hand.open', { name: NAME })
    if (!opened.ok) {
      error.value = opened.error
      return
    }
    await until(() => (server.value?.run === opened.value.run && server.value.threads.length > 0 ? true : undefined))
    const made = await call({ name: 'socket', family: 'inet', type: 'stream' })
    const sock = made?.end?.sock
    if (sock === undefined) return
    await call({ name: 'bind', sock, address: { family: 'inet', host: '127.0.0.1', port: 0 } })
    await call({ name: 'listen', sock, backlog: form.backlog })
  })

  const launch = (): Promise<void> => doing(async () => {
    if (port.value === undefined) return
    const answer = await lab.request('run.start', { program: 'tcp-client', params: { host: '127.0.0.1', port: port.value, send: 'hello', recv: 4096 } })
    if (!answer.ok) error.value = answer.error
    else await until(() => (lab.lab().calls.runs.has(answer.value.run) ? true : undefined))
  })

  /** accept(), then what the ACK server does with a client. False: nobody was in the queue. */
  async function acceptOne(): Promise<boolean> {
    const sock = listener.value?.sock
    if (sock === undefined) return false
    const accepted = await call({ name: 'accept', sock }, 0)
    const conn = accepted?.end?.sock
    if (conn === undefined) return false
    await call({ name: 'recv', sock: conn, n: 1024 }, RECV_TIMEOUT)
    await call({ name: 'send', sock: conn, data: new TextEncoder().encode('ACK') })
    await call({ name: 'close', sock: conn })
    return true
  }
  const accept = (): Promise<void> => doing(async () => { await acceptOne() })
  const acceptAll = (): Promise<void> => doing(async () => { while (await acceptOne()); })

  async function end(): Promise<void> {
    const open = clients.value.filter(({ run }) => !run.end)
    const runs = [...open.map(({ run }) => run), ...(server.value && !server.value.end ? [server.value] : [])]
    await Promise.all(runs.map((run) => lab.request('run.stop', { run: run.run })))
    await until(() => (runs.every((run) => run.end) ? true : undefined))
  }
  const stop = (): Promise<void> => doing(end)

  return { form, error, busy, server, over, listener, port, clients, start, launch, accept, acceptAll, stop }
})
