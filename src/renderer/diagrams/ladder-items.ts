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
function attachStates(side: Side, changes: readonly StateChange[], segments: readonly SegmentItem[]): LadderItem[] {
  const loose: LadderItem[] = []
  const other: Side = side === 'a' ? 'b' : 'a'
  /** where the previous change sits */
  let at = { t: -Infinity, seq: -1 }
  let start = 0
  changes.forEach((change, index) => {
    const mark: StateMark = { side, change, index }
    const find = (wanted: string | undefined, from: Side): number => {
      if (!wanted) return -1
      for (let i = start; i < segments.length; i++) {
        const s = segments[i]!
        if (s.t > change.t + NEAR && s.seq > change.seq) break
        if (s.segment.from !== from || (s.seq !== change.seq && Math.abs(s.t - change.t) > NEAR)) continue
        if (s.t < at.t || s.marks.some((m) => m.side === side) || (s.segment.fate === 'lost' && from !== side)) continue
        if (carries(s.segment.flags, wanted)) return i
      }
      return -1
    }
    let found = find(change.rcv, other)
    if (found < 0) found = find(change.snd, side)
    if (found >= 0) {
      const item = segments[found]!
      item.marks.push(mark)
      at = { t: item.t, seq: item.seq }
      start = found
      return
    }
    at = { t: Math.max(change.t, at.t), seq: Math.max(change.seq, at.seq) }
    loose.push({ kind: 'state', t: at.t, seq: at.seq, mark })
  })
  return loose
}

const PHASE = { call: 0, segment: 1, state: 2, return: 3, outcome: 4 } as const

/** Everything known at the cursor, ordered by time, then by when it became known. */
export function ladderItems(connection: ConnectionModel, calls: readonly CallModel[], cursor: number): LadderItem[] {
  const segments: SegmentItem[] = connection.segments
    .slice(0, prefixLength(connection.segments, cursor))
    .map((segment) => ({ kind: 'segment', t: segment.t, seq: segment.seq, segment, marks: [] }))
  const byTime = segments.slice().sort((x, y) => x.t - y.t || x.seq - y.seq || x.segment.id - y.segment.id)
  const items: LadderItem[] = [...byTime]
  for (const end of [connection.a, connection.b]) {
    const changes = end.states.slice(0, prefixLength(end.states, cursor))
    items.push(...attachStates(end.side, changes, byTime))
  }
  for (const entry of connection.calls) {
    const call = entry.seq <= cursor ? calls[entry.index] : undefined
    if (!call || call.seq > cursor) continue
    items.push({ kind: 'call', t: call.t, seq: call.seq, side: entry.side, call })
    const end = endAt(call, cursor)
    if (end) items.push({ kind: 'return', t: end.t, seq: end.seq, side: entry.side, call })
  }
  const outcomes = historyIndex(connection.outcome, cursor)
  for (let i = 0; i <= outcomes; i++) {
    items.push({ kind: 'outcome', t: connection.outcome.t[i]!, seq: connection.outcome.seq[i]!, outcome: connection.outcome.value[i]! })
  }
  return items.sort((x, y) => x.t - y.t || x.seq - y.seq || PHASE[x.kind] - PHASE[y.kind])
}
