import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatEscapes, parseEscapes } from '../../../src/shared/bytes/escapes'
import { printable, printableByteParts, printableBytes, printableCell, printableOutput, printableParts } from '../../../src/shared/bytes/printable'
import { encodeUtf8, utf8At, utf8Length, utf8Sequences } from '../../../src/shared/bytes/utf8'

/** Every code point that a person cannot see or that moves what is seen. */
const HOSTILE = [
  ...Array.from({ length: 0x20 }, (_, i) => i),
  0x7f,
  ...Array.from({ length: 0x20 }, (_, i) => 0x80 + i),
  0xa0,
  0xad,
  0x34f,
  0x61c,
  0x115f,
  0x1160,
  0x17b4,
  0x180e,
  0x2000,
  0x200b,
  0x200c,
  0x200d,
  0x200e,
  0x200f,
  0x2028,
  0x2029,
  0x202a,
  0x202b,
  0x202c,
  0x202d,
  0x202e,
  0x202f,
  0x2060,
  0x2066,
  0x2067,
  0x2068,
  0x2069,
  0x206a,
  0x2800,
  0x3000,
  0x3164,
  0xd800,
  0xdfff,
  0xe000,
  0xfe00,
  0xfe0f,
  0xfeff,
  0xffa0,
  0xfff9,
  0xffff,
  0x1d173,
  0xe0001,
  0xe0041,
  0xe0100,
  0x10ffff,
]

describe('printable', () => {
  it('leaves the escapes of repr() in a program\'s output as they are, and makes all else visible', () => {
    expect(printableOutput("b'\\xc3\\n'\x1b\\\u202e")).toBe("b'\\xc3\\n'\\x1b\\\\u{202e}")
  })
  it('shows golden vectors', () => {
    expect(printable('hello\r\n\0')).toBe('hello\\r\\n\\0')
    expect(printable('C:\\new')).toBe('C:\\\\new')
    expect(printable('\x1b[31mred\x07')).toBe('\\x1b[31mred\\x07')
    expect(printable('user\u202Egnp.exe')).toBe('user\\u{202e}gnp.exe')
    expect(printable('a\u200bb\ufeff')).toBe('a\\u{200b}b\\u{feff}')
    expect(printable('\ud800x')).toBe('\\u{d800}x')
    expect(printable('안녕하세요 こんにちは')).toBe('안녕하세요 こんにちは')
    expect(printable('e\u0301')).toBe('e\u0301')
    expect(printable('\u0301')).toBe('\\u{301}')
    expect(printable('a' + '\u0301'.repeat(6))).toBe('a' + '\u0301'.repeat(4) + '\\u{301}\\u{301}')
  })

  it('leaves emoji whole, and lets nothing hide in them', () => {
    for (const emoji of ['😀', '❤️', '👨‍👩‍👧‍👦', '👩🏽‍💻', '🏳️‍🌈', '🇰🇷']) expect(printable(emoji)).toBe(emoji)
    expect(printable('👨\u200d')).toBe('👨\\u{200d}')
    expect(printable('👨\u200dx')).toBe('👨\\u{200d}x')
    expect(printable('x\u200d👨')).toBe('x\\u{200d}👨')
    expect(printable('❤\ufe0f\ufe0f')).toBe('❤\ufe0f\\u{fe0f}')
    expect(printable('a\ufe0f')).toBe('a\\u{fe0f}')
  })

  it.each(HOSTILE.map((c) => [c.toString(16), c] as const))('makes U+%s visible', (_, codePoint) => {
    const shown = printable('a' + String.fromCodePoint(codePoint))
    expect(shown).toMatch(/^a\\[\\0trnxu]/)
    expect(printableCell(codePoint)).toBeUndefined()
  })

  it('says which runs are escapes', () => {
    expect(printableParts('a\n\tb')).toEqual([
      { text: 'a', kind: 'plain' },
      { text: '\\n\\t', kind: 'escape' },
      { text: 'b', kind: 'plain' },
    ])
    expect(printableByteParts(Uint8Array.of(0x61, 0xff, 0xc3, 0x0a))).toEqual([
      { text: 'a', kind: 'plain' },
      { text: '\\xff\\xc3', kind: 'byte' },
      { text: '\\n', kind: 'escape' },
    ])
  })

  it('never lets anything invisible through, and no two texts look alike', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...HOSTILE, 0x61, 0x5c, 0x1f468)).map((c) => String.fromCodePoint(...c)),
    )
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = printable(text)
        expect(shown).not.toMatch(/[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u061c\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u)
        expect(printable(shown)).toBe(shown.replaceAll('\\', '\\\\'))
      }),
      { numRuns: 2000 },
    )
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        if (a !== b) expect(printable(a)).not.toBe(printable(b))
      }),
    )
  })
})

