import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dumps, loaded, type DumpOptions } from '../../../src/shared/bytes/json-wire'
import { parseLiteral } from '../../../src/shared/bytes/py-literal'
import { pyRepr } from '../../../src/shared/bytes/py-repr'
import type { PyValue } from '../../../src/shared/bytes/py-value'
import { askPython } from './ask-python'

const ANSWER = `
from math import nan, inf
def answer(case):
    source, ascii, compact, sort = case
    try: value = eval(source)
    except TypeError: return ['unhashable']
    try: text = json.dumps(value, ensure_ascii=ascii, sort_keys=sort, separators=(',', ':') if compact else None)
    except TypeError as e: return [repr(value), 'TypeError: ' + str(e)]
    return [repr(value), text, repr(json.loads(text))]
`
const PLAIN: DumpOptions = { ensureAscii: true, compact: false, sortKeys: false }
function ours(source: string, options: DumpOptions): string[] {
  const value = parseLiteral(source)
  if (!value.ok) return [value.error.code]
  const done = dumps(value.value, options)
  return done.ok ? [pyRepr(value.value), done.value.text, pyRepr(loaded(value.value, options.sortKeys))] : [pyRepr(value.value), done.error.python]
}

const at = { from: 0, to: 0 }
// which characters repr() escapes depends on the Unicode version, so only those that all versions know
const letters = fc.array(fc.oneof(fc.nat(0x36f), fc.integer({ min: 0xac00, max: 0xd7a3 }), fc.integer({ min: 0x4e00, max: 0x9fa5 })), { maxLength: 8 })
  .map((points) => String.fromCodePoint(...points))
const scalar: fc.Arbitrary<PyValue> = fc.oneof(
  fc.bigInt(-(10n ** 25n), 10n ** 25n).map((value): PyValue => ({ at, type: 'int', value })),
  fc.double().map((value): PyValue => ({ at, type: 'float', value })),
  fc.oneof(fc.string(), letters, fc.constantFrom('한글', '日本\n', '"\\', '\x7f\u2028', '😀')).map((value): PyValue => ({ at, type: 'str', value })),
  fc.boolean().map((value): PyValue => ({ at, type: 'bool', value })),
  fc.constant<PyValue>({ at, type: 'None' }),
)
const bytes = fc.uint8Array({ maxLength: 4 }).map((value): PyValue => ({ at, type: 'bytes', value }))
const leaf = fc.oneof({ weight: 15, arbitrary: scalar }, { weight: 1, arbitrary: bytes })
const { value } = fc.letrec<{ value: PyValue }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leaf,
    fc.tuple(fc.constantFrom('list', 'tuple'), fc.array(tie('value'), { maxLength: 4 })).map(([type, items]): PyValue => ({ at, type: type as 'list', items })),
    fc.array(fc.tuple(leaf, tie('value')), { maxLength: 4 }).map((items): PyValue => ({ at, type: 'dict', items })),
    fc.array(fc.tuple(fc.string().map((s): PyValue => ({ at, type: 'str', value: s })), tie('value')), { maxLength: 4 }).map((items): PyValue => ({ at, type: 'dict', items })),
  ),
}))

describe('JSON on the wire', () => {
  it('prints what json.dumps prints', () => {
    expect(ours("{'a': (1, 2), 3: None, 'b': True}", PLAIN)).toEqual(["{'a': (1, 2), 3: None, 'b': True}", '{"a": [1, 2], "3": null, "b": true}', "{'a': [1, 2], '3': None, 'b': True}"])
    expect(ours("'한'", PLAIN)[1]).toBe('"\\ud55c"')
  })

  it('locates what cannot be serialised', () => {
    const source = "{'a': [1, b'x']}"
    const parsed = parseLiteral(source)
    const done = parsed.ok ? dumps(parsed.value, PLAIN) : parsed
    if (done.ok || !('python' in done.error)) throw new Error('it was taken')
    expect(done.error).toEqual({ python: 'TypeError: Object of type bytes is not JSON serializable', at: { from: 10, to: 14 }, path: ['a', 1] })
    expect(source.slice(10, 14)).toBe("b'x'")
  })

  it('locates what is no literal', () => {
    const wrong = (source: string): unknown => {
      const parsed = parseLiteral(source)
      return parsed.ok ? pyRepr(parsed.value) : [parsed.error.code, parsed.error.at.from, parsed.error.at.to]
    }
    expect(wrong("{'a': datetime}")).toEqual(['value', 6, 14])
    expect(wrong('[1 2]')).toEqual(['comma', 3, 4])
    expect(wrong('[1,')).toEqual(['end', 3, 3])
    expect(wrong("'abc")).toEqual(['string', 0, 4])
    expect(wrong('{[1]: 2}')).toEqual(['unhashable', 1, 4])
    expect(wrong("b'é'")).toEqual(['bytes-ascii', 2, 3])
    expect(wrong('1 2')).toEqual(['extra', 2, 3])
    expect(wrong('['.repeat(100))).toEqual(['deep', 61, 62])
    expect(wrong('')).toEqual(['end', 0, 0])
  })

  it('every part of the text is told, without a gap', () => {
    fc.assert(fc.property(value, (one) => {
      const done = dumps(one, PLAIN)
      if (!done.ok) return
      expect(done.value.parts.map((part) => done.value.text.slice(part.at.from, part.at.to)).join('')).toBe(done.value.text)
    }))
  })

  it('agrees with python3 on thousands of values', () => {
    const samples = fc.sample(fc.tuple(value, fc.boolean(), fc.boolean(), fc.constantFrom(false, false, false, true)), 4000)
      .map(([one, ascii, compact, sort]) => [pyRepr(one), ascii, compact, sort] as const)
      // which of two unlike keys a sort compares first is the sort's own affair
      .filter(([source, , , sort]) => !sort || !/(None|True|False|\d|inf|nan): |b['"].*: /.test(source))
    const answers = askPython<string[]>(ANSWER, samples)
    const wrong = samples.map(([source, ensureAscii, compact, sortKeys], i) => ({ source, mine: ours(source, { ensureAscii, compact, sortKeys }), theirs: answers[i] }))
      .filter(({ mine, theirs }) => JSON.stringify(mine) !== JSON.stringify(theirs))
    expect(wrong.slice(0, 3)).toEqual([])
    expect(samples.length).toBeGreaterThan(2000)
  })
})
