import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventEncoder, TraceFormatError, decodeEvents, encodeEvents } from '../../../../src/shared/trace/codec'
import type { TraceEvent } from '../../../../src/shared/trace/events'
import { events } from './arbitrary'

/** Decodes, or gives the one error that bad bytes may cause; anything else is a crash and fails the test. */
function decodeOrRefuse(bytes: Uint8Array): TraceEvent[] | TraceFormatError {
  try {
    return decodeEvents(bytes)
  } catch (error) {
    if (error instanceof TraceFormatError) return error
    throw error
  }
}

const sample: TraceEvent[] = [
  { k: 'run', seq: 0, t: 0, run: 1, program: 'tcp-server', params: { host: '127.0.0.1', port: 9999, reuseaddr: true } },
  { k: 'thread', seq: 1, t: 3, run: 1, thread: 1, name: 'main', func: 'main' },
  {
    k: 'call', seq: 2, t: 9, call: 1, thread: 1, name: 'bind', sock: 1, fd: 20, line: 7,
    args: { address: { family: 'inet', host: '127.0.0.1', port: 9999 } },
  },
  { k: 'ret', seq: 3, t: 12, call: 1, value: null, errno: 'EADDRINUSE', local: { family: 'inet6', host: '::1', port: 9999, scope: 3 } },
]

describe('the codec of events', () => {
  it('writes a batch as documented, byte by byte', () => {
    const list: TraceEvent[] = [
      { k: 'gap', seq: 300, t: 5, events: 2, bytes: 0, why: 'limit' },
      { k: 'scope', seq: 301, t: 4, scope: 'lab' },
    ]
    expect([...encodeEvents(list)])
      
      .toEqual([0x81, /* gap */ 11, 0xac, 0x02, 10, 2, 0, 1, /* scope */ 12, 0, 1, 1])
  })

  it('gives back what it was given', () => {
    fc.assert(fc.property(events, (list) => {
      expect(decodeEvents(encodeEvents(list))).toStrictEqual(list)
    }), { numRuns: 500 })
  })

  it('gives back undefined fields as absent and keeps whole stamps in a batch that goes back in time', () => {
    const list = [{ ...sample[0]!, t: 100 }, { k: 'thread-end', seq: 7, t: 40, thread: 1, error: undefined } as TraceEvent]
    expect(decodeEvents(encodeEvents(list))).toStrictEqual([list[0], { k: 'thread-end', seq: 7, t: 40, thread: 1 }])
  })

  it('shares texts within a batch and no state between batches', () => {
    const encoder = new EventEncoder()
    const batches = [0, 1].map(() => {
      for (const event of sample) encoder.add(event, event.seq, event.t)
      return encoder.finish()
    })
    expect(batches[0]).toStrictEqual(batches[1])
    expect(decodeEvents(batches[1]!)).toStrictEqual(sample)
    const twice = encodeEvents([...sample, ...sample.map((e) => ({ ...e, seq: e.seq + 4 }))]).length
    expect(twice).toBeLessThan(batches[0]!.length * 1.6)
  })

  it('reads batches in a row as one, and refuses them in the wrong order', () => {
    const join = (...batches: Uint8Array[]) => Uint8Array.from(batches.flatMap((batch) => [...batch]))
    const head = encodeEvents(sample.slice(0, 2))
    const tail = encodeEvents(sample.slice(2))
    expect(decodeEvents(join(head, tail))).toStrictEqual(sample)
    expect(decodeEvents(join(head, encodeEvents([]), tail))).toStrictEqual(sample)
    expect(() => decodeEvents(join(tail, head))).toThrow('order')
    expect(() => decodeEvents(join(tail, encodeEvents([]), head))).toThrow('order')
  })

  it('refuses every prefix that ends inside an event, and reads every one that ends between two', () => {
    const bytes = encodeEvents(sample)
    const whole: number[] = []
    for (let end = 0; end < bytes.length; end++) {
      const got = decodeOrRefuse(bytes.subarray(0, end))
      if (got instanceof TraceFormatError) continue
      expect(got).toStrictEqual(sample.slice(0, got.length))
      whole.push(got.length)
    }
    expect(whole).toStrictEqual([0, 1, 2, 3])
  })

  it('never does anything but decode or refuse, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (tail) => {
      decodeOrRefuse(Uint8Array.of(0x81, ...tail))
    }), { numRuns: 3000 })
    fc.assert(fc.property(events, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), (list, edits) => {
      const bytes = encodeEvents(list)
      for (const [at, value] of edits) bytes[at % bytes.length] = value
      const got = decodeOrRefuse(bytes)
      if (Array.isArray(got)) for (const event of got) expect(Object.getPrototypeOf(event)).toBe(Object.prototype)
    }), { numRuns: 1000 })
  })

  it('does not let a key change a prototype', () => {
    // the same length as __proto__, so that the batch stays whole
    const honest = encodeEvents([{ k: 'run', seq: 0, t: 0, run: 1, program: 'p', params: { __pr0to__: { polluted: true } } }])
    const text = Buffer.from(honest).toString('latin1').replace('__pr0to__', '__proto__')
    expect(decodeOrRefuse(Buffer.from(text, 'latin1'))).toMatchObject({ message: expect.stringContaining('__proto__') as string })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('refuses what is no event when writing, and leaves the batch as it was', () => {
    const encoder = new EventEncoder()
    encoder.add(sample[0]!, 0, 0)
    const deep = Array.from({ length: 40 }).reduce((inner) => [inner], 1 as unknown)
    expect(() => encoder.add({ k: 'call', call: 1, thread: 1, name: 'fork', args: { once: 1 } } as never, 1, 1)).toThrow(RangeError)
    expect(() => encoder.add({ k: 'ret', call: 1, value: deep } as never, 1, 1)).toThrow('nested')
    expect(() => encoder.add({ k: 'nothing' } as never, 1, 1)).toThrow(RangeError)
    expect(() => encoder.add(sample[1]!, 0, 1)).toThrow('rise')
    encoder.add(sample[1]!, 1, 3)
    expect(decodeEvents(encoder.finish())).toStrictEqual(sample.slice(0, 2))
  })

  it('bounds what hostile counts can make it allocate', () => {
    // a call whose args claim 2^40 fields; a print whose text claims 2^40 bytes
    for (const kind of [5, 4]) {
      const got = decodeOrRefuse(Uint8Array.of(0x81, kind, 0, 0, 0, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20))
      expect(got).toBeInstanceOf(TraceFormatError)
    }
  })
})
