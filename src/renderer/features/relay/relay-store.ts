/** The relays that this app runs, their knobs, and what passed them, as an index over the trace. */
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { useStorage } from '@vueuse/core'
import { newWire, updateWire, type Wire } from '../../../shared/projections/wire'
import { paramsAt } from '../../../shared/projections/at'
import type { LabState, RunModel } from '../../../shared/projections/model'
import type { LabError } from '../../../shared/result'
import type { Plain, RunId, SockAddr } from '../../../shared/trace/events'
import { useLabStore } from '../../stores/lab'
import { useTimelineStore } from '../../timeline/store'

export const PROGRAM = 'relay'
export type Proto = 'udp' | 'tcp'
export type RelayTab = 'script' | 'fates' | 'calls' | 'twin'

/** What the wire does to what passes; times are milliseconds, the rate bytes a second (0: as fast as it goes). */
export interface Knobs { loss: number; delay: number; jitter: number; duplicate: number; reorder: number; rate: number }
export const KNOBS = ['loss', 'delay', 'jitter', 'duplicate', 'reorder', 'rate'] as const satisfies readonly (keyof Knobs)[]
/** The most that each may be: a probability, milliseconds, bytes a second. */
export const MOST: Readonly<Knobs> = { loss: 1, delay: 60_000, jitter: 60_000, duplicate: 1, reorder: 1, rate: 1_000_000_000 }
/** Whether it is a value for that knob; NaN is none. */
export const isKnob = (name: keyof Knobs, value: number): boolean => value >= 0 && value <= MOST[name] && (name !== 'rate' || Number.isInteger(value))
/** TCP repairs losses by itself: a program sees delay and rate only. */
export const TCP_KNOBS: readonly (keyof Knobs)[] = ['delay', 'jitter', 'rate']
export const NO_KNOBS: Knobs = { loss: 0, delay: 0, jitter: 0, duplicate: 0, reorder: 0, rate: 0 }

export const useRelayStore = defineStore('relay', () => {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const form = reactive({
    proto: 'udp' as Proto, listenHost: '127.0.0.1', listenPort: 9998, toHost: '127.0.0.1', toPort: 9999, seed: 1,
    knobs: { ...NO_KNOBS, loss: 0.3 } as Knobs,
  })
  const side = useStorage<RelayTab>('socketscope.relay.side', 'script')
  const shares = useStorage('socketscope.relay.shares', { work: 0.27, side: 0.6 })
  const error = shallowRef<LabError>()
  const chosenRun = ref<RunId>()

  const runs = computed<RunModel[]>(() => {
    void lab.version
    return [...lab.lab().calls.runs.values()].filter((run) => run.program === PROGRAM && run.seq <= timeline.cursor).reverse()
  })
  const run = computed(() => runs.value.find((one) => one.run === chosenRun.value) ?? runs.value[0])
  const statusOf = (one: RunModel): 'running' | 'ok' | 'failed' | 'stopped' => (one.end && one.end.seq <= timeline.cursor ? one.end.status : 'running')
  const paramsOf = (one: RunModel) => paramsAt(one, timeline.cursor)

  let of: LabState | undefined
  let wires = new Map<RunId, Wire>()
  /** What passed a relay: plain data, extended in place; read together with `lab.version`. */
  function wireOf(one: RunModel): Wire {
    const state = lab.lab()
    if (state !== of) {
      of = state
      wires = new Map()
    }
    let wire = wires.get(one.run)
    if (!wire) wires.set(one.run, (wire = newWire(one.run, one.params.proto === 'tcp')))
    updateWire(wire, state)
    return wire
  }

  /** Where the relay listens: bind() may have chosen the port. */
  function listensAt(one: RunModel): Extract<SockAddr, { port: number }> | undefined {
    const { calls } = lab.lab()
    const first = (calls.threads.get(one.threads[0] ?? -1)?.calls ?? []).slice(0, 8).map((index) => calls.list[index])
    const local = first.find((call) => call?.name === 'bind' && call.end && call.end.seq <= timeline.cursor && call.end.errno === undefined)?.end?.local
    return local && local.family !== 'unix' ? local : undefined
  }

  async function start(): Promise<RunId | undefined> {
    error.value = undefined
    timeline.goLive()
    const { proto, listenHost, listenPort, toHost, toPort, seed, knobs } = form
    const params = { proto, 'listen-host': listenHost, 'listen-port': listenPort, 'to-host': toHost, 'to-port': toPort, seed, ...knobs }
    const answer = await lab.request('run.start', { program: PROGRAM, params })
    if (answer.ok) return (chosenRun.value = answer.value.run)
    error.value = answer.error
    return undefined
  }
  const stop = (id: RunId) => lab.request('run.stop', { run: id })
  async function set(id: RunId, params: Record<string, Plain>): Promise<void> {
    const answer = await lab.request('run.set', { run: id, params })
    error.value = answer.ok ? undefined : answer.error
  }

  /** Between what the wire stands: the one that runs, or the one that the form would start. */
  const between = computed(() => {
    void lab.version
    const one = run.value && statusOf(run.value) === 'running' ? run.value : undefined
    const here = one && listensAt(one)
    return {
      proto: (one?.params.proto ?? form.proto) as Proto,
      to: { host: String(one?.params['to-host'] ?? form.toHost), port: Number(one?.params['to-port'] ?? form.toPort) },
      via: here ? { host: here.host === '0.0.0.0' ? '127.0.0.1' : here.host === '::' ? '::1' : here.host, port: here.port } : { host: form.listenHost, port: form.listenPort },
    }
  })

  /** A server behind the wire and a client before it, so that something passes: the lab's own, for want of other programs. */
  async function startEnds(what: 'server' | 'client'): Promise<void> {
    error.value = undefined
    timeline.goLive()
    const { proto, to, via } = between.value
    const [program, params] = what === 'server'
      ? proto === 'udp' ? ['udp-server', to] : ['tcp-server', { ...to, behaviour: 'upper' }]
      : proto === 'udp' ? ['udp-client', { ...via, count: 10 }] : ['tcp-client', { ...via, send: 'hello over a slow wire' }]
    const answer = await lab.request('run.start', { program: program as string, params: params as Record<string, unknown> })
    if (!answer.ok) error.value = answer.error
  }
  /** The lab's own programs that run at this wire, whichever page started them; those elsewhere are none of its business. */
  const ends = computed(() => {
    void lab.version
    const { proto, to, via } = between.value
    return [...lab.lab().calls.runs.values()].filter((one) => one.seq <= timeline.cursor && statusOf(one) === 'running' && (
      (one.program === `${proto}-server` && listensAt(one)?.port === to.port) || (one.program === `${proto}-client` && Number(one.params.port) === via.port)))
  })

  watch(() => lab.viewing?.session, () => { chosenRun.value = undefined })

  return { form, side, shares, error, chosenRun, runs, run, statusOf, paramsOf, wireOf, listensAt, start, stop, set, startEnds, ends }
})
