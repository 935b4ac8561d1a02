/** How the Python page's instrument is arranged, and which connection or flow of datagrams it looks at. */
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { useStorage } from '@vueuse/core'
import { connectionCount, flowConnection, flowsAt } from '../../../../shared/projections'
import type { ConnectionModel, LabState, RunModel, SockModel } from '../../../../shared/projections/model'
import type { RunId, SockAddr, SockId } from '../../../../shared/trace/events'
import { useLabStore } from '../../../stores/lab'
import { useSelectionStore } from '../../../stores/selection'
import { useTimelineStore } from '../../../timeline/store'
import { usePythonPrograms } from '../programs/programs-store'
import type { OpenProgram } from '../programs/program-file'
import { usePythonRuns } from '../runs-store'

export type PaneId = 'ladder' | 'variables' | 'sockets' | 'states' | 'stack' | 'buffers' | 'threads' | 'calls'
/** Whose connections and calls are shown: those of the program in the current tab, or of everybody in the lab. */
export type Whose = 'program' | 'all'

/** Connections and flows that are looked through and listed: the newest. */
const LISTED = 200

export interface Listed {
  id: number
  a: SockAddr | undefined
  b: SockAddr | undefined
  seq: number
}

/** The run that a connection belongs to is that of its sockets. */
const belongs = (lab: LabState, run: RunId, ends: readonly (SockId | undefined)[]): boolean =>
  ends.some((sock) => sock !== undefined && lab.sockets.get(sock)?.run === run)

export const usePythonView = defineStore('python-view', () => {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const selection = useSelectionStore()
  const programs = usePythonPrograms()
  const runs = usePythonRuns()
  const side = useStorage<PaneId>('socketscope.python.side', 'variables')
  const single = useStorage<PaneId>('socketscope.python.single', 'ladder')
  const shares = useStorage('socketscope.python.shares', { work: 0.48, console: 0.62, side: 0.54, log: 0.62 }, undefined, { mergeDefaults: true })
  const whose = useStorage<Whose>('socketscope.python.whose', 'program')
  /** of the editor and the console: a factor on the app's own size */
  const size = useStorage('socketscope.python.size', 1)

  // ---- a stored session brings the programs that ran in it; they are looked at, not changed
  const stored = computed<RunModel[]>(() => (void lab.version, lab.live ? [] : [...lab.lab().calls.runs.values()].filter((one) => one.source !== undefined)))
  const storedId = shallowRef<RunId>()
  const storedRun = computed(() => stored.value.find((one) => one.run === storedId.value) ?? stored.value[0])
  /** The program in the editor: that of the current tab, or of a run of the stored session. */
  const program = computed<OpenProgram | undefined>(() => {
    if (lab.live) return programs.current
    const { run: id, file = '', source = '' } = storedRun.value ?? {}
    return id === undefined ? undefined : { id: `${lab.viewing?.session ?? ''} ${id}`, name: file, source, args: '', breakpoints: [], safe: source }
  })

  /** its run at the cursor */
  const run = computed(() => {
    void lab.version
    void runs.tabs
    if (!lab.live) return storedRun.value
    return programs.current && runs.modelOf(programs.current.id)
  })
  /** only this run's, where there is one and it is wished */
  const only = computed(() => (whose.value === 'program' ? run.value?.run : undefined))

  /** undefined: the newest */
  const pinned = shallowRef<number>()
  /** Connections and flows known at the cursor, newest first; flows have negative ids. */
  const listed = computed<Listed[]>(() => {
    void lab.version
    const state = lab.lab()
    const count = connectionCount(state, timeline.cursor)
    const wanted = only.value
    const out: Listed[] = []
    for (const { id, a, b, seq } of state.connections.slice(Math.max(0, count - LISTED), count)) {
      if (wanted === undefined || belongs(state, wanted, [a.sock, b.sock])) out.push({ id, a: a.addr, b: b.addr, seq })
    }
    for (const { id, a, b, seq } of flowsAt(state, timeline.cursor, LISTED)) {
      const flow = wanted === undefined ? undefined : flowConnection(state, id, timeline.cursor, 1)
      if (wanted === undefined || belongs(state, wanted, [flow?.a.sock, flow?.b.sock])) out.push({ id, a, b, seq })
    }
    return out.sort((x, y) => y.seq - x.seq)
  })
  const shownId = computed(() => (pinned.value !== undefined && listed.value.some((one) => one.id === pinned.value) ? pinned.value : listed.value[0]?.id))
  const connection = computed<ConnectionModel | undefined>(() => {
    void lab.version
    const id = shownId.value
    if (id === undefined) return undefined
    return id < 0 ? flowConnection(lab.lab(), id, timeline.cursor) : lab.lab().connections.find((one) => one.id === id)
  })
  /** The listening socket that the state diagram shows where there is no connection yet. */
  const listener = computed<SockModel | undefined>(() => {
    void lab.version
    const { sockets } = lab.lab()
    const own = connection.value?.listener
    if (own !== undefined) return sockets.get(own)
    let found: SockModel | undefined
    for (const socket of sockets.values()) {
      if (socket.seq <= timeline.cursor && (only.value === undefined || socket.run === only.value) && socket.state.value.some((value) => value.state === 'LISTEN')) found = socket
    }
    return found
  })

  watch(() => lab.viewing?.session, () => { pinned.value = undefined })
  // what is selected must be in sight
  watch(() => selection.related.connection, (id) => { if (id !== undefined && id !== shownId.value) pinned.value = id })

  return { side, single, shares, whose, size, program, stored, storedId, storedRun, run, only, pinned, listed, shownId, connection, listener }
})
