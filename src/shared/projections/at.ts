/**
 * What the projections say at a cursor: everything with seq <= cursor. Live: Infinity.
 * The law of all of these: selector(fold(all), cursor) equals selector(fold(all up to cursor), Infinity).
 */
import type { Family, SockAddr, SockId, SockType, TcpFacts, TcpState, ThreadId } from '../trace/events'
import { countAt, countSeqs, historyAt, prefixAt, valueAt } from './history'
import type {
  CallModel, CallsState, Captured, ConnectionModel, Cursor, Endpoint, Evidence, History, LabState, RunModel, Segment, Side, SockModel, StateChange, StreamModel,
  ThreadModel,
} from './model'

// ---- calls, threads, runs

/** How many calls had begun. `state.list[i]` for i below it; see `callAt` for what of each is known. */
export const callCount = (state: CallsState, cursor: Cursor): number => countAt(state.list, cursor)

/** The call as known at the cursor: the same object when nothing of it is later. */
export function callAt(call: CallModel, cursor: Cursor): CallModel {
  const ended = call.end === undefined || call.end.seq <= cursor
  const { blocks } = call
  const waited = blocks.length === 0 || blocks[blocks.length - 1]!.seq <= cursor
  if (ended && waited) return call
  return { ...call, blocks: blocks.slice(0, countAt(blocks, cursor)), end: ended ? call.end : undefined }
}

/** The calls that had begun, each as known then. For a long log use `callCount` and `callAt` row by row. */
export function callsAt(state: CallsState, cursor: Cursor): CallModel[] {
  const n = callCount(state, cursor)
  const out: CallModel[] = []
  for (let i = 0; i < n; i++) out.push(callAt(state.list[i]!, cursor))
  return out
}

export function runsAt(state: CallsState, cursor: Cursor): RunModel[] {
  const out: RunModel[] = []
  for (const run of state.runs.values()) {
    if (run.seq > cursor) continue
    out.push({
      ...run,
      end: run.end && run.end.seq <= cursor ? run.end : undefined,
      threads: run.threads.filter((id) => state.threads.get(id)!.seq <= cursor),
      output: prefixAt(run.output, cursor) as RunModel['output'],
      ...(run.sets ? { sets: setsAt(run, cursor) } : {}),
    })
  }
  return out
}

const setsAt = (run: RunModel, cursor: Cursor): RunModel['sets'] => {
  const sets = prefixAt(run.sets ?? [], cursor)
  return sets.length > 0 ? [...sets] : undefined
}

/** The parameters of a run as they were at the cursor: those it began with, and what was changed since. */
export function paramsAt(run: RunModel, cursor: Cursor): RunModel['params'] {
  const sets = setsAt(run, cursor)
  return sets ? Object.assign({}, run.params, ...sets.map((set) => set.params)) as RunModel['params'] : run.params
}

/** The threads that had begun. `calls` are indices into CallsState.list. */
export function threadsAt(state: CallsState, cursor: Cursor): ThreadModel[] {
  const out: ThreadModel[] = []
  for (const thread of state.threads.values()) if (thread.seq <= cursor) out.push(threadAt(state, thread, cursor))
  return out
}

function threadAt(state: CallsState, thread: ThreadModel, cursor: Cursor): ThreadModel {
  return {
    ...thread,
    end: thread.end && thread.end.seq <= cursor ? thread.end : undefined,
    calls: thread.calls.slice(0, callsBegun(state, thread, cursor)),
  }
}

function callsBegun(state: CallsState, thread: ThreadModel, cursor: Cursor): number {
  const { calls } = thread
  let low = 0
  let high = calls.length
  while (low < high) {
    const mid = (low + high) >>> 1
    if (state.list[calls[mid]!]!.seq <= cursor) low = mid + 1
    else high = mid
  }
  return low
}

/** What a thread does: blocked in a call, in a call that does not wait, between calls, or ended. */
export interface ThreadActivity {
  thread: ThreadId
  doing: 'blocked' | 'calling' | 'running' | 'ended'
  /** the call that it is in */
  call?: CallModel
  /** since when, microseconds: of the wait where it is blocked, else of the call or of its end */
  since: number
  /** the line of the Python twin: of the call that it is in, else of its last one */
  line?: number
}

