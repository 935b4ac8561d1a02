/**
 * What may be left out of a trace, and what never is: the structure (runs, threads, the calls that open, bind, connect,
 * accept, shut down and close) keeps its meaning without the rest; the rest becomes one `gap` that counts it. A call goes
 * with its waits and its return or not at all, so what is left still folds.
 */
import { EventEncoder } from '../../shared/trace/codec'
import type { CallId, TraceEvent } from '../../shared/trace/events'
import { EventScan, type Place } from '../../shared/trace/scan'

const STRUCTURAL: ReadonlySet<string> = new Set([
  'socket', 'bind', 'listen', 'accept', 'connect', 'shutdown', 'close', 'abort', 'dup', 'socketpair',
])

type Gap = Extract<TraceEvent, { k: 'gap' }>

/** A call that is no structure: it goes, with all its events, if it also returns within the stretch. */
interface Begun {
  call: CallId
  /** its events in the stretch, and the bytes of their content */
  events: number
  bytes: number
  /** where it began */
  at: Place
  returned: boolean
}

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
    const { scan, places, calls, begun, gone } = this.judge(batch, from)
    for (const call of begun) {
      if (!call.returned) continue
      gone.first = earlier(gone.first, call.at)
      gone.events += call.events
      gone.bytes += call.bytes
      this.left += call.events
    }
    const { encoder } = this
    let gap = gone.first
    const addGap = (): void => {
      const event: Omit<Gap, 'seq' | 't'> = { k: 'gap', events: gone.events, bytes: gone.bytes, why: this.why }
      encoder.add(event, gap!.seq, gap!.t)
      gap = undefined
    }
    for (let i = 0; i < places.length; i++) {
      if (calls[i]?.returned) continue
      const place = places[i]!
      if (gap && gap.seq < place.seq) addGap()
      encoder.add(scan.eventAt(place), place.seq, place.t)
    }
    if (gap) addGap()
    const { count } = encoder
    return { batch: encoder.finish(), count }
  }

  /** Where the events are that may stay, each with its call if it depends on that; and what goes in any case. */
  private judge(batch: Uint8Array, from: number) {
    const places: Place[] = []
    const calls: (Begun | undefined)[] = []
    const begun: Begun[] = []
    const gone: { first: Place | undefined; events: number; bytes: number } = { first: undefined, events: 0, bytes: 0 }
    // mostly the one that began last returns next
    let last: Begun | undefined
    const others = new Map<CallId, Begun>()
    const scan = new EventScan(batch)
    while (scan.next()) {
      const place = scan.skip()
      if (place.seq < from) continue
      const { kind, first, bytesLength } = scan
      if (kind === 'call' || kind === 'block' || kind === 'ret') {
        if (kind === 'call' && (this.runsOnly || !STRUCTURAL.has(scan.word))) {
          if (last && !last.returned) others.set(last.call, last)
          last = { call: first, events: 0, bytes: 0, at: place, returned: false }
          begun.push(last)
        }
        const call = last?.call === first ? last : others.get(first)
        if (call) {
          call.events++
          call.bytes += bytesLength
          if (kind === 'ret') call.returned = true
        }
        places.push(place)
        calls.push(call)
      } else if (this.keeps(kind, scan.word)) {
        places.push(place)
        calls.push(undefined)
      } else {
        gone.first ??= place
        gone.events += kind === 'gap' ? first : 1
        gone.bytes += kind === 'gap' ? scan.second : bytesLength
        if (kind !== 'gap') this.left++
      }
    }
    return { scan, places, calls, begun, gone }
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

const earlier = (a: Place | undefined, b: Place): Place => (a && a.seq < b.seq ? a : b)
