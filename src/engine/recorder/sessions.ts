/** The stored sessions of this lab: list, open, read as a file, take in, delete. */
import { mkdir, mkdtemp, open, rm, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionInfo } from '../../shared/contract/contract'
import { fail, ok, type Result } from '../../shared/result'
import { SessionFormatError } from '../../shared/trace/session-file'
import { attempt, gone } from './attempt'
import type { CaptureSession } from './capture-session'
import { exportSession } from './export'
import { MAX_CAPTURES, RECORDER_LIMITS, type RecorderLimits } from './limits'
import type { Recorder } from './recorder'
import { sessionFiles, type SessionFile } from './session-dir'
import { isSessionId, sessionPath, sessionsDir } from './session-id'
import { StoredSession } from './stored-session'
import type { Source } from './subscription'
import { summarize } from './summary'
import { Uploads } from './uploads'

export class Sessions {
  private readonly opened = new Map<string, StoredSession>()
  /** capture files that were brought in: there until the end, or until they are deleted */
  private readonly captures = new Map<string, CaptureSession>()
  private readonly summaries = new Map<string, { file: SessionFile; info: SessionInfo | undefined }>()
  private readonly uploads: Uploads
  /** The live session as it was when its first piece was read: `size` bytes of its file (0: none), then `tail`. */
  private image: { id: string; size: number; tail: Uint8Array } | undefined
  private temporary: Promise<string> | undefined

  /** @param dataDir absent: only what is uploaded is kept, and only until the end */
  constructor(private readonly dataDir?: string, limits: Partial<RecorderLimits> = {}) {
    this.uploads = new Uploads(() => this.dir(), limits.fileBytes ?? RECORDER_LIMITS.fileBytes, (info) => this.same(info))
  }

  /** A session that is open for reading. */
  get(session: string): Source | undefined {
    return this.opened.get(session) ?? this.captures.get(session)
  }

  /** The live session first, then open captures, then the stored ones, newest first. Files that are no sessions are not listed. */
  async list(live: Recorder): Promise<SessionInfo[]> {
    return [live.info(), ...[...this.captures.values()].map((capture) => capture.info()), ...(await this.stored()).filter((info) => info.session !== live.id)]
  }

  /** Opens a session for reading; it stays open until the end, or until it is deleted. */
  async open(session: string): Promise<Result<SessionInfo>> {
    if (!isSessionId(session)) return fail(gone())
    const capture = this.captures.get(session)
    if (capture) return ok(capture.info())
    return attempt(async () => {
      const before = this.opened.get(session)
      if (before) return before.info()
      const stored = await StoredSession.open(sessionPath(await this.dir(), session))
      // asked for twice at once: the first stays
      const meanwhile = this.opened.get(session)
      if (meanwhile) await stored.close()
      else this.opened.set(session, stored)
      return (meanwhile ?? stored).info()
    })
  }

  /** A piece of a session's file; the live one is written out first, or made in memory where there is no file. */
  async readFile(session: string, offset: number, len: number, live: Recorder): Promise<Result<{ size: number; bytes: Uint8Array }>> {
    if (!isSessionId(session)) return fail(gone())
    const capture = this.captures.get(session)
    if (capture) return attempt(async () => ({ size: capture.info().size, bytes: await capture.readBytes(offset, len) }))
    if (session !== live.id) return attempt(async () => readPiece(sessionPath(await this.dir(), session), offset, len))
    // all pieces must be of one image, or they would not fit together
    if (offset === 0 || this.image?.id !== session) {
      live.flush()
      await live.journal?.flush()
      const { journal } = live
      this.image = journal && !journal.problem && journal.size > 0
        ? { id: session, size: journal.size, tail: journal.endFrame() }
        : { id: session, size: 0, tail: exportSession(live) }
    }
    const { size, tail } = this.image
    const whole = size + tail.length
    if (offset >= size) return ok({ size: whole, bytes: tail.slice(offset - size, offset - size + len) })
    const piece = await attempt(() => readPiece(live.journal!.path, offset, Math.min(len, size - offset)))
    return piece.ok ? ok({ size: whole, bytes: piece.value.bytes }) : piece
  }