export function threadActivityAt(state: CallsState, id: ThreadId, cursor: Cursor): ThreadActivity | undefined {
  const thread = state.threads.get(id)
  if (!thread || thread.seq > cursor) return undefined
  if (thread.end && thread.end.seq <= cursor) return { thread: id, doing: 'ended', since: thread.end.t }
  const n = callsBegun(state, thread, cursor)
  if (n === 0) return { thread: id, doing: 'running', since: thread.t }
  const call = callAt(state.list[thread.calls[n - 1]!]!, cursor)
  if (call.end) return { thread: id, doing: 'running', since: call.end.t, line: call.line }
  const block = call.blocks[call.blocks.length - 1]
  return block
    ? { thread: id, doing: 'blocked', call, since: block.t, line: call.line }
    : { thread: id, doing: 'calling', call, since: call.t, line: call.line }
}

// ---- sockets

export interface SocketAt {
  sock: SockId
  fd: number
  family: Family
  type: SockType
  run: number
  origin: SockModel['origin']
  local?: SockAddr
  remote?: SockAddr
  facts?: TcpFacts
  state?: TcpState
  evidence?: Evidence
  /** the last value of each option that was set or asked */
  options: Record<string, number>
  connection?: { id: number; side: Side }
  closed?: SockModel['closed']
}

export function socketAt(sock: SockModel, cursor: Cursor): SocketAt | undefined {
  if (sock.seq > cursor) return undefined
  const state = valueAt(sock.state, cursor)
  const options: Record<string, number> = Object.create(null)
  const n = countSeqs(sock.options.seq, cursor)
  for (let i = 0; i < n; i++) options[sock.options.value[i]!.name] = sock.options.value[i]!.value
  return {
    sock: sock.sock, fd: sock.fd, family: sock.family, type: sock.type, run: sock.run, origin: sock.origin,
    local: valueAt(sock.local, cursor), remote: valueAt(sock.remote, cursor), facts: valueAt(sock.facts, cursor),
    state: state?.state, evidence: state?.evidence, options,
    connection: connectionOf(sock, cursor),
    closed: sock.closed && sock.closed.seq <= cursor ? sock.closed : undefined,
  }
}

/** The connection that a socket was an end of. */
export function connectionOf(sock: SockModel, cursor: Cursor): { id: number; side: Side } | undefined {
  let found = sock.connection
  for (let i = (sock.earlier?.length ?? 0) - 1; found && found.seq > cursor; i--) found = sock.earlier?.[i]
  return found && { id: found.id, side: found.side }
}

/** The socket table: every socket that the lab had made, closed ones included. */
export function socketsAt(lab: LabState, cursor: Cursor): SocketAt[] {
  const out: SocketAt[] = []
  for (const sock of lab.sockets.values()) {
    const at = socketAt(sock, cursor)
    if (at) out.push(at)
  }
  return out
}

/** A listening socket and its accept queue, from the kernel. */
export interface ListenerAt {
  sock: SockId
  fd: number
  local?: SockAddr
  /** connections that wait to be accepted, and how many may. Absent: not available here. */
  queued?: number
  limit?: number
}

export function listenersAt(lab: LabState, cursor: Cursor): ListenerAt[] {
  const out: ListenerAt[] = []
  for (const sock of lab.sockets.values()) {
    if (sock.seq > cursor || (sock.closed && sock.closed.seq <= cursor)) continue
    if (valueAt(sock.state, cursor)?.state !== 'LISTEN') continue
    const facts = valueAt(sock.facts, cursor)
    out.push({ sock: sock.sock, fd: sock.fd, local: valueAt(sock.local, cursor), queued: facts?.recvq, limit: facts?.sendq })
  }
  return out
}

/** The accept queue of a listening socket over time: `recvq` is its length, `sendq` its limit. */
export const acceptQueueAt = (sock: SockModel, cursor: Cursor): History<TcpFacts> => historyAt(sock.facts, cursor)

// ---- connections

export const connectionCount = (lab: LabState, cursor: Cursor): number => countAt(lab.connections, cursor)

/** The connections that were known. Read their lists with the selectors below. */
export const connectionsAt = (lab: LabState, cursor: Cursor): readonly ConnectionModel[] => prefixAt(lab.connections, cursor)

/** The state changes of an endpoint, the evidence of each as it was then. */
export function statesAt(endpoint: Endpoint, cursor: Cursor): StateChange[] {
  const n = countAt(endpoint.states, cursor)
  const out: StateChange[] = []
  for (let i = 0; i < n; i++) out.push(changeAt(endpoint.states[i]!, cursor))
  return out
}

