/** What the UDP page holds: the forms, the knobs, and which server, client and flow of the trace it looks at. */
import { defineStore } from 'pinia'
import { computed, reactive, shallowRef, watch } from 'vue'
import { encodeHex } from '../../../shared/bytes/hex'
import { flowCount, flowsAt, markCount, paramsAt, doneAfter, requestRate, requestsDone, requestStats } from '../../../shared/projections'
import type { RunModel } from '../../../shared/projections/model'
import type { RequestStats } from '../../../shared/projections/requests'
import type { LabError } from '../../../shared/result'
import type { Plain, RunId } from '../../../shared/trace/events'
import { expected, waitSchedule, type Expected } from '../../../shared/net/udp-theory'
import { dialled } from '../../shell/addresses'
import { useLabStore } from '../../stores/lab'
import { usePayloadStore } from '../../stores/payload'
import { useSelectionStore } from '../../stores/selection'
import { useTimelineStore } from '../../timeline/store'
import type { FactId } from './facts/experiments'

export const KNOBS = ['loss', 'delay', 'duplicate', 'reorder'] as const
export type Knob = (typeof KNOBS)[number]
export type Knobs = Record<Knob, number>

const numberOf = (value: Plain | undefined, otherwise: number): number => (typeof value === 'number' ? value : otherwise)

