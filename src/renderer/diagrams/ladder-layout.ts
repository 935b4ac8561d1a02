/**
 * Where everything on a ladder stands, down the page. Lengths are in em of the ladder's own font, so that a larger type
 * gives a larger ladder and nothing else changes. Pure: no browser is asked.
 *
 * By default the axis is one of order: each moment gets a row, microseconds stay readable, and a jump in time is written
 * between two rows. In `time` mode a row also stands no higher than its time says.
 */
import type { CallModel, Evidence, Segment, Side } from '../../shared/projections/model'
import type { TcpState } from '../../shared/trace/events'
import type { Entered, LadderItem, StateMark } from './ladder-items'

/** Things this close together may share a row: the call, the segment it sent, and the call that it woke. Microseconds. */
const MOMENT = 500
/** A pause from which on the jump is written between the rows, microseconds. */
const GAP = 20_000

export const METRICS = {
  /** how far an arrow falls from tail to head */
  slope: 0.6,
  /** from a row's top to its axis: room for an arrow's label, or for half a line of text */
  aboveArrow: 1.75,
  aboveText: 1.05,
  below: 1.05,
  /** a second line under a call */
  subLine: 1.15,
  gap: 1.9,
  /** the band of a state stretches over its name at least */
  stateName: 1.3,
  /** narrow ladders: calls in a line above the arrow, states in a line below it */
  compactLine: 1.35,
} as const

export interface CallSlot {
  call: CallModel
  part: 'whole' | 'start' | 'end'
}

export interface LadderRow {
  index: number
  /** microseconds of its first and its last item */
  t: number
  tEnd: number
  /** microseconds without anything before this row, where that is worth writing */
  gap?: number
  calls: Partial<Record<Side, CallSlot>>
  arrow?: Extract<LadderItem, { kind: 'segment' }>
  states: Partial<Record<Side, StateMark>>
  outcome?: Extract<LadderItem, { kind: 'outcome' }>
  /** a call of it has a second line */
  sub: boolean
  /** em: top and height with the gap mark, and the axis on which arrow tails and calls stand */
  top: number
  height: number
  base: number
}

/** A stretch of a lifeline in one state, em. The last one of a side is open at the bottom. */
export interface Band {
  state: TcpState
  evidence: Evidence
  from: number
  to: number
  mark?: StateMark
}

/** A call that spans rows: a bar at the outer side of the lifeline. */
export interface Bar {
  call: CallModel
  from: number
  to: number
  open: boolean
  lane: number
}

export interface LadderPicture {
  rows: LadderRow[]
  height: number
  bands: Record<Side, Band[]>
  bars: Record<Side, Bar[]>
  /** for each bar, how far down any bar up to it reaches: the bars of a window are then found by binary search */
  reach: Record<Side, number[]>
  t0: number
}

export interface LayoutOptions {
  mode: 'order' | 'time'
  compact: boolean
  /** time mode: em per second */
  scale: number
  /** does this call get a second line (how long it was blocked)? */
  hasSubLine: (slot: CallSlot) => boolean
  /** the states in which the lifelines enter a later part of a connection */
  entered?: Partial<Record<Side, Entered>>
}

const SENDERS = new Set(['connect', 'send', 'sendto', 'shutdown', 'close', 'abort'])

/** Did this call send that segment? A captured one does not say; standing right after such a call it shares its row. */
const isSender = (call: CallModel, segment: Segment): boolean =>
  segment.call === undefined && segment.evidence === 'captured' && segment.flags !== 'ACK' ? SENDERS.has(call.name) : segment.call === call.call

export function ladderRows(items: readonly LadderItem[], timeMode: boolean): LadderRow[] {
  const rows: LadderRow[] = []
  let cur: LadderRow | undefined
  const open = (item: LadderItem): LadderRow => {
    const idle: number = cur ? item.t - cur.tEnd : 0
    cur = { index: rows.length, t: item.t, tEnd: item.t, calls: {}, states: {}, sub: false, top: 0, height: 0, base: 0 }
    if (idle >= GAP) cur.gap = idle
    rows.push(cur)
    return cur
  }
  const near = (item: LadderItem): LadderRow | undefined => (cur && !cur.outcome && item.t - cur.tEnd <= MOMENT ? cur : undefined)
  const touch = (row: LadderRow, item: LadderItem) => { row.tEnd = Math.max(row.tEnd, item.t) }
  for (const item of items) {
    switch (item.kind) {
      case 'segment': {
        // shares the row of the call that sent it; never one in which something else has come in between
        const row = near(item)
        const own = row?.calls[item.segment.from]
        const fits = row && !row.arrow && own && isSender(own.call, item.segment) && !item.marks.some((m) => row.states[m.side])
        const at = fits ? row : open(item)
        at.arrow = item
        touch(at, item)
        for (const mark of item.marks) at.states[mark.side] = mark
        break
      }
      case 'state': {
        const row = near(item)
        const at = row && !row.states[item.mark.side] ? row : open(item)
        at.states[item.mark.side] = item.mark
        touch(at, item)
        break
      }
      case 'call': {
        const row = near(item)
        const other = row?.calls[item.side === 'a' ? 'b' : 'a']
        const fits = row && !row.arrow && !row.calls[item.side] && !row.states[item.side] && other?.part !== 'end'
        const at = fits ? row : open(item)
        at.calls[item.side] = { call: item.call, part: 'start' }
        touch(at, item)
        break
      }
      case 'return': {
        const own = cur?.calls[item.side]
        if (cur && own?.part === 'start' && own.call === item.call && !(timeMode && item.t - cur.t > MOMENT)) {
          own.part = 'whole'
          touch(cur, item)
          break
        }
        const row = near(item)
        const at = row && !row.calls[item.side] ? row : open(item)
        at.calls[item.side] = { call: item.call, part: 'end' }
        touch(at, item)
        break
      }
      case 'outcome': {
        const at = open(item)
        at.outcome = item
        break
      }
      default: item satisfies never
    }
  }
  return rows
}

