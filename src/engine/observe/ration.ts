/** A token bucket: `burst` looks at once, then one every `everyUs` microseconds. Keeps observation cheap on hot sockets. */
export class Ration {
  private left: number
  private at = 0

  constructor(private readonly burst: number, private readonly everyUs: number) {
    this.left = burst
  }

  /**
   * Whether there is one to take.
   * @param now microseconds, monotonic
   */
  has(now: number): boolean {
    if (this.left < this.burst) {
      const earned = Math.floor((now - this.at) / this.everyUs)
      if (earned > 0) {
        this.left = Math.min(this.burst, this.left + earned)
        this.at = now
      }
    } else {
      this.at = now
    }
    return this.left > 0
  }

  take(now: number): boolean {
    if (!this.has(now)) return false
    this.left--
    return true
  }
}
