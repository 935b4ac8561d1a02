import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBytes, encodeText, ENCODINGS, type Encoding } from '../../../src/shared/bytes/encodings'
import { askPython, toHex } from './ask-python'

const ANSWER = `
def code(kind, data, encoding):
    try: return data.encode(encoding).hex() if kind == 'encode' else data.decode(encoding)
    except UnicodeError: return None
def answer(case):
    encoding, kind, data = case
    if kind == 'table':
        return [[code('encode', chr(c), encoding) for c in range(0x10000)],
                [code('decode', bytes([lead, trail]), encoding) for lead in range(0x80, 0x100) for trail in range(0x100)]]
    try:
        if kind == 'encode': return {'ok': ''.join(map(chr, data)).encode(encoding).hex()}
        return {'ok': [ord(c) for c in bytes.fromhex(data).decode(encoding)]}
    except UnicodeError as e:
        return {'python': type(e).__name__ + ': ' + str(e), 'at': [e.start, e.end], 'reason': e.reason}
`
type Answer = { ok: string | number[] } | { python: string; at: [number, number]; reason: string }

const points = (text: string): number[] => Array.from(text, (c) => c.codePointAt(0)!)
function ours(encoding: Encoding, kind: 'encode' | 'decode', data: string | Uint8Array): Answer {
  const done = typeof data === 'string' ? encodeText(encoding, data) : decodeBytes(encoding, data)
  if (!done.ok) {
    const { python, at, reason } = done.error
    return { python, at: [at.from, at.to], reason }
  }
  return { ok: kind === 'encode' ? toHex(done.value.bytes) : points(done.value.text) }
}

/** utf-8-sig counts from behind its mark in Python; ours says where the byte is. */
const comparable = (answer: Answer, encoding: Encoding): unknown => (encoding === 'utf-8-sig' && 'at' in answer ? answer.python : answer)

describe('encodings', () => {
  it('have the bytes of the courses', () => {
    const hex = (encoding: Encoding, text: string): string => {
      const done = encodeText(encoding, text)
      return done.ok ? toHex(done.value.bytes) : done.error.python
    }
    expect(hex('utf-8', '한글')).toBe('ed959ceab880')
    expect(hex('euc_kr', '한글')).toBe('c7d1b1db')
    expect(hex('cp949', '뷁')).toBe('94ee')
    expect(hex('shift_jis', '日本')).toBe('93fa967b')
    expect(hex('utf-16', 'A')).toBe('fffe4100')
  })

  it('say which bytes are which character, without a gap', () => {
    fc.assert(fc.property(fc.constantFrom(...ENCODINGS), fc.string({ unit: 'binary' }), (encoding, text) => {
      const done = encodeText(encoding, text)
      if (!done.ok) return
      const { pieces, bytes, bom } = done.value
      let at = bom?.to ?? 0
      for (const piece of pieces) {
        expect(piece.bytes.from).toBe(at)
        at = piece.bytes.to
      }
      expect(at).toBe(bytes.length)
      expect(pieces.map((piece) => piece.char).join('')).toBe(text)
    }))
  })

  it('agree with python3 on every character and every pair of bytes of the two-byte sets', () => {
    const sets = ['cp949', 'euc_kr', 'shift_jis'] as const
    const tables = askPython<[(string | null)[], (string | null)[]]>(ANSWER, sets.map((encoding) => [encoding, 'table', '']))
    sets.forEach((encoding, i) => {
      const [encoded, decoded] = tables[i]!
      const wrong: string[] = []
      encoded.forEach((theirs, codePoint) => {
        const mine = encodeText(encoding, String.fromCharCode(codePoint))
        if ((mine.ok ? toHex(mine.value.bytes) : null) !== theirs) wrong.push(`${encoding} encodes ${codePoint.toString(16)}`)
      })
      decoded.forEach((theirs, pair) => {
        const mine = decodeBytes(encoding, Uint8Array.of(0x80 + (pair >> 8), pair & 0xff))
        if ((mine.ok ? mine.value.text : null) !== theirs) wrong.push(`${encoding} decodes ${(0x8000 + pair).toString(16)}`)
      })
      expect(wrong).toEqual([])
    })
  })

  it('agree with python3 on thousands of generated texts and bytes', () => {
    const cases: [Encoding, 'encode' | 'decode', string | Uint8Array][] = []
    const char = fc.oneof(fc.constantFrom(...'aé가뷁똠日本ｱ¥‾¢€😀\\~'), fc.constantFrom('\ud800', '\udc00', '\ufeff'), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }))
    const text = fc.array(char, { maxLength: 8 }).map((all) => all.join(''))
    const some = fc.oneof(fc.constantFrom(0xa4, 0xd4, 0xa1, 0xbf, 0xd8, 0xdc, 0xff, 0xfe, 0, 0x41, 0xe0, 0x80, 0xed, 0xef, 0xbb), fc.nat(255))
    const bytes = fc.array(some, { maxLength: 12 }).map((all) => Uint8Array.from(all))
    for (const encoding of ENCODINGS) {
      for (const one of fc.sample(text, 500)) cases.push([encoding, 'encode', one])
      for (const one of fc.sample(bytes, 1500)) cases.push([encoding, 'decode', one])
      // what was encoded, cut off and damaged
      for (const [one, cut] of fc.sample(fc.tuple(text, fc.nat(30)), 500)) {
        const done = encodeText(encoding, one)
        if (done.ok) cases.push([encoding, 'decode', done.value.bytes.slice(0, cut)])
      }
    }
    const answers = askPython<Answer>(ANSWER, cases.map(([encoding, kind, data]) => [encoding, kind, typeof data === 'string' ? points(data) : toHex(data)]))
    const wrong: unknown[] = []
    cases.forEach(([encoding, kind, data], i) => {
      const mine = JSON.stringify(comparable(ours(encoding, kind, data), encoding))
      const theirs = JSON.stringify(comparable(answers[i]!, encoding))
      if (mine !== theirs) wrong.push({ encoding, kind, data: typeof data === 'string' ? points(data) : toHex(data), mine, theirs })
    })
    expect(wrong.slice(0, 5)).toEqual([])
    expect(answers).toHaveLength(cases.length)
  })
})
