/** Where each thread of a program stands in its own file at a moment: halted, in a call, or past one. */
import { lastAtOrBefore } from '../../../../shared/bytes/range'
import { callAt } from '../../../../shared/projections/at'
import { prefixAt } from '../../../../shared/projections/history'
import type { CallsState, RunModel, ThreadModel } from '../../../../shared/projections/model'
import type { BlockReason, HaltEvent, LocalValue, SyscallName, ThreadId } from '../../../../shared/trace/events'

export interface ThreadPlace {
  thread: ThreadId
  name: string
  line: number
  /** when it came here */
  seq: number
  state: 'halted' | 'waiting' | 'calling' | 'returned'
  /** why it is halted */
  halt?: HaltEvent['why']
  /** of the exception after which it is halted */
  text?: string
  call?: SyscallName
  /** what it waits for, and since when, microseconds */
  why?: BlockReason
  since?: number
}

type Halt = NonNullable<ThreadModel['halts']>[number]

/** The halt in which a thread stands at the cursor; undefined where it runs. */
export function haltAt(thread: ThreadModel, cursor: number): Halt | undefined {
  if (thread.seq > cursor || (thread.end && thread.end.seq <= cursor)) return undefined
  const last = prefixAt(thread.halts ?? [], cursor).at(-1)
  return last && last.why !== 'goes-on' ? last : undefined
}

const living = (state: CallsState, run: RunModel, cursor: number): ThreadModel[] => {
  if (run.end && run.end.seq <= cursor) return []
  return run.threads.map((id) => state.threads.get(id)).filter((thread): thread is ThreadModel =>
    thread !== undefined && thread.seq <= cursor && !(thread.end && thread.end.seq <= cursor))
}

/** One place for each thread that lives at the cursor and is known to be somewhere in the run's own file. */
export function threadPlaces(state: CallsState, run: RunModel, cursor: number): ThreadPlace[] {
  return living(state, run, cursor).flatMap((thread) => {
    const place = placeOf(state, run, thread, cursor)
    return place ? [place] : []
  })
}

function placeOf(state: CallsState, run: RunModel, thread: ThreadModel, cursor: number): ThreadPlace | undefined {
  const { thread: id, name } = thread
  const halt = prefixAt(thread.halts ?? [], cursor).at(-1)
  const index = lastAtOrBefore(thread.calls, cursor, (i) => state.list[i]!.seq)
  const call = index < 0 ? undefined : callAt(state.list[thread.calls[index]!]!, cursor)
  if (halt && halt.why !== 'goes-on') {
    return halt.file === run.file ? { thread: id, name, line: halt.line, seq: halt.seq, state: 'halted', halt: halt.why, ...(halt.text === undefined ? {} : { text: halt.text }) } : undefined
  }
  if (call?.line === undefined || (call.file !== undefined && call.file !== run.file)) return undefined
  const block = call.blocks.at(-1)
  if (call.end) {
    // it went on from a later line than that call's
    if (halt && halt.seq > call.seq) return undefined
    return { thread: id, name, line: call.line, seq: call.end.seq, state: 'returned', call: call.name }
  }
  return block
    ? { thread: id, name, line: call.line, seq: block.seq, state: 'waiting', call: call.name, why: block.why, since: block.t }
    : { thread: id, name, line: call.line, seq: call.seq, state: 'calling', call: call.name }
}

/** The halted threads with the variables of the function that each stands in. */
export interface Halted {
  thread: ThreadId
  name: string
  func: string
  file: string
  line: number
  why: HaltEvent['why']
  /** of an exception */
  text: string | undefined
  locals: readonly LocalValue[]
  /** what was another value, or not there, at the halt before in the same function */
  changed: ReadonlySet<string>
}

export function haltedAt(state: CallsState, run: RunModel, cursor: number): Halted[] {
  return living(state, run, cursor).flatMap((thread) => {
    const halt = haltAt(thread, cursor)
    if (!halt) return []
    const before = prefixAt(thread.halts ?? [], halt.seq - 1).findLast((one) => one.why !== 'goes-on')
    const changed = new Set<string>()
    if (before && before.func === halt.func) {
      const old = new Map(before.locals.map((local) => [local.name, local.repr]))
      for (const local of halt.locals) if (old.get(local.name) !== local.repr) changed.add(local.name)
    }
    return [{ thread: thread.thread, name: thread.name, func: halt.func, file: halt.file, line: halt.line, why: halt.why, text: halt.text, locals: halt.locals, changed }]
  })
}

