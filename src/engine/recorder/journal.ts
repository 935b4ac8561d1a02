/**
 * Autosave: the live session, appended to its file a few times a second, so that a killed lab loses at most the last
 * second. The journal reads from the recorder's stores with cursors of its own: a slow disk holds nobody up and costs no
 * memory; content that it cannot keep up with is left out of the file. When the disk refuses, it says so once and stops.
 */
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import type { TraceHeader } from '../../shared/trace/events'
import type { LabError } from '../../shared/result'
import { FrameWriter } from '../../shared/trace/session-file'
import { ByteIndex } from './byte-index'
import type { ByteStore } from './byte-store'
import { checksum } from './checksum'
import type { ChunkStore } from './chunk-store'
import { AUTOSAVE_BYTES, AUTOSAVE_MS, SYNC_MS, type RecorderLimits } from './limits'
import { prune } from './session-dir'
import { sessionPath, sessionsDir } from './session-id'

/** Largest bytes frame: one page of the byte store. */
const PIECE = 1024 * 1024
/** Most parts of one writev(2): IOV_MAX on Linux. */
const MAX_PARTS = 1024
/** Most bytes of events in one write. */
const EVENTS_AT_ONCE = 8 * 1024 * 1024

export interface JournalOptions {
  dataDir: string
  id: string
  header: TraceHeader
  events: ChunkStore
  bytes: ByteStore
  limits: Pick<RecorderLimits, 'fileBytes' | 'sessions' | 'sessionsBytes'>
  onProblem?: ((error: LabError) => void) | undefined
}

export class Journal {
  readonly path: string
  /** bytes of the file so far */
  size = 0
  /** why nothing more is written */
  problem: LabError | undefined
  private handle: FileHandle | undefined
  private readonly writer = new FrameWriter(checksum)
  private readonly index = new ByteIndex()
  private nextSeq = 0
  private nextByte = 0
  private written = { events: 0, lastT: 0 }
  private timer: NodeJS.Timeout | undefined
  /** the writes so far, in a row */
  private work: Promise<void> = Promise.resolve()
  private syncing: Promise<void> | undefined
  private lastSync = 0

  constructor(private readonly options: JournalOptions) {
    this.path = sessionPath(sessionsDir(options.dataDir), options.id)
  }

  /** There is something new: it is written within AUTOSAVE_MS. */
  wake(): void {
    if (this.timer !== undefined || this.problem) return
    this.timer = setTimeout(() => {
      this.timer = undefined
      void this.flush()
    }, AUTOSAVE_MS)
    this.timer.unref()
  }

  /** Writes what there is now. Settles when it is written or the disk refused; never rejects. */
  flush(): Promise<void> {
    this.work = this.work.then(() => this.problem ? undefined : this.write()).catch((error: unknown) => this.fail(error))
    return this.work
  }

  /** Writes the rest and the end. */
  async close(): Promise<void> {
    clearTimeout(this.timer)
    await this.flush()
    try {
      if (this.handle && !this.problem) {
        await this.append(this.writer.end(this.written.events, this.written.lastT))
        await this.handle.datasync()
      }
    } catch (error) {
      this.fail(error)
    }
    await this.syncing
    await this.handle?.close()
    this.handle = undefined
  }

  /** What would end the file as it is now: for a copy of a session that goes on. */
  endFrame(): Uint8Array {
    return Buffer.concat(this.writer.end(this.written.events, this.written.lastT))
  }

  /** Bytes that memory has no more. Empty where the file has none either. */
  async readBytes(at: number, len: number): Promise<Uint8Array> {
    return this.handle ? this.index.read(this.handle, at, len) : new Uint8Array(0)
  }

  private async write(): Promise<void> {
    const { events, bytes } = this.options
    if (this.nextSeq >= events.end && this.nextByte >= bytes.end) return
    this.handle ??= await this.create()
    const endSeq = events.end
    await this.writeBytes()
    while (this.nextSeq < endSeq && !this.problem) await this.writeEvents(endSeq)
    this.sync()
  }

