/** Captured packets: connections from packets alone, what each segment is beside the others, and the streams they carry. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLab, fold, outcomeAt, segmentsAt, stateAt, statesAt, streamsAt } from '../../../../src/shared/projections'
import { NO_CALL, type ConnectionModel, type LabState } from '../../../../src/shared/projections/model'
import type { PacketEvent, SockAddr, TraceEvent } from '../../../../src/shared/trace/events'

const A: SockAddr = { family: 'inet', host: '10.0.0.1', port: 50_000 }
const B: SockAddr = { family: 'inet', host: '10.0.0.2', port: 80 }

type Sent = Partial<PacketEvent> & { flags: string[] }

/** A wire between two ends: keeps the numbers, so that a test says only what happens. */
class Wire {
  readonly events: TraceEvent[] = []
  private readonly next = { a: 1000, b: 4_294_967_290 }
  private readonly last: { a?: Sent; b?: Sent } = {}
  private at = 0
  private store = 0

  constructor(file = true, private readonly a: SockAddr = A, private readonly b: SockAddr = B) {
    if (file) this.add({ k: 'capture', what: 'file' })
  }

  add(e: object): void {
    this.events.push({ ...e, seq: this.events.length, t: (this.at += 100) } as TraceEvent)
  }

  private put(from: 'a' | 'b', sent: Sent): this {
    this.last[from] = sent
    this.add({ k: 'packet', proto: 'tcp', from: this[from], to: from === 'a' ? this.b : this.a, len: 0, window: 100, ...sent })
    return this
  }

  /** A segment that goes on from the one before. `lost`: the capture does not see it. */
  send(from: 'a' | 'b', flags: string, len = 0, more: Partial<PacketEvent> & { lost?: boolean } = {}): this {
    const { lost, ...fields } = more
    const other = from === 'a' ? 'b' : 'a'
    const sent: Sent = {
      flags: flags.split(','), len, seqno: this.next[from], ...(flags.includes('ACK') ? { ackno: this.next[other] } : {}),
      ...(len > 0 ? { data: { at: this.store, len, kept: len } } : {}), ...fields,
    }
    this.store += len
    this.next[from] = (sent.seqno! + len + (flags.includes('SYN') ? 1 : 0) + (flags.includes('FIN') ? 1 : 0)) >>> 0
    return lost ? this : this.put(from, sent)
  }

  /** The last segment of a side once more. */
  again(from: 'a' | 'b'): this {
    return this.put(from, this.last[from]!)
  }

  open(options = { a: { ws: 7 } as object, b: { ws: 3 } as object }): this {
    return this.send('a', 'SYN', 0, { options: options.a }).send('b', 'SYN,ACK', 0, { options: options.b }).send('a', 'ACK')
  }

  close(): this {
    return this.send('a', 'FIN,ACK').send('b', 'ACK').send('b', 'FIN,ACK').send('a', 'ACK')
  }

  get lab(): LabState {
    const lab = createLab()
    for (const e of this.events) fold(lab, e)
    return lab
  }

  get only(): ConnectionModel {
    const { connections } = this.lab
    expect(connections).toHaveLength(1)
    return connections[0]!
  }
}

const states = (c: ConnectionModel, side: 'a' | 'b') => statesAt(c[side], Infinity).map((s) => s.to)

