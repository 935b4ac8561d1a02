/** Who waits for which descriptor: the bookkeeping that every readiness loop needs. */
export interface Waiters {
  readonly read: (() => void)[]
  readonly write: (() => void)[]
}

export class WaiterTable {
  private readonly entries = new Map<number, Waiters>()
  /** waiters in all */
  count = 0

  get(fd: number): Waiters | undefined {
    return this.entries.get(fd)
  }

  /** The descriptor's waiters, made where it has none yet; `isNew` tells that it was made now. */
  of(fd: number): { entry: Waiters; isNew: boolean } {
    const known = this.entries.get(fd)
    if (known) return { entry: known, isNew: false }
    const entry: Waiters = { read: [], write: [] }
    this.entries.set(fd, entry)
    return { entry, isNew: true }
  }

  /** Adds a waiter; the answer takes it out again and says whether it was still there. */
  add(list: (() => void)[], waiter: () => void): () => boolean {
    list.push(waiter)
    this.count++
    return () => {
      const at = list.indexOf(waiter)
      if (at < 0) return false
      list.splice(at, 1)
      this.count--
      return true
    }
  }

  /** Wakes all of a list: those that come too late wait again, in their order. */
  wake(list: (() => void)[]): void {
    const woken = list.splice(0)
    this.count -= woken.length
    for (const waiter of woken) waiter()
  }

  /** Forgets a descriptor and answers its waiters, for the caller to wake. */
  remove(fd: number): Waiters | undefined {
    const entry = this.entries.get(fd)
    this.entries.delete(fd)
    return entry
  }
}
