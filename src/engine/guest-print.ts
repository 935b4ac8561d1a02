/**
 * How much a guest may print: a bucket of characters and of pieces that fills up with time. A piece that does not fit yet
 * waits, and its request is answered late: that is how the guest is slowed down. One that does not wait for its answers
 * loses what is too much, and the trace counts it.
 */
import { LIMITS } from './policy/limits'

/** Pieces that may wait at once; past that they are left out. */
const MOST_WAITING = 16
/** How many seconds' worth may come at once. */
const BURST = 2

export type PrintFate = 'now' | 'left-out' | Promise<void>

export class PrintBudget {
  private chars: number = LIMITS.guestPrint * BURST
  private pieces: number = LIMITS.guestPrints * BURST
  private at = performance.now()
  private waiting = 0
  /** the pieces wait in their order */
  private queue: Promise<void> = Promise.resolve()

  /** What becomes of a piece of `length` characters: it may be shown now, when the promise settles, or never. */
  take(length: number, closed: AbortSignal): PrintFate {
    if (this.waiting === 0 && this.fits(length)) return 'now'
    if (this.waiting >= MOST_WAITING) return 'left-out'
    this.waiting++
    this.queue = this.queue.then(() => this.wait(length, closed)).then(() => { this.waiting-- })
    return this.queue
  }

  private fits(length: number): boolean {
    const now = performance.now()
    const seconds = (now - this.at) / 1000
    this.at = now
    this.chars = Math.min(LIMITS.guestPrint * BURST, this.chars + seconds * LIMITS.guestPrint)
    this.pieces = Math.min(LIMITS.guestPrints * BURST, this.pieces + seconds * LIMITS.guestPrints)
    if (this.chars < length || this.pieces < 1) return false
    this.chars -= length
    this.pieces--
    return true
  }

  private async wait(length: number, closed: AbortSignal): Promise<void> {
    while (!closed.aborted && !this.fits(length)) {
      const ms = Math.max((length - this.chars) / LIMITS.guestPrint, (1 - this.pieces) / LIMITS.guestPrints) * 1000
      await new Promise((resolve) => setTimeout(resolve, Math.max(5, ms)))
    }
  }
}
