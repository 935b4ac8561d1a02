/** The header fields of a frame as rows to draw: single flags and the parts of options below their field. Pure. */
import type { Field, Frame, Layer, Tier } from '../../shared/packets/model'
import { TIERS } from '../../shared/packets/model'

export interface FieldRow {
  key: string
  field: Field
  layer: number
  /** 1: a part of the row above */
  level: 0 | 1
}

export interface LayerRows {
  index: number
  layer: Layer
  rows: FieldRow[]
}

/** Flags that are not set say nothing; their bits stand in the row above. */
const shown = (part: Field): boolean => !part.key.startsWith('tcp.flag.') || part.value === 1

export function rowsOfFrame(frame: Frame): LayerRows[] {
  const layers = frame.layers.map((layer, index) => ({
    index, layer,
    rows: layer.fields.flatMap((field, i) => [
      { key: `${index}.${i}`, field, layer: index, level: 0 as const },
      ...(field.fields ?? []).map((part, j) => ({ key: `${index}.${i}.${j}`, field: part, layer: index, level: 1 as const })).filter((row) => shown(row.field)),
    ]),
  }))
  // as the figure: the application on top; within a layer, and of a quoted packet, from the outside in
  return layers.sort((x, y) => rank(x.layer) - rank(y.layer) || x.index - y.index)
}

const rank = (layer: Layer): number => (layer.quoted ? TIERS.indexOf('internet') + 0.5 : TIERS.indexOf(layer.tier satisfies Tier))

/** The row that a byte belongs to: the smallest field that covers it. */
export function rowAt(layers: readonly LayerRows[], at: number): FieldRow | undefined {
  let best: FieldRow | undefined
  for (const { rows } of layers) {
    for (const row of rows) {
      const { from, to } = row.field
      if (at >= from && at < to && (!best || to - from < best.field.to - best.field.from)) best = row
    }
  }
  return best
}

/** '...1 ....': the bits of a field within its byte or bytes, others as dots; only where it is smaller than they are. */
export function bitPattern(field: Field): string | undefined {
  if (!field.bits) return undefined
  const total = (field.to - field.from) * 8
  const value = typeof field.value === 'number' ? field.value.toString(2).padStart(field.bits.len, '0') : ''
  if (total > 16) return undefined
  const text = `${'.'.repeat(field.bits.at)}${value}`.padEnd(total, '.')
  return text.replace(/(.{4})(?=.)/g, '$1 ')
}
