/**
 * Keeps Node's event loop alive while programs run at full speed: a program whose calls never block would otherwise go
 * from promise to promise for ever, and neither timers nor messages (a person's "stop") would be heard.
 */
const TURN_MS = 2

export class Turn {
  private began = 0

  /** @param now milliseconds, performance.now() */
  due(now: number): boolean {
    return now - this.began > TURN_MS
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(() => {
        this.began = performance.now()
        resolve()
      })
    })
  }
}
