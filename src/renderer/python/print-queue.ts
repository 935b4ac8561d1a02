/**
 * Text on its way to the engine: pieces of one thread and one stream become one message, at most so many a second, and a
 * program that prints faster than the lab takes it waits.
 */
import { MAX_PRINT } from '../../shared/contract/guest'

export interface Piece { thread: number; text: string; err?: boolean }

/** Text waits at most this long while the program goes on printing, milliseconds. */
const HOLD_MS = 16
/** Pieces that the engine has not answered; past that the program waits. */
const MAX_UNANSWERED = 8

export class PrintQueue {
  private pieces: Piece[] = []
  private flushed = 0
  private unanswered = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private waiting: (() => void)[] = []

  constructor(private readonly send: (piece: Piece) => Promise<unknown>) {}

  /** Takes text. False: the program should wait for `drained` before it prints more. */
  print(thread: number, text: string, err: boolean): boolean {
    const last = this.pieces[this.pieces.length - 1]
    if (last && last.thread === thread && (last.err ?? false) === err && last.text.length + text.length <= MAX_PRINT) last.text += text
    else for (let at = 0; at < text.length; at += MAX_PRINT) this.pieces.push({ thread, text: text.slice(at, at + MAX_PRINT), ...(err ? { err } : {}) })
    if (performance.now() - this.flushed >= HOLD_MS || this.pieces.length > MAX_UNANSWERED) this.flush()
    else this.timer ??= setTimeout(() => this.flush(), HOLD_MS)
    return this.unanswered < MAX_UNANSWERED
  }

  flush(): void {
    if (this.timer !== undefined) clearTimeout(this.timer)
    this.timer = undefined
    if (this.pieces.length === 0) return
    const pieces = this.pieces
    this.pieces = []
    this.flushed = performance.now()
    for (const piece of pieces) {
      this.unanswered++
      void this.send(piece).then(() => {
        this.unanswered--
        if (this.unanswered < MAX_UNANSWERED) for (const go of this.waiting.splice(0)) go()
      })
    }
  }

  /** Settles when more can be printed. */
  drained(): Promise<void> {
    this.flush()
    return this.unanswered < MAX_UNANSWERED ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve))
  }

  /** Settles when all is told. */
  async settled(): Promise<void> {
    this.flush()
    while (this.unanswered > 0) await new Promise<void>((resolve) => {
      // one answer that brings it below the mark wakes us: look again with each
      this.waiting.push(resolve)
      setTimeout(resolve, HOLD_MS)
    })
  }
}
