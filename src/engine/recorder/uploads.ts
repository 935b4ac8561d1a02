/** Session and capture files that are being brought in, piece by piece: to disk at once, checked as a whole at the end. */
import { open, rename, unlink, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { SessionInfo } from '../../shared/contract/contract'
import { captureFormat } from '../../shared/pcap/format'
import { fail, type Result } from '../../shared/result'
import { attempt } from './attempt'
import { CaptureSession } from './capture-session'
import { PART_EXTENSION } from './session-dir'
import { sessionId, sessionPath } from './session-id'
import { StoredSession } from './stored-session'

const AT_ONCE = 4

interface Upload {
  path: string
  file: FileHandle
  size: number
}

export class Uploads {
  private readonly running = new Map<string, Upload>()
  /** pieces of one file wait for one another, whoever sends them */
  private readonly turns = new Map<string, Promise<unknown>>()
  /** files that are being made */
  private opening = 0

  /**
   * @param dir where the files go, made if need be
   * @param maxBytes of a file
   * @param same the id of a stored session that is the same one, where there is one
   */
  constructor(
    private readonly dir: () => Promise<string>,
    private readonly maxBytes: number,
    private readonly same: (info: SessionInfo) => Promise<string | undefined>,
  ) {}

  /** The next piece of an upload. With the last one answers the id of the kept session, or a capture that is open; before it null. */
  async take(upload: string, offset: number, bytes: Uint8Array, last: boolean): Promise<Result<string | CaptureSession | null>> {
    const before = this.turns.get(upload)
    const mine = (before ?? Promise.resolve()).then(() => this.piece(upload, offset, bytes, last))
    const turn = mine.catch(() => undefined) // who asked hears of it
    this.turns.set(upload, turn)
    try {
      return await mine
    } finally {
      if (this.turns.get(upload) === turn) this.turns.delete(upload)
    }
  }

  private async piece(upload: string, offset: number, bytes: Uint8Array, last: boolean): Promise<Result<string | CaptureSession | null>> {
    const begun = await this.begin(upload, offset)
    if (!begun.ok) return begun
    const into = begun.value
    const done = await attempt(async () => {
      if (into.size + bytes.length > this.maxBytes) return 'too large' as const
      if (into.size !== offset) return 'hole' as const
      into.size += bytes.length
      await into.file.appendFile(bytes)
      return null
    })
    if (done.ok && done.value === null) {
      if (!last) return { ok: true, value: null }
      this.running.delete(upload)
      const kept = await attempt(() => this.keep(into))
      if (!kept.ok) await discard(into)
      return kept
    }
    this.running.delete(upload)
    await discard(into)
    if (!done.ok) return done
    return done.value === 'hole'
      ? fail({ code: 'INVALID', field: 'offset', message: 'a piece of the file is missing: begin again' })
      : fail({
          code: 'LIMIT', limit: 'fileBytes', detail: { limit: this.maxBytes },
          message: `a session file may have at most ${this.maxBytes} bytes`,
        })
  }

  async close(): Promise<void> {
    await Promise.all(this.turns.values())
    for (const upload of this.running.values()) await discard(upload)
    this.running.clear()
  }

  private async begin(upload: string, offset: number): Promise<Result<Upload>> {
    const running = this.running.get(upload)
    if (running && offset > 0) return { ok: true, value: running }
    if (running) {
      this.running.delete(upload)
      await discard(running)
    }
    if (offset !== 0) return fail({ code: 'GONE', message: 'this upload has ended: begin again' })
    if (this.running.size + this.opening >= AT_ONCE) {
      return fail({
        code: 'LIMIT', limit: 'uploads', detail: { limit: AT_ONCE },
        message: `at most ${AT_ONCE} files can be opened at once: wait a moment`,
      })
    }
    this.opening++
    const begun = await attempt(async () => {
      const path = join(await this.dir(), sessionId('upload') + PART_EXTENSION)
      return { path, file: await open(path, 'wx', 0o600), size: 0 }
    })
    this.opening--
    if (begun.ok) this.running.set(upload, begun.value)
    return begun
  }

  private async keep(upload: Upload): Promise<string | CaptureSession> {
    await upload.file.close()
    // a capture stays where it is, under the name of an unfinished upload, which the next start clears away: it is not kept
    if (await isCapture(upload.path)) return CaptureSession.open(upload.path, sessionId('capture'))
    const stored = await StoredSession.open(upload.path, { validate: true })
    const info = stored.info()
    await stored.close()
    const same = await this.same(info)
    if (same !== undefined) {
      await unlink(upload.path)
      return same
    }
    const id = sessionId(info.startedAt)
    await rename(upload.path, sessionPath(await this.dir(), id))
    return id
  }
}

async function isCapture(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const begin = new Uint8Array(4)
    const { bytesRead } = await file.read(begin, 0, begin.length, 0)
    const format = captureFormat(begin.subarray(0, bytesRead))
    return format !== undefined && format !== 'short'
  } finally {
    await file.close()
  }
}

async function discard(upload: Upload): Promise<void> {
  // closed already where the check refused it: a FileHandle's close may be called again
  await upload.file.close()
  await unlink(upload.path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}