function changeAt(change: StateChange, cursor: Cursor): StateChange {
  const { confirmed } = change
  if (confirmed === undefined) return change
  return { ...change, confirmed: undefined, evidence: confirmed <= cursor ? 'kernel' : change.evidence }
}

/** The state of an endpoint: CLOSED before anything was known of it. */
export function stateAt(endpoint: Endpoint, cursor: Cursor): { state: TcpState; evidence: Evidence; change?: StateChange } {
  const n = countAt(endpoint.states, cursor)
  if (n === 0) return { state: 'CLOSED', evidence: 'inferred' }
  const change = changeAt(endpoint.states[n - 1]!, cursor)
  return { state: change.to, evidence: change.evidence, change }
}

/** What the kernel said last of the endpoint. */
export const factsAt = (endpoint: Endpoint, cursor: Cursor): (TcpFacts & { timer?: string; expires?: number }) | undefined =>
  valueAt(endpoint.facts, cursor)

/** The arrows of the ladder, each with its fate as known then; captured ones instead of inferred ones where there are any. */
export const segmentsAt = (connection: ConnectionModel, cursor: Cursor): Segment[] =>
  shownSegments(connection, cursor).map((segment) => segmentAt(segment, cursor))

/** The segments that are drawn, as they are known by now: where a capture was at work, only what it delivered. */
export function shownSegments(connection: ConnectionModel, cursor: Cursor): readonly Segment[] {
  const known = prefixAt(connection.segments, cursor)
  const { captured, recaptured } = connection
  if (!captured || captured.seq > cursor) return known
  const spans = recaptured ? [captured, ...recaptured.filter((span) => span.seq <= cursor)] : [captured]
  return known.filter((s) => s.evidence === 'captured' || !spans.some((span) => replaces(span, s, cursor)))
}

function replaces(span: Captured, inferred: Segment, cursor: Cursor): boolean {
  if (span.until !== undefined && span.until <= cursor && inferred.seq > span.until) return false
  return span.whole || inferred.t >= span.t
}

export function segmentAt(segment: Segment, cursor: Cursor): Segment {
  if (!segment.fates) return segment
  const n = countAt(segment.fates, cursor)
  return { ...segment, fates: undefined, fate: n === 0 ? segment.fate : segment.fates[n - 1]!.fate }
}

/** Which calls were made on the connection: indices into CallsState.list, by side. */
export const connectionCallsAt = (connection: ConnectionModel, cursor: Cursor): readonly ConnectionModel['calls'][number][] =>
  prefixAt(connection.calls, cursor)

/** How it ended, where that is known. */
export const outcomeAt = (connection: ConnectionModel, cursor: Cursor) => valueAt(connection.outcome, cursor)

/** The socket of an endpoint once it is known: accept() gives the passive end its descriptor after the handshake. */
export const endpointSockAt = (endpoint: Endpoint, cursor: Cursor): SockId | undefined =>
  endpoint.sockSeq !== undefined && endpoint.sockSeq <= cursor ? endpoint.sock : undefined

/** One direction of the connection, in bytes. What the kernel does not tell is absent. */
export interface StreamAt {
  sends: readonly StreamModel['sends'][number][]
  recvs: readonly StreamModel['recvs'][number][]
  /** bytes that send() calls took, and that recv() calls gave */
  sent: number
  received: number
  /** the sender's queue: written, not yet acknowledged */
  sendq?: number
  /** the receiver's queue: arrived, not yet taken by the program */
  recvq?: number
}

/** Both directions, keyed by the side that sends. */
export function streamsAt(connection: ConnectionModel, cursor: Cursor): Record<Side, StreamAt> {
  return { a: streamAt(connection, 'a', cursor), b: streamAt(connection, 'b', cursor) }
}

function streamAt(connection: ConnectionModel, side: Side, cursor: Cursor): StreamAt {
  const stream = connection.streams[side]
  const sends = prefixAt(stream.sends, cursor)
  const recvs = prefixAt(stream.recvs, cursor)
  const lastSend = sends[sends.length - 1]
  const lastRecv = recvs[recvs.length - 1]
  return {
    sends, recvs,
    sent: lastSend ? lastSend.offset + lastSend.len : 0,
    received: lastRecv ? lastRecv.offset + lastRecv.len : 0,
    sendq: valueAt(connection[side].facts, cursor)?.sendq,
    recvq: valueAt(connection[side === 'a' ? 'b' : 'a'].facts, cursor)?.recvq,
  }
}
