/** The table that the bench prints. */
import { cpus } from 'node:os'

/** the target of a row that is there to be looked at only */
export const SHOWN = 'shown'

export interface Row {
  what: string
  target: string
  ours: string
  theirs: string
  ratio?: number
  met: boolean
}

export function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b)
  const mid = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[mid]! : (sorted[mid - 1]! + sorted[mid]!) / 2
}

export function printTable(rows: readonly Row[]): void {
  const processor = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}`
  console.log(`Node ${process.version}, ${processor}; medians of interleaved rounds\n`)
  const cells = [['what', 'target', 'lab', 'beside', 'ratio', ''], ...rows.map((row) => [
    row.what, row.target, row.ours, row.theirs, row.ratio?.toFixed(2) ?? '', row.target === SHOWN ? '' : row.met ? 'met' : 'NOT MET',
  ])]
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)))
  for (const line of cells) console.log(line.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd())
}
