/**
 * The requests of a client that asks, waits, and asks again: each as a story, and all of them as numbers. The numbers are
 * made of `done` marks alone, which no thinning leaves out, so they stay exact when the rest of the trace does not.
 */
import type { RunId } from '../trace/events'
import { rowsAt } from './columns'
import { MARK_KINDS, markCount, markOf, type Mark, type MarksState, type RunMarks } from './marks'
import type { Cursor } from './model'

/** How many requests were over. */
export const requestsDone = (marks: MarksState, run: RunId, cursor: Cursor): number => markCount(marks, run, 'done', cursor)

/** The first request that was over after `seq`: statistics since a knob was turned begin there. */
export function doneAfter(marks: MarksState, run: RunId, seq: number): number {
  return markCount(marks, run, 'done', seq)
}

export interface RequestModel {
  /** as the program numbers it, from 1 */
  id: number
  /** when it began, where the trace still has that, and when it was over; microseconds */
  t?: number
  end?: { seq: number; t: number; ok: boolean; attempts: number; us: number }
  /** how long each attempt waits at most, microseconds; those that the trace still has */
  attempts: { n: number; seq: number; t: number; wait?: number; call?: number }[]
  /** what came during it besides: its answer, a late one of an earlier request, a second one */
  marks: Mark[]
}

/** Marks between a request's beginning and its end that are searched: hundreds of threads may ask at once. */
const MOST_BETWEEN = 20_000

/** The request of the thread whose mark stands at `place` of the run's marks: what is in the trace of it before `known`. */
function story(marks: MarksState, own: RunMarks, place: number, known: number): RequestModel {
  const { columns: c } = marks
  const thread = c.thread.at(own.all.at(place))
  const out: RequestModel = { id: -1, t: undefined, end: undefined, attempts: [], marks: [] }
  const rows: number[] = []
  const isEdge = (i: number, what: 'request' | 'done') => MARK_KINDS[c.what.at(own.all.at(i))] === what
  const mine = (i: number) => c.thread.at(own.all.at(i)) === thread
  let from = place
  for (let i = place; i >= Math.max(0, place - MOST_BETWEEN); i--) {
    if (!mine(i)) continue
    if (i !== place && isEdge(i, 'done')) break
    from = i
    if (isEdge(i, 'request')) break
  }
  for (let i = from; i < Math.min(known, from + MOST_BETWEEN); i++) {
    if (!mine(i)) continue
    if (i !== from && isEdge(i, 'request')) break
    rows.push(own.all.at(i))
    if (isEdge(i, 'done')) break
  }
  for (const row of rows) {
    const mark = markOf(c, row)
    switch (mark.what) {
      case 'request':
        out.id = mark.id ?? -1
        out.t = mark.t
        break
      case 'attempt':
        out.attempts.push({ n: mark.n ?? out.attempts.length + 1, seq: mark.seq, t: mark.t, wait: mark.us, call: mark.call })
        break
      case 'done':
        if (out.id < 0) out.id = mark.id ?? -1
        out.end = { seq: mark.seq, t: mark.t, ok: mark.ok === true, attempts: mark.n ?? out.attempts.length, us: mark.us ?? 0 }
        break
      default:
        out.marks.push(mark)
    }
  }
  return out
}

/** The `i`-th request of a run that was over at the cursor, from 0. */
export function requestAt(marks: MarksState, run: RunId, i: number, cursor: Cursor): RequestModel | undefined {
  const own = marks.runs.get(run)
  if (!own || i < 0 || i >= requestsDone(marks, run, cursor)) return undefined
  const { seq } = marks.columns
  const known = rowsAt(own.all.length, cursor, (place) => seq.at(own.all.at(place)))
  const place = rowsAt(own.all.length, seq.at(own.by.done!.at(i)), (at) => seq.at(own.all.at(at))) - 1
  return place < 0 ? undefined : story(marks, own, place, known)
}

/** The request that began last, over or not. */
export function lastRequest(marks: MarksState, run: RunId, cursor: Cursor): RequestModel | undefined {
  const own = marks.runs.get(run)
  const begun = own?.by.request
  const n = markCount(marks, run, 'request', cursor)
  if (!own || !begun || n === 0) return undefined
  const { seq } = marks.columns
  const known = rowsAt(own.all.length, cursor, (place) => seq.at(own.all.at(place)))
  const place = rowsAt(own.all.length, seq.at(begun.at(n - 1)), (at) => seq.at(own.all.at(at))) - 1
  return place < 0 ? undefined : story(marks, own, place, known)
}

