/**
 * What there is to draw on a ladder at a cursor, in one order: calls, their returns, segments, changes of state,
 * outcomes. Pure: connection in, list out.
 */
import type { CallModel, ConnectionModel, Segment, Side, StateChange } from '../../shared/projections/model'
import { endAt, historyIndex, prefixLength } from './at'

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

/** A half-open range of the segments known at a cursor. `end` undefined: the newest ones. */
export function ladderRange(connection: ConnectionModel, cursor: number, end?: number): { from: number; to: number; known: number } {
  const known = prefixLength(connection.segments, cursor)
  const to = Math.min(known, end ?? known)
  return { from: to <= MOST + STEP ? 0 : Math.ceil((to - MOST) / STEP) * STEP, to, known }
}

export interface Entered {
  state: StateChange['to']
  evidence: StateChange['evidence']
}

/** In which state each lifeline enters a part that is not the connection's beginning. */
export function enteredStates(connection: ConnectionModel, cursor: number, range: { from: number }): Partial<Record<Side, Entered>> {
  const begin = range.from > 0 ? connection.segments[range.from]!.t : -Infinity
  const last = ({ states }: ConnectionModel['a']): Entered | undefined => {
    const change = states.slice(0, prefixLength(states, cursor)).findLast((c) => c.t < begin)
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
  const begin = range.from > 0 ? connection.segments[range.from]!.t : -Infinity
  const end = range.to < range.known ? connection.segments[range.to]!.t : Infinity
  const inside = (t: number) => t >= begin && t < end
  const segments: SegmentItem[] = connection.segments
    .slice(range.from, range.to)
    .map((segment) => ({ kind: 'segment', t: segment.t, seq: segment.seq, segment, marks: [] }))
  const byTime = segments.slice().sort((x, y) => x.t - y.t || x.seq - y.seq || x.segment.id - y.segment.id)
  const items: LadderItem[] = [...byTime]
  for (const endpoint of [connection.a, connection.b]) {
    const changes = endpoint.states.slice(0, prefixLength(endpoint.states, cursor)).map((change, index) => ({ change, index }))
    const during = changes.filter(({ change }) => change.t >= begin && change.t < end)
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
