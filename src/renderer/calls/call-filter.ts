/** The calls that a filter lets through, kept up to date as the list grows: the cost is that of the new calls. */
import type { CallModel } from '../../shared/projections/model'
import type { RunId, SockId, ThreadId } from '../../shared/trace/events'
import { prefixLength } from '../diagrams/at'

export interface CallFilter {
  thread?: ThreadId
  sock?: SockId
  /** only calls of this program's run */
  run?: RunId
  /** only calls that failed */
  errors?: boolean
}

export const isOpen = (f: CallFilter): boolean => f.thread === undefined && f.sock === undefined && f.run === undefined && !f.errors

const fits = (call: CallModel, f: CallFilter): boolean =>
  (f.run === undefined || call.run === f.run) && (f.thread === undefined || call.thread === f.thread) && (f.sock === undefined || call.sock === f.sock || call.end?.sock === f.sock)

export class FilteredCalls {
  private calls: readonly CallModel[] = []
  private filter: CallFilter = {}
  private scanned = 0
  /** indices of what fits, rising */
  private list: number[] = []
  /** scanned, and not yet returned: how they end may let them in */
  private open: number[] = []

  /** Indices into `calls` of what is known at the cursor and passes, in order. */
  at(calls: readonly CallModel[], filter: CallFilter, cursor: number): readonly number[] {
    if (calls !== this.calls || calls.length < this.scanned || filter.thread !== this.filter.thread || filter.sock !== this.filter.sock
      || filter.errors !== this.filter.errors || filter.run !== this.filter.run) {
      this.calls = calls
      this.filter = { ...filter }
      this.scanned = 0
      this.list = []
      this.open = []
    }
    this.open = this.open.filter((i) => {
      const call = calls[i] as CallModel
      if (!call.end) return true
      if (this.passes(call)) this.insert(i)
      return false
    })
    for (; this.scanned < calls.length; this.scanned++) {
      const call = calls[this.scanned] as CallModel
      if (this.passes(call)) this.list.push(this.scanned)
      else if (!call.end) this.open.push(this.scanned)
    }
    const known = prefixLength(calls, cursor)
    const end = this.countBelow(known)
    if (end === this.list.length && cursor === Infinity) return this.list
    const prefix = this.list.slice(0, end)
    return filter.errors ? prefix.filter((i) => ((calls[i] as CallModel).end?.seq ?? Infinity) <= cursor) : prefix
  }

  private passes(call: CallModel): boolean {
    return fits(call, this.filter) && (!this.filter.errors || call.end?.errno !== undefined)
  }

  private insert(index: number): void {
    this.list.splice(this.countBelow(index), 0, index)
  }

  /** how many of the list are < index */
  private countBelow(index: number): number {
    let low = 0
    let high = this.list.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.list[middle] as number) < index) low = middle + 1
      else high = middle
    }
    return low
  }
}
