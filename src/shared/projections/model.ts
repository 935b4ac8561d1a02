/**
 * What the projections say: the shapes that views draw. All pure data.
 *
 * A projection folds events one by one and only ever APPENDS: every fact it holds carries the `seq` at which it became
 * known. So the state at any cursor is a prefix of each list, found by binary search, and scrubbing needs neither
 * replay nor checkpoints. The law that the tests prove: `at(fold(all), cursor)` equals `at(fold(prefix), end)`.
 */
import type {
  ByteRef, BlockReason, CallId, CaptureEvent, ChecksumState, Family, HaltEvent, LocalValue, MarkKind, Plain, RunId, SockAddr, SockId, SockType, SyscallName,
  TcpFacts, TcpOptions, TcpState, ThreadId, TraceEvent,
} from '../trace/events'
import type { DatagramsState } from './flows'
import type { MarksState } from './marks'

export type Evidence = 'kernel' | 'captured' | 'inferred'

/** A deterministic fold. It owns and extends its state in place (100,000 events a second leave no time for copies). */
export interface Projection<S> {
  readonly name: string
  init(): S
  apply(state: S, event: TraceEvent): void
}

/** A value that changes: entry i holds from seq[i] until entry i+1. */
export interface History<T> {
  seq: number[]
  t: number[]
  value: T[]
}

// ---- runs, threads, calls

export interface RunModel {
  run: RunId
  program: string
  params: Record<string, Plain>
  file?: string
  /** the text of `file`: a user's own Python */
  source?: string
  seq: number
  t: number
  end?: { seq: number; t: number; status: 'ok' | 'failed' | 'stopped'; error?: string }
  threads: ThreadId[]
  /** parameters that were changed while it ran, in order */
  sets?: { seq: number; t: number; params: Record<string, Plain> }[]
  output: { seq: number; t: number; thread: ThreadId; text: string; err: boolean }[]
}

export interface ThreadModel {
  thread: ThreadId
  run: RunId
  name: string
  func: string
  seq: number
  t: number
  end?: { seq: number; t: number; error?: string }
  /** indices into CallsState.list, in order */
  calls: number[]
  /** where it was halted, and where it went on (`why` goes-on), in order */
  halts?: { seq: number; t: number; file: string; line: number; func: string; why: HaltEvent['why']; locals: LocalValue[]; text?: string }[]
}

export interface CallModel {
  call: CallId
  thread: ThreadId
  run: RunId
  name: SyscallName
  sock?: SockId
  fd?: number
  args: Record<string, Plain>
  line?: number
  /** where the line is not in the run's own file */
  file?: string
  seq: number
  t: number
  /** each wait within the call, in order (pace first, then the kernel) */
  blocks: { seq: number; t: number; why: BlockReason; local?: SockAddr }[]
  end?: {
    seq: number
    t: number
    value: Plain
    errno?: string
    data?: ByteRef
    sock?: SockId
    fd?: number
    sock2?: SockId
    fd2?: number
    local?: SockAddr
    remote?: SockAddr
    /** recvfrom: the whole length of a datagram that was cut, and the interface on which it arrived */
    size?: number
    interface?: number
  }
}

export interface CallsState {
  runs: Map<RunId, RunModel>
  threads: Map<ThreadId, ThreadModel>
  /** in order of their `call` events */
  list: CallModel[]
  /** CallId -> index in list */
  index: Map<CallId, number>
}

// ---- sockets

export interface SockModel {
  sock: SockId
  fd: number
  family: Family
  type: SockType
  run: RunId
  seq: number
  t: number
  /** 'accepted' by a listening socket, or made by socket() */
  origin: { by: 'socket' } | { by: 'accept'; listener: SockId }
  local: History<SockAddr>
  remote: History<SockAddr>
  facts: History<TcpFacts>
  state: History<{ state: TcpState; evidence: Evidence }>
  options: History<{ name: string; value: number }>
  /** the connection it belongs to, once it has one */
  connection?: { seq: number; id: number; side: Side }
  /** those before it: a socket whose connect() failed may try again */
  earlier?: { seq: number; id: number; side: Side }[]
  closed?: { seq: number; t: number; how: 'close' | 'abort' | 'exit' }
  /** it has been copied (dup): how many descriptors of the one socket are open; the last close() ends the connection (close(2)) */
  copies?: { open: number }
}

// ---- connections: what the ladder, the state diagram and the buffers draw

/** 'a' is the active opener (client), 'b' the passive one (server). */
export type Side = 'a' | 'b'

/** A change of an endpoint's TCP state, with its cause in the words of RFC 9293's figure. */
export interface StateChange {
  seq: number
  t: number
  from: TcpState
  to: TcpState
  evidence: Evidence
  /** what the program did: 'passive OPEN', 'active OPEN', 'CLOSE', 'SEND', 'ABORT', 'timeout' */
  cause?: string
  /** the segment that came in, and the one that went out for it: 'SYN', 'SYN,ACK', 'ACK', 'FIN', 'RST' */
  rcv?: string
  snd?: string
  call?: CallId
  /** the kernel said the same later, at this seq: from there on the evidence is 'kernel' */
  confirmed?: number
}

