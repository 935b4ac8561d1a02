/** The result of anything that may fail as expected: a value, never an exception. */
export type Result<T, E = LabError> = { ok: true; value: T } | { ok: false; error: E }

/**
 * Why a request failed. `code` is an errno name ('EADDRINUSE') when the operating system refused, else one of ours:
 * 'INVALID' (bad input; `field` says where), 'POLICY' (the scope forbids it), 'LIMIT' (a limit of the lab; `limit`
 * names it), 'GONE' (the run, socket or session is no more), 'UNAVAILABLE' (this platform cannot), 'INTERNAL' (a bug).
 * `message` is English and says what to do; the UI prefers its own text for the code.
 */
export interface LabError {
  code: string
  message: string
  syscall?: string
  field?: string
  limit?: string
  /** named values for the UI's own text: address, port, path ... */
  detail?: Record<string, string | number>
}

export const ok = <T>(value: T): { ok: true; value: T } => ({ ok: true, value })
export const fail = (error: LabError): { ok: false; error: LabError } => ({ ok: false, error })
