/**
 * Work by hand: a client hand (a) and a server hand (b), each a run of its own with its threads and sockets. What there
 * is (runs, threads, sockets, calls) is read from the trace, so that a reload or a look back finds the same.
 */
import { defineStore } from 'pinia'
import { computed, reactive } from 'vue'
import type { HandCall } from '../../../../shared/contract/contract'
import type { CallModel, RunModel, Side, SockModel } from '../../../../shared/projections/model'
import { ok, type LabError, type Result } from '../../../../shared/result'
import type { CallId, SockId, ThreadId } from '../../../../shared/trace/events'
import { useLabStore } from '../../../stores/lab'
import { useTimelineStore } from '../../../timeline/store'

/** The `program` of a run by hand (the engine's word). */
export const BY_HAND = 'by-hand'
/** The names of the two runs; the trace keeps them. */
export const HAND_NAME: Record<Side, string> = { a: 'client', b: 'server' }

interface Chosen {
  thread?: ThreadId
  sock?: SockId
  /** seconds: null blocks, 0 never waits */
  timeout: number | null
  error?: LabError
}

export interface HandView {
  run?: RunModel
  threads: { thread: ThreadId; name: string; call?: CallModel }[]
  /** sockets open at the cursor, in the order in which they were made */
  sockets: SockModel[]
  /** its calls, oldest first */
  calls: CallModel[]
}

export const useHandStore = defineStore('tcp-hand', () => {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const chosen = reactive<Record<Side, Chosen>>({ a: { timeout: null }, b: { timeout: null } })

  function view(side: Side): HandView {
    const state = lab.lab()
    const { cursor } = timeline
    let run: RunModel | undefined
    for (const candidate of state.calls.runs.values()) {
      if (candidate.program === BY_HAND && candidate.params.name === HAND_NAME[side] && candidate.seq <= cursor && !(candidate.end && candidate.end.seq <= cursor)) run = candidate
    }
    if (!run) return { threads: [], sockets: [], calls: [] }
    const list = state.calls.list
    const calls: CallModel[] = []
    const threads = run.threads.map((thread) => {
      const model = state.calls.threads.get(thread)
      for (const index of model?.calls ?? []) {
        const call = list[index]
        if (call) calls.push(call)
      }
      const last = list[model?.calls.at(-1) ?? -1]
      return { thread, name: model?.name ?? '', call: last && !last.end && timeline.live ? last : undefined }
    })
    const sockets = [...state.sockets.values()].filter((socket) => socket.run === run.run && socket.seq <= cursor && !(socket.closed && socket.closed.seq <= cursor))
    return { run, threads, calls: calls.sort((x, y) => x.seq - y.seq), sockets }
  }
  const views = computed<Record<Side, HandView>>(() => {
    void lab.version
    return { a: view('a'), b: view('b') }
  })

  /** The socket that the next call is made on: the chosen one while it is open, else the newest. */
  const sock = (side: Side): SockModel | undefined => {
    const open = views.value[side].sockets
    return open.find((socket) => socket.sock === chosen[side].sock) ?? open.at(-1)
  }
  const thread = (side: Side) => {
    const threads = views.value[side].threads
    return threads.find((candidate) => candidate.thread === chosen[side].thread) ?? threads[0]
  }

  const opening: Partial<Record<Side, Promise<Result<{ thread: ThreadId }>>>> = {}
  /** The thread to call on; opens the hand on its first call. */
  async function ready(side: Side): Promise<Result<{ thread: ThreadId }>> {
    const there = thread(side)
    if (there) return ok({ thread: there.thread })
    opening[side] ??= lab.request('hand.open', { name: HAND_NAME[side] }).finally(() => { delete opening[side] })
    return opening[side]
  }
  async function addThread(side: Side, name: string): Promise<Result<{ thread: ThreadId }>> {
    const first = await ready(side)
    const run = view(side).run
    if (!first.ok || !run) return first
    const made = await lab.request('hand.thread', { run: run.run, name })
    if (made.ok) chosen[side].thread = made.value.thread
    else chosen[side].error = made.error
    return made
  }

  async function call(side: Side, wanted: HandCall, on?: ThreadId, timeout?: number | null): Promise<Result<{ call: CallId }>> {
    chosen[side].error = undefined
    timeline.goLive()
    const target = on === undefined ? await ready(side) : ok({ thread: on })
    const answer = target.ok
      ? await lab.request('hand.call', { thread: target.value.thread, call: wanted, timeout: timeout === undefined ? chosen[side].timeout : timeout })
      : target
    if (!answer.ok) chosen[side].error = answer.error
    return answer
  }
  async function cancel(id: CallId): Promise<void> {
    await lab.request('hand.cancel', { call: id })
  }
  /** Ends the hand: its sockets close, its calls are taken back. */
  async function reset(side: Side): Promise<void> {
    const run = views.value[side].run
    chosen[side] = { timeout: chosen[side].timeout }
    if (!run) return
    const answer = await lab.request('run.stop', { run: run.run })
    // the next call must find a new hand, so the end is waited for
    while (answer.ok && !run.end && lab.link === 'connected') await new Promise((resolve) => requestAnimationFrame(resolve))
  }

  return { chosen, views, sock, thread, addThread, call, cancel, reset }
})
