/** A failed look-up as Python's traceback ends. */
import type { LabError } from '../../../shared/result'

/** undefined where Python has nothing to say: the lab refused. */
export function pythonError(error: LabError): string | undefined {
  const { exception, errno, text } = error.detail ?? {}
  if (exception === 'OSError') return `OSError: ${error.message}`
  return exception === undefined ? undefined : `socket.${exception}: [Errno ${errno ?? ''}] ${text ?? ''}`
}