  private async create(): Promise<FileHandle> {
    const dir = sessionsDir(this.options.dataDir)
    await mkdir(dir, { recursive: true })
    await prune(dir, this.options.limits, this.options.id)
    // read back for the bytes that memory drops; 'x': never another session's file. What people did is theirs alone.
    const handle = await open(this.path, 'wx+', 0o600)
    this.handle = handle
    await this.append(this.writer.begin(this.options.header))
    return handle
  }

  private async writeBytes(): Promise<void> {
    const { bytes, limits } = this.options
    // the last eighth of the file is the events' own
    if (this.size > limits.fileBytes * 7 / 8) return
    const end = bytes.end
    if (end - this.nextByte > 2 * AUTOSAVE_BYTES) this.nextByte = end - AUTOSAVE_BYTES
    const stop = Math.min(end, this.nextByte + AUTOSAVE_BYTES)
    const parts: Uint8Array[] = []
    let offset = this.size
    while (this.nextByte < stop) {
      const piece = bytes.read(this.nextByte, Math.min(PIECE, stop - this.nextByte))
      if (piece.length === 0) {
        // memory dropped it before we came: a hole
        this.nextByte = Math.max(this.nextByte + 1, bytes.start)
        continue
      }
      const frame = this.writer.bytes(this.nextByte, piece)
      for (const part of frame) offset += part.length
      this.index.add(this.nextByte, piece.length, offset - piece.length)
      parts.push(...frame)
      this.nextByte += piece.length
    }
    if (parts.length > 0) await this.append(parts)
  }

  private async writeEvents(endSeq: number): Promise<void> {
    const parts: Uint8Array[] = []
    let size = 0
    let written = this.written
    for (const chunk of this.options.events.from(this.nextSeq)) {
      if (chunk.first >= endSeq || size > EVENTS_AT_ONCE) break
      // thinned while we were away, across our cursor: only its later events are new
      const rest = chunk.first >= this.nextSeq ? chunk : this.options.events.rest(chunk, this.nextSeq)
      this.nextSeq = chunk.last + 1
      if (!rest) continue
      const frame = this.writer.events(rest)
      parts.push(...frame)
      for (const part of frame) size += part.length
      written = { events: written.events + rest.count, lastT: rest.lastT }
    }
    if (this.size + size > this.options.limits.fileBytes) {
      this.refuse({
        code: 'LIMIT', limit: 'fileBytes', detail: { limit: this.options.limits.fileBytes },
        message: 'this session has become too long to be saved further: begin a new session',
      })
    } else if (parts.length > 0) {
      await this.append(parts)
      this.written = written
    } else this.nextSeq = endSeq
  }

  private async append(parts: Uint8Array[]): Promise<void> {
    // written from where they are: the store's pages are never written twice
    for (let left = parts; left.length > 0;) {
      const { bytesWritten } = await this.handle!.writev(left.slice(0, MAX_PARTS))
      this.size += bytesWritten
      left = rest(left, bytesWritten)
    }
  }

  /** Power may fail too: to the disk at most once a second, beside the writes. */
  private sync(): void {
    const now = performance.now()
    if (this.syncing || now - this.lastSync < SYNC_MS || !this.handle) return
    this.lastSync = now
    this.syncing = this.handle.datasync().catch((error: unknown) => this.fail(error)).finally(() => (this.syncing = undefined))
  }

  private fail(error: unknown): void {
    const { code = 'UNAVAILABLE', message } = error as NodeJS.ErrnoException
    // a program has taken every descriptor and will give some back: what is to be written waits in memory until then
    if (!this.handle && (code === 'EMFILE' || code === 'ENFILE')) return this.wake()
    this.refuse({
      code,
      message: code === 'ENOSPC'
        ? 'the disk is full: this session is kept in memory only; make room and begin a new session'
        : `this session is kept in memory only: its file cannot be written (${message})`,
      detail: { path: this.path },
    })
  }

  private refuse(error: LabError): void {
    if (this.problem) return
    this.problem = error
    clearTimeout(this.timer)
    this.options.onProblem?.(error)
  }
}

/** What is left of `parts` after their first `written` bytes: the kernel may take less than all. */
function rest(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  let skip = written
  let i = 0
  while (i < parts.length && skip >= parts[i]!.length) skip -= parts[i++]!.length
  return i < parts.length ? [parts[i]!.subarray(skip), ...parts.slice(i + 1)] : []
}
