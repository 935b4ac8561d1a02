import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ascii, decodeHex, encodeHex, hexdump, hexOffset } from '../../../src/shared/bytes/hex'
import { encodeUtf8 } from '../../../src/shared/bytes/utf8'

const bytesOf = (text: string): number[] => {
  const r = decodeHex(text)
  if (!r.ok) throw new Error(r.error.message)
  return [...r.value]
}

describe('hex', () => {
  it('writes and reads golden vectors', () => {
    expect(encodeHex(Uint8Array.of(0xd2, 4, 0, 0))).toBe('d2 04 00 00')
    expect(encodeHex(Uint8Array.of(0xd2, 4), '')).toBe('d204')
    for (const text of [
      'd2 04 00 00',
      'D2040000',
      '0xd2040000',
      '0xd2, 0x04, 0x00, 0x00',
      'd2:04:00:00',
      '\\xd2\\x04\\x00\\x00',
      ' d2\n04-00_00; ',
    ]) {
      expect(bytesOf(text)).toEqual([0xd2, 4, 0, 0])
    }
    expect(bytesOf('')).toEqual([])
    expect(bytesOf('  ')).toEqual([])
    // "0x" is a prefix only where digits follow
    expect(bytesOf('00')).toEqual([0])
  })

  it.each([
    ['d2 0', 'hex-odd', 3, 1],
    ['abc', 'hex-odd', 2, 1],
    ['a b', 'hex-odd', 0, 1],
    ['12 zz', 'hex-digit', 3, 1],
    ['1g', 'hex-digit', 1, 1],
    ['12 😀', 'hex-digit', 3, 2],
    ['0x', 'hex-digit', 1, 1],
  ])('says where %j is wrong', (text, code, at, length) => {
    const r = decodeHex(text)
    expect(r).toMatchObject({ ok: false, error: { code, at, length } })
    if (!r.ok) expect(r.error.message).toContain(`position ${at + 1}`)
  })

  it('shows what it refuses as an escape', () => {
    const r = decodeHex('\u202e')
    expect(r.ok ? '' : r.error.message).toContain('\\u{202e}')
  })

  it('round trips', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom('', ' ', ':', ', '), (bytes, separator) => {
        expect(bytesOf(encodeHex(bytes, separator))).toEqual([...bytes])
      }),
    )
  })

  it('reads every prefix of a text as bytes or as half a byte, never as something else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        const text = encodeHex(bytes, '')
        for (let n = 0; n <= text.length; n++) {
          const r = decodeHex(text.slice(0, n))
          if (n % 2 === 0) expect(r).toEqual({ ok: true, value: bytes.slice(0, n / 2) })
          else expect(r).toMatchObject({ ok: false, error: { code: 'hex-odd', at: n - 1 } })
        }
      }),
    )
  })

  it('never throws on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const r = decodeHex(text)
        if (!r.ok) {
          expect(r.error.at).toBeGreaterThanOrEqual(0)
          expect(r.error.at + r.error.length).toBeLessThanOrEqual(text.length)
        }
      }),
    )
  })

  it('dumps as hexdump -C does', () => {
    const lines = hexdump(encodeUtf8('GET / HTTP/1.1\r\nHost: 안녕\r\n'))
    expect(lines).toEqual([
      '00000000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  |GET / HTTP/1.1..|',
      '00000010  48 6f 73 74 3a 20 ec 95  88 eb 85 95 0d 0a        |Host: ........|',
    ])
    expect(hexdump(new Uint8Array(3), 0x1_0000_0000)[0]).toBe('100000000  00 00 00                                          |...|')
    expect(hexOffset(255)).toBe('000000ff')
    expect(ascii(Uint8Array.of(0x1f, 0x20, 0x7e, 0x7f, 0x80))).toBe('. ~..')
  })
})
