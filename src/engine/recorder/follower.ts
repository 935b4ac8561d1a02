/**
 * One UI that follows a trace: first what is there, then what comes, in batches, never more than two of them
 * unanswered. It reads from the trace's own store, so a slow UI costs no memory; one that falls far behind the live end
 * is given the structure only until it has caught up, and so is one that was given more than its memory can hold. The
 * engine never waits for it.
 */
import { BATCH_BYTES, LAG_EVENTS, MAX_UNACKED, UI_ALLOWANCE, UI_RESUME } from './limits'
import type { Piece, TraceSource } from './source'
import type { SubscribeOptions, Subscription } from './subscription'
import { Thinner } from './thin'

/** Numbers are unique in this process: an answer to a batch of an earlier subscription counts for nothing. */
let batches = 0

export class Follower implements Subscription {
  private next: number
  private readonly unacked = new Set<number>()
  private reading = false
  private closed = false
  private thin: Thinner | undefined
  private leftBefore = 0
  /** what was there at the start is never thinned: it is asked for */
  private readonly snapshotEnd: number
  /** what of that is long past and handed on in outline */
  private readonly past: { until: number; thin: Thinner } | undefined
  /** live events that it may still be given whole */
  private allowed: number
  private allowedAt = performance.now()

  constructor(
    private readonly source: TraceSource,
    private readonly options: SubscribeOptions,
    private readonly onClose: () => void = () => {},
  ) {
    this.next = options.from
    this.allowed = (options.allowance ?? UI_ALLOWANCE).burst
    this.snapshotEnd = source.end
    if (options.whole !== undefined) {
      this.past = { until: source.end - options.whole, thin: new Thinner('limit') }
      this.allowed = 0
    }
    // whoever subscribes has its answer before the first batch
    setImmediate(() => this.wake())
  }

  /** events left out so far because this UI was slow */
  get left(): number {
    return this.leftBefore + (this.thin?.left ?? 0)
  }

  /** There may be more to read. */
  wake(): void {
    while (!this.closed && !this.reading && this.unacked.size < MAX_UNACKED && this.next < this.source.end) {
      const piece = this.source.read(this.next, BATCH_BYTES, this.thinning())
      if (piece instanceof Promise) {
        this.reading = true
        void piece.then((read) => this.read(read), (error: unknown) => this.fail(error))
      } else if (!this.deliver(piece)) return
    }
  }

  ack(batch: number): void {
    if (this.unacked.delete(batch)) this.wake()
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.onClose()
  }

  private read(piece: Piece | undefined): void {
    this.reading = false
    if (!this.closed && this.deliver(piece)) this.wake()
  }

  private fail(error: unknown): void {
    this.close()
    process.emitWarning(`a stored session could not be read: ${String(error)}`)
  }

  private deliver(piece: Piece | undefined): boolean {
    if (!piece) return false
    if (!this.thin && this.next >= this.snapshotEnd) this.allowed -= piece.next - this.next
    this.next = piece.next
    const batch = ++batches
    this.unacked.add(batch)
    this.options.onBatch(batch, piece.data)
    return true
  }

  private thinning(): Thinner | undefined {
    const behind = this.source.end - this.next
    if (this.next < this.snapshotEnd) return this.past && this.next < this.past.until ? this.past.thin : undefined
    this.earn()
    if (!this.thin && (behind > LAG_EVENTS || this.allowed <= 0)) this.thin = new Thinner('slow-ui')
    else if (this.thin && behind < LAG_EVENTS / 8 && this.allowed >= this.resume) {
      this.leftBefore += this.thin.left
      this.thin = undefined
    }
    return this.thin
  }

  private get resume(): number {
    return Math.min(UI_RESUME, (this.options.allowance ?? UI_ALLOWANCE).burst)
  }

  private earn(): void {
    const { burst, perSecond } = this.options.allowance ?? UI_ALLOWANCE
    const now = performance.now()
    this.allowed = Math.min(burst, this.allowed + (now - this.allowedAt) / 1000 * perSecond)
    this.allowedAt = now
  }
}
