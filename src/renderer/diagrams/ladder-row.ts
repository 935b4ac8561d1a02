/** Where the texts and the arrow of one row stand across the page, em. Only rows in sight are asked. */
import type { Evidence, Side } from '../../shared/projections/model'
import { fit, textWidth } from './format'
import { METRICS, type CallSlot, type LadderRow } from './ladder-layout'

/** Type sizes relative to the ladder's font. */
export const SIZE = { time: 0.92, call: 1, sub: 0.88, label: 1, quiet: 0.88, state: 0.84, gap: 0.92 } as const
const LINE = 1.2

/** The columns across. `lane` is where bars of calls stand, counted outwards. */
export interface Columns {
  compact: boolean
  width: number
  time: { x: number; w: number }
  calls: Record<Side, { x: number; w: number }>
  /** the lifeline: the band of states */
  life: Record<Side, { x: number; w: number }>
  /** where arrows run */
  wire: { x: number; w: number }
}

/** The least that a ladder is drawn in, em: narrower, it is scrolled. */
export const LEAST = 20
const TIME = 6.2
const LIFE = 6.2
const LANES = 1.5
const PAD = 0.5

/**
 * Divides `room` em. Below about 66 em the calls and the names of states move into the wire's column. Where no states
 * are known (datagrams) the lifelines need no room for their names.
 */
export function columnsFor(room: number, named = true): Columns {
  const width = Math.max(LEAST, room)
  const wide = named ? LIFE : 0.8
  if (width < 66) {
    const time = width < 40 ? 5.9 : TIME
    const life = 1.1
    const outer = 1.2
    const a = time + outer
    const b = width - outer - life
    const wire = { x: a + life, w: b - a - life }
    return {
      compact: true, width,
      time: { x: 0, w: time },
      calls: { a: { x: wire.x + PAD, w: wire.w / 2 - PAD }, b: { x: wire.x + wire.w / 2, w: wire.w / 2 - PAD } },
      life: { a: { x: a, w: life }, b: { x: b, w: life } },
      wire,
    }
  }
  const calls = Math.min(28, Math.max(14.5, (width - TIME - 2 * wide - 18) / 2.2))
  const a = TIME + calls
  const b = width - calls - wide
  return {
    compact: false, width,
    time: { x: 0, w: TIME },
    calls: { a: { x: TIME + 0.3, w: calls - LANES - 0.3 }, b: { x: b + wide + LANES, w: calls - LANES - 0.4 } },
    life: { a: { x: a, w: wide }, b: { x: b, w: wide } },
    wire: { x: a + wide, w: b - a - wide },
  }
}

/** A line of text: box in em (y is its middle), and where in the box it is anchored. */
export interface TextBox {
  role: 'time' | 'gap' | 'call' | 'sub' | 'label' | 'state' | 'outcome'
  side?: Side
  text: string
  x: number
  y: number
  w: number
  h: number
  anchor: 'start' | 'middle' | 'end'
  size: number
  failed?: boolean
}

export interface Arrow {
  x1: number
  y1: number
  x2: number
  y2: number
  evidence: Evidence
}

export interface RowTexts {
  /** seconds since the first row */
  clock(t: number): string
  gap(us: number): string
  call(slot: CallSlot): string
  /** how long it was blocked, and the error where it failed */
  sub(slot: CallSlot): string | undefined
  failed(slot: CallSlot): boolean
  label(row: LadderRow): string
  outcome(row: LadderRow): string
}

export interface DrawnRow {
  texts: TextBox[]
  arrow?: Arrow
}

function box(role: TextBox['role'], text: string, anchor: TextBox['anchor'], at: number, y: number, room: number, size: number, side?: Side): TextBox {
  const fitted = fit(text, room / size)
  const w = textWidth(fitted) * size
  const x = anchor === 'start' ? at : anchor === 'end' ? at - w : at - w / 2
  return { role, side, text: fitted, x, y, w, h: size * LINE, anchor, size }
}

/** Pure ACKs and their like are quieter than what carries data or opens and closes. */
export const isQuiet = (row: LadderRow): boolean => row.arrow !== undefined && row.arrow.segment.len === 0 && row.arrow.segment.flags === 'ACK'