describe('a connection of which nothing but its packets is known', () => {
  it('has both ends\' states, its outcome, and segments with relative numbers', () => {
    const c = new Wire().open().send('a', 'PSH,ACK', 5).send('b', 'ACK').send('b', 'PSH,ACK', 20).send('a', 'ACK').close().only
    expect(c).toMatchObject({ packetsOnly: true, a: { addr: A }, b: { addr: B } })
    expect(states(c, 'a')).toEqual(['SYN_SENT', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'TIME_WAIT'])
    expect(states(c, 'b')).toEqual(['LISTEN', 'SYN_RCVD', 'ESTABLISHED', 'CLOSE_WAIT', 'LAST_ACK', 'CLOSED'])
    expect(c.outcome.value).toEqual(['closed'])
    const shown = segmentsAt(c, Infinity)
    expect(shown.every((s) => s.evidence === 'captured' && !s.retransmission && s.remark === undefined)).toBe(true)
    // across the wrap at 2^32 too
    expect(shown.map((s) => `${s.from} ${s.seqRel} ${s.ackRel ?? '-'}`)).toEqual([
      'a 0 -', 'b 0 1', 'a 1 1', 'a 1 1', 'b 1 6', 'b 1 6', 'a 6 21', 'a 6 21', 'b 21 7', 'b 21 7', 'a 7 22',
    ])
    expect(shown.map((s) => s.windowBytes).slice(0, 5)).toEqual([100, 100, 12_800, 12_800, 800])
  })

  it('closes at once on both sides, or in three steps', () => {
    const both = new Wire().open().send('a', 'FIN,ACK').send('b', 'FIN,ACK', 0, { ackno: 1001 }).send('a', 'ACK').send('b', 'ACK').only
    expect([states(both, 'a').slice(-3), states(both, 'b').slice(-3)])
      .toEqual([['FIN_WAIT_1', 'CLOSING', 'TIME_WAIT'], ['FIN_WAIT_1', 'CLOSING', 'TIME_WAIT']])
    const three = new Wire().open().send('b', 'FIN,ACK').send('a', 'FIN,ACK').send('b', 'ACK').only
    expect(states(three, 'b').slice(-2)).toEqual(['FIN_WAIT_1', 'TIME_WAIT'])
    expect(three.outcome.value).toEqual(['closed'])
  })

  it('is refused, or reset', () => {
    const refused = new Wire().send('a', 'SYN').send('b', 'RST,ACK').only
    expect(refused.outcome.value).toEqual(['refused'])
    expect([states(refused, 'a'), states(refused, 'b')]).toEqual([['SYN_SENT', 'CLOSED'], []])
    const reset = new Wire().open().send('a', 'PSH,ACK', 3).send('b', 'RST').only
    expect(reset.outcome.value).toEqual(['reset'])
    expect(stateAt(reset.a, Infinity).state).toBe('CLOSED')
  })

  it('is ESTABLISHED where the capture began in the middle, and who has the lower port is the server', () => {
    const c = new Wire(true, B, A).send('a', 'PSH,ACK', 10).send('b', 'ACK').only
    expect(c).toMatchObject({ a: { addr: A }, b: { addr: B }, captured: { whole: false } })
    expect(stateAt(c.a, Infinity)).toMatchObject({ state: 'ESTABLISHED', evidence: 'inferred' })
    expect(segmentsAt(c, Infinity)[0]).toMatchObject({ from: 'b', seqRel: 0, offset: 0 })
    expect(streamsAt(c, Infinity).b.sent).toBe(10)
  })

  it('is another one when the same addresses open anew', () => {
    const wire = new Wire().open().close()
    wire.send('a', 'SYN', 0, { seqno: 777 }).send('b', 'SYN,ACK').send('a', 'ACK')
    expect(wire.lab.connections.map((c) => outcomeAt(c, Infinity))).toEqual(['closed', undefined])
  })

  it('shows what was known then', () => {
    const wire = new Wire().open().send('a', 'PSH,ACK', 5)
    const c = wire.close().only
    expect(segmentsAt(c, 4).map((s) => s.flags)).toEqual(['SYN', 'SYN,ACK', 'ACK', 'PSH,ACK'])
    expect(stateAt(c.a, 2).state).toBe('ESTABLISHED')
    expect(stateAt(c.a, 1).state).toBe('SYN_SENT')
    expect(outcomeAt(c, 5)).toBeUndefined()
  })
})

