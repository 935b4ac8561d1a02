/**
 * The recorder of the live session: takes events from the kernel, stamps them, and hands them on, encoded, to the store,
 * the journal on disk and the UIs.
 *
 * `push` is on the way of every system call: it encodes the event at once, so that no event outlives its call and the
 * collector has next to nothing to copy. The rest happens in `flush`, once a frame or once a batch is full.
 */
import { EventEncoder } from '../../shared/trace/codec'
import type { TraceEvent, TraceHeader, Unstamped } from '../../shared/trace/events'
import type { LabError } from '../../shared/result'
import type { SessionInfo } from '../../shared/contract/contract'
import { ByteStore } from './byte-store'
import { ChunkStore } from './chunk-store'
import { Journal } from './journal'
import { sessionId } from './session-id'
import { BATCH_BYTES, FLUSH_MS, RECORDER_LIMITS, type RecorderLimits } from './limits'
import { Follower } from './follower'
import type { TraceSource } from './source'
import type { Source, SubscribeOptions, Subscription } from './subscription'

/** Most events between two flushes. */
const CHUNK_EVENTS = 2048
/** A longer printed text is cut, UTF-16 units. */
const PRINT_MAX = 256 * 1024

export interface RecorderOptions {
  /** where sessions are kept (in <dataDir>/sessions); absent: nothing is written */
  dataDir?: string | undefined
  header: TraceHeader
  limits?: Partial<RecorderLimits>
  /** the live session can no longer be written: said once; recording goes on in memory */
  onProblem?(error: LabError): void
}

export interface RecorderStatus {
  eventsPerSecond: number
  /** memory that the trace holds, bytes of content included */
  traceBytes: number
  events: number
  /** events left out so far, for whatever reason */
  dropped: number
  /** why the session is not being written */
  problem?: LabError
}

export class Recorder implements Source {
  readonly id: string
  readonly header: TraceHeader
  readonly bytes: ByteStore
  readonly store: ChunkStore
  readonly journal: Journal | undefined
  /** what the taps have not heard yet */
  private tapped: TraceEvent[] = []
  /** the seq of the next event */
  private seq = 0
  private readonly start = performance.now()
  private timer: NodeJS.Timeout | undefined
  private readonly encoder = new EventEncoder()
  private readonly followers = new Set<Follower>()
  private readonly taps = new Set<(events: readonly TraceEvent[]) => void>()
  private lastT = 0
  private leftByFollowers = 0
  private rate = { t: 0, seq: 0, value: 0 }
  private closed = false

  constructor(options: RecorderOptions) {
    const limits = { ...RECORDER_LIMITS, ...options.limits }
    this.header = options.header
    this.id = sessionId(this.header.startedAt)
    this.bytes = new ByteStore(limits.storeBytes)
    this.store = new ChunkStore({ events: limits.events, bytes: limits.traceBytes })
    if (options.dataDir !== undefined) {
      this.journal = new Journal({
        dataDir: options.dataDir, id: this.id, header: this.header, events: this.store, bytes: this.bytes, limits,
        onProblem: options.onProblem,
      })
    }
  }

  get trace(): TraceSource {
    this.flush()
    return this.store
  }

  /** microseconds since the session began */
  now(): number {
    return Math.round((performance.now() - this.start) * 1000)
  }

  /** microseconds since the session began, of a moment of performance.now() */
  at(moment: number): number {
    return (moment - this.start) * 1000
  }

  /**
   * Records an event; answers its seq.
   * @param at when it happened, performance.now(); not before the event pushed last
   */
  push(event: Unstamped, at = performance.now()): number {
    const { encoder, seq } = this
    const t = Math.round((at - this.start) * 1000)
    const kept = event.k === 'print' && event.text.length > PRINT_MAX ? { ...event, text: `${event.text.slice(0, PRINT_MAX)}…` } : event
    encoder.add(kept, seq, t)
    this.seq++
    this.lastT = t
    if (this.taps.size > 0) this.tapped.push(stamped(kept, seq, t))
    if (encoder.count === CHUNK_EVENTS || encoder.size >= BATCH_BYTES) this.flush()
    else if (this.timer === undefined) this.arm()
    return seq
  }

  /** Hands on what was pushed so far. Synchronous; the disk follows by itself. */
  flush(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    const { count } = this.encoder
    if (count === 0) return
    const last = this.seq - 1
    this.store.append({ first: this.seq - count, last, lastT: this.lastT, count, batch: this.encoder.finish() })
    if (this.tapped.length > 0) this.tell()
    this.journal?.wake()
    for (const follower of this.followers) follower.wake()
  }

  /** Follows the trace from an event on: what is there, then what comes. */
  subscribe(options: SubscribeOptions): Subscription {
    this.flush()
    const follower: Follower = new Follower(this.store, options, () => {
      if (this.followers.delete(follower)) this.leftByFollowers += follower.left
    })
    this.followers.add(follower)
    return follower
  }

  /** Calls `fn` with every event from now on, in order, at each flush and at close; the answer ends it. */
  tap(fn: (events: readonly TraceEvent[]) => void): () => void {
    this.flush()
    this.taps.add(fn)
    return () => {
      this.flush()
      this.taps.delete(fn)
    }
  }

  /** Up to `len` bytes of the byte store from `at` on: from memory, else from the session's file, else none. */
  readBytes(at: number, len: number): Uint8Array | Promise<Uint8Array> {
    const held = this.bytes.read(at, len)
    return held.length > 0 || len === 0 || !this.journal ? held : this.journal.readBytes(at, len)
  }

  status(): RecorderStatus {
    const t = performance.now()
    const elapsed = t - this.rate.t
    if (elapsed >= 500) this.rate = { t, seq: this.seq, value: Math.round((this.seq - this.rate.seq) / elapsed * 1000) }
    let dropped = this.store.dropped + this.leftByFollowers
    for (const follower of this.followers) dropped += follower.left
    const status: RecorderStatus = {
      eventsPerSecond: this.rate.value,
      traceBytes: this.store.memory + this.bytes.memory,
      events: this.seq,
      dropped,
    }
    if (this.journal?.problem) status.problem = this.journal.problem
    return status
  }

  info(): SessionInfo {
    return {
      session: this.id,
      live: true,
      startedAt: this.header.startedAt,
      events: this.seq,
      size: this.journal?.size ?? 0,
      duration: this.lastT,
    }
  }

  /** Ends the session: everything pushed is handed on, and on disk. Events pushed afterwards are lost. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.flush()
    for (const follower of [...this.followers]) follower.close()
    this.taps.clear()
    await this.journal?.close()
  }

  private arm(): void {
    this.timer = setTimeout(() => this.flush(), FLUSH_MS)
    this.timer.unref()
  }

  private tell(): void {
    const events = this.tapped
    this.tapped = []
    for (const tap of this.taps) tap(events)
  }
}

function stamped(event: Unstamped, seq: number, t: number): TraceEvent {
  const { k, ...fields } = event
  return { k, seq, t, ...fields } as TraceEvent
}

export function createRecorder(options: RecorderOptions): Recorder {
  return new Recorder(options)
}
