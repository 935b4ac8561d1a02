import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findBytes } from '../../../../src/renderer/hex/find-bytes'
import { streamSource, type Piece } from '../../../../src/renderer/hex/stream-bytes'
import type { HoledBytes } from '../../../../src/renderer/hex/bytes'

const find = (all: Uint8Array, needle: Uint8Array, from: number, backwards = false) =>
  findBytes((offset, len) => all.subarray(offset, offset + len), {
    length: all.length,
    needle,
    from,
    backwards,
    signal: new AbortController().signal,
  })

describe('find', () => {
  it('finds what indexOf finds, going round the end', async () => {
    const small = fc.array(fc.constantFrom(0, 1), { maxLength: 30 }).map((a) => Uint8Array.from(a))
    await fc.assert(
      fc.asyncProperty(small, small, fc.nat(32), async (all, needle, from) => {
        const text = String.fromCharCode(...all)
        const wanted = String.fromCharCode(...needle)
        const ahead = text.indexOf(wanted, from)
        const expected = needle.length === 0 ? -1 : from <= text.length && ahead >= 0 ? ahead : text.indexOf(wanted)
        expect(await find(all, needle, from)).toBe(expected)
        const back = from === 0 ? -1 : text.lastIndexOf(wanted, Math.min(from, text.length) - 1)
        expect(await find(all, needle, from, true)).toBe(needle.length === 0 ? -1 : back >= 0 ? back : text.lastIndexOf(wanted))
      }),
      { numRuns: 200 },
    )
  })

  it('finds a match that straddles two chunks, and the one at the very end', async () => {
    const all = new Uint8Array(600 * 1024)
    all.set([1, 2, 3, 4], 256 * 1024 - 2)
    all.set([5, 6], all.length - 2)
    expect(await find(all, Uint8Array.of(1, 2, 3, 4), 0)).toBe(256 * 1024 - 2)
    expect(await find(all, Uint8Array.of(5, 6), 0)).toBe(all.length - 2)
    expect(await find(all, Uint8Array.of(9), 0)).toBe(-1)
  })

  it('takes no hole for bytes, and stops when told', async () => {
    const holed: HoledBytes = { bytes: Uint8Array.of(0, 0, 7, 7), holes: [{ from: 0, to: 3 }] }
    expect(await findBytes(() => holed, { length: 4, needle: Uint8Array.of(0), from: 0, signal: new AbortController().signal })).toBe(-1)
    const stop = new AbortController()
    stop.abort()
    expect(await findBytes(() => holed, { length: 4, needle: Uint8Array.of(7), from: 0, signal: stop.signal })).toBeUndefined()
  })
})

describe('stream bytes', () => {
  it('puts the stream together from what was kept, and calls the rest holes', async () => {
    const store = Uint8Array.from({ length: 500 }, (_, i) => i & 0xff)
    const piece = fc.record({ len: fc.integer({ min: 1, max: 20 }), kept: fc.nat(20), gap: fc.nat(5), has: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), fc.nat(60), fc.nat(80), fc.boolean(), async (list, offset, len, promised) => {
        const pieces: Piece[] = []
        const truth: (number | undefined)[] = []
        let at = 0
        for (const p of list) {
          at += p.gap
          const kept = Math.min(p.kept, p.len)
          pieces.push({ offset: truth.length, len: p.len, ...(p.has ? { data: { at, len: p.len, kept } } : {}) })
          for (let i = 0; i < p.len; i++) truth.push(p.has && i < kept ? store[at + i] : undefined)
          at += kept
        }
        const read = streamSource(
          () => pieces,
          (o, l) => (promised ? Promise.resolve(store.subarray(o, o + l)) : store.subarray(o, o + l)),
        )
        const answer = (await read(offset, len)) as HoledBytes
        const got = Array.from(answer.bytes, (b, i) => (answer.holes.some((h) => i >= h.from && i < h.to) ? undefined : b))
        expect(got).toEqual(truth.slice(offset, offset + len))
      }),
    )
  })

  it('says that bytes are not here yet, rather than guessing', () => {
    const read = streamSource(
      () => [{ offset: 0, len: 4, data: { at: 0, len: 4, kept: 4 } }],
      () => undefined,
    )
    expect(read(0, 4)).toBeUndefined()
  })
})