/** Steps of a logarithmic scale: `perDecade` of them from 1 microsecond on. */
export const PER_DECADE = 8
export const bucketOf = (us: number): number => (us < 1 ? 0 : Math.floor(Math.log10(us) * PER_DECADE + 1e-9))
/** Where a bucket begins, microseconds. */
export const bucketFrom = (bucket: number): number => 10 ** (bucket / PER_DECADE)

/** Numbers of requests `from` to before `to` of one run. Times are microseconds. */
export interface RequestStats {
  from: number
  to: number
  answered: number
  /** sends in all */
  attempts: number
  /** how many were answered at attempt k, index k - 1 */
  answeredBy: number[]
  /** how many attempts they took, answered or not, index k - 1 */
  tookAttempts: number[]
  /** time of all, and of the answered ones, in all */
  time: number
  answeredTime: number
  /** by bucketOf: the time of every request; */
  times: number[]
  /**
   * and the round trips: of requests answered at their first attempt only, because of any other nobody knows which
   * datagram the answer is for (Karn's algorithm, RFC 6298 section 3)
   */
  roundTrips: number[]
  roundTripCount: number
  roundTripTime: number
  /** time of the first and the last `done` in it */
  first: number
  last: number
}

const nothing = (from: number): RequestStats => ({
  from, to: from, answered: 0, attempts: 0, answeredBy: [], tookAttempts: [], time: 0, answeredTime: 0, times: [], roundTrips: [], roundTripCount: 0,
  roundTripTime: 0, first: Number.NaN, last: Number.NaN,
})

const count = (list: number[], index: number): void => {
  while (list.length <= index) list.push(0)
  list[index]!++
}

/** More attempts than any schedule makes: a broken trace must not grow a list of its own wish. */
const MOST_ATTEMPTS = 1000

/**
 * The numbers of the requests from `from` on that were over at the cursor. Give the last answer as `before`: while the
 * cursor goes forward only what is new is counted (it is changed in place), else all is counted again.
 */
export function requestStats(marks: MarksState, run: RunId, cursor: Cursor, from = 0, before?: RequestStats): RequestStats {
  const to = requestsDone(marks, run, cursor)
  const stats = before && before.from === from && before.to <= to ? before : nothing(from)
  const rows = marks.runs.get(run)?.by.done
  const { n, us, ok, t } = marks.columns
  for (let i = stats.to; i < to; i++) {
    const row = rows!.at(i)
    const attempts = Math.min(MOST_ATTEMPTS, Math.max(1, n.at(row)))
    const time = us.at(row) >= 0 ? us.at(row) : 0
    stats.attempts += attempts
    stats.time += time
    count(stats.tookAttempts, attempts - 1)
    count(stats.times, bucketOf(time))
    if (ok.at(row) === 1) {
      stats.answered++
      stats.answeredTime += time
      count(stats.answeredBy, attempts - 1)
      if (attempts === 1) {
        count(stats.roundTrips, bucketOf(time))
        stats.roundTripCount++
        stats.roundTripTime += time
      }
    }
    if (Number.isNaN(stats.first)) stats.first = t.at(row)
    stats.last = t.at(row)
  }
  stats.to = Math.max(stats.to, to)
  return stats
}

/** Requests that were over in the last `span` microseconds before `now`, per second. */
export function requestRate(marks: MarksState, run: RunId, cursor: Cursor, now: number, span = 1e6): number {
  const rows = marks.runs.get(run)?.by.done
  const n = requestsDone(marks, run, cursor)
  if (!rows || n === 0) return 0
  const before = rowsAt(n, now - span, (i) => marks.columns.t.at(rows.at(i)))
  return (n - before) / (span / 1e6)
}

/** The share of requests that were answered by attempt k or before it, index k - 1, up to `most` attempts. */
export function measuredSuccess(stats: RequestStats, most: number): number[] {
  const out: number[] = []
  let sum = 0
  for (let k = 0; k < most; k++) {
    sum += stats.answeredBy[k] ?? 0
    out.push(stats.to > stats.from ? sum / (stats.to - stats.from) : 0)
  }
  return out
}
