/**
 * Things on their way: each comes out when it is due, in the order of their times, those of one time in the order in which
 * they went in. One thread takes; waiting for something to come due is no system call.
 */
interface Entry<T> {
  item: T
  /** milliseconds, performance.now() */
  due: number
}

export class DelayLine<T> {
  private readonly entries: Entry<T>[] = []
  private wake: (() => void) | undefined
  private closed = false

  get size(): number {
    return this.entries.length
  }

  /** @param due milliseconds, performance.now() */
  put(item: T, due: number): void {
    if (this.closed) return
    // mostly the last: look from the end
    let at = this.entries.length
    while (at > 0 && this.entries[at - 1]!.due > due) at--
    this.entries.splice(at, 0, { item, due })
    if (at === 0) this.wake?.()
  }

  /** What is due next, when it is due; undefined once the line is closed or the program is stopped. */
  async take(signal: AbortSignal): Promise<T | undefined> {
    for (;;) {
      if (this.closed || signal.aborted) return undefined
      const first = this.entries[0]
      const wait = first ? first.due - performance.now() : Infinity
      if (wait <= 0) return this.entries.shift()!.item
      await this.until(wait, signal)
    }
  }

  /** What is still on its way is lost. */
  close(): void {
    this.closed = true
    this.entries.length = 0
    this.wake?.()
  }

  private until(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', go)
        this.wake = undefined
        resolve()
      }
      const timer = ms === Infinity ? undefined : setTimeout(go, Math.ceil(ms))
      signal.addEventListener('abort', go, { once: true })
      this.wake = go
    })
  }
}
