import { describe, expect, it } from 'vitest'
import { createLab, fold } from '../../../../src/shared/projections'
import type { LabState } from '../../../../src/shared/projections/model'
import { countsAt, fateAt, fatesOf, newWire, updateWire, wireRows, type Wire } from '../../../../src/shared/projections/wire'
import type { MarkKind, Plain, SockAddr, SyscallName, TraceEvent, Unstamped } from '../../../../src/shared/trace/events'

const CLIENT: SockAddr = { family: 'inet', host: '127.0.0.1', port: 4000 }

class Script {
  readonly lab: LabState = createLab()
  readonly events: TraceEvent[] = []
  private calls = 0
  add(event: Unstamped): void {
    const stamped = { ...event, seq: this.events.length, t: this.events.length * 1000 } as TraceEvent
    this.events.push(stamped)
    fold(this.lab, stamped)
  }
  call(thread: number, name: SyscallName, sock: number | undefined, args: Record<string, Plain>, end: object): number {
    const call = ++this.calls
    this.add({ k: 'call', call, thread, name, ...(sock === undefined ? {} : { sock, fd: sock }), args })
    this.add({ k: 'ret', call, value: null, ...end } as Unstamped)
    return call
  }
  mark(thread: number, what: MarkKind, call: number, from: 'client' | 'server', us?: number): void {
    this.add({ k: 'mark', thread, what, call, from, ...(us === undefined ? {} : { us }) })
  }
}
const data = (at: number, len: number, kept = len) => ({ value: len, data: { at, len, kept } })

/** Socket 1 listens, socket 2 is connected to the server; thread 1 reads the client, thread 2 the server. */
function udp(): Script {
  const s = new Script()
  s.add({ k: 'run', run: 1, program: 'relay', params: { proto: 'udp' } })
  for (const thread of [1, 2]) s.add({ k: 'thread', run: 1, thread, name: 't', func: 'f' })
  s.call(1, 'socket', undefined, { family: 'inet', type: 'dgram' }, { sock: 1 })
  s.call(1, 'bind', 1, {}, {})
  s.call(1, 'socket', undefined, { family: 'inet', type: 'dgram' }, { sock: 2 })
  s.call(1, 'connect', 2, {}, {})
  return s
}
const indexed = (s: Script, wire: Wire = newWire(1, false)): Wire => (updateWire(wire, s.lab), wire)
const told = (wire: Wire) => wire.rows.map((row) => `${row.what} ${row.side} ${row.piece ? row.piece.from[0]! + row.piece.n : '-'} ${row.len ?? ''}`.trim())

describe('datagrams', () => {
  it('each is known again on the other side by its bytes', () => {
    const s = udp()
    const first = s.call(1, 'recvfrom', 1, {}, { ...data(100, 5), remote: CLIENT })
    s.mark(1, 'drop', first, 'client')
    const second = s.call(1, 'recvfrom', 1, {}, { ...data(200, 6), remote: CLIENT })
    s.mark(1, 'duplicate', second, 'client')
    for (let i = 0; i < 2; i++) s.call(1, 'send', 2, {}, data(200, 6))
    const answer = s.call(2, 'recv', 2, {}, data(300, 6))
    s.mark(2, 'delay', answer, 'server', 20_000)
    s.call(2, 'sendto', 1, {}, { ...data(300, 6), remote: CLIENT })
    const wire = indexed(s)
    expect(told(wire)).toEqual(['in client c1 5', 'in client c2 6', 'out server c2 6', 'out server c2 6', 'in server s1 6', 'out client s1 6'])
    expect(wire.pieces.map((piece) => [fateAt(piece, Infinity).word, piece.out.length])).toEqual([['drop', 0], ['duplicate', 2], ['delay', 1]])
    expect(fateAt(wire.pieces[2]!, Infinity)).toEqual({ word: 'delay', words: ['delay'], us: 20_000 })
    expect(countsAt(wire, 'client', Infinity)).toEqual({ came: 2, went: 2, bytes: 11, drop: 1, delay: 0, duplicate: 1, reorder: 0 })
    expect(fatesOf(wire, 'client', Infinity, 10)).toBe('x2')
    expect(fatesOf(wire, 'server', Infinity, 10)).toBe('.')
  })
  it('what the store did not keep stays unlinked, and is counted', () => {
    const s = udp()
    s.call(1, 'recvfrom', 1, {}, { ...data(900, 5, 0), remote: CLIENT })
    s.call(1, 'send', 2, {}, data(900, 5, 0))
    expect(told(indexed(s))).toEqual(['in client c1 5', 'out server - 5'])
    expect(countsAt(indexed(s), 'client', Infinity)).toMatchObject({ came: 1, went: 1 })
  })
  it('waits that ran out or were taken back are nothing that passed', () => {
    const s = udp()
    s.call(2, 'recv', 2, {}, { errno: 'TIMEOUT' })
    s.call(2, 'recv', 2, {}, { errno: 'CANCELLED' })
    expect(indexed(s).rows).toEqual([])
  })
  it('is the same event by event or at once, and the numbers at a cursor are those of the shorter trace', () => {
    const s = udp()
    const stepwise = newWire(1, false)
    const cuts: { seq: number; rows: number; counts: unknown; fates: string }[] = []
    for (let i = 0; i < 12; i++) {
      const call = s.call(1, 'recvfrom', 1, {}, { ...data(1000 + 10 * i, 4), remote: CLIENT })
      s.mark(1, i % 3 === 0 ? 'drop' : i % 3 === 1 ? 'forward' : 'reorder', call, 'client')
      if (i % 3 !== 0) s.call(1, 'send', 2, {}, data(1000 + 10 * i, 4))
      updateWire(stepwise, s.lab)
      cuts.push({ seq: s.events.length - 1, rows: stepwise.rows.length, counts: { ...countsAt(stepwise, 'client', Infinity) }, fates: fatesOf(stepwise, 'client', Infinity, 99) })
    }
    const once = indexed(s)
    expect(stepwise.rows).toEqual(once.rows)
    for (const cut of cuts) {
      expect([wireRows(once, cut.seq), countsAt(once, 'client', cut.seq), fatesOf(once, 'client', cut.seq, 99)]).toEqual([cut.rows, cut.counts, cut.fates])
    }
  })
})

it('a stream: opened, in pieces, half-closed, closed', () => {
  const s = new Script()
  s.add({ k: 'run', run: 1, program: 'relay', params: { proto: 'tcp' } })
  for (const thread of [1, 2, 3]) s.add({ k: 'thread', run: 1, thread, name: 't', func: 'f' })
  s.call(1, 'bind', 1, {}, {})
  s.call(1, 'accept', 1, {}, { sock: 5, remote: CLIENT })
  s.call(2, 'connect', 6, {}, {})
  s.call(2, 'recv', 5, {}, data(100, 10))
  // a partial send, then the rest: both are parts of the piece
  s.call(3, 'send', 6, {}, data(100, 4))
  s.call(3, 'send', 6, {}, data(104, 6))
  s.call(2, 'recv', 5, {}, data(110, 0))
  s.call(3, 'shutdown', 6, {}, {})
  s.call(2, 'close', 5, {}, {})
  expect(told(indexed(s, newWire(1, true)))).toEqual([
    'accept client -', 'connect server -', 'in client c1 10', 'out server c1 4', 'out server c1 6', 'eof client -', 'shutdown server -', 'close client -'])
})
