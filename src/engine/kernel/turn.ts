/**
 * Keeps Node's event loop alive while programs run at full speed: a program whose calls never block would otherwise go
 * from promise to promise for ever, and neither timers nor messages (a person's "stop") would be heard.
 */
const TURN_MS = 2

/** turns that are waited for, of all kernels */
let waiting = 0

/** Whether a program waits for a turn of Node's loop: nobody may hold it up. */
export const turnsWaited = (): boolean => waiting > 0

export class Turn {
  private began = 0
  /** the next turn, for all who wait for it */
  private coming: Promise<void> | undefined

  /** @param now milliseconds, performance.now() */
  due(now: number): boolean {
    return now - this.began > TURN_MS
  }

  next(): Promise<void> {
    return (this.coming ??= this.wait())
  }

  private wait(): Promise<void> {
    waiting++
    return new Promise((resolve) => {
      setImmediate(() => {
        this.coming = undefined
        waiting--
        this.began = performance.now()
        resolve()
      })
    })
  }
}
