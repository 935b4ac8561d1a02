/** Work on session files as a Result: what the file system refuses and what is no session are values, not exceptions. */
import { CaptureFormatError } from '../../shared/pcap/format'
import { fail, ok, type LabError, type Result } from '../../shared/result'
import { SessionFormatError } from '../../shared/trace/session-file'

export const gone = (): LabError => ({ code: 'GONE', message: 'there is no such session' })

export async function attempt<T>(work: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await work())
  } catch (error) {
    if (error instanceof SessionFormatError || error instanceof CaptureFormatError) return fail({ code: 'INVALID', field: 'file', message: error.message })
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    if (code === 'ENOENT') return fail(gone())
    return fail({ code, message: code === 'ENOSPC' ? 'the disk is full: make room and try again' : message })
  }
}
