/**
 * What programs say of their own work (`mark` events), in columns: of a client, its requests; of a server or a wire that
 * plays a bad network, what it did to each datagram. A mark that was left out of the trace is in no list; `done` never is.
 */
import type { MarkEvent, MarkKind, RunId, ThreadId } from '../trace/events'
import { Floats, Ints, rowsAt } from './columns'
import type { Cursor } from './model'

export const MARK_KINDS: readonly MarkKind[] = [
  'request', 'attempt', 'answer', 'late', 'repeated', 'give-up', 'done', 'drop', 'delay', 'duplicate', 'reorder', 'forward',
]
const CODE = Object.fromEntries(MARK_KINDS.map((kind, code) => [kind, code])) as Record<MarkKind, number>

/** Row i is one mark; rows are in order of seq. -1 (in `us`: NaN) stands for what the event did not say. */
export interface MarkColumns {
  seq: Floats
  t: Floats
  /** index into MARK_KINDS */
  what: Ints
  thread: Ints
  id: Ints
  n: Ints
  us: Floats
  /** 1 yes, 0 no */
  ok: Ints
  /** index into CallsState.list */
  call: Ints
  /** 0 client, 1 server */
  from: Ints
  /** the next mark of the same datagram; -1 */
  next: Ints
}

/** The marks of one run: rows of MarkColumns, all of them and by kind. */
export interface RunMarks {
  run: RunId
  all: Ints
  by: Partial<Record<MarkKind, Ints>>
}

export interface MarksState {
  columns: MarkColumns
  runs: Map<RunId, RunMarks>
}

export const newMarks = (): MarksState => ({
  columns: {
    seq: new Floats(), t: new Floats(), what: new Ints(), thread: new Ints(), id: new Ints(), n: new Ints(), us: new Floats(), ok: new Ints(),
    call: new Ints(), from: new Ints(), next: new Ints(),
  },
  runs: new Map(),
})

/** Adds a mark; `call` is the index of the call it is about, -1 when that is not known. Answers its row. */
export function addMark(state: MarksState, e: MarkEvent, run: RunId, call: number): number {
  const c = state.columns
  const row = c.seq.push(e.seq)
  c.t.push(e.t)
  c.what.push(CODE[e.what] ?? -1)
  c.thread.push(e.thread)
  c.id.push(e.id ?? -1)
  c.n.push(e.n ?? -1)
  c.us.push(e.us ?? Number.NaN)
  c.ok.push(e.ok === undefined ? -1 : Number(e.ok))
  c.call.push(call)
  c.from.push(e.from === undefined ? -1 : e.from === 'client' ? 0 : 1)
  c.next.push(-1)
  let own = state.runs.get(run)
  if (!own) state.runs.set(run, (own = { run, all: new Ints(), by: {} }))
  own.all.push(row)
  ;(own.by[e.what] ??= new Ints()).push(row)
  return row
}

/** A mark as a plain value. */
export interface Mark {
  row: number
  seq: number
  /** microseconds */
  t: number
  what: MarkKind
  thread: ThreadId
  id?: number
  n?: number
  us?: number
  ok?: boolean
  /** index into CallsState.list */
  call?: number
  from?: 'client' | 'server'
}

const said = (value: number): number | undefined => (value === -1 || Number.isNaN(value) ? undefined : value)

export function markOf(c: MarkColumns, row: number): Mark {
  const ok = c.ok.at(row)
  const from = c.from.at(row)
  return {
    row, seq: c.seq.at(row), t: c.t.at(row), what: MARK_KINDS[c.what.at(row)]!, thread: c.thread.at(row), id: said(c.id.at(row)), n: said(c.n.at(row)),
    us: said(c.us.at(row)), ok: ok < 0 ? undefined : ok === 1, call: said(c.call.at(row)), from: from < 0 ? undefined : from === 0 ? 'client' : 'server',
  }
}

/** How many marks of this kind the run had made. */
export function markCount(state: MarksState, run: RunId, what: MarkKind, cursor: Cursor): number {
  const rows = state.runs.get(run)?.by[what]
  return rows ? rowsAt(rows.length, cursor, (i) => state.columns.seq.at(rows.at(i))) : 0
}

/** The last `most` marks of these kinds that the runs had made, oldest first. */
export function lastMarks(state: MarksState, runs: readonly RunId[], kinds: readonly MarkKind[], cursor: Cursor, most: number): (Mark & { run: RunId })[] {
  const out: (Mark & { run: RunId })[] = []
  for (const run of runs) {
    for (const what of kinds) {
      const rows = state.runs.get(run)?.by[what]
      const n = markCount(state, run, what, cursor)
      for (let i = Math.max(0, n - most); i < n; i++) out.push({ ...markOf(state.columns, rows!.at(i)), run })
    }
  }
  return out.sort((x, y) => x.seq - y.seq).slice(-most)
}