describe('what a segment is beside those before it', () => {
  const last = (wire: Wire) => segmentsAt(wire.only, Infinity).at(-1)!
  const opened = () => new Wire().open()

  it('sent again: the first is lost', () => {
    const wire = opened().send('a', 'PSH,ACK', 5).again('a')
    expect(last(wire)).toMatchObject({ retransmission: true, offset: 0 })
    const shown = segmentsAt(wire.only, Infinity)
    expect(shown.at(-2)).toMatchObject({ fate: 'lost' })
    expect(segmentsAt(wire.only, shown.at(-1)!.seq - 1).at(-1)).toMatchObject({ fate: 'arrived' })
  })

  it('a SYN that nobody answered, and one that was answered the second time', () => {
    const wire = new Wire().send('a', 'SYN').again('a')
    expect(segmentsAt(wire.only, Infinity).map((s) => [s.fate, s.retransmission ?? false])).toEqual([['lost', false], ['unknown', true]])
    wire.send('b', 'SYN,ACK')
    expect(segmentsAt(wire.only, Infinity).map((s) => s.fate)).toEqual(['lost', 'arrived', 'arrived'])
  })

  it('acknowledged already: a duplicate that was sent for nothing', () => {
    const wire = opened().send('a', 'PSH,ACK', 5).send('b', 'ACK').again('a')
    expect(last(wire)).toMatchObject({ retransmission: true, remark: 'duplicate' })
    expect(segmentsAt(wire.only, Infinity)[3]).toMatchObject({ fate: 'arrived' })
  })

  it('after a hole, and what fills it', () => {
    const wire = opened()
    const lost = { seqno: 1001, ackno: 4_294_967_291 }
    wire.send('a', 'PSH,ACK', 5, { ...lost, lost: true }).send('a', 'PSH,ACK', 7)
    expect(last(wire)).toMatchObject({ remark: 'hole', offset: 5 })
    wire.send('a', 'PSH,ACK', 5, lost)
    expect(last(wire)).toMatchObject({ remark: 'out-of-order', offset: 0 })
    expect(last(wire).retransmission).toBeUndefined()
  })

  it('keep-alives, the closed window, its probe, updates and duplicate acknowledgements', () => {
    expect(last(opened().send('a', 'ACK', 0, { seqno: 1000 }))).toMatchObject({ remark: 'keep-alive' })
    const closed = opened().send('a', 'PSH,ACK', 5).send('b', 'ACK', 0, { window: 0 })
    expect(last(closed)).toMatchObject({ remark: 'window-closed', windowBytes: 0 })
    expect(last(closed.send('a', 'ACK', 0, { seqno: 1005 }))).toMatchObject({ remark: 'probe' })
    expect(last(closed.send('b', 'ACK', 0, { window: 50, ackno: 1006 }))).toMatchObject({ remark: 'window-update' })
    const twice = opened().send('a', 'PSH,ACK', 5).send('b', 'ACK').send('a', 'PSH,ACK', 5).again('b')
    expect(last(twice)).toMatchObject({ remark: 'duplicate-ack' })
  })

  it('a window is scaled only where both sides offered to', () => {
    expect(last(new Wire().open({ a: { ws: 7 }, b: {} }).send('a', 'ACK'))).toMatchObject({ windowBytes: 100 })
    expect(last(new Wire().send('a', 'ACK')).windowBytes).toBeUndefined()
  })
})

describe('streams from segments', () => {
  it('hold each byte once, in order, where it stands in the store', () => {
    const c = new Wire().open().send('a', 'PSH,ACK', 5).again('a').send('a', 'PSH,ACK', 3).close().only
    expect(streamsAt(c, Infinity).a.sends).toMatchObject([
      { offset: 0, len: 5, call: NO_CALL, data: { at: 0, len: 5 } }, { offset: 5, len: 3, data: { at: 5, len: 3 } },
    ])
    expect(streamsAt(c, Infinity).a.recvs).toEqual([])
  })

  it('have a hole where the receiver acknowledged what the capture never saw', () => {
    const wire = new Wire().open().send('a', 'PSH,ACK', 5).send('a', 'PSH,ACK', 4, { lost: true }).send('a', 'PSH,ACK', 3)
    expect(streamsAt(wire.only, Infinity).a.sends.map((s) => [s.offset, s.len])).toEqual([[0, 5]])
    wire.send('b', 'ACK')
    expect(streamsAt(wire.only, Infinity).a.sends.map((s) => [s.offset, s.len])).toEqual([[0, 5], [9, 3]])
  })

  it('come out the same however the segments were cut, repeated, overlapped and shuffled', () => {
    const bytes = 400
    const cut = fc.record({ at: fc.nat(bytes - 1), len: fc.integer({ min: 1, max: 60 }) })
    fc.assert(fc.property(fc.array(cut, { maxLength: 40 }), fc.boolean(), fc.constantFrom(1000, 4_294_967_200), (cuts, file, isn) => {
      // everything is sent at least once, in some order
      const all = [...cuts]
      for (let at = 0; at < bytes; at += 37) all.splice((at * 7) % (all.length + 1), 0, { at, len: 37 })
      const wire = new Wire(true)
      wire.send('a', 'SYN', 0, { seqno: isn }).send('b', 'SYN,ACK').send('a', 'ACK')
      for (const { at, len } of all) {
        const n = Math.min(len, bytes - at)
        wire.send('a', file ? 'PSH,ACK' : 'ACK', n, { seqno: (isn + 1 + at) >>> 0, data: { at: 10_000 + at, len: n, kept: n } })
      }
      const { sends } = streamsAt(wire.only, Infinity).a
      let next = 0
      for (const s of sends) {
        expect(s.offset).toBe(next)
        // the bytes of the stream are those of the store
        expect(s.data).toEqual({ at: 10_000 + s.offset, len: s.len, kept: s.len })
        next += s.len
      }
      expect(next).toBe(bytes)
    }), { numRuns: 150 })
  })
})
