/** Plays a preset: one call at a time, by the person's click or by itself. */
import { computed, shallowRef } from 'vue'
import type { HandCall } from '../../../../shared/contract/contract'
import type { CallModel, Side } from '../../../../shared/projections/model'
import type { LabError } from '../../../../shared/result'
import type { CallId, SockId, ThreadId } from '../../../../shared/trace/events'
import { useLabStore } from '../../../stores/lab'
import { useHandStore } from './hand-store'
import type { Preset, PresetContext, PresetStep } from './presets'

/** Milliseconds between the steps of a preset that plays by itself: slow enough to follow, and a fact of the player, not of the network. */
const BETWEEN = 700
/** How often a step may be made again. */
const MOST_AGAIN = 60

interface Playing {
  preset: Preset
  /** how many steps were begun */
  done: number
  socks: Map<string, SockId>
  /** calls that still wait, by the name under which their socket is to be saved */
  pending: Map<string, CallId>
  threads: Map<string, ThreadId>
}

export function usePlay() {
  const lab = useLabStore()
  const hand = useHandStore()
  const playing = shallowRef<Playing>()
  const error = shallowRef<LabError>()
  const busy = shallowRef(false)
  const auto = shallowRef(false)
  const next = computed<PresetStep | undefined>(() => playing.value?.preset.steps[playing.value.done])

  const callOf = (id: CallId): CallModel | undefined => {
    const index = lab.lab().calls.index.get(id)
    return index === undefined ? undefined : lab.lab().calls.list[index]
  }
  /** Resolves when the trace says that the call has returned, or, for one that blocks, that it has begun to wait. */
  async function settled(id: CallId, blocks: boolean, from: Playing): Promise<CallModel | undefined> {
    for (;;) {
      if (playing.value !== from) return undefined
      const call = callOf(id)
      if (call?.end || (blocks && call?.blocks.some((block) => block.why === 'readable' || block.why === 'writable'))) return call
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
  }

  /** Bytes sent towards a socket and not received by it, or a send towards it that still waits. */
  function unread(sock: SockId): boolean {
    const state = lab.lab()
    const own = state.sockets.get(sock)?.connection
    const connection = state.connections.find((one) => one.id === own?.id)
    if (!own || !connection) return false
    const peer: Side = own.side === 'a' ? 'b' : 'a'
    const { sends, recvs } = connection.streams[peer]
    const sum = (parts: readonly { len: number }[]): number => parts.reduce((total, part) => total + part.len, 0)
    const sending = connection.calls.some(({ side, index }) => side === peer && state.calls.list[index]?.name === 'send' && !state.calls.list[index]?.end)
    return sending || sum(sends) > sum(recvs)
  }

  function context(state: Playing): PresetContext {
    const sock = (name: string): SockId => state.socks.get(name) ?? callOf(state.pending.get(name) ?? -1)?.end?.sock ?? -1
    return {
      sock,
      unread: (name) => unread(sock(name)),
      addr: (name) => lab.lab().sockets.get(sock(name))?.local.value.at(-1) ?? { family: 'inet', host: '127.0.0.1', port: 0 },
    }
  }

  /** The call of a step, once the sockets that it is made on are there: an accept() that blocked may just be returning. */
  async function callFor(step: PresetStep, state: Playing): Promise<HandCall | undefined> {
    const known = context(state)
    for (;;) {
      let absent = false
      const sock = (name: string): SockId => {
        const id = known.sock(name)
        const pending = callOf(state.pending.get(name) ?? -1)
        if (id === -1 && pending && !pending.end) absent = true
        return id
      }
      const call = step.call({ ...known, sock })
      if (!absent) return call
      if (playing.value !== state) return undefined
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
  }

  async function threadFor(state: Playing, side: Side, name: string): Promise<ThreadId | undefined> {
    const key = `${side} ${name}`
    const known = state.threads.get(key) ?? (name === 'main' ? hand.views[side].threads[0]?.thread : undefined)
    if (known !== undefined || name === 'main') return known
    const made = await hand.addThread(side, name)
    if (!made.ok) {
      error.value = made.error
      return undefined
    }
    state.threads.set(key, made.value.thread)
    return made.value.thread
  }

  /** Makes the next call of the preset. False when there is none, or it could not be made. */
  async function step(): Promise<boolean> {
    const state = playing.value
    const wanted = next.value
    if (!state || !wanted || busy.value) return false
    busy.value = true
    error.value = undefined
    try {
      const on = await threadFor(state, wanted.hand, wanted.thread ?? 'main')
      if (error.value) return false
      playing.value = { ...state, done: state.done + 1 }
      for (let times = 0; times < MOST_AGAIN; times++) {
        const made = await callFor(wanted, playing.value)
        if (!made) return false
        const answer = await hand.call(wanted.hand, made, on, wanted.timeout ?? null)
        if (!answer.ok) {
          error.value = answer.error
          return false
        }
        const call = await settled(answer.value.call, wanted.blocks ?? false, playing.value)
        if (!call) return false
        if (wanted.save && call.end?.sock !== undefined) state.socks.set(wanted.save, call.end.sock)
        else if (wanted.save && !call.end) state.pending.set(wanted.save, answer.value.call)
        if (!wanted.again?.(context(state), call)) break
      }
      return true
    } finally {
      busy.value = false
    }
  }

  async function begin(preset: Preset): Promise<void> {
    auto.value = false
    error.value = undefined
    // experiments begin with clean hands
    await Promise.all([hand.reset('a'), hand.reset('b')])
    playing.value = { preset, done: 0, socks: new Map(), pending: new Map(), threads: new Map() }
  }
  async function playOn(): Promise<void> {
    auto.value = true
    while (auto.value && next.value) {
      if (!(await step())) break
      await new Promise((resolve) => setTimeout(resolve, BETWEEN))
    }
    auto.value = false
  }
  function stop(): void {
    auto.value = false
    playing.value = undefined
  }

  return { playing, next, error, busy, auto, begin, step, playOn, pause: () => { auto.value = false }, stop }
}
