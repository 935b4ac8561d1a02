/** The name of a session: its file's name without the extension. Names sort by the time of their beginning. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { FILE_EXTENSION } from '../../shared/trace/session-file'

export function sessionId(startedAt: string): string {
  return `${startedAt.replace(/[:.]/g, '-')}-${randomBytes(2).toString('hex')}`
}

/** Letters, digits and hyphens only: such a name cannot lead out of its folder. */
export const isSessionId = (id: string): boolean => /^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/.test(id)

export const sessionsDir = (dataDir: string): string => join(dataDir, 'sessions')
export const sessionPath = (dir: string, id: string): string => join(dir, id + FILE_EXTENSION)
