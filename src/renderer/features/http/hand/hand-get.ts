/** GET by hand: one call at a time, on a hand of its own. What was done is read from the trace. */
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef } from 'vue'
import type { HandCall } from '../../../../shared/contract/contract'
import { exchangesOf } from '../../../../shared/http/exchanges'
import { getRequest } from '../../../../shared/http/request'
import { parseHttpUrl, type HttpUrl } from '../../../../shared/http/url'
import type { CallModel, RunModel, SockModel } from '../../../../shared/projections/model'
import type { LabError } from '../../../../shared/result'
import type { CallId, SockAddr, ThreadId } from '../../../../shared/trace/events'
import { streamSource } from '../../../hex/stream-bytes'
import { toSockAddr } from '../../../shell/addresses'
import { useByteStore } from '../../../stores/bytes-source'
import { useLabStore } from '../../../stores/lab'
import { useTimelineStore } from '../../../timeline/store'
import { HTTP_HAND, useHttpStore } from '../http-store'

export type Until = 'once' | 'whole' | 'eof'
/** Bytes of an answer that "until it is whole" looks at. */
const LOOKED_AT = 1024 * 1024

export const useHandGet = defineStore('http-hand', () => {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const http = useHttpStore()
  const store = useByteStore()
  const form = reactive({ request: '', size: 1024, until: 'once' as Until })
  const error = shallowRef<LabError>()
  /** between the calls of one step */
  const busy = ref(false)
  const stopping = ref(false)

  const url = computed<HttpUrl | undefined>(() => {
    const parsed = parseHttpUrl(http.get.url)
    return parsed.ok ? parsed.value : undefined
  })
  /** Where it stands as an address; a name is looked up when it is connected to, as Python's connect() does. */
  const address = computed<SockAddr | undefined>(() => url.value && toSockAddr(url.value.host, url.value.port, lab.interfaces))

  const run = computed<RunModel | undefined>(() => {
    void lab.version
    return [...lab.lab().calls.runs.values()].findLast((one) =>
      one.program === 'by-hand' && one.params.name === HTTP_HAND && one.seq <= timeline.cursor && !(one.end && one.end.seq <= timeline.cursor))
  })
  const calls = computed<CallModel[]>(() => {
    void lab.version
    const { calls: all } = lab.lab()
    return (all.threads.get(run.value?.threads[0] ?? -1)?.calls ?? []).map((index) => all.list[index]).filter((call): call is CallModel => call !== undefined && call.seq <= timeline.cursor)
  })
  const socket = computed<SockModel | undefined>(() => {
    void lab.version
    return [...lab.lab().sockets.values()].findLast((one) => one.run === run.value?.run && one.seq <= timeline.cursor && !(one.closed && one.closed.seq <= timeline.cursor))
  })
  /** The calls of the socket at hand. */
  const own = computed(() => calls.value.filter((call) => (call.name === 'socket' ? call.end?.sock : call.sock) === socket.value?.sock))
  const done = (name: string): boolean => own.value.some((call) => call.name === name && call.end && !call.end.errno)
  const waiting = computed(() => (timeline.live ? calls.value.find((call) => !call.end) : undefined))
  const ended = computed(() => own.value.some((call) => call.name === 'recv' && call.end && (call.end.errno !== undefined || call.end.value === 0 || call.end.data?.len === 0)))

  /** What is to be done next. */
  const next = computed<'socket' | 'connect' | 'send' | 'recv' | 'close'>(() => {
    if (!socket.value) return 'socket'
    if (!done('connect')) return 'connect'
    if (!done('send')) return 'send'
    return ended.value ? 'close' : 'recv'
  })

  async function thread(): Promise<ThreadId | undefined> {
    if (run.value?.threads[0] !== undefined) return run.value.threads[0]
    const opened = await lab.request('hand.open', { name: HTTP_HAND })
    if (opened.ok) return opened.value.thread
    error.value = opened.error
    return undefined
  }
  const returned = async (id: CallId): Promise<CallModel | undefined> => {
    while (lab.link === 'connected') {
      const state = lab.lab().calls
      const call = state.list[state.index.get(id) ?? -1]
      if (call?.end) return call
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
    return undefined
  }
  async function call(wanted: HandCall): Promise<CallModel | undefined> {
    const on = await thread()
    if (on === undefined) return undefined
    const answer = await lab.request('hand.call', { thread: on, call: wanted, timeout: null })
    if (answer.ok) return returned(answer.value.call)
    error.value = answer.error
    return undefined
  }
  /** One step; steps do not overlap. */
  async function step(work: () => Promise<unknown>): Promise<void> {
    if (busy.value) return
    error.value = undefined
    busy.value = true
    stopping.value = false
    timeline.goLive()
    try {
      await work()
    } finally {
      busy.value = false
    }
  }

  function fill(): void {
    if (url.value) form.request = getRequest(url.value.target, url.value.authority).replaceAll('\r\n', '\n')
  }
  /** What is sent: each line of the box ends with CRLF. */
  const requestBytes = () => new TextEncoder().encode(form.request.replace(/\r?\n/g, '\r\n'))

  const openSocket = () => step(() => call({ name: 'socket', family: address.value?.family === 'inet6' ? 'inet6' : 'inet', type: 'stream' }))
  /** The name as the system's resolver answers it, within the policy; as in Python, an AF_INET socket wants IPv4. */
  async function lookedUp(): Promise<SockAddr | undefined> {
    if (!url.value) return undefined
    const { host, port } = url.value
    const answer = await lab.request('names.lookup', { lookup: crypto.randomUUID(), host, service: String(port), family: 'inet', type: 'stream', flags: [] })
    if (!answer.ok) {
      error.value = { ...answer.error, syscall: 'getaddrinfo', detail: { address: host, ...answer.error.detail } }
      return undefined
    }
    return answer.value.find((row) => row.address !== undefined)?.address
  }
  const connect = () => step(async () => {
    const to = address.value ?? await lookedUp()
    if (to && socket.value) await call({ name: 'connect', sock: socket.value.sock, address: to })
  })
  const send = () => step(async () => { if (socket.value) await call({ name: 'sendall', sock: socket.value.sock, data: requestBytes() }) })
  const close = () => step(async () => { if (socket.value) await call({ name: 'close', sock: socket.value.sock }) })
  const recv = () => step(async () => {
    const on = socket.value
    while (on && !stopping.value) {
      const got = await call({ name: 'recv', sock: on.sock, n: form.size })
      if (!got || got.end?.errno || got.end?.data === undefined || got.end.data.len === 0 || form.until === 'once') return
      if (form.until === 'whole' && (await whole(on))) return
    }
  })
  /** Whether the answer to the last request is there, by its own headers. */
  async function whole(on: SockModel): Promise<boolean> {
    const connection = lab.lab().connections.find((one) => one.id === on.connection?.id)
    if (!connection || !on.connection) return false
    const read = async (side: 'a' | 'b') => {
      // what this hand sent, and what it has received
      const { sends, recvs } = connection.streams[side]
      const own = side === on.connection!.side ? sends : recvs
      const length = own.reduce((sum, one) => sum + one.len, 0)
      const answer = await streamSource(() => own, store)(0, Math.min(length, LOOKED_AT))
      const bytes = answer instanceof Uint8Array ? answer : answer?.bytes ?? new Uint8Array()
      return { bytes, length, ended: false }
    }
    const exchanges = exchangesOf(await read('a'), await read('b'))
    const last = exchanges.at(-1)
    return last?.request !== undefined && last.responses.at(-1)?.reader.state === 'complete'
  }
  async function cancel(): Promise<void> {
    stopping.value = true
    if (waiting.value) await lab.request('hand.cancel', { call: waiting.value.call })
  }
  async function reset(): Promise<void> {
    stopping.value = true
    error.value = undefined
    if (run.value) await lab.request('run.stop', { run: run.value.run })
  }

  return { form, error, busy, url, address, run, calls, own, socket, waiting, ended, next, done, fill, openSocket, connect, send, recv, close, cancel, reset }
})