  /** Takes a file in, in pieces in order; with the last it is checked, kept and opened. */
  async upload(upload: string, offset: number, bytes: Uint8Array, last: boolean): Promise<Result<SessionInfo | null>> {
    const taken = await this.uploads.take(upload, offset, bytes, last)
    if (!taken.ok || taken.value === null) return taken as Result<null>
    return typeof taken.value === 'string' ? this.open(taken.value) : this.keepCapture(taken.value)
  }

  private async keepCapture(capture: CaptureSession): Promise<Result<SessionInfo>> {
    if (this.captures.size >= MAX_CAPTURES) {
      await capture.discard()
      return fail({
        code: 'LIMIT', limit: 'captures', detail: { limit: MAX_CAPTURES }, message: `at most ${MAX_CAPTURES} capture files can be open at once: delete one first`,
      })
    }
    const info = capture.info()
    this.captures.set(info.session, capture)
    return ok(info)
  }

  /** Deletes a stored session, or closes a capture; the live one cannot be. */
  async delete(session: string, live: Recorder): Promise<Result<null>> {
    if (session === live.id) {
      return fail({ code: 'INVALID', field: 'session', message: 'the live session cannot be deleted: begin a new one first' })
    }
    if (!isSessionId(session)) return fail(gone())
    return attempt(async () => {
      const capture = this.captures.get(session)
      if (capture) {
        this.captures.delete(session)
        await capture.discard()
        return null
      }
      const opened = this.opened.get(session)
      this.opened.delete(session)
      await opened?.close()
      await unlink(sessionPath(await this.dir(), session))
      return null
    })
  }

  async close(): Promise<void> {
    await this.uploads.close()
    for (const session of this.opened.values()) await session.close()
    this.opened.clear()
    for (const capture of this.captures.values()) await capture.discard()
    this.captures.clear()
    if (this.temporary) await rm(await this.temporary, { recursive: true, force: true })
  }

  private async stored(): Promise<SessionInfo[]> {
    const infos: SessionInfo[] = []
    for (const file of await sessionFiles(await this.dir())) {
      let known = this.summaries.get(file.id)
      if (known?.file.mtime !== file.mtime || known.file.size !== file.size) {
        known = { file, info: await summaryOf(file) }
        this.summaries.set(file.id, known)
      }
      if (known.info) infos.push(known.info)
    }
    return infos
  }

  /** A stored session that an uploaded one is the same as: by its beginning, its length and its events. */
  private async same(info: SessionInfo): Promise<string | undefined> {
    const like = (other: SessionInfo) =>
      other.startedAt === info.startedAt && other.size === info.size && other.events === info.events
    return (await this.stored()).find(like)?.session
  }

  private async dir(): Promise<string> {
    this.temporary ??= this.dataDir === undefined ? mkdtemp(join(tmpdir(), 'socketscope-')) : undefined
    const dir = this.temporary ? await this.temporary : sessionsDir(this.dataDir!)
    await mkdir(dir, { recursive: true })
    return dir
  }
}

async function summaryOf(file: SessionFile): Promise<SessionInfo | undefined> {
  try {
    return await summarize(file.path, file.id)
  } catch (error) {
    // deleted meanwhile, not ours to read, or another program's file: for a list it is not there
    if (error instanceof SessionFormatError || (error as NodeJS.ErrnoException).code !== undefined) return undefined
    throw error
  }
}

async function readPiece(path: string, offset: number, len: number): Promise<{ size: number; bytes: Uint8Array }> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const into = new Uint8Array(Math.max(0, Math.min(len, size - offset)))
    const { bytesRead } = await file.read(into, 0, into.length, offset)
    return { size, bytes: into.subarray(0, bytesRead) }
  } finally {
    await file.close()
  }
}
