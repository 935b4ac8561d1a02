import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesRepr, literal, name } from '../../../src/engine/programs/python'
import { fillConstants } from '../../../src/engine/programs/twin'

/** What python3 makes of the expressions, all in one start of it. */
const python = (program: string, input: unknown): unknown =>
  JSON.parse(execFileSync('python3', ['-c', `import sys, json, ast\ngiven = json.load(sys.stdin)\n${program}`], { input: JSON.stringify(input), encoding: 'utf8' }))

describe('Python literals', () => {
  it('of any text read back as that text, on one line', () => {
    const texts = fc.sample(fc.string({ unit: 'binary', maxLength: 20 }), { numRuns: 500, seed: 1 })
    texts.push("it's", '"', `'"`, '\\', '\\n', '\n', 'a\u202eb', '안녕', 'こんにちは', '\u2028', "'''", '"""', '\0', '\x7f', '\u{1F600}')
    const written = texts.map(literal)
    expect(written.filter((w) => /[\r\n\u2028\u2029\u202e]/.test(w))).toEqual([])
    expect(python('print(json.dumps([ast.literal_eval(x) for x in given]))', written)).toEqual(texts)
  })
  it('of flags and numbers', () => {
    expect([literal(true), literal(false), literal(9999), literal(0.5)]).toEqual(['True', 'False', '9999', '0.5'])
  })
  it('bytesRepr is repr()', () => {
    const all = [...fc.sample(fc.uint8Array({ maxLength: 40 }), { numRuns: 300, seed: 2 }), Uint8Array.from({ length: 256 }, (_, i) => i),
      ...["it's", 'say "x"', `'"`, 'a\tb\r\n\\', ''].map((s) => new TextEncoder().encode(s))]
    expect(all.map(bytesRepr)).toEqual(python('print(json.dumps([repr(bytes(x)) for x in given]))', all.map((b) => [...b])))
  })
})

describe('fillConstants', () => {
  const source = "FAMILY = socket.AF_INET\nHOST = 'a'\n\ndef f():\n    HOST = 1\n"
  it('sets constants at the left margin only', () => {
    expect(fillConstants(source, { FAMILY: 'socket.AF_INET6', HOST: "$&'\n" })).toBe("FAMILY = socket.AF_INET6\nHOST = \"$&'\\n\"\n\ndef f():\n    HOST = 1\n")
  })
  it('lets no other expression in', () => {
    expect(fillConstants(source, { FAMILY: 'exit()' })).toContain("FAMILY = 'exit()'")
    expect(fillConstants(source, { HOST: 'socket.AF_INET6' })).toContain("HOST = 'socket.AF_INET6'")
  })
  it('refuses a constant that the twin does not have', () => {
    expect(() => fillConstants(source, { PORT: 1 })).toThrow('PORT')
  })
})

describe('name', () => {
  it('writes endpoints as the twins do', () => {
    expect(name({ family: 'inet', host: '127.0.0.1', port: 1 })).toBe('127.0.0.1:1')
    expect(name({ family: 'inet6', host: 'fe80::1', port: 1, scope: 2 })).toBe('[fe80::1]:1')
  })
})
