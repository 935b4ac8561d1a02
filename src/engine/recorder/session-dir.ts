/** The folder of sessions: which files are there, and how many of them are kept. */
import { readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { FILE_EXTENSION } from '../../shared/trace/session-file'
import type { RecorderLimits } from './limits'
import { isSessionId } from './session-id'

/** A file that changed this recently, milliseconds, may be the live session of another window: never deleted by age. */
const RECENT_MS = 60_000
/** The ending of a file that is being taken in. */
export const PART_EXTENSION = '.part'

export interface SessionFile {
  id: string
  path: string
  size: number
  /** milliseconds */
  mtime: number
}

/** The session files, newest first; none where there is no folder yet. */
export function sessionFiles(dir: string): Promise<SessionFile[]> {
  return filesOf(dir, FILE_EXTENSION)
}

/** Deletes the oldest sessions beyond the limits, and what broken uploads left. Files in use elsewhere stay. */
export async function prune(dir: string, limits: Pick<RecorderLimits, 'sessions' | 'sessionsBytes'>, keep: string): Promise<void> {
  let total = 0
  let kept = 0
  for (const file of await sessionFiles(dir)) {
    total += file.size
    kept++
    const over = kept > limits.sessions || total > limits.sessionsBytes
    if (!over || file.id === keep || !(await deleted(file))) continue
    total -= file.size
    kept--
  }
  for (const part of await filesOf(dir, PART_EXTENSION)) await deleted(part)
}

async function deleted(file: SessionFile): Promise<boolean> {
  if (Date.now() - file.mtime < RECENT_MS) return false
  return unlink(file.path).then(() => true, (error: NodeJS.ErrnoException) => {
    // Windows keeps a file that somebody has open; it goes another time
    if (error.code === 'EBUSY' || error.code === 'EPERM' || error.code === 'EACCES') return false
    if (error.code === 'ENOENT') return true
    throw error
  })
}

async function filesOf(dir: string, extension: string): Promise<SessionFile[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const files: SessionFile[] = []
  for (const name of names) {
    if (!name.endsWith(extension) || !isSessionId(name.slice(0, -extension.length))) continue
    const path = join(dir, name)
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (found?.isFile()) files.push({ id: name.slice(0, -extension.length), path, size: found.size, mtime: found.mtimeMs })
  }
  return files.sort((a, b) => (a.id < b.id ? 1 : -1))
}
