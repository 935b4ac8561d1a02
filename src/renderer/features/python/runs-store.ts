/** What runs in each tab: the hand on the program, and which runs of the trace are its own. */
import { defineStore } from 'pinia'
import { computed, shallowRef, triggerRef, watch } from 'vue'
import { useStorage } from '@vueuse/core'
import { i18n } from '../../i18n'
import type { RunModel } from '../../../shared/projections/model'
import type { LabError } from '../../../shared/result'
import type { RunId } from '../../../shared/trace/events'
import type { HaltOn, Onward, PythonEnd, PythonRun, PythonRuntime, RuntimeState, StartMode, SyntaxProblem } from '../../python/program'
import { createPythonRuntime } from '../../python/runtime'
import { useLabStore } from '../../stores/lab'
import { useTimelineStore } from '../../timeline/store'
import { splitArgs } from './programs/split-args'
import type { OpenProgram } from './programs/program-file'
import { useWorkspace } from './workspace/workspace-store'

export interface TabRun {
  hand: PythonRun
  /** it is in the trace */
  run?: RunId
  /** it could not begin */
  error?: LabError
  end?: PythonEnd
  /** it was told to halt, and waits in a call still */
  pausing?: boolean
}
export type Phase = 'idle' | 'starting' | 'running' | 'pausing' | 'halted' | 'ended'

export const usePythonRuns = defineStore('python-runs', () => {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const workspace = useWorkspace()
  /** by the program's id: its newest run */
  const tabs = shallowRef(new Map<string, TabRun>())
  /** every run of a tab since the page was loaded, oldest first */
  const runIds = new Map<string, RunId[]>()

  // ---- the interpreters
  let runtime: PythonRuntime | undefined
  const state = shallowRef<RuntimeState>('absent')
  const runtimeError = shallowRef<LabError>()
  const version = shallowRef<string>()
  function ready(): PythonRuntime {
    if (runtime) return runtime
    const made = createPythonRuntime(lab.request)
    made.onState((now) => {
      state.value = now
      runtimeError.value = made.error
      version.value = made.version
    })
    runtime = made
    state.value = made.state
    return made
  }
  const warm = (): void => ready().warm()
  /** What Python's compiler says of a text; nothing where no interpreter is ready. */
  const check = (source: string): Promise<SyntaxProblem | undefined> => runtime?.check(source) ?? Promise.resolve(undefined)

  // ---- starting and steering
  function start(program: OpenProgram, mode: StartMode): TabRun {
    // what is started now is to be seen now
    timeline.goLive()
    const { t } = i18n.global
    const hand = ready().run({
      file: program.name, source: program.source, args: splitArgs(program.args), breakpoints: program.breakpoints, exceptions: exceptions.value, start: mode,
      ...(workspace.handle ? { workspace: workspace.handle } : {}),
      workspaceTexts: { unreadable: t('python.folder.unreadable'), unwritable: t('python.folder.unwritable'), tooMuch: t('python.folder.tooMuch') },
    })
    const tab: TabRun = { hand }
    tabs.value.set(program.id, tab)
    triggerRef(tabs)
    void hand.begun.then((begun) => {
      if (begun.ok) {
        tab.run = begun.value
        runIds.set(program.id, [...(runIds.get(program.id) ?? []), begun.value])
      } else tab.error = begun.error
      triggerRef(tabs)
    })
    void hand.ended.then((end) => {
      tab.end = end
      triggerRef(tabs)
      void workspace.refresh()
    })
    return tab
  }
  const isOver = (tab: TabRun | undefined): boolean => !tab || tab.end !== undefined || tab.error !== undefined
  const running = (id: string): boolean => !isOver(tabs.value.get(id))
  const anyRunning = computed(() => [...tabs.value.values()].some((tab) => !isOver(tab)))
  const on = (id: string): PythonRun | undefined => (running(id) ? tabs.value.get(id)?.hand : undefined)
  const stop = (id: string): void => on(id)?.stop()
  const interrupt = (id: string): void => on(id)?.interrupt()
  const pause = (id: string): void => {
    const tab = tabs.value.get(id)
    on(id)?.pause()
    if (tab) tab.pausing = true
    triggerRef(tabs)
  }
  const go = (id: string, how: Onward): void => {
    const tab = tabs.value.get(id)
    if (tab) tab.pausing = false
    on(id)?.go(how)
  }
  const setBreakpoints = (id: string, lines: number[]): void => on(id)?.setBreakpoints(lines)
  /** what halts them after an exception; a program that runs hears of a change at once */
  const exceptions = useStorage<HaltOn>('socketscope.python.exceptions', 'off')
  watch(exceptions, (which) => { for (const { hand } of tabs.value.values()) hand.setExceptions(which) })
  const forget = (id: string): void => {
    stop(id)
    tabs.value.delete(id)
    runIds.delete(id)
    triggerRef(tabs)
  }

  // another session numbers its runs anew, and has none of these
  watch(() => lab.hello?.live.session, () => {
    runIds.clear()
    tabs.value.clear()
    triggerRef(tabs)
  })

  // ---- what the trace has of it
  /** The run of a tab that is to be looked at: at the cursor, the newest that had begun. */
  function modelOf(id: string): RunModel | undefined {
    const tab = tabs.value.get(id)
    // what is being started has nothing to show yet; what ran before it is over
    if (tab && tab.run === undefined && timeline.live) return undefined
    const { runs } = lab.lab().calls
    return (runIds.get(id) ?? []).map((run) => runs.get(run)).findLast((run) => run !== undefined && run.seq <= timeline.cursor)
  }
  /** The tab of a run. */
  const tabOf = (run: RunId): string | undefined => [...runIds].find(([, ids]) => ids.includes(run))?.[0]
  /** Whether a thread of the program stands halted now, whatever moment is looked at. */
  function isHalted(id: string): boolean {
    const run = tabs.value.get(id)?.run
    const { runs, threads } = lab.lab().calls
    return (runs.get(run ?? -1)?.threads ?? []).some((thread) => {
      const model = threads.get(thread)
      const last = model?.halts?.at(-1)
      return model && !model.end && last !== undefined && last.why !== 'goes-on'
    })
  }
  function phaseOf(id: string): Phase {
    const tab = tabs.value.get(id)
    if (!tab) return 'idle'
    if (isOver(tab)) return 'ended'
    if (tab.run === undefined) return 'starting'
    return isHalted(id) ? 'halted' : tab.pausing ? 'pausing' : 'running'
  }

  return { tabs, state, runtimeError, version, warm, check, start, running, anyRunning, stop, interrupt, pause, go, setBreakpoints, exceptions, forget, modelOf, tabOf, isHalted, phaseOf }
})
