/**
 * From the capture's clock to the session's. Packets are stamped with the wall clock (CLOCK_REALTIME), the session counts
 * by a clock that never jumps; how far they are apart is measured anew now and then, and at once when the wall was set.
 */
const AGAIN_MS = 5000
/** Date.now() has whole milliseconds: a difference beyond this is a clock that was set. */
const JUMP_MS = 3

export class CaptureClock {
  /** milliseconds since 1970 at performance.now() = 0 */
  private offset = 0
  private measuredAt = -Infinity

  /** To be called now and then while packets come in. */
  keep(): void {
    const now = performance.now()
    const off = Date.now() - (now + this.offset)
    if (now - this.measuredAt < AGAIN_MS && off > -JUMP_MS && off < JUMP_MS) return
    this.measure()
  }

  /** performance.now() of a wall time, milliseconds. */
  steady(sec: number, ns: number): number {
    return sec * 1000 - this.offset + ns / 1e6
  }

  /** The wall clock's milliseconds change between two looks: there, both clocks are known to the microsecond. Takes 1 ms at most. */
  private measure(): void {
    const first = Date.now()
    let wall = first
    let steady = performance.now()
    const give = steady + 2
    while (wall === first && steady < give) {
      wall = Date.now()
      steady = performance.now()
    }
    this.offset = wall - steady
    this.measuredAt = steady
  }
}
