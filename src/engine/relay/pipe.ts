/** A stretch of a byte stream on its way: in order, each piece out when it is due, and no more of it than a wire holds. */
interface Piece {
  /** absent: the end of the stream */
  data?: Uint8Array
  /** milliseconds, performance.now() */
  due: number
}

export class Pipe {
  private readonly pieces: Piece[] = []
  private held = 0
  private closed = false
  private readonly waiting = new Set<() => void>()

  /** @param capacity bytes: more are not taken in before some have come out */
  constructor(private readonly capacity: number, private readonly signal: AbortSignal) {}

  /** Waits until there is room; false when the pipe was closed meanwhile. */
  async room(): Promise<boolean> {
    while (this.held >= this.capacity && !this.over) await this.change()
    return !this.over
  }

  put(piece: Piece): void {
    this.pieces.push(piece)
    this.held += piece.data?.length ?? 0
    this.wake()
  }

  /** The next piece when it is due; undefined when the pipe was closed. Its bytes are held until `out` says that they are gone. */
  async take(): Promise<Piece | undefined> {
    for (;;) {
      if (this.over) return undefined
      const first = this.pieces[0]
      const wait = first ? first.due - performance.now() : Infinity
      if (first && wait <= 0) return this.pieces.shift()!
      await this.change(wait)
    }
  }

  out(bytes: number): void {
    this.held -= bytes
    this.wake()
  }

  /** What is still on its way is lost. */
  close(): void {
    this.closed = true
    this.wake()
  }

  private get over(): boolean {
    return this.closed || this.signal.aborted
  }

  private wake(): void {
    for (const go of [...this.waiting]) go()
  }

  /** Resolves at the next change, or after `ms`. */
  private change(ms = Infinity): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        clearTimeout(timer)
        this.waiting.delete(go)
        this.signal.removeEventListener('abort', go)
        resolve()
      }
      const timer = ms === Infinity ? undefined : setTimeout(go, Math.ceil(ms))
      this.waiting.add(go)
      this.signal.addEventListener('abort', go, { once: true })
    })
  }
}