function arrowOf(row: LadderRow, columns: Columns): Arrow | undefined {
  if (!row.arrow) return undefined
  const { segment } = row.arrow
  const { x, w } = columns.wire
  const span = segment.fate === 'lost' ? 0.9 : 1
  const y2 = row.base + METRICS.slope * span
  return segment.from === 'a'
    ? { x1: x, y1: row.base, x2: x + w * span, y2, evidence: segment.evidence }
    : { x1: x + w, y1: row.base, x2: x + w * (1 - span), y2, evidence: segment.evidence }
}

/** The line of a row's calls. */
const callY = (row: LadderRow, compact: boolean): number =>
  compact && row.arrow ? row.base - METRICS.aboveArrow - 0.45 - (row.sub ? METRICS.subLine : 0) : row.base

/** The calls of a row. In a wide ladder they stand outside the lifelines, else in a line above the arrow. */
function callBoxes(row: LadderRow, columns: Columns, texts: RowTexts): TextBox[] {
  const out: TextBox[] = []
  for (const side of ['a', 'b'] as const) {
    const slot = row.calls[side]
    if (!slot) continue
    const { x, w } = columns.calls[side]
    const inward = columns.compact ? (side === 'a' ? 'start' : 'end') : (side === 'a' ? 'end' : 'start')
    const at = inward === 'start' ? x : x + w
    const sub = texts.sub(slot)
    if (columns.compact) {
      // alone in its line, a call may run over the middle
      const room = row.calls[side === 'a' ? 'b' : 'a'] ? w - PAD : columns.wire.w - 2 * PAD
      const y = callY(row, true)
      out.push(box('call', texts.call(slot), inward, at, y, room, SIZE.sub, side))
      if (sub) out.push({ ...box('sub', sub, inward, at, y + METRICS.subLine, room, SIZE.sub, side), failed: texts.failed(slot) })
      continue
    }
    out.push(box('call', texts.call(slot), inward, at, row.base, w, SIZE.call, side))
    if (sub) out.push({ ...box('sub', sub, inward, at, row.base + METRICS.subLine, w, SIZE.sub, side), failed: texts.failed(slot) })
  }
  return out
}

function stateBoxes(row: LadderRow, columns: Columns): TextBox[] {
  const out: TextBox[] = []
  for (const side of ['a', 'b'] as const) {
    const mark = row.states[side]
    if (!mark) continue
    const life = columns.life[side]
    if (columns.compact) {
      const alone = !row.arrow && !row.calls.a && !row.calls.b
      const y = alone ? row.base : row.base + (row.arrow ? METRICS.slope + 0.95 : (row.sub ? METRICS.subLine : 0) + 1.1)
      const at = side === 'a' ? life.x + life.w + PAD : life.x - PAD
      out.push(box('state', mark.change.to, side === 'a' ? 'start' : 'end', at, y, columns.wire.w / 2 - 2 * PAD, SIZE.state, side))
    } else {
      const y = row.base + (row.arrow && row.arrow.segment.from !== side ? METRICS.slope : 0) + 0.72
      out.push(box('state', mark.change.to, 'middle', life.x + life.w / 2, y, life.w - 0.2, SIZE.state, side))
    }
  }
  return out
}

export function drawRow(row: LadderRow, columns: Columns, texts: RowTexts, mode: 'order' | 'time'): DrawnRow {
  const out: TextBox[] = []
  const { wire, time } = columns
  const middle = wire.x + wire.w / 2
  const axis = row.calls.a ?? row.calls.b ? callY(row, columns.compact) : row.base
  out.push(box('time', texts.clock(row.t), 'end', time.x + time.w - PAD, axis, time.w - PAD, SIZE.time))
  if (mode === 'order' && row.gap !== undefined) {
    out.push(box('gap', texts.gap(row.gap), 'middle', middle, row.top + METRICS.gap / 2, wire.w, SIZE.gap))
  }
  out.push(...callBoxes(row, columns, texts), ...stateBoxes(row, columns))
  const arrow = arrowOf(row, columns)
  if (arrow) {
    const size = isQuiet(row) ? SIZE.quiet : SIZE.label
    const y = row.base - 0.62
    out.push(box('label', texts.label(row), 'middle', (arrow.x1 + arrow.x2) / 2, y, Math.abs(arrow.x2 - arrow.x1) - 2 * PAD, size))
  }
  if (row.outcome) out.push(box('outcome', texts.outcome(row), 'middle', middle, row.base - 0.35, wire.w - 2 * PAD, SIZE.label))
  return { texts: out, arrow }
}
