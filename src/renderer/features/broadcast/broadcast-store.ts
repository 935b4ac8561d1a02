/** Broadcasts that this app sends, its receivers, and what the trace says of both. */
import { defineStore } from 'pinia'
import { computed, reactive, shallowRef, watch } from 'vue'
import { formatEndpoint } from '../../../shared/net/address'
import { datagramOfCall } from '../../../shared/projections/flows'
import { newMembers, updateMembers, type MembersIndex } from '../../../shared/projections/members'
import type { LabState, RunModel } from '../../../shared/projections/model'
import type { LabError } from '../../../shared/result'
import type { RunId } from '../../../shared/trace/events'
import { useLabStore } from '../../stores/lab'
import { useTimelineStore } from '../../timeline/store'
import { broadcastNetworks, LIMITED } from './networks'

export const PROGRAM = 'udp-broadcast'
const RECEIVER = 'udp-server'

export const useBroadcastStore = defineStore('broadcast', () => {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const form = reactive({ to: '', port: 9999, send: 'who is there?', broadcast: false, wait: 1 })
  const error = shallowRef<LabError>()

  const networks = computed(() => broadcastNetworks(lab.interfaces))
  const network = computed(() => networks.value.find((one) => one.to === form.to))
  watch(networks, (list) => { if (form.to === '') form.to = list[0]?.to ?? LIMITED }, { immediate: true })

  let of: LabState | undefined
  let folded: MembersIndex = newMembers([PROGRAM, RECEIVER])
  /** Plain data, extended in place: read together with `lab.version`. */
  const index = computed(() => {
    void lab.version
    const state = lab.lab()
    if (state !== of) {
      of = state
      folded = newMembers([PROGRAM, RECEIVER])
    }
    updateMembers(folded, state, (call) => datagramOfCall(state.datagrams, call))
    return folded
  })

  const all = computed<RunModel[]>(() => (void lab.version, [...lab.lab().calls.runs.values()].filter((run) => run.seq <= timeline.cursor)))
  /** broadcasts sent or tried, newest first */
  const sends = computed(() => all.value.filter((run) => run.program === PROGRAM).reverse())
  const receivers = computed(() => all.value.filter((run) => run.program === RECEIVER && run.params.host === '0.0.0.0' && !(run.end && run.end.seq <= timeline.cursor)))

  /** Where a receiver hears: the port asked for may have been 0. */
  function boundAt(run: RunModel): string {
    void lab.version
    const local = [...lab.lab().sockets.values()].find((sock) => sock.run === run.run)?.local.value.at(-1)
    return local ? formatEndpoint(local) : `${String(run.params.host)}:${String(run.params.port)}`
  }

  /** the receiver started last, where it failed */
  const failedReceiver = computed(() => {
    const last = all.value.filter((run) => run.program === RECEIVER).at(-1)
    return last?.end?.status === 'failed' && last.end.seq <= timeline.cursor ? last : undefined
  })

  async function start(program: string, params: Record<string, unknown>): Promise<RunId | undefined> {
    error.value = undefined
    timeline.goLive()
    const answer = await lab.request('run.start', { program, params })
    if (answer.ok) return answer.value.run
    error.value = answer.error
    return undefined
  }
  const send = () => start(PROGRAM, { address: form.to, port: form.port, send: form.send, broadcast: form.broadcast, wait: form.wait })
  async function allowAndSend(): Promise<void> {
    form.broadcast = true
    await send()
  }
  /** A receiver is bound to all addresses: one bound to a single address hears no broadcast (Linux, ip(7)). */
  const receive = (port = form.port) => start(RECEIVER, { host: '0.0.0.0', port, behaviour: 'upper' })
  const stop = (run: number) => lab.request('run.stop', { run })

  return { form, error, networks, network, index, sends, receivers, boundAt, failedReceiver, send, allowAndSend, receive, stop }
})
