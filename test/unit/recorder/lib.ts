import { decodeEvents } from '../../../src/shared/trace/codec'
import type { TraceEvent, TraceHeader, Unstamped } from '../../../src/shared/trace/events'
import type { Source } from '../../../src/engine/recorder/subscription'

export const header: TraceHeader = {
  format: 'socketscope-session', version: 1, app: '0.1.0', platform: 'linux', startedAt: '2026-01-02T03:04:05.678Z',
}

/** What one connection of a server with a thread per client leaves in a trace, `exchanges` of recv and send in it. */
export function connection(n: number, exchanges: number): Unstamped[] {
  const thread = n + 2
  const sock = n + 2
  const base = n * 1000
  const at = { at: n * exchanges * 8, len: 8, kept: 8 }
  return [
    { k: 'call', call: base, thread: 1, name: 'accept', sock: 1, fd: 3, args: {} },
    { k: 'block', call: base, why: 'readable' },
    { k: 'ret', call: base, value: 4, sock, fd: 4, remote: { family: 'inet', host: '127.0.0.1', port: 40_000 + n } },
    { k: 'thread', run: 1, thread, name: `client ${n}`, func: 'serve' },
    ...Array.from({ length: exchanges }, (_, i): Unstamped[] => [
      { k: 'call', call: base + 2 * i + 1, thread, name: 'recv', sock, fd: 4, args: { len: 1024 } },
      { k: 'block', call: base + 2 * i + 1, why: 'readable' },
      { k: 'ret', call: base + 2 * i + 1, value: 8, data: at },
      { k: 'call', call: base + 2 * i + 2, thread, name: 'send', sock, fd: 4, args: { len: 8 } },
      { k: 'ret', call: base + 2 * i + 2, value: 8, data: at },
    ]).flat(),
    { k: 'call', call: base + 999, thread, name: 'close', sock, fd: 4, args: {} },
    { k: 'ret', call: base + 999, value: null },
    { k: 'thread-end', thread },
  ]
}

/** What one must be able to say of any trace: seqs rise, and events and gaps together are all that happened. */
export function accountFor(events: readonly TraceEvent[]): { seqsRise: boolean; total: number } {
  let total = 0
  let seqsRise = true
  events.forEach((event, i) => {
    total += event.k === 'gap' ? event.events : 1
    if (i > 0 && event.seq <= events[i - 1]!.seq) seqsRise = false
  })
  return { seqsRise, total }
}

/** Follows a source to its present end, answering every batch. */
export function readAll(source: Source, from = 0, onBatch?: (size: number) => void): Promise<TraceEvent[]> {
  const { events: total } = source.info()
  const events: TraceEvent[] = []
  return new Promise((resolve) => {
    const done = () => {
      subscription.close()
      resolve(events)
    }
    const subscription = source.subscribe({
      from,
      onBatch(batch, data) {
        onBatch?.(data.length)
        events.push(...decodeEvents(data))
        if (accountFor(events).total + from >= total) setImmediate(done)
        else setImmediate(() => subscription.ack(batch))
      },
    })
    if (total <= from) setImmediate(done)
  })
}