export const useUdpStore = defineStore('udp', () => {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const selection = useSelectionStore()
  /** what the Bytes page made */
  const made = usePayloadStore()
  const server = reactive({ host: '127.0.0.1', port: 9999, behaviour: 'upper' as 'upper' | 'echo', seed: 1 })
  const knobs = reactive<Knobs>({ loss: 0, delay: 0, duplicate: 0, reorder: 0 })
  const client = reactive({
    host: '127.0.0.1', port: 9999, payload: 'text' as 'text' | 'page', send: 'hello', count: 1, timeout: 0.1, giveUp: 2, parallel: 1, connected: false, naive: false,
  })
  const serverError = shallowRef<LabError>()
  const clientError = shallowRef<LabError>()
  const chosenTwin = shallowRef<RunId>()
  /** the experiment that is to be made; the panel of facts takes it */
  const fact = shallowRef<FactId>()

  // ---- what the trace has at the cursor
  const runs = computed<RunModel[]>(() => {
    void lab.version
    return [...lab.lab().calls.runs.values()].filter((run) => run.seq <= timeline.cursor && (run.program === 'udp-server' || run.program === 'udp-client')).reverse()
  })
  const isRunning = (run: RunModel | undefined): boolean => run !== undefined && !(run.end && run.end.seq <= timeline.cursor)
  // a newer one that could not start does not hide the one that runs
  const serverRun = computed(() => {
    const servers = runs.value.filter((run) => run.program === 'udp-server')
    return servers.find(isRunning) ?? servers[0]
  })
  const clientRun = computed(() => runs.value.find((run) => run.program === 'udp-client'))
  const serverRunning = computed(() => (void lab.version, isRunning(serverRun.value)))
  const clientRunning = computed(() => (void lab.version, isRunning(clientRun.value)))
  /** may programs be started and knobs be turned: the live session, at its end */
  const inHand = computed(() => lab.live && lab.link === 'connected')
  const bound = computed(() => {
    void lab.version
    const run = serverRun.value
    if (!run || !serverRunning.value) return undefined
    for (const socket of lab.lab().sockets.values()) {
      if (socket.run === run.run && socket.type === 'dgram' && socket.seq <= timeline.cursor) return socket.local.value.at(-1)
    }
    return undefined
  })
  /** the knobs as they stood at the cursor */
  const knobsAt = computed<Knobs>(() => {
    void lab.version
    const run = serverRun.value
    if (!run || (serverRunning.value && timeline.live && inHand.value) || (!serverRunning.value && inHand.value)) return { ...knobs }
    const params = paramsAt(run, timeline.cursor)
    return Object.fromEntries(KNOBS.map((knob) => [knob, numberOf(params[knob], 0)])) as Knobs
  })

  // ---- starting, stopping, turning
  /** Resolves when it is bound: true; or when it could not be. */
  async function startServer(): Promise<boolean> {
    serverError.value = undefined
    timeline.goLive()
    const answer = await lab.request('run.start', { program: 'udp-server', params: { ...server, ...knobs } })
    if (answer.ok) return offer(answer.value.run)
    serverError.value = answer.error
    return false
  }
  /** The client asks where the server stands: the port may have been 0, the host a wildcard. */
  async function offer(id: RunId): Promise<boolean> {
    while (lab.link === 'connected' && !lab.lab().calls.runs.get(id)?.end) {
      for (const socket of lab.lab().sockets.values()) {
        const local = socket.run === id ? socket.local.value.at(-1) : undefined
        const to = local && dialled(local)
        if (!to || to.family === 'unix') continue
        client.host = to.family === 'inet6' && to.scope ? server.host : to.host
        client.port = to.port
        return true
      }
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
    return false
  }
  /** the server whose address and knobs the forms have */
  let taken: RunId | undefined
  // one that another page started, or that ran before a reload, is asked and turned like one of this page
  watch(() => (serverRunning.value && inHand.value && timeline.live ? serverRun.value : undefined), (run) => {
    if (!run || run.run === taken) return
    taken = run.run
    const params = paramsAt(run, timeline.cursor)
    for (const knob of KNOBS) knobs[knob] = numberOf(params[knob], 0)
    void offer(run.run)
  }, { immediate: true })
  async function startClient(): Promise<void> {
    clientError.value = undefined
    timeline.goLive()
    pinned.value = undefined
    const { host, port, payload, send, count, timeout, giveUp, parallel, connected, naive } = client
    const hex = payload === 'page' && made.bytes ? encodeHex(made.bytes) : ''
    const params = { host, port, send, hex, count, timeout, 'give-up': giveUp, parallel, connected, naive }
    const answer = await lab.request('run.start', { program: 'udp-client', params })
    if (!answer.ok) clientError.value = answer.error
  }
  async function stop(run: RunModel | undefined): Promise<void> {
    if (run) await lab.request('run.stop', { run: run.run })
  }

  const turned = new Set<Knob>()
  let turning = false
  /** Sends the knobs that were turned; what is turned meanwhile goes with the next round. */
  async function send(): Promise<void> {
    if (turning) return
    turning = true
    try {
      while (turned.size > 0 && serverRun.value && serverRunning.value) {
        const params = Object.fromEntries([...turned].map((knob) => [knob, knobs[knob]]))
        turned.clear()
        const answer = await lab.request('run.set', { run: serverRun.value.run, params })
        if (!answer.ok) serverError.value = answer.error
      }
    } finally {
      turning = false
    }
  }
  function turn(knob: Knob, value: number): void {
    knobs[knob] = value
    turned.add(knob)
    if (serverRunning.value && timeline.live && inHand.value) void send()
    else turned.clear()
  }

  function choose(setting: { knobs: Knobs; client: Partial<typeof client> }): void {
    for (const knob of KNOBS) turn(knob, setting.knobs[knob])
    Object.assign(client, setting.client)
  }

  // ---- the numbers
  // bytes that are offered anew are what is to be sent
  watch(() => made.bytes, (bytes) => { client.payload = bytes ? 'page' : 'text' }, { immediate: true })

  const total = computed(() => numberOf(clientRun.value?.params.count, 1))
  const done = computed(() => (void lab.version, clientRun.value ? requestsDone(lab.lab().marks, clientRun.value.run, timeline.cursor) : 0))
  const rate = computed(() => (void lab.version, clientRun.value ? requestRate(lab.lab().marks, clientRun.value.run, timeline.cursor, timeline.position.t) : 0))
  /** the whole run, or since a knob was last turned */
  const since = shallowRef<'run' | 'knob'>('run')
  const lastTurn = computed(() => {
    void lab.version
    const first = clientRun.value?.seq ?? Infinity
    return serverRun.value?.sets?.findLast((set) => set.seq <= timeline.cursor && set.seq > first)?.seq
  })
  const counted: { run?: RunId; stats?: RequestStats } = {}
  /** Its lists grow in place; the object is a new one whenever they did. */
  const stats = computed<RequestStats | undefined>(() => {
    void lab.version
    const run = clientRun.value?.run
    if (run === undefined) return undefined
    const { marks } = lab.lab()
    const from = since.value === 'knob' && lastTurn.value !== undefined ? doneAfter(marks, run, lastTurn.value) : 0
    const before = counted.run === run ? counted.stats : undefined
    counted.run = run
    const to = before?.to
    const now = requestStats(marks, run, timeline.cursor, from, before)
    if (now !== before || now.to !== to) counted.stats = { ...now }
    return counted.stats
  })
  const waits = computed(() => {
    const params = clientRun.value?.params
    return waitSchedule(numberOf(params?.timeout, client.timeout), numberOf(params?.['give-up'], client.giveUp))
  })
  /** What theory expects with the knobs as they stand; undefined when the client does not ask the server of this page. */
  const theory = computed<Expected | undefined>(() => {
    const run = clientRun.value
    const to = serverRun.value?.run === undefined ? undefined : boundEver(serverRun.value)
    if (!run || !to || run.params.port !== to) return undefined
    const { loss, delay } = paramsNow.value
    return expected({ loss, delay: delay / 1000 }, waits.value)
  })
  const paramsNow = computed(() => {
    void lab.version
    const params = serverRun.value ? paramsAt(serverRun.value, timeline.cursor) : {}
    return { loss: numberOf(params.loss, 0), delay: numberOf(params.delay, 0) }
  })
  function boundEver(run: RunModel): number | undefined {
    void lab.version
    for (const socket of lab.lab().sockets.values()) {
      const local = socket.run === run.run && socket.type === 'dgram' ? socket.local.value.at(-1) : undefined
      if (local && local.family !== 'unix') return local.port
    }
    return undefined
  }
  /** How often the programs named something, at the cursor. */
  const caught = computed(() => {
    void lab.version
    const { marks } = lab.lab()
    const of = (run: RunModel | undefined, what: 'late' | 'repeated' | 'reorder' | 'drop' | 'duplicate' | 'delay') =>
      (run ? markCount(marks, run.run, what, timeline.cursor) : 0)
    return {
      late: of(clientRun.value, 'late'), repeated: of(clientRun.value, 'repeated'), reorder: of(clientRun.value, 'reorder'), drop: of(serverRun.value, 'drop'),
    }
  })
  /** Did the trace leave out parts since the client began? Then only what is made of `done` is exact. */
  const thinned = computed(() => (void lab.version, lab.lab().gaps.some((gap) => gap.seq >= (clientRun.value?.seq ?? Infinity) && gap.seq <= timeline.cursor)))

  // ---- the flow that is looked at
  /** undefined: always the newest */
  const pinned = shallowRef<number>()
  const flows = computed(() => (void lab.version, flowCount(lab.lab(), timeline.cursor)))
  const flow = computed(() => {
    const chosen = pinned.value !== undefined && -pinned.value <= flows.value ? pinned.value : undefined
    return chosen ?? (flows.value > 0 ? -flows.value : undefined)
  })
  const listed = () => flowsAt(lab.lab(), timeline.cursor)
  watch(() => lab.viewing?.session, () => { pinned.value = undefined })
  // what is selected must be in sight
  watch(() => selection.related.connection, (id) => { if (id !== undefined && id < 0 && id !== flow.value) pinned.value = id })

  return {
    server, knobs, client, serverError, clientError, chosenTwin, fact, runs, serverRun, clientRun, serverRunning, clientRunning, inHand, bound, knobsAt,
    startServer, offer, startClient, stop, turn, choose, total, done, rate, since, lastTurn, stats, waits, theory, caught, thinned, pinned, flows, flow, listed,
  }
})
