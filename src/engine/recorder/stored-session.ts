/**
 * A session in a file, open for reading: an index of its frames, made in one pass; events and bytes are read from the
 * file when they are asked for. Memory: the index only.
 */
import { open, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import type { SessionInfo } from '../../shared/contract/contract'
import type { TraceHeader } from '../../shared/trace/events'
import { decodeEvents, encodeEvents } from '../../shared/trace/codec'
import { FILE_EXTENSION, SessionFormatError, SessionReader, eventsOf } from '../../shared/trace/session-file'
import { ByteIndex } from './byte-index'
import { checksum } from './checksum'
import { Follower } from './follower'
import { chunkAt, joinBatches, type Piece, type TraceSource } from './source'
import type { Source, SubscribeOptions, Subscription } from './subscription'

const PIECE = 1024 * 1024

interface StoredChunk {
  first: number
  last: number
  offset: number
  size: number
}

export class StoredSession implements Source, TraceSource {
  private readonly chunks: StoredChunk[] = []
  private readonly bytes = new ByteIndex()
  private header: TraceHeader | undefined
  private events = 0
  private lastT = 0
  private truncated = true
  private readonly followers = new Set<Follower>()

  private constructor(private readonly file: FileHandle, private readonly id: string, private readonly size: number) {}

  /**
   * Opens and indexes a file. `validate` also decodes every event: for files that came from elsewhere.
   * Throws SessionFormatError on what is no session, and what open(2) and read(2) throw.
   */
  static async open(path: string, options: { validate?: boolean } = {}): Promise<StoredSession> {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      const session = new StoredSession(file, basename(path, FILE_EXTENSION), size)
      await session.scan(options.validate ?? false)
      return session
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get end(): number {
    const last = this.chunks.at(-1)
    return last ? last.last + 1 : 0
  }

  get trace(): TraceSource {
    return this
  }

  info(): SessionInfo {
    return {
      session: this.id,
      live: false,
      startedAt: this.header!.startedAt,
      events: this.events,
      size: this.size,
      duration: this.lastT,
      ...(this.truncated ? { truncated: true } : {}),
    }
  }

  subscribe(options: SubscribeOptions): Subscription {
    const follower: Follower = new Follower(this, options, () => this.followers.delete(follower))
    this.followers.add(follower)
    return follower
  }

  async read(from: number, maxBytes: number): Promise<Piece | undefined> {
    const batches: Uint8Array[] = []
    let size = 0
    let next = from
    for (let i = chunkAt(this.chunks, from); i < this.chunks.length; i++) {
      const chunk = this.chunks[i]!
      if (size > 0 && size + chunk.size > maxBytes) break
      const batch = new Uint8Array(chunk.size)
      const { bytesRead } = await this.file.read(batch, 0, chunk.size, chunk.offset)
      if (bytesRead < chunk.size) throw new SessionFormatError('the session\'s file became shorter while it was open')
      batches.push(chunk.first < from ? encodeEvents(decodeEvents(batch).filter((event) => event.seq >= from)) : batch)
      size += batch.length
      next = chunk.last + 1
    }
    return batches.length > 0 ? { data: joinBatches(batches), next } : undefined
  }

  readBytes(at: number, len: number): Promise<Uint8Array> {
    return this.bytes.read(this.file, at, len)
  }

  async close(): Promise<void> {
    for (const follower of [...this.followers]) follower.close()
    await this.file.close()
  }

  private async scan(validate: boolean): Promise<void> {
    const reader = new SessionReader(checksum)
    for (let offset = 0; offset < this.size;) {
      const piece = new Uint8Array(Math.min(PIECE, this.size - offset))
      const { bytesRead } = await this.file.read(piece, 0, piece.length, offset)
      if (bytesRead === 0) break
      offset += bytesRead
      for (const frame of reader.push(piece.subarray(0, bytesRead))) {
        switch (frame.type) {
          case 'header':
            this.header = frame.header
            break
          case 'events':
            if (validate) eventsOf(frame)
            this.chunks.push({ first: frame.first, last: frame.last, offset: frame.offset, size: frame.batch.length })
            this.events += frame.count
            this.lastT = frame.lastT
            break
          case 'bytes':
            this.bytes.add(frame.at, frame.bytes.length, frame.offset)
            break
          case 'end':
            break
          default:
            frame satisfies never
        }
      }
    }
    if (!this.header) throw new SessionFormatError('the session ends before its head is complete')
    this.truncated = reader.truncated
  }
}