/** One arrow of the ladder: a segment, or `count` like ones in a row where single ones were not told apart. */
export interface Segment {
  id: number
  seq: number
  /** microseconds: when sent and, where known, when it arrived (equal on loopback) */
  t: number
  from: Side
  /** in the order of the header, joined by commas: 'SYN', 'SYN,ACK', 'ACK', 'PSH,ACK', 'FIN,ACK', 'RST,ACK', 'RST' */
  flags: string
  /** payload bytes, all `count` segments together */
  len: number
  /** offset of the first payload byte in this direction's stream; absent without payload */
  offset?: number
  count: number
  /** how it ended: it arrived; nobody is known to have got it; it was sent again */
  fate: 'arrived' | 'lost' | 'unknown'
  /** what became known of its fate later, in order of seq; `segmentsAt` applies it */
  fates?: { seq: number; fate: Segment['fate'] }[]
  retransmission?: boolean
  evidence: Evidence
  /** the call that made it go out */
  call?: CallId
  /** of a datagram: what is known of it besides */
  datagram?: DatagramFacts
  /** captured only: as on the wire */
  seqno?: number
  ackno?: number
  window?: number
  /** counted from the first number of each direction (its SYN is 0), where that was seen; else from the first one seen */
  seqRel?: number
  ackRel?: number
  /** bytes that the window stands for: scaled where both SYNs were seen (RFC 7323, 2.2) */
  windowBytes?: number
  options?: TcpOptions
  checksum?: ChecksumState
  /** what it is besides: found from the segments before it */
  remark?: SegmentRemark
  /** the captured frame; its event has the seq of this segment */
  frame?: ByteRef
  /** what the frame begins with: a LINKTYPE_ number (shared/pcap/link-types) */
  link?: number
  /** the interface on which it passed, where the capture says */
  interface?: string
}

/**
 * `duplicate`: bytes (or a SYN, FIN) that the receiver had acknowledged before; `out-of-order`: bytes from before the
 * last ones, not seen until now; `hole`: bytes before it were not captured; `keep-alive`, `probe` (of a closed window),
 * `duplicate-ack`, `window-update`, `window-closed`: without payload of its own.
 */
export type SegmentRemark =
  | 'duplicate' | 'out-of-order' | 'hole' | 'keep-alive' | 'probe' | 'duplicate-ack' | 'window-update' | 'window-closed'

/** What programs and the kernel said of one datagram. */
export interface DatagramFacts {
  /** why it is lost, and the program that dropped it */
  cause?: 'drop' | 'refused' | 'unread'
  by?: string
  /** bytes that its receiver got, where that is less than it held: the rest was cut off */
  cut?: number
  marks: { what: MarkKind; id?: number; n?: number; us?: number; program?: string }[]
}

export interface Endpoint {
  side: Side
  addr?: SockAddr
  /** absent when the endpoint is another program's, or was not accepted yet */
  sock?: SockId
  /** when `sock` became known: accept() comes after the handshake */
  sockSeq?: number
  states: StateChange[]
  facts: History<TcpFacts & { timer?: string; expires?: number }>
}

/**
 * One direction's byte stream: what each send() put in and each recv() took out. Offsets count from the first byte. Of a
 * connection known from packets alone: `sends` are the bytes as its segments carried them, in order and each once, `call`
 * is NO_CALL, and an offset past the end of the one before is a hole that was not captured; there are no `recvs`.
 */
export const NO_CALL: CallId = -1

export interface StreamModel {
  sends: { seq: number; t: number; call: CallId; offset: number; len: number; asked: number; data?: ByteRef }[]
  recvs: { seq: number; t: number; call: CallId; offset: number; len: number; asked: number; data?: ByteRef }[]
}

/**
 * A stretch of a connection that was captured: known from `seq` on, its packets replace the segments inferred from `t` on
 * (microseconds, when the first of them passed; `whole`: that was its SYN, and they replace all). `until`: the capture ended.
 */
export interface Captured {
  seq: number
  t: number
  whole: boolean
  until?: number
}

export interface ConnectionModel {
  id: number
  family: Family
  type: SockType
  /** when the first fact of it became known */
  seq: number
  t: number
  a: Endpoint
  b: Endpoint
  /** the listening socket of ours that took it, where known */
  listener?: SockId
  segments: Segment[]
  /** keyed by the sending side */
  streams: Record<Side, StreamModel>
  /** how it ended, where it did not open or did not close in order */
  outcome: History<'refused' | 'timed-out' | 'unreachable' | 'reset' | 'closed' | 'cancelled'>
  /** calls made on either endpoint, connect and accept included: indices into CallsState.list */
  calls: { seq: number; side: Side; index: number }[]
  /** a capture delivers its packets; and captures after that one */
  captured?: Captured
  recaptured?: Captured[]
  /** it is known from captured packets alone; its streams are what they carried. Absent: from calls or the kernel too. */
  packetsOnly?: boolean
}

// ---- the whole

export interface LabState {
  /** the last event folded; -1 when none */
  seq: number
  t: number
  calls: CallsState
  sockets: Map<SockId, SockModel>
  connections: ConnectionModel[]
  /** datagrams and their flows: read them with the selectors of datagrams-at.ts */
  datagrams: DatagramsState
  /** what programs said of their own work: see marks.ts and requests.ts */
  marks: MarksState
  /** seqs of gap events with what they left out */
  gaps: { seq: number; t: number; events: number; bytes: number; why: string }[]
  /** what was said of captures, in order */
  captures: CaptureEvent[]
}

/** Where a view looks: everything with seq <= cursor is drawn. Live: Infinity. */
export type Cursor = number
