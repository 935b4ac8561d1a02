import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, decodeAll, decodeFrame, encodeFrame, indexOfBytes, lengthField, maxBody, type Framing } from '../../../src/shared/bytes/framing'

const none: Uint8Array = new Uint8Array()
const bytes = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0))
const fixed = (size: number, header = none): Framing => ({ kind: 'fixed', header, size })
const length = (lengthBytes: 1 | 2 | 4, byteOrder: 'big' | 'little' = 'big', max = 4096, header = none): Framing => ({ kind: 'length', header, lengthBytes, byteOrder, max })
const lines = (max = 4096, delimiter = '\n', header = none): Framing => ({ kind: 'delimiter', header, delimiter: bytes(delimiter), max })

const encoded = (f: Framing, body: Uint8Array): Uint8Array => {
  const r = encodeFrame(f, body)
  if (!r.ok) throw new Error(JSON.stringify(r.error))
  return r.value
}
const bodies = (f: Framing, stream: Uint8Array, ended = false) => decodeAll(f, stream, ended).frames.map(({ body }) => stream.slice(body.from, body.to))

describe('golden', () => {
  it.each([
    [length(4), 'hello', '\0\0\0\x05hello'],
    [length(4, 'little'), 'hello', '\x05\0\0\0hello'],
    [length(2), 'hi', '\0\x02hi'],
    [length(2, 'little'), 'hi', '\x02\0hi'],
    [length(1), '', '\0'],
    [length(1, 'big', 255, bytes('SS')), 'x', 'SS\x01x'],
    [fixed(8), 'hello', 'hello\0\0\0'],
    [lines(), 'hello', 'hello\n'],
    [lines(99, '\r\n'), 'hello', 'hello\r\n'],
  ] as const)('%o %s', (f, body, frame) => {
    expect(encoded(f, bytes(body))).toEqual(bytes(frame))
    expect(bodies(f, bytes(frame))).toEqual([bytes(body)])
  })
  it('1234 as a length field', () => {
    expect([lengthField(1234, 4, 'little'), lengthField(1234, 4, 'big')].map((b) => [...b])).toEqual([[0xd2, 4, 0, 0], [0, 0, 4, 0xd2]])
    expect([...lengthField(0xffff_fffe, 4, 'big')]).toEqual([0xff, 0xff, 0xff, 0xfe])
  })
})

describe('what is no frame', () => {
  it('an oversized length is refused before the body is waited for', () => {
    expect(decodeFrame(length(4, 'big', 100), bytes('\0\0\0\x65'))).toEqual({ kind: 'invalid', error: { code: 'oversized', length: 101, max: 100 } })
    expect(decodeFrame(length(4, 'big', 100), bytes('\0\0\0\x64'))).toEqual({ kind: 'more', have: 4, need: 104 })
    expect(decodeFrame(length(4), bytes('\xff\xff\xff\xff'))).toMatchObject({ kind: 'invalid', error: { length: 0xffff_ffff } })
  })
  it('a line without an end is refused as soon as it is too long, its delimiter begun or not', () => {
    expect(decodeFrame(lines(3), bytes('abc'))).toEqual({ kind: 'more', have: 3 })
    expect(decodeFrame(lines(3), bytes('abcd'))).toEqual({ kind: 'invalid', error: { code: 'oversized', length: 4, max: 3, atLeast: true } })
    expect(decodeFrame(lines(3, '\r\n'), bytes('abc\r'))).toEqual({ kind: 'more', have: 4 })
    expect(decodeFrame(lines(3, '\r\n'), bytes('abc\rx'))).toMatchObject({ kind: 'invalid' })
    expect(decodeFrame(lines(3), bytes('abcd\n'))).toMatchObject({ kind: 'invalid', error: { length: 4 } })
  })
  it('a wrong header is told at its first wrong byte, however little has come', () => {
    expect(decodeFrame(length(2, 'big', 9, bytes('SSP')), bytes('SX'))).toEqual({ kind: 'invalid', error: { code: 'header', at: 1, expected: 0x53, found: 0x58 } })
    expect(decodeFrame(lines(9, '\n', bytes('>')), bytes('\n'))).toMatchObject({ kind: 'invalid', error: { code: 'header', at: 0 } })
  })
  it('the end of the stream in the middle of a frame', () => {
    expect(decodeAll(length(4), bytes('\0\0\0\x02ab\0\0'), true)).toMatchObject({ frames: [{}], rest: { kind: 'invalid', range: { from: 6, to: 8 }, error: { code: 'eof', have: 2, need: 4 } } })
    expect(decodeAll(lines(), bytes('ab'), true).rest).toMatchObject({ kind: 'invalid', error: { code: 'eof', have: 2 } })
    expect(decodeAll(lines(), bytes('ab\n'), true).rest).toEqual({ kind: 'none' })
  })
  it('a body that cannot be a frame', () => {
    expect(encodeFrame(lines(), bytes('a\nb'))).toEqual({ ok: false, error: { code: 'holds-delimiter', at: 1 } })
    // the body's end and the delimiter together would be taken for an earlier delimiter
    expect(encodeFrame(lines(9, '\n\n'), bytes('a\n'))).toEqual({ ok: false, error: { code: 'holds-delimiter', at: 1 } })
    expect(encodeFrame(length(1, 'big', 4096), new Uint8Array(256))).toEqual({ ok: false, error: { code: 'oversized', length: 256, max: 255 } })
    expect(encodeFrame(fixed(2), bytes('abc'))).toMatchObject({ ok: false })
  })
})

