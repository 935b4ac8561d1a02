import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseArguments } from '../../../src/shared/bytes/py-literal'
import { pyRepr } from '../../../src/shared/bytes/py-repr'
import { calcsize, pack, unpack } from '../../../src/shared/bytes/struct'
import { askPython, toHex } from './ask-python'

const ANSWER = `
import struct
from math import nan, inf
def answer(case):
    kind, fmt, data = case
    try:
        if kind == 'size': return struct.calcsize(fmt)
        if kind == 'pack': return struct.pack(fmt, *eval('[' + data + ']')).hex()
        return repr(list(struct.unpack(fmt, bytes.fromhex(data))))
    except (struct.error, OverflowError, UnicodeError, SystemError) as e:
        return ('struct.error' if isinstance(e, struct.error) else type(e).__name__) + ': ' + str(e)
`
/** A right format that is larger than the lab takes: python3 has no such limit. */
const pastLimit = (format: string): boolean => {
  const size = calcsize(format)
  return !size.ok && size.error.limit !== undefined
}

type Case = ['size' | 'pack' | 'unpack', string, string]

function ours([kind, format, data]: Case): string | number {
  if (kind === 'size') {
    const size = calcsize(format)
    return size.ok ? size.value : size.error.python
  }
  if (kind === 'unpack') {
    const done = unpack(format, Uint8Array.from(Buffer.from(data, 'hex')))
    return done.ok ? `[${done.value.values.map(pyRepr).join(', ')}]` : done.error.python
  }
  const values = parseArguments(data)
  if (!values.ok) throw new Error(`${data}: ${values.error.code}`)
  const done = pack(format, values.value)
  return done.ok ? toHex(done.value.bytes) : done.error.python
}

const order = fc.constantFrom('<', '>', '!', '=', '@', '')
const code = fc.constantFrom(...'xcbB?hHiIlLqQefdsp')
const count = fc.oneof({ weight: 3, arbitrary: fc.constant('') }, fc.nat(6).map(String))
const item = fc.tuple(count, code).map(([n, c]) => (c === 'p' && n === '0' ? 'p' : n + c))
const format = fc.tuple(order, fc.array(item, { minLength: 1, maxLength: 5 })).map(([o, items]) => o + items.join(''))
const edges = [7n, 8n, 15n, 16n, 31n, 32n, 63n, 64n].flatMap((b) => [2n ** b - 1n, 2n ** b, -(2n ** b), -(2n ** b) - 1n])
const anyInt = fc.oneof(fc.bigInt(-70000n, 70000n), fc.constantFrom(...edges), fc.bigInt(-(2n ** 66n), 2n ** 66n)).map(String)
const float = fc.oneof(fc.double(), fc.float(), fc.constantFrom(65504, 65519.99, 65520, 2 ** -24, 2 ** -25, 1.5 * 2 ** -25, 1e39, 0.1, -0), fc.double({ min: -70000, max: 70000 }))
  .map((x) => pyRepr({ type: 'float', value: x, at: { from: 0, to: 0 } }))
const bytes = fc.uint8Array({ maxLength: 7 }).map((b) => pyRepr({ type: 'bytes', value: b, at: { from: 0, to: 0 } }))
const anything = fc.oneof(anyInt, float, bytes, fc.constantFrom('True', 'False', 'None', "'text'", '[]', '()'))

/** mostly the right kind of value */
function valuesFor(text: string): fc.Arbitrary<string> {
  const wanted = [...text.matchAll(/(\d*)([a-zA-Z?])/g)].flatMap(([, n, c]) =>
    (c === 'x' ? [] : c === 's' || c === 'p' ? [c] : Array.from({ length: n === '' ? 1 : Number(n) }, () => c)))
  const right = wanted.map((c) => fc.oneof({ weight: 12, arbitrary: 'efd'.includes(c!) ? float : 'sp'.includes(c!) ? bytes : c === 'c' ? fc.nat(255).map((b) => `b'\\x${b.toString(16).padStart(2, '0')}'`)
    : 'bB'.includes(c!) ? fc.integer({ min: -129, max: 256 }).map(String) : anyInt }, { weight: 1, arbitrary: anything }))
  return fc.tuple(fc.tuple(...right), fc.option(anything, { freq: 20 })).map(([all, more]) => [...all, ...(more === null ? [] : [more])].join(', '))
}

describe('struct', () => {
  it('1234 in both byte orders', () => {
    expect(ours(['pack', '<i', '1234'])).toBe('d2040000')
    expect(ours(['pack', '!i', '1234'])).toBe('000004d2')
  })

  it('says where each value stands, the alignment of @ included', () => {
    const done = pack('@ci', [{ type: 'bytes', value: Uint8Array.of(1), at: { from: 0, to: 0 } }, { type: 'int', value: 2n, at: { from: 0, to: 0 } }])
    if (!done.ok) throw new Error(done.error.python)
    expect(done.value.format.slots.map(({ offset, size }) => [offset, size])).toEqual([[0, 1], [4, 4]])
    expect(done.value.format.gaps).toEqual([{ offset: 1, size: 3 }])
  })

  it('refuses what would fill memory, without trying', () => {
    const size = calcsize('<999999999s')
    expect(size.ok ? size.value : size.error.limit).toBe(65536)
    expect(pack('<70000x', []).ok).toBe(false)
  })

  it('agrees with python3 on thousands of formats and values', () => {
    const formats = fc.sample(format, 3000)
    const odd = fc.sample(fc.oneof(fc.string({ maxLength: 6 }), fc.array(fc.constantFrom(...'<>!=@ \t03x9icqzPé'), { maxLength: 6 }).map((a) => a.join(''))), 1500)
      .filter((text) => !/[P\0]/.test(text) && !/\d{5}/.test(text) && !pastLimit(text))
    const cases: Case[] = [
      ...[...formats, ...odd].map((text): Case => ['size', text, '']),
      ...formats.map((text): Case => ['pack', text, fc.sample(valuesFor(text), 1)[0]!]),
      ...formats.map((text): Case => {
        const size = calcsize(text)
        const length = size.ok ? size.value : 0
        return ['unpack', text, toHex(fc.sample(fc.uint8Array({ minLength: length, maxLength: length + (length % 7 === 0 ? 1 : 0) }), 1)[0]!)]
      }),
    ]
    const answers = askPython<string | number>(ANSWER, cases)
    const wrong = cases.map((one, i) => ({ case: one, mine: ours(one), theirs: answers[i] })).filter(({ mine, theirs }) => mine !== theirs)
    expect(wrong.slice(0, 5)).toEqual([])
    expect(answers).toHaveLength(cases.length)
  })
})
