/**
 * What may be left out of a trace, and what never is: the structure (runs, threads, the calls that open, bind, connect,
 * accept, shut down and close) keeps its meaning without the rest; the rest becomes one `gap` that counts it.
 */
import type { CallId, SyscallName, TraceEvent } from '../../shared/trace/events'

const STRUCTURAL: ReadonlySet<SyscallName> = new Set<SyscallName>([
  'socket', 'bind', 'listen', 'accept', 'connect', 'shutdown', 'close', 'abort',
])

type Gap = Extract<TraceEvent, { k: 'gap' }>

/** Thins a trace from some event on, stretch by stretch in order: it remembers the calls whose returns go with them. */
export class Thinner {
  private readonly gone = new Set<CallId>()
  /** events left out so far, without those that gaps had counted before */
  left = 0

  /** @param runsOnly keeps no more than runs and scopes: for when even the structure is too much */
  constructor(private readonly why: Gap['why'], private readonly runsOnly = false) {}

  /** The events that stay, with one gap where the first of the others was. Gaps that are there already are added up. */
  apply(events: readonly TraceEvent[]): TraceEvent[] {
    const kept: TraceEvent[] = []
    let gap: Gap | undefined
    for (const event of events) {
      if (this.keeps(event)) {
        kept.push(event)
        continue
      }
      if (!gap) {
        gap = { k: 'gap', seq: event.seq, t: event.t, events: 0, bytes: 0, why: this.why }
        kept.push(gap)
      }
      if (event.k === 'gap') {
        gap.events += event.events
        gap.bytes += event.bytes
        continue
      }
      this.left++
      gap.events++
      if ('data' in event && event.data) gap.bytes += event.data.len
    }
    return kept
  }

  private keeps(event: TraceEvent): boolean {
    switch (event.k) {
      case 'run': case 'run-end': case 'scope':
        return true
      case 'thread': case 'thread-end':
        return !this.runsOnly
      case 'call':
        if (!this.runsOnly && STRUCTURAL.has(event.name)) return true
        this.gone.add(event.call)
        return false
      case 'block':
        return !this.runsOnly && !this.gone.has(event.call)
      case 'ret':
        return !this.gone.delete(event.call) && !this.runsOnly
      case 'print': case 'sample': case 'endpoint': case 'packet': case 'gap':
        return false
      default:
        return event satisfies never
    }
  }
}
