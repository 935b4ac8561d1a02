/** Runs, their threads, and every system call with its waits and its result. */
import type { RunId, ThreadId, TraceEvent } from '../trace/events'
import type { CallModel, CallsState, RunModel, ThreadModel } from './model'

export const newCalls = (): CallsState => ({ runs: new Map(), threads: new Map(), list: [], index: new Map() })

/** Most calls never wait: they share this. Replaced by a list of their own on the first wait. */
const NO_BLOCKS: CallModel['blocks'] = []

/** Folds one event. Answers the call that a `call`, `block` or `ret` belongs to; undefined when it is not known (a gap). */
export function applyCalls(state: CallsState, e: TraceEvent): CallModel | undefined {
  switch (e.k) {
    case 'run':
      if (!state.runs.has(e.run)) {
        state.runs.set(e.run, newRun(e.run, e.program, e.params, e.seq, e.t, e.file, e.source))
      }
      return undefined
    case 'run-end': {
      const run = state.runs.get(e.run)
      if (run && !run.end) run.end = { seq: e.seq, t: e.t, status: e.status, error: e.error }
      return undefined
    }
    case 'run-set': {
      const run = state.runs.get(e.run)
      if (run) (run.sets ??= []).push({ seq: e.seq, t: e.t, params: e.params })
      return undefined
    }
    case 'thread':
      if (!state.threads.has(e.thread)) addThread(state, e.thread, e.run, e.name, e.func, e.seq, e.t)
      return undefined
    case 'thread-end': {
      const thread = state.threads.get(e.thread)
      if (thread && !thread.end) thread.end = { seq: e.seq, t: e.t, error: e.error }
      return undefined
    }
    case 'halt': {
      const thread = threadOf(state, e.thread, e.seq, e.t)
      ;(thread.halts ??= []).push(e)
      return undefined
    }
    case 'print': {
      const run = runOf(state, e.thread, e.seq, e.t)
      run.output.push({ seq: e.seq, t: e.t, thread: e.thread, text: e.text, err: e.err === true })
      return undefined
    }
    case 'call': {
      if (state.index.has(e.call)) return undefined
      const thread = threadOf(state, e.thread, e.seq, e.t)
      const call: CallModel = {
        call: e.call, thread: e.thread, run: thread.run, name: e.name, sock: e.sock, fd: e.fd, args: e.args, line: e.line, file: e.file,
        seq: e.seq, t: e.t, blocks: NO_BLOCKS, end: undefined,
      }
      thread.calls.push(state.list.length)
      state.index.set(e.call, state.list.length)
      state.list.push(call)
      return call
    }
    case 'block': {
      const call = findCall(state, e.call)
      if (!call || call.end) return undefined
      if (call.blocks === NO_BLOCKS) call.blocks = []
      call.blocks.push({ seq: e.seq, t: e.t, why: e.why, local: e.local })
      return call
    }
    case 'ret': {
      const call = findCall(state, e.call)
      if (!call || call.end) return undefined
      // the event has these very fields: a long session need not hold them twice
      call.end = e
      return call
    }
    default:
      return undefined
  }
}

export function findCall(state: CallsState, id: number): CallModel | undefined {
  const index = state.index.get(id)
  return index === undefined ? undefined : state.list[index]
}

function newRun(run: RunId, program: string, params: RunModel['params'], seq: number, t: number, file?: string, source?: string): RunModel {
  return { run, program, params, file, source, seq, t, end: undefined, threads: [], output: [] }
}

function addThread(state: CallsState, thread: ThreadId, run: RunId, name: string, func: string, seq: number, t: number): ThreadModel {
  const model: ThreadModel = { thread, run, name, func, seq, t, end: undefined, calls: [] }
  state.threads.set(thread, model)
  let owner = state.runs.get(run)
  if (!owner) {
    owner = newRun(run, '', {}, seq, t)
    state.runs.set(run, owner)
  }
  owner.threads.push(thread)
  return model
}

/** The run of a thread whose beginning fell into a gap. */
export const UNKNOWN_RUN: RunId = -1

function threadOf(state: CallsState, thread: ThreadId, seq: number, t: number): ThreadModel {
  return state.threads.get(thread) ?? addThread(state, thread, UNKNOWN_RUN, '', '', seq, t)
}

function runOf(state: CallsState, thread: ThreadId, seq: number, t: number): RunModel {
  return state.runs.get(threadOf(state, thread, seq, t).run)!
}