describe('escapes', () => {
  it('reads golden vectors', () => {
    const vectors: [string, number[]][] = [
      ['hello\\n', [0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x0a]],
      ['\\r\\n\\t\\0\\\\', [0x0d, 0x0a, 0x09, 0x00, 0x5c]],
      ['\\xff\\x00\\xEF', [0xff, 0x00, 0xef]],
      ['\\u{1f600}', [0xf0, 0x9f, 0x98, 0x80]],
      ['한', [0xed, 0x95, 0x9c]],
      ['', []],
    ]
    for (const [text, bytes] of vectors) expect(parseEscapes(text)).toEqual({ ok: true, value: Uint8Array.from(bytes) })
  })

  it.each([
    ['ab\\', 'escape-end', 2, 1],
    ['\\q', 'escape-unknown', 0, 2],
    ['a\\😀', 'escape-unknown', 1, 3],
    ['\\x4', 'escape-hex', 0, 3],
    ['\\xg0', 'escape-hex', 0, 4],
    ['\\u0041', 'escape-code-point', 0, 2],
    ['\\u{}', 'escape-code-point', 0, 2],
    ['\\u{110000}', 'escape-code-point', 0, 10],
    ['x\\u{d800}', 'lone-surrogate', 1, 8],
    ['ab\ud800c', 'lone-surrogate', 2, 1],
  ])('says where %j is wrong', (text, code, at, length) => {
    expect(parseEscapes(text)).toMatchObject({ ok: false, error: { code, at, length } })
  })

  it('reads back what it writes, whatever the bytes', () => {
    const utf8ish = fc.string({ unit: 'binary' }).map((s) => encodeUtf8(s))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), utf8ish), (bytes) => {
        expect(parseEscapes(formatEscapes(bytes))).toEqual({ ok: true, value: bytes.slice() })
      }),
      { numRuns: 1000 },
    )
  })

  it('takes or locates every prefix of a text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        const text = formatEscapes(bytes)
        for (let n = 0; n <= text.length; n++) {
          const r = parseEscapes(text.slice(0, n))
          if (!r.ok) expect(r.error.at + r.error.length).toBeLessThanOrEqual(n)
          else expect(bytes.slice(0, r.value.length)).toEqual(r.value)
        }
      }),
    )
  })
})

describe('utf8', () => {
  it('knows each lead byte', () => {
    expect([0x00, 0x7f, 0x80, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xef, 0xf0, 0xf4, 0xf5, 0xff].map(utf8Length)).toEqual([
      1, 1, 0, 0, 0, 2, 2, 3, 3, 4, 4, 0, 0,
    ])
  })

  it('tells "not all there yet" from "invalid" at every prefix', () => {
    const whole = encodeUtf8('a é 한 😀')
    for (let n = 0; n <= whole.length; n++) {
      const sequences = [...utf8Sequences(whole.subarray(0, n))]
      expect(sequences.reduce((sum, s) => sum + s.len, 0)).toBe(n)
      sequences.forEach((s, i) => {
        if (s.codePoint === undefined) {
          expect(s.truncated).toBe(true)
          expect(i).toBe(sequences.length - 1)
        }
      })
    }
    expect(utf8At(Uint8Array.of(0xe0, 0x80, 0x80), 0)).toEqual({ at: 0, len: 1 })
    expect(utf8At(Uint8Array.of(0xf0, 0x9f, 0x41), 0)).toEqual({ at: 0, len: 2 })
  })

  it('replaces exactly where TextDecoder does', () => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    const pieces = fc
      .array(
        fc.oneof(
          fc.uint8Array({ maxLength: 4 }),
          fc.string({ unit: 'binary', maxLength: 2 }).map((s) => encodeUtf8(s)),
          fc.constantFrom(
            Uint8Array.of(0xe0, 0xa0),
            Uint8Array.of(0xed, 0xa0, 0x80),
            Uint8Array.of(0xf4, 0x90),
            Uint8Array.of(0xf0, 0x90, 0x80),
          ),
        ),
      )
      .map((list) => Uint8Array.from(list.flatMap((b) => [...b])))
    fc.assert(
      fc.property(pieces, (bytes) => {
        const ours = [...utf8Sequences(bytes)]
          .map((s) => (s.codePoint === undefined ? '\ufffd' : String.fromCodePoint(s.codePoint)))
          .join('')
        expect(ours).toBe(decoder.decode(bytes))
      }),
      { numRuns: 2000 },
    )
  })

  it('shows bytes that are no UTF-8 as bytes', () => {
    expect(printableBytes(Uint8Array.of(0xed, 0x95, 0x9c, 0xff, 0x41))).toBe('한\\xffA')
    expect(printableBytes(Uint8Array.of(0xed, 0x95))).toBe('\\xed\\x95')
  })
})
