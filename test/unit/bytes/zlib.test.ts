import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compress, decompress, LEVELS, parts } from '../../../src/shared/bytes/zlib'
import { askPython, toHex } from './ask-python'

const ANSWER = `
import zlib
def answer(case):
    kind, level, data = case
    data = bytes.fromhex(data)
    if kind == 'compress': return zlib.compress(data, level).hex()
    try: return zlib.decompress(data).hex()
    except zlib.error as e: return 'zlib.error: ' + str(e)
`
const MAX = 1 << 20
const data = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.nat(400)).map(([part, n]) => Uint8Array.from({ length: part.length * n }, (_, i) => part[i % part.length]!)),
)
const ours = (bytes: Uint8Array): string => {
  const done = decompress(bytes, MAX)
  return done.ok ? toHex(done.value.bytes) : done.error.code === 'bad-data' ? done.error.python : done.error.code
}

describe('zlib', () => {
  it('comes back whole at every level', () => {
    fc.assert(fc.property(data, fc.constantFrom(...LEVELS), (bytes, level) => {
      const packed = compress(bytes, level)
      expect(decompress(packed, MAX)).toEqual({ ok: true, value: { bytes, unused: 0 } })
      const { header, data: body, checksum } = parts(packed)
      expect([header.from, header.to, body.to, checksum.to]).toEqual([0, 2, packed.length - 4, packed.length])
    }))
  })

  it('says how much follows the stream', () => {
    expect(decompress(Uint8Array.of(...compress(Uint8Array.of(1, 2)), 9, 9, 9), MAX)).toEqual({ ok: true, value: { bytes: Uint8Array.of(1, 2), unused: 3 } })
  })

  it('stops at the limit, however much a few bytes hold', () => {
    const bomb = deflateSync(Buffer.alloc(256 << 20), { level: 9 })
    expect(decompress(Uint8Array.from(bomb), MAX)).toEqual({ ok: false, error: { code: 'too-large', max: MAX } })
  })

  it('agrees with python3: what each compresses the other reads, and what is damaged is refused with the same words', () => {
    const samples = fc.sample(fc.tuple(data, fc.constantFrom(...LEVELS)), 1000)
    const damaged = fc.sample(fc.tuple(data, fc.nat(), fc.nat(255), fc.nat()), 2000).map(([bytes, at, value, cut]) => {
      const packed = compress(bytes).slice()
      if (cut % 3 === 0) return packed.slice(0, cut % packed.length)
      packed[at % packed.length] = value
      return packed
    })
    const cases = [
      ...samples.map(([bytes, level]) => ['compress', level, toHex(bytes)] as const),
      ...samples.map(([bytes, level]) => ['decompress', 0, toHex(compress(bytes, level))] as const),
      ...damaged.map((bytes) => ['decompress', 0, toHex(bytes)] as const),
    ]
    const answers = askPython<string>(ANSWER, cases)
    samples.forEach(([bytes], i) => {
      expect(ours(Uint8Array.from(Buffer.from(answers[i]!, 'hex')))).toBe(toHex(bytes))
      expect(answers[samples.length + i]).toBe(toHex(bytes))
    })
    expect(damaged.map(ours)).toEqual(answers.slice(2 * samples.length))
  })
})
