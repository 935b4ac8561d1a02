/** What a chart draws, as data: categories (or bins) across, one or more series up. Nothing here knows chart.js. */

export type Tone = 'a' | 'b' | 'accent' | 'danger' | 'muted'

export interface Series {
  name: string
  /** one value for each category; null where there is none */
  values: readonly (number | null)[]
  tone: Tone
  /** `line` and `dashed` run over the bars: what is expected is dashed */
  shape?: 'bars' | 'line' | 'dashed'
}

/** A line across the plot with a name: a wait, a mean. */
export interface Marker {
  /** where on the category axis: 0 is the middle of the first category, 0.5 the border to the second */
  at: number
  label: string
  tone: Tone
}

export interface Plot {
  /** categories across, as text */
  labels: readonly string[]
  xTitle: string
  yTitle: string
  series: readonly Series[]
  markers?: readonly Marker[]
  /** share: the values are 0 to 1, drawn as per cent */
  unit: 'count' | 'share'
}

/** RFC 4180: a field with a comma, a quote or a line break is quoted, its quotes doubled. */
const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** The plot as CSV: a line of names, then one line for each category. Numbers are as exact as they are known. */
export function plotCsv(plot: Plot): string {
  const rows = [[plot.xTitle, ...plot.series.map((one) => one.name)]]
  plot.labels.forEach((label, i) => rows.push([label, ...plot.series.map((one) => { const value = one.values[i]; return value === null || value === undefined ? '' : String(value) })]))
  return `${rows.map((row) => row.map(field).join(',')).join('\r\n')}\r\n`
}

/** A value as the axis and the table write it. */
export function valueText(value: number | null | undefined, unit: Plot['unit']): string {
  if (value === null || value === undefined) return '–'
  if (unit === 'share') return `${(value * 100).toFixed(value === 0 || value === 1 ? 0 : value > 0.9995 || value < 0.0005 ? 3 : 1)} %`
  return Number.isInteger(value) ? value.toLocaleString('en-US') : value.toLocaleString('en-US', { maximumFractionDigits: 1 })
}

/**
 * Counts by logarithmic bucket as bins from the first one that is not empty to the last, with what lies between. At least
 * `least` bins, so that a single full one is no bar across the whole plot.
 */
export function bins(counts: readonly number[], from: (bucket: number) => number, least = 8): { first: number; values: number[]; edges: number[] } {
  let first = counts.findIndex((count) => count > 0)
  if (first < 0) return { first: 0, values: [], edges: [] }
  let last = counts.findLastIndex((count) => count > 0)
  while (last - first + 1 < least) {
    if (first > 0) first--
    last++
  }
  const values: number[] = []
  const edges: number[] = []
  for (let bucket = first; bucket <= last; bucket++) {
    values.push(counts[bucket] ?? 0)
    edges.push(from(bucket))
  }
  edges.push(from(last + 1))
  return { first, values, edges }
}
