/**
 * The session file: a session as it grew, append-only, so that a file cut at any byte opens up to its last whole frame.
 * docs/SESSION-FORMAT.md describes it for other programs.
 *
 *   file    = magic (8 bytes, the last is the version), frames
 *   frame   = u32 length of payload, u8 type, u32 CRC-32 of type and payload, payload
 *   header  (1) = JSON of TraceHeader; the first frame, once
 *   events  (2) = u64 first seq, u64 last seq, u64 t of the last, u32 count, a batch of the codec; seqs rise over the file
 *   bytes   (3) = u64 absolute offset in the byte store, the bytes; offsets rise, holes are allowed
 *   end     (4) = u64 events, u64 t of the last; nothing follows
 *
 * Integers are little-endian; a u64 is at most 2^53 - 1.
 */
import type { TraceEvent, TraceHeader } from './events'
import { TraceFormatError, decodeEvents } from './codec'
import { crc32 } from './crc32'

/** 0x89 keeps text tools away, the line end shows a transfer in text mode (as PNG does). */
const MAGIC = Uint8Array.of(0x89, 0x53, 0x4f, 0x43, 0x4b, 0x53, 0x0a, 1)
export const FILE_EXTENSION = '.socketscope'
export const MAGIC_BYTES = MAGIC.length
export const FRAME_HEAD = 9
const EVENTS_HEAD = 28
const BYTES_HEAD = 8
const END_BYTES = 16
/** Most bytes in a frame's payload. A length over it is damage, and is never allocated. */
export const MAX_FRAME = 8 * 1024 * 1024
const MAX_HEADER = 64 * 1024

export const FRAME = { header: 1, events: 2, bytes: 3, end: 4 } as const

/** A frame as read. `offset` is where its content (batch or bytes) lies in the file. */
export type Frame =
  | { type: 'header'; header: TraceHeader }
  | { type: 'events'; first: number; last: number; lastT: number; count: number; offset: number; batch: Uint8Array }
  | { type: 'bytes'; at: number; offset: number; bytes: Uint8Array }
  | { type: 'end'; events: number; lastT: number }

/** This is no session file of ours, or of a newer version. A cut or damaged tail is not an error; see `truncated`. */
export class SessionFormatError extends Error {
  override name = 'SessionFormatError'
}

/** Node gives its native checksum; the result must be that of ./crc32. */
export type Checksum = (bytes: Uint8Array, crc?: number) => number

const text = new TextEncoder()

