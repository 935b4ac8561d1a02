import { describe, expect, it } from 'vitest'
import { createLab, fold } from '../../../../src/shared/projections'
import { relatedTo } from '../../../../src/shared/projections/selection'
import type { SockAddr, TraceEvent, Unstamped } from '../../../../src/shared/trace/events'

const server: SockAddr = { family: 'inet', host: '127.0.0.1', port: 9999 }
const client: SockAddr = { family: 'inet', host: '127.0.0.1', port: 50_000 }

/** A server (run 1, thread 1) and a client (run 2, thread 2): connect, "hello" one way, "ACK" back. */
const story: Unstamped[] = [
  { k: 'run', run: 1, program: 'server', params: {} }, { k: 'thread', run: 1, thread: 1, name: 'main', func: 'main' },
  { k: 'run', run: 2, program: 'client', params: {} }, { k: 'thread', run: 2, thread: 2, name: 'main', func: 'main' },
  { k: 'call', call: 1, thread: 1, name: 'socket', args: { family: 'inet', type: 'stream' } }, { k: 'ret', call: 1, value: 3, sock: 1, fd: 3 },
  { k: 'call', call: 2, thread: 1, name: 'bind', sock: 1, fd: 3, args: { address: server } }, { k: 'ret', call: 2, value: 0, local: server },
  { k: 'call', call: 3, thread: 1, name: 'listen', sock: 1, fd: 3, args: { backlog: 5 } }, { k: 'ret', call: 3, value: 0, local: server },
  { k: 'call', call: 4, thread: 1, name: 'accept', sock: 1, fd: 3, args: {} }, { k: 'block', call: 4, why: 'readable' },
  { k: 'call', call: 5, thread: 2, name: 'socket', args: { family: 'inet', type: 'stream' } }, { k: 'ret', call: 5, value: 4, sock: 2, fd: 4 },
  { k: 'call', call: 6, thread: 2, name: 'connect', sock: 2, fd: 4, args: { address: server } },
  { k: 'ret', call: 6, value: 0, local: client, remote: server },
  { k: 'ret', call: 4, value: 5, sock: 3, fd: 5, local: server, remote: client },
  { k: 'call', call: 7, thread: 2, name: 'send', sock: 2, fd: 4, args: { len: 5 } }, { k: 'ret', call: 7, value: 5, data: { at: 0, len: 5, kept: 5 } },
  { k: 'call', call: 8, thread: 1, name: 'recv', sock: 3, fd: 5, args: { len: 1024 } }, { k: 'ret', call: 8, value: 5, data: { at: 5, len: 5, kept: 5 } },
  { k: 'call', call: 9, thread: 1, name: 'send', sock: 3, fd: 5, args: { len: 3 } }, { k: 'ret', call: 9, value: 3, data: { at: 10, len: 3, kept: 3 } },
]
const lab = createLab()
story.forEach((event, seq) => fold(lab, { ...event, seq, t: seq * 100 } as TraceEvent))
const connection = lab.connections[0]!

describe('what lights up with a selection', () => {
  it('a send() lights its segment, its bytes, its thread and its socket', () => {
    const related = relatedTo({ kind: 'call', call: 7, seq: 17 }, lab)
    expect(related.connection).toBe(connection.id)
    expect([...related.calls]).toEqual([7])
    expect([...related.threads]).toEqual([2])
    expect([...related.socks]).toEqual([2])
    expect(related.bytes).toEqual([{ side: 'a', from: 0, to: 5 }])
    const lit = connection.segments.filter((segment) => related.segments.has(segment.id))
    expect(lit.map(({ from, len }) => [from, len])).toContainEqual(['a', 5])
    expect(lit.every((segment) => segment.from === 'a' || segment.len === 0)).toBe(true)
  })

  it('bytes light the send() that put them in and the recv() that took them out', () => {
    const related = relatedTo({ kind: 'bytes', connection: connection.id, side: 'a', from: 1, to: 2, seq: 17 }, lab)
    expect([...related.calls].sort()).toEqual([7, 8])
    expect([...related.threads].sort()).toEqual([1, 2])
  })

  it('a segment lights its call and its bytes', () => {
    const segment = connection.segments.find(({ len, from }) => len === 3 && from === 'b')!
    const related = relatedTo({ kind: 'segment', connection: connection.id, segment: segment.id, seq: segment.seq }, lab)
    expect(related.calls.has(9)).toBe(true)
    expect(related.bytes).toContainEqual({ side: 'b', from: 0, to: 3 })
  })

  it('accept() lights the connection that it gave, a state its cause', () => {
    expect(relatedTo({ kind: 'call', call: 4, seq: 10 }, lab).connection).toBe(connection.id)
    const index = connection.a.states.findIndex((change) => change.to === 'SYN_SENT')
    const related = relatedTo({ kind: 'state', connection: connection.id, side: 'a', index, seq: 0 }, lab)
    expect(related.calls.has(6)).toBe(true)
    expect(related.states).toEqual([{ side: 'a', index }])
  })

  it('what the lab does not know lights nothing, and never throws', () => {
    for (const selection of [
      { kind: 'call', call: 999, seq: 0 }, { kind: 'segment', connection: 9, segment: 9, seq: 0 }, { kind: 'state', connection: 0, side: 'a', index: 99, seq: 0 },
      { kind: 'bytes', connection: 77, side: 'b', from: 0, to: 1, seq: 0 },
    ] as const) {
      const related = relatedTo(selection, lab)
      expect(related.calls.size + related.segments.size + related.bytes.length + related.states.length).toBe(0)
    }
    expect(relatedTo(undefined, lab).connection).toBeUndefined()
  })
})