function placeRows(rows: readonly LadderRow[], options: LayoutOptions): number {
  const m = METRICS
  const t0 = rows[0]?.t ?? 0
  let bottom = 0.4
  for (const row of rows) {
    const calls = row.calls.a ?? row.calls.b
    let above: number = row.arrow || row.outcome ? m.aboveArrow : m.aboveText
    let below: number = m.below + (row.arrow ? m.slope : 0)
    row.sub = (['a', 'b'] as const).some((side) => row.calls[side] && options.hasSubLine(row.calls[side]))
    const state = row.states.a ?? row.states.b
    if (options.compact) {
      if (calls && row.arrow) above += m.compactLine + (row.sub ? m.subLine : 0)
      else if (row.sub) below += m.subLine
      if (state && (row.arrow || calls)) below += m.compactLine
    } else {
      if (row.sub) below = Math.max(below, m.below + m.subLine)
      if (state) below = Math.max(below, m.stateName + (row.arrow ? m.slope : 0))
    }
    const gap = options.mode === 'order' && row.gap !== undefined ? m.gap : 0
    row.top = bottom
    row.base = bottom + gap + above
    if (options.mode === 'time') row.base = Math.max(row.base, ((row.t - t0) / 1e6) * options.scale + m.aboveArrow)
    row.height = row.base + below - row.top
    bottom = row.top + row.height
  }
  return bottom + 0.6
}

/** The y at which a row's change of state shows on a side: at the arrow's head where it came in, else on the axis. */
const markY = (row: LadderRow, side: Side): number => row.base + (row.arrow && row.arrow.segment.from !== side ? METRICS.slope : 0)

function bandsOf(side: Side, rows: readonly LadderRow[], height: number, entered?: Entered): Band[] {
  const bands: Band[] = entered ? [{ ...entered, from: 0, to: height }] : []
  for (const row of rows) {
    const mark = row.states[side]
    if (!mark) continue
    const y = markY(row, side)
    const last = bands.at(-1)
    if (last) last.to = y
    else bands.push({ state: mark.change.from, evidence: mark.change.evidence, from: 0, to: y })
    bands.push({ state: mark.change.to, evidence: mark.change.evidence, from: y, to: height, mark })
  }
  return bands
}

function barsOf(side: Side, rows: readonly LadderRow[], height: number): Bar[] {
  const bars: Bar[] = []
  const running = new Map<number, Bar>()
  const lanes: number[] = []
  for (const row of rows) {
    const slot = row.calls[side]
    if (!slot || slot.part === 'whole') continue
    if (slot.part === 'start') {
      let lane = lanes.findIndex((until) => until < row.base)
      if (lane < 0) lane = lanes.length
      lanes[lane] = Infinity
      const bar: Bar = { call: slot.call, from: row.base, to: height, open: true, lane }
      running.set(slot.call.call, bar)
      bars.push(bar)
    } else {
      const bar = running.get(slot.call.call)
      if (!bar) continue
      bar.to = row.base
      bar.open = false
      lanes[bar.lane] = row.base
      running.delete(slot.call.call)
    }
  }
  return bars
}

const reachOf = (bars: readonly Bar[]): number[] => {
  let far = 0
  return bars.map((bar) => (far = Math.max(far, bar.to)))
}

export function layoutLadder(items: readonly LadderItem[], options: LayoutOptions): LadderPicture {
  const rows = ladderRows(items, options.mode === 'time')
  const height = placeRows(rows, options)
  const bars = { a: barsOf('a', rows, height), b: barsOf('b', rows, height) }
  return {
    rows,
    height,
    bands: { a: bandsOf('a', rows, height, options.entered?.a), b: bandsOf('b', rows, height, options.entered?.b) },
    bars,
    reach: { a: reachOf(bars.a), b: reachOf(bars.b) },
    t0: rows[0]?.t ?? 0,
  }
}

/** First index in 0..n for which `test` holds (it holds for all after it too); n when for none. */
function firstWhere(n: number, test: (i: number) => boolean): number {
  let low = 0
  let high = n
  while (low < high) {
    const mid = (low + high) >>> 1
    if (test(mid)) high = mid
    else low = mid + 1
  }
  return low
}

/** The part of the picture between two heights, em. */
export function windowOf(picture: LadderPicture, from: number, to: number) {
  const { rows } = picture
  const first = firstWhere(rows.length, (i) => rows[i]!.top + rows[i]!.height >= from)
  const last = firstWhere(rows.length, (i) => rows[i]!.top > to)
  const bands = (side: Side) => {
    const all = picture.bands[side]
    return all.slice(firstWhere(all.length, (i) => all[i]!.to >= from), firstWhere(all.length, (i) => all[i]!.from > to))
  }
  const bars = (side: Side) => {
    const all = picture.bars[side]
    const begin = firstWhere(all.length, (i) => picture.reach[side][i]! >= from)
    return all.slice(begin, firstWhere(all.length, (i) => all[i]!.from > to)).filter((bar) => bar.to >= from)
  }
  return { rows: rows.slice(first, last), bands: { a: bands('a'), b: bands('b') }, bars: { a: bars('a'), b: bars('b') } }
}
