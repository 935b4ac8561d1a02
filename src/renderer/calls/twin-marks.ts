/** Which line of the Python twin each thread of a run stands on at the cursor. */
import { lastAtOrBefore } from '../../shared/bytes/range'
import type { CallModel, CallsState } from '../../shared/projections/model'
import type { BlockReason, CallId, RunId, SyscallName, ThreadId } from '../../shared/trace/events'
import { endAt, prefixLength } from '../diagrams/at'

export interface TwinMark {
  /** 1-based */
  line: number
  thread: ThreadId
  /** the thread's name */
  name: string
  call: CallId
  callName: SyscallName
  /** when the thread came here: seq of the newest fact about it */
  seq: number
  /** the call waits (`why`), is being made, or has returned and the thread runs on from here */
  state: 'waiting' | 'calling' | 'returned'
  why?: BlockReason
}

/** One mark for each thread that lives at the cursor and has made a call with a line. */
export function twinMarks(state: CallsState, run: RunId, cursor: number): TwinMark[] {
  const marks: TwinMark[] = []
  for (const id of state.runs.get(run)?.threads ?? []) {
    const thread = state.threads.get(id)
    if (!thread || thread.seq > cursor || (thread.end && thread.end.seq <= cursor)) continue
    const index = lastAtOrBefore(thread.calls, cursor, (i) => (state.list[i] as CallModel).seq)
    const call = index < 0 ? undefined : state.list[thread.calls[index] as number]
    if (call?.line === undefined) continue
    const end = endAt(call, cursor)
    const block = call.blocks[prefixLength(call.blocks, cursor) - 1]
    marks.push({
      line: call.line, thread: id, name: thread.name, call: call.call, callName: call.name,
      seq: end?.seq ?? block?.seq ?? call.seq,
      state: end ? 'returned' : block ? 'waiting' : 'calling',
      ...(block && !end ? { why: block.why } : {}),
    })
  }
  return marks
}

/** The last call that the run made from this line, as far as the cursor. */
export function lastCallOfLine(state: CallsState, run: RunId, line: number, cursor: number): CallModel | undefined {
  let last: CallModel | undefined
  for (const id of state.runs.get(run)?.threads ?? []) {
    const calls = state.threads.get(id)?.calls ?? []
    for (let i = lastAtOrBefore(calls, cursor, (k) => (state.list[k] as CallModel).seq); i >= 0; i--) {
      const call = state.list[calls[i] as number] as CallModel
      if (last && call.seq <= last.seq) break
      if (call.line === line) {
        last = call
        break
      }
    }
  }
  return last
}
