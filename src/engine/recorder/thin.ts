/**
 * What may be left out of a trace, and what never is: the structure (runs, threads, the calls that open, bind, connect,
 * accept, shut down and close) keeps its meaning without the rest; the rest becomes one `gap` that counts it. A call goes
 * with its waits and its return or not at all, so what is left still folds.
 */
import type { CallId, SyscallName, TraceEvent } from '../../shared/trace/events'

const STRUCTURAL: ReadonlySet<SyscallName> = new Set<SyscallName>([
  'socket', 'bind', 'listen', 'accept', 'connect', 'shutdown', 'close', 'abort', 'dup', 'socketpair',
])

type Gap = Extract<TraceEvent, { k: 'gap' }>

export class Thinner {
  /** events left out so far, without those that gaps had counted before */
  left = 0

  /** @param runsOnly keeps no more than runs and scopes: for when even the structure is too much */
  constructor(private readonly why: Gap['why'], private readonly runsOnly = false) {}

  /** The events of a stretch that stay, with one gap where the first of the others was. Gaps in it are added up. */
  apply(events: readonly TraceEvent[]): TraceEvent[] {
    const gone = this.callsToDrop(events)
    const kept: TraceEvent[] = []
    let gap: Gap | undefined
    for (const event of events) {
      if (this.keeps(event, gone)) {
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

  /** The calls that begin and end within the stretch and are not structure. */
  private callsToDrop(events: readonly TraceEvent[]): Set<CallId> {
    const begun = new Set<CallId>()
    const gone = new Set<CallId>()
    for (const event of events) {
      if (event.k === 'call' && (this.runsOnly || !STRUCTURAL.has(event.name))) begun.add(event.call)
      else if (event.k === 'ret' && begun.has(event.call)) gone.add(event.call)
    }
    return gone
  }

  private keeps(event: TraceEvent, gone: ReadonlySet<CallId>): boolean {
    switch (event.k) {
      case 'run': case 'run-end': case 'run-set': case 'scope': case 'capture':
        return true
      // a request that is over is one event, and the statistics are made of it
      case 'mark':
        return !this.runsOnly && event.what === 'done'
      case 'thread': case 'thread-end': case 'halt':
        return !this.runsOnly
      case 'call': case 'block': case 'ret':
        return !gone.has(event.call)
      case 'print': case 'sample': case 'endpoint': case 'packet': case 'gap':
        return false
      default:
        return event satisfies never
    }
  }
}
