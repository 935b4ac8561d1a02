import { OsError } from './program'

/**
 * For `except OSError`: the errno name of a call that the network made fail. Anything else goes on: a bug, and the
 * end of the run (CANCELLED), which Python's threads do not get to see either.
 */
export function errnoOf(error: unknown): string {
  if (error instanceof OsError && error.errno !== 'CANCELLED') return error.errno
  throw error
}
