/** One direction of a wire that delays, duplicates and reorders datagrams. Losing them is its user's part: a lost one never gets here. */
import type { MaybePromise, Sys } from '../programs/program'
import type { DelayLine } from './delay-line'
import type { Fate } from './fates'

/** A datagram held back goes on after this long even when no other has passed it, milliseconds. */
export const HOLD_MS = 1000
/** Datagrams on their way at most: past that a real wire's queue is full, and drops. */
export const MAX_ON_THE_WAY = 10_000

export interface Carried<T> {
  item: T
  copies: number
  /** a held one that went on already */
  gone?: boolean
}

export class BadWire<T> {
  private held: Carried<T> | undefined

  constructor(private readonly line: DelayLine<Carried<T>>) {}

  get full(): boolean {
    return this.line.size >= MAX_ON_THE_WAY
  }

  /** Whether this fate would hold a datagram back now: one is held at a time. */
  holds(fate: Fate): boolean {
    return fate.reorder && (this.held === undefined || this.held.gone === true)
  }

  /**
   * Takes a datagram on its way. Answers what is to be sent at once, in that order; all else comes out of the line when it
   * is due. `delay` is milliseconds.
   */
  carry(item: T, fate: Fate, delay: number): T[] {
    // nothing befalls it
    if (delay <= 0 && !fate.reorder && !this.held) return fate.duplicate ? [item, item] : [item]
    const now = performance.now()
    const carried: Carried<T> = { item, copies: fate.duplicate ? 2 : 1 }
    if (this.holds(fate)) {
      this.held = carried
      this.line.put(carried, now + delay + HOLD_MS)
      return []
    }
    const passing = [carried]
    if (this.held && !this.held.gone) {
      const { item: earlier, copies } = this.held
      this.held.gone = true
      passing.push({ item: earlier, copies })
    }
    this.held = undefined
    if (delay <= 0) return passing.flatMap(copiesOf)
    for (const one of passing) this.line.put(one, now + delay)
    return []
  }
}

const copiesOf = <T>({ item, copies }: Carried<T>): T[] => (copies === 1 ? [item] : [item, item])

/** The work of the thread that sends what comes out of the line. Ends with the line. */
export async function sendWhenDue<T>(sys: Sys, line: DelayLine<Carried<T>>, send: (item: T) => MaybePromise<unknown>): Promise<void> {
  for (;;) {
    const carried = await line.take(sys.signal)
    if (!carried) return
    if (carried.gone) continue
    carried.gone = true
    for (const item of copiesOf(carried)) await send(item)
  }
}
