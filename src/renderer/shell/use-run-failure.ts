/** Why a run failed, at the cursor: the call that ended it, or the name that was not found or not looked up. */
import { computed } from 'vue'
import { printable } from '../../shared/bytes/printable'
import type { Explanation } from '../../shared/explain/explain'
import type { CallModel, RunModel } from '../../shared/projections/model'
import { useLabStore } from '../stores/lab'
import { useTimelineStore } from '../timeline/store'
import { useExplain } from './use-explain'

/** Calls of each thread that are looked through for the one that ended the run. */
const SEARCHED = 50
/** A look-up is no call of the trace: the run's last word has it. */
const LOOKUP = /^getaddrinfo: (\w+)$/

export interface RunFailure {
  code: string
  syscall: string
  explanation: Explanation
  call?: CallModel
}

export function useRunFailure(run: () => RunModel) {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const { explained, explainedCall } = useExplain()
  const end = computed(() => {
    void lab.version
    const { end: last } = run()
    return last && last.seq <= timeline.cursor ? last : undefined
  })
  /** The name that the program was given. */
  function hostOf({ params }: RunModel): string {
    const { host, url } = params
    const given = host ?? (typeof url === 'string' ? /^\w+:\/\/([^/:]+|\[[^\]]*\])/.exec(url)?.[1] : undefined) ?? params['to-host']
    return printable(String(given ?? ''))
  }
  const failure = computed<RunFailure | undefined>(() => {
    if (end.value?.status !== 'failed') return undefined
    const lookup = LOOKUP.exec(end.value.error ?? '')
    if (lookup) {
      const code = lookup[1]!
      return { code, syscall: 'getaddrinfo', explanation: explained({ code, message: code, syscall: 'getaddrinfo', detail: { address: hostOf(run()) } }) }
    }
    const { calls } = lab.lab()
    const call = run().threads
      .flatMap((thread) => (calls.threads.get(thread)?.calls ?? []).slice(-SEARCHED).map((index) => calls.list[index]))
      .findLast((one) => one?.end?.errno !== undefined && one.end.errno !== 'CANCELLED' && one.end.errno !== 'TIMEOUT')
    const explanation = call && explainedCall(call)
    return call?.end?.errno && explanation ? { code: call.end.errno, syscall: call.name, explanation, call } : undefined
  })
  return { end, failure }
}
