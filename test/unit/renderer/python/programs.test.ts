import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { EXAMPLES, exampleOf } from '../../../../src/renderer/features/python/examples'
import { lineMap } from '../../../../src/renderer/features/python/programs/map-lines'
import { decode, encode, fileName, freeName, isUnsaved, MAX_KEPT, type OpenProgram } from '../../../../src/renderer/features/python/programs/program-file'
import { splitArgs } from '../../../../src/renderer/features/python/programs/split-args'

const program = (over: Partial<OpenProgram> = {}): OpenProgram => ({ id: 'a', name: 'a.py', source: 'x = 1\n', args: '', breakpoints: [1], safe: 'x = 1\n', ...over })

describe('arguments', () => {
  it.each([
    ['', []],
    ['  ', []],
    ['127.0.0.1 9999', ['127.0.0.1', '9999']],
    ['-n "Ada Lovelace" --group=ff02::1', ['-n', 'Ada Lovelace', '--group=ff02::1']],
    [`'it is' "a \\"b\\"" c\\ d`, ['it is', 'a "b"', 'c d']],
    ['a""b \'\'', ['ab', '']],
    ['"open', ['"open']],
  ])('%j', (line, args) => expect(splitArgs(line)).toEqual(args))

  it('gives every word back that was quoted', () => fc.assert(fc.property(fc.array(fc.string({ maxLength: 8 }), { maxLength: 5 }), (words) => {
    const line = words.map((word) => `"${word.replace(/["\\]/g, '\\$&')}"`).join(' ')
    expect(splitArgs(line)).toEqual(words)
  })))
})

describe('names', () => {
  it.each([
    ['server', 'server.py'], ['server.py', 'server.py'], ['../../etc/passwd', 'passwd.py'], ['C:\\x\\y.pyw', 'y.py'], ['a\u202eb', 'ab.py'], ['..', undefined], ['  ', undefined], ['.py', undefined],
  ])('%j', (typed, name) => expect(fileName(typed)).toBe(name))
  it('finds one that is free', () => expect(freeName('a.py', ['a.py', 'a2.py'])).toBe('a3.py'))
  it('knows what would be lost', () => {
    expect(isUnsaved(program())).toBe(false)
    expect(isUnsaved(program({ source: 'y' }))).toBe(true)
    expect(isUnsaved(program({ source: ' \n' }))).toBe(false)
  })
})

describe('what is kept', () => {
  it('comes back', () => {
    const both = [program(), program({ id: 'b', name: 'b.py' })]
    expect(decode(encode(both, 'b') ?? null)).toEqual({ programs: both, current: 'b' })
  })
  it('has a bound', () => expect(encode([program({ source: 'x'.repeat(MAX_KEPT) })], 'a')).toBeUndefined())
  it.each([
    null, '', '{', '[]', '{"version":2,"programs":[]}', '{"version":1,"programs":[]}', '{"version":1,"programs":[null]}',
    JSON.stringify({ version: 1, current: 'a', programs: [{ ...program(), name: '../x.py' }] }),
    JSON.stringify({ version: 1, current: 'a', programs: [{ ...program(), breakpoints: ['1'] }] }),
    JSON.stringify({ version: 1, current: 'a', programs: [program(), program()] }),
  ])('is not trusted: %j', (text) => expect(decode(text)).toBeUndefined())
})

describe('lines of the text that ran', () => {
  it('move with an edit above and below', () => {
    const at = lineMap('a\nb\nc\nd', 'a\nnew\nb\nc\nd')
    expect([1, 2, 4].map(at)).toEqual([1, 3, 5])
    expect(lineMap('a\nb\nc', 'a\nB\nc')(2)).toBeUndefined()
  })
  it('keeps every line that it maps', () => fc.assert(fc.property(fc.array(fc.constantFrom('a', 'b', 'c')), fc.array(fc.constantFrom('a', 'b', 'c')), (ran, now) => {
    const at = lineMap(ran.join('\n'), now.join('\n'))
    ran.forEach((text, i) => {
      const to = at(i + 1)
      if (to !== undefined) expect(now.join('\n').split('\n')[to - 1]).toBe(text)
    })
  })))
})

describe('examples', () => {
  it('have each an id of their own, and their server among them', () => {
    expect(new Set(EXAMPLES.map((one) => one.id)).size).toBe(EXAMPLES.length)
    for (const { needs } of EXAMPLES) if (needs) expect(exampleOf(needs)).toBeDefined()
  })
})
