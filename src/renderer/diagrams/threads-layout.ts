/** What a row of the timeline of threads shows in a stretch of time. Pure; times in microseconds. */
import type { CallModel, CallsState, RunModel, ThreadModel } from '../../shared/projections/model'
import type { RunId } from '../../shared/trace/events'
import { endAt, isPace, waitsAt } from './at'

/** `call`: the call runs; `net`, `time`, `input`: it waits for the peer, for time, for the person; `pace`: the lab holds it. */
export type PieceKind = 'call' | 'net' | 'time' | 'input' | 'pace' | 'many'

export interface Piece {
  kind: PieceKind
  from: number
  to: number
  /** absent for `many` calls too short to be told apart at this scale */
  call?: CallModel
  count: number
}

export interface ThreadRow {
  thread: ThreadModel
  run: RunModel | undefined
  /** when it ended, if it is known to have ended */
  end?: number
}

/** Threads known at the cursor, in order of their start; of one run or of all. */
export function threadRows(calls: CallsState, run: RunId | undefined, cursor: number): ThreadRow[] {
  const rows: ThreadRow[] = []
  for (const thread of calls.threads.values()) {
    if (thread.seq > cursor || (run !== undefined && thread.run !== run)) continue
    rows.push({ thread, run: calls.runs.get(thread.run), end: thread.end && thread.end.seq <= cursor ? thread.end.t : undefined })
  }
  return rows.sort((x, y) => x.thread.run - y.thread.run || x.thread.seq - y.thread.seq)
}

const kindOf = (why: CallModel['blocks'][number]['why']): PieceKind =>
  isPace(why) ? 'pace' : why === 'timer' ? 'time' : why === 'input' || why === 'permission' ? 'input' : 'net'

/** How many of a thread's calls are known at the cursor. */
function knownCalls(thread: ThreadModel, calls: readonly CallModel[], cursor: number): number {
  let low = 0
  let high = thread.calls.length
  while (low < high) {
    const mid = (low + high) >>> 1
    if (calls[thread.calls[mid]!]!.seq <= cursor) low = mid + 1
    else high = mid
  }
  return low
}

/** The call that the thread is in, or was in last, at the cursor. */
export function currentCall(thread: ThreadModel, calls: readonly CallModel[], cursor: number): { call: CallModel; running: boolean } | undefined {
  const call = calls[thread.calls[knownCalls(thread, calls, cursor) - 1] ?? -1]
  return call && { call, running: endAt(call, cursor) === undefined }
}

function piecesOf(call: CallModel, cursor: number, now: number): Piece[] {
  const end = endAt(call, cursor)?.t ?? Math.max(now, call.t)
  const waits = waitsAt(call, cursor)
  const first = waits[0]?.from ?? end
  const out: Piece[] = first > call.t || waits.length === 0 ? [{ kind: 'call', from: call.t, to: first, call, count: 1 }] : []
  for (const wait of waits) out.push({ kind: kindOf(wait.why), from: wait.from, to: wait.to ?? end, call, count: 1 })
  return out
}

/**
 * The pieces of a thread's row between `from` and `to`. Calls of a thread do not overlap, so those in sight are found by
 * binary search, and pieces narrower than `grain` are put together: a row never has many more pieces than it has pixels.
 */
export function rowPieces(row: ThreadRow, calls: readonly CallModel[], cursor: number, now: number, from: number, to: number, grain: number): Piece[] {
  const list = row.thread.calls
  const known = knownCalls(row.thread, calls, cursor)
  let low = 0
  let high = known
  while (low < high) {
    const mid = (low + high) >>> 1
    const call = calls[list[mid]!]!
    if ((endAt(call, cursor)?.t ?? Infinity) >= from) high = mid
    else low = mid + 1
  }
  const out: Piece[] = []
  for (let i = low; i < known; i++) {
    const call = calls[list[i]!]!
    if (call.t > to) break
    for (const piece of piecesOf(call, cursor, now)) {
      const last = out.at(-1)
      const tiny = piece.to - piece.from < grain
      if (tiny && last && piece.from - last.to < grain && last.to - last.from < grain * 4 && (last.kind === 'many' || last.to - last.from < grain)) {
        last.to = Math.max(last.to, piece.to)
        if (last.call !== piece.call) {
          last.kind = 'many'
          last.call = undefined
          last.count++
        }
      } else {
        out.push(piece)
      }
    }
  }
  return out
}

/** Round steps for the axis: about `n` marks between from and to. */
export function ticks(from: number, to: number, n: number): number[] {
  const span = Math.max(1, to - from)
  const raw = span / Math.max(1, n)
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = Math.max(1, [1, 2, 5, 10].map((k) => k * power).find((s) => s >= raw) ?? raw)
  const out: number[] = []
  for (let t = Math.ceil(from / step) * step; t <= to && out.length < 100; t += step) out.push(t)
  return out
}

/** A mark's time in seconds, with the digits that its step needs. */
export const tickText = (time: number, step: number): string =>
  `${(time / 1e6).toFixed(Math.min(6, Math.max(0, Math.ceil(-Math.log10(Math.max(1, step) / 1e6) - 1e-9))))} s`

export interface View {
  from: number
  to: number
}

/** Zooms about a point in time; the span stays between 10 µs and a day. */
export function zoomed(view: View, factor: number, about: number): View {
  const span = Math.min(86_400e6, Math.max(10, (view.to - view.from) * factor))
  const part = (about - view.from) / Math.max(1, view.to - view.from)
  const from = about - span * part
  return from < 0 ? { from: 0, to: span } : { from, to: from + span }
}

export const panned = (view: View, by: number): View => {
  const from = Math.max(0, view.from + by)
  return { from, to: from + (view.to - view.from) }
}

