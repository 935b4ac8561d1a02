/**
 * From the capture's clock to the session's. Packets are stamped with the wall clock (CLOCK_REALTIME), the session counts
 * by a clock that never jumps; how far they are apart is measured anew now and then, and at once when the wall was set.
 */
const AGAIN_MS = 5000
/** Date.now() has whole milliseconds: a difference beyond this is a clock that was set. */
const JUMP_MS = 3
/** A measurement is good when it is this exact, and given up after so long, ms. */
const EXACT_MS = 0.02
const LONGEST_MS = 8

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

  /**
   * The wall clock's milliseconds change between two looks: there both clocks are known to within the time between the
   * looks, which is a microsecond unless this thread was put to sleep just then. Takes some milliseconds at most.
   */
  private measure(): void {
    const give = performance.now() + LONGEST_MS
    let best = Infinity
    let offset = Date.now() - performance.now()
    let wall = Date.now()
    let before = performance.now()
    while (best > EXACT_MS && before < give) {
      const next = Date.now()
      const now = performance.now()
      if (next !== wall && now - before < best) {
        best = now - before
        offset = next - now
      }
      wall = next
      before = now
    }
    this.offset = offset
    this.measuredAt = before
  }
}
