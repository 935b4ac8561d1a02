/**
 * What may be left out of a trace, and what never is: the structure (runs, threads, the calls that open, bind, connect,
 * accept, shut down and close) keeps its meaning without the rest; the rest becomes one `gap` that counts it. A call goes
 * with its waits and its return or not at all, so what is left still folds.
 */
import { EventEncoder } from '../../shared/trace/codec'
import type { CallId, TraceEvent } from '../../shared/trace/events'
import { EventScan } from '../../shared/trace/scan'

const STRUCTURAL: ReadonlySet<string> = new Set([
  'socket', 'bind', 'listen', 'accept', 'connect', 'shutdown', 'close', 'abort', 'dup', 'socketpair',
])

type Gap = Extract<TraceEvent, { k: 'gap' }>

/** What becomes of an event, where it does not follow from its call (an id, from 0 on). */
const KEPT = -1
const LEFT_OUT = -2

/** A stretch that is thinner than it was. */
export interface Thinned {
  batch: Uint8Array
  /** events in it, the gap included */
  count: number
}

export class Thinner {
  /** events left out so far, without those that gaps had counted before */
  left = 0
  private readonly encoder = new EventEncoder()

  /** @param runsOnly keeps no more than runs and scopes: for when even the structure is too much */
  constructor(private readonly why: Gap['why'], private readonly runsOnly = false) {}

  /**
   * The events of a batch from `from` on that stay, with one gap where the first of the others was. Gaps in it are added up.
   * Under load this is done for every event: only those that stay are ever made.
   */
  apply(batch: Uint8Array, from = 0): Thinned {
    const { fates, gone, sizes } = this.judge(batch, from)
    const stays = (i: number): boolean => fates[i] === KEPT || (fates[i]! >= 0 && !gone.has(fates[i]!))
    let events = 0
    let bytes = 0
    for (let i = 0; i < fates.length; i++) {
      if (stays(i)) continue
      events += sizes[2 * i]!
      bytes += sizes[2 * i + 1]!
    }
    const scan = new EventScan(batch)
    const { encoder } = this
    let gap: Omit<Gap, 'seq' | 't'> | undefined = { k: 'gap', events, bytes, why: this.why }
    for (let i = 0; scan.next();) {
      if (scan.seq < from) {
        scan.skip()
        continue
      }
      if (stays(i++)) encoder.add(scan.event(), scan.seq, scan.t)
      else {
        if (scan.kind !== 'gap') this.left++
        if (gap) encoder.add(gap, scan.seq, scan.t)
        gap = undefined
        scan.skip()
      }
    }
    const { count } = encoder
    return { batch: encoder.finish(), count }
  }

  /** The fate of each event: its own, or its call's. `sizes`: how many events and bytes each stands for. */
  private judge(batch: Uint8Array, from: number): { fates: number[]; gone: Set<CallId>; sizes: number[] } {
    const begun = new Set<CallId>()
    /** the calls that begin and end within the stretch and are not structure */
    const gone = new Set<CallId>()
    const fates: number[] = []
    const sizes: number[] = []
    for (const scan = new EventScan(batch); scan.next();) {
      scan.skip()
      if (scan.seq < from) continue
      const { kind, first } = scan
      if (kind === 'call' || kind === 'block' || kind === 'ret') {
        if (kind === 'call' && (this.runsOnly || !STRUCTURAL.has(scan.word))) begun.add(first)
        else if (kind === 'ret' && begun.has(first)) gone.add(first)
        fates.push(first)
      } else fates.push(this.keeps(kind, scan.word) ? KEPT : LEFT_OUT)
      if (kind === 'gap') sizes.push(first, scan.second)
      else sizes.push(1, scan.bytesLength)
    }
    return { fates, gone, sizes }
  }

  private keeps(kind: Exclude<TraceEvent['k'], 'call' | 'block' | 'ret'>, word: string): boolean {
    switch (kind) {
      case 'run': case 'run-end': case 'run-set': case 'scope': case 'capture':
        return true
      // a request that is over is one event, and the statistics are made of it
      case 'mark':
        return !this.runsOnly && word === 'done'
      case 'thread': case 'thread-end': case 'halt':
        return !this.runsOnly
      case 'print': case 'sample': case 'endpoint': case 'packet': case 'gap':
        return false
      default:
        return kind satisfies never
    }
  }
}