// ---- generated
const header = fc.uint8Array({ maxLength: 3 })
const framing: fc.Arbitrary<Framing> = fc.oneof(
  fc.record({ kind: fc.constant('fixed' as const), header, size: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant('length' as const), header, lengthBytes: fc.constantFrom(1 as const, 2 as const, 4 as const), byteOrder: fc.constantFrom('big' as const, 'little' as const), max: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constant('delimiter' as const), header, delimiter: fc.uint8Array({ minLength: 1, maxLength: 3 }), max: fc.integer({ min: 1, max: 40 }) }),
)
/** Bodies that can be frames, and come back as they were: a fixed one loses its NUL bytes at the end. */
const stream = framing.chain((f) => fc.array(fc.uint8Array({ maxLength: maxBody(f) }), { maxLength: 6 }).map((given) => {
  const whole = given.filter((body) => encodeFrame(f, body).ok && !(f.kind === 'fixed' && body.at(-1) === 0))
  return { f, bodies: whole, data: concat(...whole.map((body) => encoded(f, body))) }
}))

describe('generated', () => {
  it('round trip', () => {
    fc.assert(fc.property(stream, (s) => {
      expect(bodies(s.f, s.data, true)).toEqual(s.bodies)
      expect(decodeAll(s.f, s.data, true).rest).toEqual({ kind: 'none' })
    }), { numRuns: 2000 })
  })
  it('every truncated prefix: the frames that are whole, and never "invalid"; ended there, an error and not a frame', () => {
    fc.assert(fc.property(stream, (s) => {
      const all = decodeAll(s.f, s.data).frames
      for (let n = 0; n < s.data.length; n++) {
        const part = decodeAll(s.f, s.data.slice(0, n))
        const whole = all.filter((frame) => frame.whole.to <= n)
        expect(part.frames).toEqual(whole)
        const at = whole.at(-1)?.whole.to ?? 0
        expect(part.rest.kind).toBe(at === n ? 'none' : 'more')
        if (part.rest.kind === 'more' && part.rest.need !== undefined) expect(part.rest.need).toBeGreaterThan(n - at)
        if (at !== n) expect(decodeAll(s.f, s.data.slice(0, n), true).rest).toMatchObject({ kind: 'invalid', error: { code: 'eof', have: n - at } })
      }
    }), { numRuns: 300 })
  })
  it('any bytes: no exception, no endless loop, every byte in exactly one frame or in the rest, no body over the limit', () => {
    fc.assert(fc.property(framing, fc.uint8Array({ maxLength: 400 }), fc.boolean(), (f, data, ended) => {
      const { frames, rest } = decodeAll(f, data, ended)
      let at = 0
      for (const frame of frames) {
        expect(frame.whole.from).toBe(at)
        expect(frame.body.to - frame.body.from).toBeLessThanOrEqual(maxBody(f))
        expect(frame.tail.to).toBe(frame.whole.to)
        at = frame.whole.to
      }
      expect(rest.kind === 'none' ? data.length : rest.range.from).toBe(at)
      if (rest.kind !== 'none') expect(rest.range.to).toBe(data.length)
    }), { numRuns: 20_000 })
  })
  it('100,000 streams of whole frames with one byte changed, lost or added: a frame, not enough data or a clear error', () => {
    const random = fc.sample(stream, { numRuns: 1000, seed: 6 }).filter(({ data }) => data.length > 0)
    let state = 1
    const next = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below
    const rests: Record<string, number> = {}
    for (let i = 0; i < 100_000; i++) {
      const { f, data } = random[next(random.length)]!
      const at = next(data.length)
      const how = next(3)
      const broken = how === 0 ? data.with(at, next(256)) : how === 1 ? concat(data.subarray(0, at), data.subarray(at + 1)) : concat(data.subarray(0, at), Uint8Array.of(next(256)), data.subarray(at))
      const { frames, rest } = decodeAll(f, broken, next(2) === 0)
      const end = frames.at(-1)?.whole.to ?? 0
      if (rest.kind === 'none' ? end !== broken.length : rest.range.from !== end) throw new Error(`bytes ${[...broken].join(' ')} were lost`)
      const kind = rest.kind === 'invalid' ? rest.error.code : rest.kind
      rests[kind] = (rests[kind] ?? 0) + 1
    }
    // each kind of end was met, so that the generator is known to reach them
    expect(Object.keys(rests).sort()).toEqual(['eof', 'header', 'more', 'none', 'oversized'])
  })
  it('indexOfBytes is Buffer.indexOf', () => {
    const few = fc.array(fc.constantFrom(0, 1), { maxLength: 30 }).map((a) => Uint8Array.from(a))
    fc.assert(fc.property(few, fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 4 }).map((a) => Uint8Array.from(a)), fc.nat(10), (all, part, from) => {
      expect(indexOfBytes(all, part, from)).toBe(Buffer.from(all).indexOf(Buffer.from(part), Math.min(from, all.length)))
    }), { numRuns: 3000 })
  })
})
