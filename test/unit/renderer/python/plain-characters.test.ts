import { Text } from '@codemirror/state'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adviceFor } from '../../../../src/renderer/features/python/console/advice'
import { changesTo } from '../../../../src/renderer/features/python/editor/changes'
import { plainCharacters } from '../../../../src/renderer/features/python/programs/plain-characters'

describe('plain characters', () => {
  it.each([
    ['spaces that do not break', 'if x:\n\u00a0\u00a0\u00a0\u00a0y\u00a0= 1', 'if x:\n    y = 1'],
    ['curly quotes', 'print(\u201chello\u201d, \u2018it\u2019)', `print("hello", 'it')`],
    ['quotes that a word processor closed as it opened them', 'b\u201dhello\u201d', 'b"hello"'],
    ['three curly quotes', '\u201c\u201d\u201cdoc\n\u201cdoc\u201d\u201d\u201d', '"""doc\n\u201cdoc"""'],
    ['wide brackets and signs of an input method', 'print\uff08x\uff0c\u3000y\uff09\uff1b\uff0a\uff11', 'print(x, y);*1'],
    ['a wide number sign', 'x \uff03 \u201cno\u201d', 'x # \u201cno\u201d'],
    ['no width', 'x\u200b = 1\ufeff', 'x = 1'],
    ['dashes', 'x \u2013 y \u2212 1', 'x - y - 1'],
    ['what strings say is left alone', `print("\u201cquoted\u201d\u00a0\uff01", 'it\u2019s')`, `print("\u201cquoted\u201d\u00a0\uff01", 'it\u2019s')`],
    ['escapes', `print("a\\"\u201d", \u201cb\\\u201dc\u201d)`, `print("a\\"\u201d", "b\\\u201dc")`],
    ['comments are left alone', 'x = 1 # it\u2019s\u00a0one \uff01\ny\u00a0= 2', 'x = 1 # it\u2019s\u00a0one \uff01\ny = 2'],
    ['a string that is never closed', 'print(\u201chello)\n', 'print("hello)\n'],
  ])('%s', (_, odd, plain) => expect(plainCharacters(odd)).toBe(plain))

  it('leaves ASCII as it is', () => fc.assert(fc.property(fc.string({ unit: 'binary-ascii', maxLength: 60 }), (text) => {
    expect(plainCharacters(text)).toBe(text)
  })))
  it('changes no number of lines', () => fc.assert(fc.property(fc.string({ unit: fc.constantFrom('"', "'", '\u201c', '\u2019', '\\', '#', '\n', '\u00a0', '\uff08', 'x') }), (text) => {
    expect(plainCharacters(text).split('\n')).toHaveLength(text.split('\n').length)
  })))
})

it('advice names the character', () => {
  const of = (message: string) => adviceFor({ type: 'SyntaxError', message, frames: [] })
  expect(of("invalid character '\u201c' (U+201C)")).toEqual({ key: 'oddCharacter', name: 'U+201C' })
  expect(of('invalid non-printable character U+00A0')).toEqual({ key: 'oddCharacter', name: 'U+00A0' })
})

it('a text becomes another line by line where it can', () => {
  const doc = Text.of(['a', 'b', 'c'])
  expect(changesTo(doc, 'a\nB\nc')).toEqual([{ from: 2, to: 3, insert: 'B' }])
  expect(changesTo(doc, 'x')).toEqual([{ from: 0, to: 5, insert: 'x' }])
})
