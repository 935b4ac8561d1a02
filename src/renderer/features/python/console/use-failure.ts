/** Why a program ended: Python's traceback, the call of the trace behind it, what it means, and the click that may mend it. */
import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { explain, type Explanation } from '../../../../shared/explain/explain'
import type { CallModel, RunModel } from '../../../../shared/projections/model'
import { errnoNumber } from '../../../../shared/net/errno'
import type { SockAddr } from '../../../../shared/trace/events'
import { catalogue } from '../../../i18n'
import { useExplain } from '../../../shell/use-explain'
import { useLabStore } from '../../../stores/lab'
import { useTimelineStore } from '../../../timeline/store'
import { adviceFor, errnoOf } from './advice'
import { lastTraceback, ownFrame, type Traceback } from './traceback'

/** Lines of stderr, and calls of each thread, that are looked through. */
const SEARCHED = 400
/** What Python deals with by itself: no reason to end. */
const PASSING = new Set(['EAGAIN', 'EWOULDBLOCK', 'EINPROGRESS', 'EINTR', 'CANCELLED', 'TIMEOUT', 'EALREADY'])

/** OSError and what Python derives from it. */
const OS_ERRORS = /^(OSError|error|timeout|(Connection(Refused|Reset|Aborted)?|BrokenPipe|Permission|Timeout|Interrupted|BlockingIO|FileNotFound|FileExists)Error)$/

export interface Failure {
  traceback: Traceback
  /** in the program's own file */
  line: number | undefined
  /** the call that failed, where one did */
  call: CallModel | undefined
  /** 'ECONNREFUSED', else the exception's name */
  code: string
  explanation: Explanation | undefined
  address: SockAddr | undefined
}

export function useFailure(run: Ref<RunModel | undefined>) {
  const { t, locale } = useI18n()
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const { explainedCall } = useExplain()

  /** pieces of stderr joined to lines, as far as the cursor */
  function errors(of: RunModel): string[] {
    const parts: string[] = []
    for (let i = of.output.length - 1; i >= 0 && parts.length < SEARCHED; i--) {
      const { seq, text, err } = of.output[i]!
      if (err && seq <= timeline.cursor) parts.unshift(text)
    }
    return parts.join('').split('\n')
  }
  /** The newest call that failed as the exception says: others fail unseen, as those of a repr() in the traceback do. */
  function failedCall(of: RunModel, number: number | undefined): CallModel | undefined {
    const { calls } = lab.lab()
    const failed = of.threads
      .flatMap((thread) => (calls.threads.get(thread)?.calls ?? []).slice(-SEARCHED).map((index) => calls.list[index]))
      .filter((call): call is CallModel => call?.end?.errno !== undefined && call.end.seq <= timeline.cursor && !PASSING.has(call.end.errno))
      .sort((a, b) => a.end!.seq - b.end!.seq)
    // the lab's Python has Linux's numbers on every machine; what the lab itself refused has another name in the trace
    return failed.findLast((call) => number !== undefined && errnoNumber(call.end!.errno!, 'linux') === number) ?? failed.at(-1)
  }
  const addressOf = (call: CallModel): SockAddr | undefined =>
    Object.values(call.args).find((value): value is SockAddr => typeof value === 'object' && value !== null && 'family' in value)

  return computed<Failure | undefined>(() => {
    void lab.version
    void locale.value
    const of = run.value
    if (!of?.file) return undefined
    const traceback = lastTraceback(errors(of))
    if (!traceback) return undefined
    const line = ownFrame(traceback, of.file)?.line
    const advice = adviceFor(traceback)
    const number = errnoOf(traceback.message)
    const call = advice ? undefined : failedCall(of, number)
    const base = { traceback, line }
    if (advice) {
      const details = { name: advice.name || traceback.type, file: of.file }
      return {
        ...base, call: undefined, code: traceback.type, address: undefined,
        explanation: { said: traceback.message, means: t(`python.advice.${advice.key}.means`, details), next: t(`python.advice.${advice.key}.next`, details) },
      }
    }
    if (traceback.type === 'gaierror') {
      const code = number === -2 ? 'EAI_NONAME' : number === -8 ? 'EAI_SERVICE' : 'EAI_FAIL'
      return { ...base, call: undefined, code: 'gaierror', address: undefined, explanation: { ...explain(catalogue(), code, 'getaddrinfo'), said: traceback.message } }
    }
    const errno = call?.end?.errno
    if (!call || errno === undefined || (number === undefined && !OS_ERRORS.test(traceback.type))) return { ...base, call: undefined, code: traceback.type, address: undefined, explanation: undefined }
    return { ...base, call, code: errno, address: addressOf(call), explanation: explainedCall(call) }
  })
}