function u64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
}
function setU64(view: DataView, at: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a count: ${value}`)
  view.setUint32(at, value % 2 ** 32, true)
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true)
}

/** Builds the parts of a file; write them one after another. Payloads are not copied. */
export class FrameWriter {
  constructor(private readonly checksum: Checksum = crc32) {}

  begin(header: TraceHeader): Uint8Array[] {
    return [MAGIC, ...this.frame(FRAME.header, text.encode(JSON.stringify(header)))]
  }

  events(chunk: { first: number; last: number; lastT: number; count: number; batch: Uint8Array }): Uint8Array[] {
    const head = new Uint8Array(EVENTS_HEAD)
    const view = new DataView(head.buffer)
    setU64(view, 0, chunk.first)
    setU64(view, 8, chunk.last)
    setU64(view, 16, chunk.lastT)
    view.setUint32(24, chunk.count, true)
    return this.frame(FRAME.events, head, chunk.batch)
  }

  bytes(at: number, bytes: Uint8Array): Uint8Array[] {
    const head = new Uint8Array(BYTES_HEAD)
    setU64(new DataView(head.buffer), 0, at)
    return this.frame(FRAME.bytes, head, bytes)
  }

  end(events: number, lastT: number): Uint8Array[] {
    const payload = new Uint8Array(END_BYTES)
    const view = new DataView(payload.buffer)
    setU64(view, 0, events)
    setU64(view, 8, lastT)
    return this.frame(FRAME.end, payload)
  }

  private frame(type: number, ...parts: Uint8Array[]): Uint8Array[] {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (length > MAX_FRAME) throw new RangeError(`a frame of ${length} bytes`)
    const head = new Uint8Array(FRAME_HEAD)
    const view = new DataView(head.buffer)
    view.setUint32(0, length, true)
    head[4] = type
    let crc = this.checksum(head.subarray(4, 5))
    for (const part of parts) crc = this.checksum(part, crc)
    view.setUint32(5, crc, true)
    return [head, ...parts]
  }
}

/** How far a frame's head reaches: its type and payload length, or undefined where the head is impossible. */
export function frameHead(head: Uint8Array): { type: number; length: number } | undefined {
  const length = head[0]! + head[1]! * 2 ** 8 + head[2]! * 2 ** 16 + head[3]! * 2 ** 24
  const type = head[4]!
  if (type < FRAME.header || type > FRAME.end || length > (type === FRAME.header ? MAX_HEADER : MAX_FRAME)) return undefined
  return { type, length }
}

/**
 * Reads a session file piece by piece. Memory: at most one frame and one piece. Frames and their contents are views of
 * the pieces where possible: do not reuse a piece's memory.
 */
export class SessionReader {
  private pending: Uint8Array = new Uint8Array(0)
  private offset = 0
  private begun = false
  private state: 'open' | 'ended' | 'damaged' = 'open'
  private header: TraceHeader | undefined
  private lastSeq = -1
  private lastAt = 0

  constructor(private readonly checksum: Checksum = crc32) {}

  /** True once all is read and the file did not end as it should: by a crash, a cut, or damage. */
  get truncated(): boolean {
    return this.state !== 'ended'
  }

  /** bytes of the file up to the end of the last whole frame */
  get whole(): number {
    return this.offset
  }

  /** The whole frames that this piece completes. Throws SessionFormatError when this is no session file. */
  push(piece: Uint8Array): Frame[] {
    if (this.state !== 'open') return []
    this.pending = this.pending.length === 0 ? piece : join(this.pending, piece)
    const frames: Frame[] = []
    let at = 0
    if (!this.begun) {
      const known = Math.min(MAGIC_BYTES, this.pending.length)
      for (let i = 0; i < known; i++) {
        if (this.pending[i] === MAGIC[i]) continue
        throw new SessionFormatError(i === MAGIC_BYTES - 1
          ? `the session was saved by another version of Socketscope (format ${this.pending[i]})` : 'this is not a Socketscope session')
      }
      if (known < MAGIC_BYTES) return frames
      this.begun = true
      at = MAGIC_BYTES
      this.offset = at
    }
    while (this.state === 'open' && this.pending.length - at >= FRAME_HEAD) {
      const head = frameHead(this.pending.subarray(at, at + FRAME_HEAD))
      if (!head) {
        this.state = 'damaged'
        break
      }
      const end = at + FRAME_HEAD + head.length
      if (end > this.pending.length) break
      const frame = this.frame(head.type, this.pending.subarray(at, end))
      if (!frame) {
        this.state = 'damaged'
        break
      }
      frames.push(frame)
      this.offset += end - at
      at = end
    }
    this.pending = this.pending.subarray(at)
    if (this.state === 'damaged' && !this.header) throw new SessionFormatError('the session is damaged at its very beginning')
    return frames
  }

  private frame(type: number, bytes: Uint8Array): Frame | undefined {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const payload = bytes.subarray(FRAME_HEAD)
    const crc = this.checksum(payload, this.checksum(bytes.subarray(4, 5)))
    if (crc !== view.getUint32(5, true) || (type === FRAME.header) !== (this.header === undefined)) return undefined
    switch (type) {
      case FRAME.header:
        this.header = parseHeader(payload)
        return { type: 'header', header: this.header }
      case FRAME.events: {
        if (payload.length < EVENTS_HEAD) return undefined
        const first = u64(view, FRAME_HEAD)
        const last = u64(view, FRAME_HEAD + 8)
        const lastT = u64(view, FRAME_HEAD + 16)
        const count = view.getUint32(FRAME_HEAD + 24, true)
        if (first <= this.lastSeq || last < first || count < 1 || count > last - first + 1) return undefined
        if (!Number.isSafeInteger(last) || !Number.isSafeInteger(lastT)) return undefined
        this.lastSeq = last
        const offset = this.offset + FRAME_HEAD + EVENTS_HEAD
        return { type: 'events', first, last, lastT, count, offset, batch: payload.subarray(EVENTS_HEAD) }
      }
      case FRAME.bytes: {
        if (payload.length < BYTES_HEAD) return undefined
        const at = u64(view, FRAME_HEAD)
        const content = payload.subarray(BYTES_HEAD)
        if (at < this.lastAt || !Number.isSafeInteger(at + content.length)) return undefined
        this.lastAt = at + content.length
        return { type: 'bytes', at, offset: this.offset + FRAME_HEAD + BYTES_HEAD, bytes: content }
      }
      default:
        if (payload.length !== END_BYTES) return undefined
        this.state = 'ended'
        return { type: 'end', events: u64(view, FRAME_HEAD), lastT: u64(view, FRAME_HEAD + 8) }
    }
  }
}

/** The events of a frame, checked against what its head says. Throws SessionFormatError. */
export function eventsOf(frame: { first: number; last: number; count: number; batch: Uint8Array }): TraceEvent[] {
  let events: TraceEvent[]
  try {
    events = decodeEvents(frame.batch)
  } catch (error) {
    if (error instanceof TraceFormatError) throw new SessionFormatError(error.message, { cause: error })
    throw error
  }
  if (events.length !== frame.count || events[0]?.seq !== frame.first || events.at(-1)?.seq !== frame.last) {
    throw new SessionFormatError('the session is damaged: a chunk of events is not what its head says')
  }
  return events
}

function parseHeader(payload: Uint8Array): TraceHeader {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch (error) {
    throw new SessionFormatError('the head of the session cannot be read', { cause: error })
  }
  const { format, version, app, platform, startedAt } = (value ?? {}) as Record<string, unknown>
  if (format !== 'socketscope-session') throw new SessionFormatError('this is not a Socketscope session')
  if (version !== 1) throw new SessionFormatError(`the session was saved by another version of Socketscope (format ${String(version)})`)
  const whole = typeof app === 'string' && (platform === 'linux' || platform === 'darwin' || platform === 'win32')
    && typeof startedAt === 'string' && !Number.isNaN(Date.parse(startedAt))
  if (!whole) throw new SessionFormatError('the head of the session is incomplete')
  return { format, version, app: app.slice(0, 200), platform, startedAt: new Date(startedAt).toISOString() }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}
