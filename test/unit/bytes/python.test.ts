import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pythonBytes, pythonStr } from '../../../src/shared/bytes/python-bytes'
import { encodeUtf8, utf8Sequences } from '../../../src/shared/bytes/utf8'

/** All cases go to one python3: lines of "kind hex", answered with JSON. */
const PROGRAM = `
import sys, json, unicodedata, codecs
bad = []
codecs.register_error('note', lambda e: (bad.extend(range(e.start, e.end)), ('', e.end))[1])
out = []
for line in sys.stdin:
    kind, _, text = line.rstrip('\\n').partition(' ')
    data = bytes.fromhex(text)
    if kind == 'b': out.append(repr(data))
    elif kind == 's': out.append(repr(data.decode('utf-16-le', 'surrogatepass')))
    elif kind == 'd':
        bad.clear()
        data.decode('utf-8', 'note')
        out.append(list(bad))
    elif kind == 'c': out.append([c for c in range(0x110000) if unicodedata.category(chr(c)) == 'Cn'])
json.dump(out, sys.stdout)
`
type Case = ['b' | 's' | 'd' | 'c', Uint8Array]
function askPython(cases: Case[]): unknown[] {
  const input = cases.map(([kind, bytes]) => `${kind} ${Buffer.from(bytes).toString('hex')}`).join('\n')
  const run = spawnSync('python3', ['-c', PROGRAM], { input, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  if (run.status !== 0) throw new Error(`python3: ${run.error?.message ?? run.stderr}`)
  return JSON.parse(run.stdout) as unknown[]
}

const utf16 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'utf16le'))

describe('python literals', () => {
  it('prints golden vectors', () => {
    expect(pythonBytes(encodeUtf8('hello\n'))).toBe("b'hello\\n'")
    expect(pythonBytes(encodeUtf8("it's"))).toBe('b"it\'s"')
    expect(pythonBytes(encodeUtf8('it\'s "x"'))).toBe("b'it\\'s \"x\"'")
    expect(pythonBytes(Uint8Array.of(0, 0x1f, 0x7f, 0xff, 0x5c))).toBe("b'\\x00\\x1f\\x7f\\xff\\\\'")
    expect(pythonBytes(new Uint8Array())).toBe("b''")
    expect(pythonStr('안녕\t\u200b')).toBe("'안녕\\t\\u200b'")
  })

  it('agrees with python3 in every byte, and in thousands of generated cases', () => {
    const quoted = fc.array(fc.constantFrom(0x27, 0x22, 0x5c, 0x0a, 0x61, 0x80)).map((a) => Uint8Array.from(a))
    const cases: Case[] = [
      ...Array.from({ length: 256 }, (_, b): Case => ['b', Uint8Array.of(b)]),
      ...fc.sample(fc.uint8Array({ maxLength: 40 }), 2000).map((b): Case => ['b', b]),
      ...fc.sample(quoted, 1000).map((b): Case => ['b', b]),
    ]
    const answers = askPython(cases)
    expect(answers).toHaveLength(cases.length)
    expect(cases.map(([, bytes]) => pythonBytes(bytes))).toEqual(answers)
  })

  it('agrees with python3 on str, for every character that both Unicode versions know alike', () => {
    const [unassigned] = askPython([['c', new Uint8Array()]]) as [number[]]
    const unknownThere = new Set(unassigned)
    const agreed: number[] = []
    for (let c = 0; c < 0x110000; c++) if (unknownThere.has(c) === /\p{Cn}/u.test(String.fromCodePoint(c))) agreed.push(c)
    expect(agreed.length).toBeGreaterThan(1_090_000)
    // every agreed code point once, 64 to a case, and texts full of quotes
    const cases: Case[] = []
    for (let i = 0; i < agreed.length; i += 64)
      cases.push([
        's',
        utf16(
          agreed
            .slice(i, i + 64)
            .map((c) => String.fromCodePoint(c))
            .join('x'),
        ),
      ])
    for (const text of fc.sample(fc.array(fc.constantFrom("'", '"', '\\', '한', '😀', '\ud800', '\n')), 1000))
      cases.push(['s', utf16(text.join(''))])
    const answers = askPython(cases)
    cases.forEach(([, bytes], i) => {
      const ours = pythonStr(Buffer.from(bytes).toString('utf16le'))
      if (ours !== answers[i]) expect(ours).toBe(answers[i])
    })
    expect(answers).toHaveLength(cases.length)
  })

  it('calls the same bytes undecodable as python3', () => {
    const cases = fc
      .sample(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 3 }),
            fc.constantFrom('a', 'é', '한', '😀').map((s) => encodeUtf8(s)),
          ),
        ),
        3000,
      )
      .map((list): Case => ['d', Uint8Array.from(list.flatMap((b) => [...b]))])
    const ours = cases.map(([, bytes]) =>
      [...utf8Sequences(bytes)].flatMap((q) => (q.codePoint === undefined ? Array.from({ length: q.len }, (_, i) => q.at + i) : [])),
    )
    expect(ours).toEqual(askPython(cases))
  })
})
