import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blocksOf, byteAtHex, hexColumn, hexText, paintRow, textRuns } from '../../../../src/renderer/hex/hex-rows'
import { LOADING, NOT_KEPT } from '../../../../src/renderer/hex/use-pages'

const bytes = (text: string): number[] => [...new TextEncoder().encode(text)]
const words = (before: number[], cells: number[], after: number[]) =>
  textRuns(before, cells, after)
    .map((r) => r.text)
    .join('|')

describe('hex rows', () => {
  it('writes bytes, what is not here, and what was not kept', () => {
    expect(hexText([0, 255, LOADING, NOT_KEPT], 8)).toBe('00 ff ·· --')
    expect(hexText(bytes('ABCDEFGH'), 8)).toBe('41 42 43 44  45 46 47 48')
    expect(hexText([], 16)).toBe('')
  })

  it('finds the byte under the pointer for every digit', () => {
    for (const perRow of [8, 16]) {
      for (let i = 0; i < perRow; i++) {
        // the column is padded by half a space
        for (const x of [0.6, 1.5, 2.4]) expect(byteAtHex(hexColumn(i, perRow) + x, perRow)).toBe(i)
      }
    }
    expect(byteAtHex(-5, 16)).toBe(0)
    expect(byteAtHex(500, 16)).toBe(15)
  })

  it('gives a character as many cells as it has bytes', () => {
    expect(textRuns([], bytes('aé한😀\n'), [])).toEqual([
      { text: 'a', kind: 'plain', cells: 1 },
      { text: 'é', kind: 'wide', cells: 2 },
      { text: '한', kind: 'wide', cells: 3 },
      { text: '😀', kind: 'wide', cells: 4 },
      { text: '·', kind: 'plain', cells: 1 },
    ])
    expect(words([], [0xff, 0xe2, 0x80, 0xae, 0x41, LOADING, NOT_KEPT], [])).toBe('····A -')
  })

  it('draws a character that straddles rows once, where there is more of it', () => {
    const [x, y, z] = bytes('한') as [number, number, number]
    expect(words([], [0x41, x, y], [z])).toBe('A|한')
    expect(words([0x41, x, y], [z, 0x42], [])).toBe('·B')
    expect(words([], [0x41, 0x42, x], [y, z])).toBe('AB·')
    expect(words([0x41, 0x42, x], [y, z, 0x43], [])).toBe('한|C')
  })

  it('fills a row of any bytes exactly, and draws every character once however the rows fall', () => {
    const mixed = fc
      .array(
        fc.oneof(
          fc.constantFrom('a', 'é', '한', '😀', '\n').map(bytes),
          fc.uint8Array({ maxLength: 3 }).map((b) => [...b]),
        ),
      )
      .map((l) => l.flat())
    fc.assert(
      fc.property(mixed, fc.constantFrom(8, 16), (all, perRow) => {
        const drawn: string[] = []
        for (let at = 0; at < all.length; at += perRow) {
          const cells = all.slice(at, at + perRow)
          const runs = textRuns(all.slice(Math.max(0, at - 3), at), cells, all.slice(at + perRow, at + perRow + 3))
          expect(runs.reduce((sum, r) => sum + r.cells, 0)).toBe(cells.length)
          drawn.push(...runs.filter((r) => r.kind === 'wide').map((r) => r.text))
        }
        const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(all))
        const wide = [...decoded].filter((c) => 'é한😀'.includes(c))
        expect(drawn.filter((c) => 'é한😀'.includes(c))).toEqual(wide)
      }),
    )
  })

  it('covers a range with at most three blocks', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), fc.constantFrom(8, 16), (a, b, perRow) => {
        const r = { from: Math.min(a, b), to: Math.max(a, b) }
        const blocks = blocksOf(r, perRow)
        expect(blocks.length).toBeLessThanOrEqual(3)
        const covered = blocks.flatMap((k) =>
          Array.from({ length: k.rows }, (_, i) => i).flatMap((i) =>
            Array.from({ length: k.last - k.first + 1 }, (_, c) => (k.row + i) * perRow + k.first + c),
          ),
        )
        expect(covered.sort((x, y) => x - y)).toEqual(Array.from({ length: r.to - r.from }, (_, i) => r.from + i))
      }),
    )
  })

  it('paints sends behind and recvs below, with an edge where one begins', () => {
    const paint = paintRow(
      { from: 16, to: 32 },
      [
        { from: 0, to: 20, layer: 'fill', color: 'red', label: '' },
        { from: 20, to: 40, layer: 'fill', color: 'blue', label: '' },
        { from: 18, to: 24, layer: 'line', color: 'black', label: '' },
      ],
      16,
    )
    expect(paint.textFill).toBe('linear-gradient(to right, red 0ch 4ch, var(--text-faint) 4ch 4.14ch, blue 4.14ch 16ch, transparent 16ch)')
    expect(paint.textLine).toBe('linear-gradient(to right, transparent 0ch 2.15ch, black 2.15ch 7.85ch, transparent 7.85ch)')
    expect(paintRow({ from: 64, to: 80 }, [], 16).hexFill).toBe('')
  })
})
