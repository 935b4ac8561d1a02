import { describe, expect, it } from 'vitest'
import { createLab, fold } from '../../../../src/shared/projections'
import { loadsAt, loadView, notice } from '../../../../src/shared/projections/load'
import type { SockAddr, TraceEvent, Unstamped } from '../../../../src/shared/trace/events'

const at = (port: number): SockAddr => ({ family: 'inet', host: '127.0.0.1', port })
const SERVER = at(9000)

/**
 * One thread serves two clients. Client 1 connects at 10 and is silent until 50; client 2 connects at 20 and asks at once.
 * Each request is worked on for 10. Times in milliseconds.
 */
function scene(): TraceEvent[] {
  const events: TraceEvent[] = []
  const push = (ms: number, e: Unstamped): void => void events.push({ ...e, seq: events.length, t: ms * 1000 } as TraceEvent)
  let calls = 0
  const call = (ms: number, thread: number, name: string, sock?: number, args = {}): number => {
    push(ms, { k: 'call', call: ++calls, thread, name, args, ...(sock === undefined ? {} : { sock, fd: sock }) } as Unstamped)
    return calls
  }
  const block = (ms: number, id: number): void => push(ms, { k: 'block', call: id, why: 'readable' })
  const ret = (ms: number, id: number, value: number | null, more = {}): void => push(ms, { k: 'ret', call: id, value, ...more } as Unstamped)
  const whole = (ms: number, thread: number, name: string, sock: number | undefined, value: number | null, args = {}, more = {}): void => ret(ms, call(ms, thread, name, sock, args), value, more)

  push(0, { k: 'run', run: 1, program: 'tcp-server', params: { port: 0, model: 'iterative' } })
  push(0, { k: 'thread', run: 1, thread: 1, name: 'main', func: 'main' })
  whole(1, 1, 'socket', undefined, 3, { family: 'inet', type: 'stream' }, { sock: 1, fd: 1 })
  whole(1, 1, 'bind', 1, null, { address: at(0) }, { local: SERVER })
  whole(1, 1, 'listen', 1, null, { backlog: 5 }, { local: SERVER })
  const first = call(2, 1, 'accept', 1)
  block(2, first)
  push(5, { k: 'run', run: 2, program: 'tcp-load', params: { port: 9000 } })
  push(5, { k: 'thread', run: 2, thread: 2, name: 'main', func: 'main' })
  push(9, { k: 'thread', run: 2, thread: 3, name: 'client 1', func: 'client' })
  push(9, { k: 'mark', thread: 3, what: 'request', id: 1 })
  whole(9, 3, 'socket', undefined, 4, { family: 'inet', type: 'stream' }, { sock: 2, fd: 2 })
  whole(10, 3, 'connect', 2, null, { address: SERVER }, { local: at(50_001), remote: SERVER })
  ret(11, first, 5, { sock: 3, fd: 3, local: SERVER, remote: at(50_001) })
  const stand = call(11, 1, 'recv', 3, { len: 1024 })
  block(11, stand)
  push(19, { k: 'thread', run: 2, thread: 4, name: 'client 2', func: 'client' })
  push(19, { k: 'mark', thread: 4, what: 'request', id: 2 })
  whole(19, 4, 'socket', undefined, 6, { family: 'inet', type: 'stream' }, { sock: 4, fd: 4 })
  whole(20, 4, 'connect', 4, null, { address: SERVER }, { local: at(50_002), remote: SERVER })
  whole(21, 4, 'send', 4, 5, { len: 5 })
  whole(50, 3, 'send', 2, 5, { len: 5 })
  ret(51, stand, 5)
  whole(61, 1, 'send', 3, 5, { len: 5 })
  push(62, { k: 'mark', thread: 3, what: 'done', id: 1, n: 1, us: 53_000, ok: true })
  whole(62, 3, 'close', 2, null)
  whole(63, 1, 'recv', 3, 0, { len: 1024 })
  whole(63, 1, 'close', 3, null)
  whole(64, 1, 'accept', 1, 7, {}, { sock: 5, fd: 5, local: SERVER, remote: at(50_002) })
  whole(65, 1, 'recv', 5, 5, { len: 1024 })
  whole(75, 1, 'send', 5, 5, { len: 5 })
  push(76, { k: 'mark', thread: 4, what: 'done', id: 2, n: 1, us: 57_000, ok: true })
  whole(76, 4, 'close', 4, null)
  push(77, { k: 'run-end', run: 2, status: 'ok' })
  return events
}

function folded(events: readonly TraceEvent[]) {
  const lab = createLab()
  for (const e of events) fold(lab, e)
  return lab
}
const events = scene()
const view = (cursor = Infinity, t = 80_000) => {
  const lab = folded(events)
  return loadView(lab, loadsAt(lab, cursor)[0]!, cursor, t)
}
const spans = (phases: readonly { kind: string; from: number; to: number }[]) => phases.map(({ kind, from, to }) => [kind, from / 1000, to / 1000])

describe('a load', () => {
  it('each client: connected, queued by the kernel, accepted, served', () => {
    const { clients, model, done } = view()
    expect([model, done]).toEqual(['iterative', true])
    expect(spans(clients[0]!.phases)).toEqual([['queued', 10, 11], ['idle', 11, 50], ['waiting', 50, 51], ['served', 51, 61], ['idle', 61, 62]])
    expect(spans(clients[1]!.phases)).toEqual([['queued', 20, 64], ['waiting', 64, 65], ['served', 65, 75], ['idle', 75, 76]])
    expect(clients.map(({ requests }) => requests)).toEqual([[{ us: 53_000, ok: true }], [{ us: 57_000, ok: true }]])
  })

  it('the thread: for whom it stood in recv(), whom it served', () => {
    expect(view().threads.map(({ stretches }) => stretches.map(({ kind, client, from, to }) => [kind, client, from / 1000, to / 1000]))).toEqual([
      [['anybody', undefined, 5, 11], ['stand', 1, 11, 51], ['serve', 1, 51, 61], ['serve', 2, 65, 75]],
    ])
  })

  it('the accept queue over time', () => {
    const { queue } = view()
    expect(queue.t.map((t, i) => [t / 1000, queue.length[i]])).toEqual([[10, 1], [11, 0], [20, 1], [64, 0]])
  })

  it('what there is to notice', () => {
    expect(notice(view())).toEqual({
      clients: 2, threads: 1, parallel: 1, queued: 1, failed: 0, longest: { client: 2, us: 45_000, where: 'kernel' },
      silent: { client: 1, us: 40_000, held: 1, thread: 'main', own: true },
    })
  })

  it('at any cursor: what was known then, as if nothing had come after', () => {
    for (let n = 1; n <= events.length; n++) {
      const cursor = n - 1
      const whole = folded(events)
      const part = folded(events.slice(0, n))
      const t = events[cursor]!.t
      const [a, b] = [loadsAt(whole, cursor)[0], loadsAt(part, Infinity)[0]]
      expect(a?.run).toBe(b?.run)
      if (!a || !b) continue
      const clean = (v: ReturnType<typeof loadView>) => ({ ...v, load: 0, server: v.server?.run })
      expect(clean(loadView(whole, a, cursor, t))).toEqual(clean(loadView(part, b, Infinity, t)))
    }
  })
})
