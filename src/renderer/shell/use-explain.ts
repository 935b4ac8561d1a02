/** Errors in the person's language: of a request, or of a failed call of the trace. */
import { useI18n } from 'vue-i18n'
import { detailsOfCall, explain, explainError, type Explanation } from '../../shared/explain/explain'
import type { CallModel } from '../../shared/projections/model'
import type { LabError } from '../../shared/result'
import { catalogue } from '../i18n'
import { useLabStore } from '../stores/lab'

export function useExplain() {
  const { locale } = useI18n()
  const lab = useLabStore()
  function explained(error: LabError): Explanation {
    void locale.value
    return explainError(catalogue(), error)
  }
  /** undefined when the call did not fail */
  function explainedCall(call: CallModel): Explanation | undefined {
    void locale.value
    if (!call.end?.errno) return undefined
    const type = call.sock === undefined ? undefined : lab.lab().sockets.get(call.sock)?.type
    return explain(catalogue(), call.end.errno, call.name, { ...detailsOfCall(call.args, call.fd, call.end), type })
  }
  return { explained, explainedCall }
}
