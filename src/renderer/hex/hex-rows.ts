/** The rows of a hex view as text and as CSS, worked out without a browser. Widths are in `ch` of the monospace face. */
import { hexByte } from '../../shared/bytes/hex'
import { printableCell } from '../../shared/bytes/printable'
import { utf8At, utf8Length } from '../../shared/bytes/utf8'
import { intersect, type Range } from '../../shared/bytes/range'
import type { Region } from './bytes'
import { LOADING, NOT_KEPT } from './use-pages'

/** Column of a byte's first digit: two digits, a space, and one more space in the middle. */
export const hexColumn = (i: number, perRow: number): number => i * 3 + (i >= perRow / 2 ? 1 : 0)
/** Width of the hex column with the half space at either side that the fills need. */
export const hexWidth = (perRow: number): number => perRow * 3 + 1

/** The byte of a row at `x` ch from the hex column's left edge (half a space of padding included). */
export function byteAtHex(x: number, perRow: number): number {
  const middle = (perRow / 2) * 3 + 0.5
  const i = Math.floor((x < middle ? x : x - 1) / 3)
  return Math.min(perRow - 1, Math.max(0, i))
}

/** The hex column: '··' not here yet, '--' not kept, blank past the end. */
export function hexText(cells: readonly number[], perRow: number): string {
  let out = ''
  for (let i = 0; i < cells.length; i++) {
    if (i > 0) out += i === perRow / 2 ? '  ' : ' '
    const cell = cells[i] as number
    out += cell === LOADING ? '··' : cell === NOT_KEPT ? '--' : hexByte(cell)
  }
  return out
}

/** A run of the text column: one node, `cells` bytes wide. */
export interface TextRun {
  text: string
  cells: number
  kind: 'plain' | 'wide'
}

/**
 * The text column, read as UTF-8: a character of n bytes is as wide as n cells; what cannot be shown is a middle dot a
 * byte (no full stop: that is a byte of its own). `before` are up to three bytes in front of the row, `after` up to three
 * behind it: a character that straddles rows is drawn in the row that has more of it (the first of two equals), the rest is dots.
 */
export function textRuns(before: readonly number[], cells: readonly number[], after: readonly number[]): TextRun[] {
  const runs: TextRun[] = []
  const add = (text: string, kind: TextRun['kind'], width: number): void => {
    const last = runs.at(-1)
    if (last && last.kind === kind && kind !== 'wide') {
      last.text += text
      last.cells += width
    } else runs.push({ text, kind, cells: width })
  }
  const all = [...before, ...cells, ...after]
  const bytes = Uint8Array.from(all, (c) => (c < 0 ? 0xff : c))
  const begin = before.length
  const end = begin + cells.length
  for (let i = startOf(all, bytes, begin); i < end;) {
    const cell = all[i] as number
    if (cell < 0) {
      add(cell === LOADING ? ' ' : '-', 'plain', 1)
      i++
      continue
    }
    const { len, codePoint } = utf8At(bytes, i)
    const inside = Math.min(i + len, end) - Math.max(i, begin)
    const shown = codePoint === undefined ? undefined : printableCell(codePoint)
    const here = i >= begin ? inside * 2 >= len : inside * 2 > len
    if (shown !== undefined && len === 1) add(shown, 'plain', 1)
    else if (shown !== undefined && here) add(shown, 'wide', inside)
    else add('·'.repeat(inside), 'plain', inside)
    i += len
  }
  return runs
}

/** Where reading begins: at the row, or up to three bytes before it where a character reaches into the row. */
function startOf(all: readonly number[], bytes: Uint8Array, begin: number): number {
  for (let at = begin - 1; at >= Math.max(0, begin - 3) && (all[at] as number) >= 0; at--) {
    if (utf8Length(bytes[at] as number) === 0) continue
    const { len, codePoint } = utf8At(bytes, at)
    return codePoint !== undefined && at + len > begin ? at : begin
  }
  return begin
}

const stop = (color: string, from: number, to: number): string => `${color} ${round(from)}ch ${round(to)}ch`
const round = (n: number): number => Math.round(n * 1000) / 1000

/** The stripes of one row as one CSS gradient; '' when there are none. */
function gradient(stripes: readonly { from: number; to: number; color: string }[]): string {
  if (stripes.length === 0) return ''
  const parts: string[] = []
  let at = 0
  for (const s of stripes) {
    if (s.from > at) parts.push(stop('transparent', at, s.from))
    parts.push(stop(s.color, s.from, s.to))
    at = s.to
  }
  parts.push(`transparent ${round(at)}ch`)
  return `linear-gradient(to right, ${parts.join(', ')})`
}

/** Where each region begins, a thin line stands: two sends of like colour stay two. */
const EDGE = 0.14

export interface RowPaint {
  hexFill: string
  hexLine: string
  textFill: string
  textLine: string
}

/** The colours behind and below one row. `row` is the row's range of bytes; `regions` those that overlap it. */
export function paintRow(row: Range, regions: readonly Region[], perRow: number): RowPaint {
  const column = { hex: (i: number) => hexColumn(i, perRow), text: (i: number) => i }
  const paint = (layer: Region['layer'], where: 'hex' | 'text'): string => {
    const stripes: { from: number; to: number; color: string }[] = []
    for (const region of regions) {
      const part = region.layer === layer ? intersect(region, row) : undefined
      if (!part) continue
      const first = part.from - row.from
      const last = part.to - row.from - 1
      // in the hex column a stripe reaches half a space to either side (the column's padding is half a space)
      const from = column[where](first)
      // ... and over the gap in the middle
      const to = column[where](last) + (where === 'hex' ? (last === perRow / 2 - 1 ? 4 : 3) : 1)
      const begins = region.from === part.from
      if (layer === 'fill') {
        if (begins) stripes.push({ from, to: from + EDGE, color: 'var(--text-faint)' })
        stripes.push({ from: begins ? from + EDGE : from, to, color: region.color })
      } else {
        const gap = where === 'hex' ? 0.4 : 0.15
        stripes.push({ from: begins ? from + gap : from, to: region.to === part.to ? to - gap : to, color: region.color })
      }
    }
    return gradient(stripes.filter((s) => s.to > s.from))
  }
  return { hexFill: paint('fill', 'hex'), hexLine: paint('line', 'hex'), textFill: paint('fill', 'text'), textLine: paint('line', 'text') }
}

/** A rectangle of cells: rows [row, row + rows), bytes [first, last] of each. */
export interface CellBlock {
  row: number
  rows: number
  first: number
  last: number
}

/** A range of bytes as at most three rectangles. */
export function blocksOf(r: Range, perRow: number): CellBlock[] {
  if (r.to <= r.from) return []
  const firstRow = Math.floor(r.from / perRow)
  const lastRow = Math.floor((r.to - 1) / perRow)
  const first = r.from % perRow
  const last = (r.to - 1) % perRow
  if (firstRow === lastRow) return [{ row: firstRow, rows: 1, first, last }]
  const blocks: CellBlock[] = []
  const fullFrom = first === 0 ? firstRow : firstRow + 1
  const fullTo = last === perRow - 1 ? lastRow + 1 : lastRow
  if (first > 0) blocks.push({ row: firstRow, rows: 1, first, last: perRow - 1 })
  if (fullTo > fullFrom) blocks.push({ row: fullFrom, rows: fullTo - fullFrom, first: 0, last: perRow - 1 })
  if (last < perRow - 1) blocks.push({ row: lastRow, rows: 1, first: 0, last })
  return blocks
}
