/**
 * What there is to draw on a ladder at a cursor, in one order: calls, their returns, segments, changes of state,
 * outcomes. Pure: connection in, list out.
 */
import type { CallModel, ConnectionModel, Segment, Side, StateChange } from '../../shared/projections/model'
import { segmentAt, shownSegments, statesAt } from '../../shared/projections/at'
import { endAt, historyIndex } from './at'

export type Outcome = ConnectionModel['outcome']['value'][number]

export interface StateMark {
  side: Side
  change: StateChange
  index: number
}

export type LadderItem =
  | { kind: 'call' | 'return'; t: number; seq: number; side: Side; call: CallModel }
  | { kind: 'segment'; t: number; seq: number; segment: Segment; /** changes of state that this segment brought about */ marks: StateMark[] }
  | { kind: 'state'; t: number; seq: number; mark: StateMark }
  | { kind: 'outcome'; t: number; seq: number; outcome: Outcome }

type SegmentItem = Extract<LadderItem, { kind: 'segment' }>

/** A change and its segment are at most this far apart when they did not come from the same event, microseconds. */
const NEAR = 1000

const flagsOf = (flags: string) => new Set(flags.split(',').map((f) => f.trim()).filter(Boolean))

/** Does a segment with these flags carry what the figure calls 'FIN', 'SYN,ACK', 'ACK of FIN' ...? */
export function carries(flags: string, wanted: string): boolean {
  const has = flagsOf(flags)
  const want = wanted.split(/[ ,]/).filter((f) => /^(SYN|ACK|FIN|RST|PSH|URG)$/.test(f))
  const needed = wanted.startsWith('ACK of') ? ['ACK'] : want
  if (needed.length === 0 || !needed.every((f) => has.has(f))) return false
  // a plain ACK is meant, or one that rides on data or FIN; never the SYN,ACK
  return needed.length > 1 || needed[0] !== 'ACK' || !has.has('SYN')
}

/** Finds the segment on whose row each change of state belongs, in order, so that bands never run backwards. */
function attachStates(side: Side, changes: readonly { change: StateChange; index: number }[], segments: readonly SegmentItem[], begin: number): LadderItem[] {
  const loose: LadderItem[] = []
  const other: Side = side === 'a' ? 'b' : 'a'
  /** where the previous change sits */
  let at = { t: begin, seq: -1, loose: false }
  let start = 0
  for (const { change, index } of changes) {
    const mark: StateMark = { side, change, index }
    const find = (wanted: string | undefined, from: Side): number => {
      if (!wanted) return -1
      for (let i = start; i < segments.length; i++) {
        const s = segments[i]!
        if (s.t > change.t + NEAR && s.seq > change.seq) break
        if (s.segment.from !== from || (s.seq !== change.seq && Math.abs(s.t - change.t) > NEAR)) continue
        if (s.t < at.t || (s.t === at.t && (at.loose ? s.seq <= at.seq : s.seq < at.seq))) continue
        if (s.marks.some((m) => m.side === side) || (s.segment.fate === 'lost' && from !== side)) continue
        if (carries(s.segment.flags, wanted)) return i
      }
      return -1
    }
    let found = find(change.rcv, other)
    if (found < 0) found = find(change.snd, side)
    if (found >= 0) {
      const item = segments[found]!
      item.marks.push(mark)
      at = { t: item.t, seq: item.seq, loose: false }
      start = found
      continue
    }
    at = { t: Math.max(change.t, at.t), seq: Math.max(change.seq, at.seq), loose: true }
    loose.push({ kind: 'state', t: at.t, seq: at.seq, mark })
  }
  return loose
}

const PHASE = { call: 0, segment: 1, state: 2, return: 3, outcome: 4 } as const

/** Most segments of one drawing, and the step by which its beginning moves while a connection grows. */
const MOST = 12_000
const STEP = 3_000

/** A half-open range of the segments known at a cursor. */
export interface LadderRange {
  segments: readonly Segment[]
  from: number
  to: number
}

/** The part of the segments to draw: the last ones before `end`, or the newest. */
export function ladderRange(connection: ConnectionModel, cursor: number, end?: number): LadderRange {
  const segments = shownSegments(connection, cursor)
  const to = Math.min(segments.length, end ?? segments.length)
  return { segments, from: to <= MOST + STEP ? 0 : Math.ceil((to - MOST) / STEP) * STEP, to }
}

/** Microseconds between which things belong to the part. */
function spanOf({ segments, from, to }: LadderRange): { begin: number; end: number } {
  return { begin: from > 0 ? segments[from]!.t : -Infinity, end: to < segments.length ? segments[to]!.t : Infinity }
}

/** The listening socket was open before this connection began: its passive OPEN is no moment of the ladder. */
const isEarlier = (change: StateChange, index: number): boolean => index === 0 && change.from === 'CLOSED' && change.to === 'LISTEN'

export interface Entered {
  state: StateChange['to']
  evidence: StateChange['evidence']
}

/** In which state each lifeline enters a part: at the beginning LISTEN, for what a listening socket took. */
export function enteredStates(connection: ConnectionModel, cursor: number, range = ladderRange(connection, cursor)): Partial<Record<Side, Entered>> {
  const { begin } = spanOf(range)
  const last = (endpoint: ConnectionModel['a']): Entered | undefined => {
    const change = statesAt(endpoint, cursor).findLast((c, index) => c.t < begin || isEarlier(c, index))
    return change && { state: change.to, evidence: change.evidence }
  }
  return { a: last(connection.a), b: last(connection.b) }
}

/**
 * Everything known at the cursor, ordered by time, then by when it became known. A connection of very many segments is
 * drawn in parts: with `range` only what happened from its first segment to the one after its last is taken, so that a
 * drawing never takes longer than a frame or two.
 */
export function ladderItems(connection: ConnectionModel, calls: readonly CallModel[], cursor: number, range = ladderRange(connection, cursor)): LadderItem[] {
  const { begin, end } = spanOf(range)
  const inside = (t: number) => t >= begin && t < end
  const segments: SegmentItem[] = range.segments
    .slice(range.from, range.to)
    .map((segment) => ({ kind: 'segment', t: segment.t, seq: segment.seq, segment: segmentAt(segment, cursor), marks: [] }))
  const byTime = segments.slice().sort((x, y) => x.t - y.t || x.seq - y.seq || x.segment.id - y.segment.id)
  const items: LadderItem[] = [...byTime]
  for (const endpoint of [connection.a, connection.b]) {
    const during = statesAt(endpoint, cursor).map((change, index) => ({ change, index })).filter(({ change, index }) => inside(change.t) && !isEarlier(change, index))
    items.push(...attachStates(endpoint.side, during, byTime, begin))
  }
  for (const entry of connection.calls) {
    const call = entry.seq <= cursor ? calls[entry.index] : undefined
    if (!call || call.seq > cursor || !inside(call.t)) continue
    items.push({ kind: 'call', t: call.t, seq: call.seq, side: entry.side, call })
    const returned = endAt(call, cursor)
    if (returned && returned.t < end) items.push({ kind: 'return', t: returned.t, seq: returned.seq, side: entry.side, call })
  }
  const outcomes = historyIndex(connection.outcome, cursor)
  for (let i = 0; i <= outcomes; i++) {
    const t = connection.outcome.t[i]!
    if (inside(t)) items.push({ kind: 'outcome', t, seq: connection.outcome.seq[i]!, outcome: connection.outcome.value[i]! })
  }
  return items.sort((x, y) => x.t - y.t || x.seq - y.seq || PHASE[x.kind] - PHASE[y.kind])
}
