/** How the TCP page is arranged, and which connection is looked at. */
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { useStorage } from '@vueuse/core'
import { connectionCount } from '../../../shared/projections'
import type { ConnectionModel, SockModel } from '../../../shared/projections/model'
import { useLabStore } from '../../stores/lab'
import { useSelectionStore } from '../../stores/selection'
import { useTimelineStore } from '../../timeline/store'
import type { PresetId } from './hand/presets'

export type WorkTab = 'run' | 'hand'
export type PaneId = 'ladder' | 'states' | 'stack' | 'buffers' | 'threads' | 'queues' | 'twin' | 'calls'

/** Connections that the picker lists: the newest, and always the chosen one. */
const LISTED = 200

export const useTcpView = defineStore('tcp-view', () => {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const selection = useSelectionStore()
  const work = useStorage<WorkTab>('socketscope.tcp.work', 'run')
  const side = useStorage<PaneId>('socketscope.tcp.side', 'states')
  const single = useStorage<PaneId>('socketscope.tcp.single', 'ladder')
  const shares = useStorage('socketscope.tcp.shares', { run: 0.27, hand: 0.42, side: 0.52, log: 0.71 })
  const workOpen = useStorage('socketscope.tcp.workOpen', true)

  /** the experiment by hand that is to be played; the player takes it */
  const preset = shallowRef<PresetId>()
  /** undefined: always the newest */
  const pinned = shallowRef<number>()
  /** connections known at the cursor; they are in order of their first fact */
  const count = computed(() => {
    void lab.version
    return connectionCount(lab.lab(), timeline.cursor)
  })
  const listed = computed(() => (void lab.version, lab.lab()).connections.slice(Math.max(0, count.value - LISTED), count.value).reverse())
  /** What is known of it may change with each frame, so this is read together with `lab.version`. Another session has others. */
  const connection = computed<ConnectionModel | undefined>(() => {
    void lab.version
    const { connections } = lab.lab()
    const chosen = pinned.value === undefined ? undefined : connections.find((one) => one.id === pinned.value)
    return chosen ?? connections[count.value - 1]
  })
  /** The listening socket that the state diagram shows where there is no connection yet. */
  const listener = computed<SockModel | undefined>(() => {
    void lab.version
    const { sockets } = lab.lab()
    const own = connection.value?.listener
    if (own !== undefined) return sockets.get(own)
    let found: SockModel | undefined
    for (const socket of sockets.values()) if (socket.seq <= timeline.cursor && socket.state.value.some((value) => value.state === 'LISTEN')) found = socket
    return found
  })

  watch(() => lab.viewing?.session, () => { pinned.value = undefined })
  // what is selected must be in sight
  watch(() => selection.related.connection, (id) => { if (id !== undefined && id !== connection.value?.id) pinned.value = id })

  return { work, side, single, shares, workOpen, preset, pinned, count, listed, connection, listener }
})
