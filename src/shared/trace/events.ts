/**
 * The trace: an append-only list of small typed events, the single source of truth of the lab.
 *
 * Two kinds of fact are in it: what a program asked of the kernel (`call`, `block`, `ret`) and what the kernel
 * said when we looked (`sample`, `endpoint`, `packet`). Nothing inferred is ever in the trace; inference is a
 * projection over it.
 *
 * Units: `t` is microseconds (integer) since the session began, monotonic. `seq` is the event's position, from 0,
 * rising by one (a `gap` event says how many were left out before it).
 */

/** Lab-unique identities. A descriptor number (`fd`) is reused by the kernel; a `SockId` never is. */
export type RunId = number
export type ThreadId = number
export type SockId = number
export type CallId = number

/** An address as a program writes it. `path` for AF_UNIX ('' is unnamed). `scope` is the numeric IPv6 scope id. */
export type SockAddr =
  | { family: 'inet'; host: string; port: number }
  | { family: 'inet6'; host: string; port: number; scope?: number }
  | { family: 'unix'; path: string }

export type Family = SockAddr['family']
export type SockType = 'stream' | 'dgram'

/** The eleven states of RFC 9293, section 3.3.2. */
export type TcpState =
  | 'CLOSED' | 'LISTEN' | 'SYN_SENT' | 'SYN_RCVD' | 'ESTABLISHED' | 'FIN_WAIT_1' | 'FIN_WAIT_2'
  | 'CLOSE_WAIT' | 'CLOSING' | 'LAST_ACK' | 'TIME_WAIT'

/** Where bytes are kept: a half-open range of the session's byte store. `kept` < `len` when the store was full. */
export interface ByteRef {
  /** absolute offset in the byte store */
  at: number
  /** how many bytes there were */
  len: number
  /** how many of the first of them the store has */
  kept: number
}

/** The calls of the Berkeley API that a program can make. */
export type SyscallName =
  | 'socket' | 'bind' | 'listen' | 'accept' | 'connect' | 'send' | 'recv' | 'sendto' | 'recvfrom'
  | 'shutdown' | 'close' | 'abort' | 'getsockopt' | 'setsockopt' | 'getsockname' | 'getpeername'
  | 'poll' | 'sleep' | 'input'
  | 'dup' | 'socketpair'

/** A plain value of an argument or of a result. */
export type Plain = string | number | boolean | null | SockAddr | Plain[] | { [key: string]: Plain }

/** Why a call waits: for the peer (`readable`, `writable`), for time, for the person (`input`, `permission`), or for the pace. */
export type BlockReason = 'readable' | 'writable' | 'timer' | 'input' | 'slow' | 'step' | 'permission'

interface Stamp {
  seq: number
  t: number
}

/** A program started. `params` are as validated; `file` and `source` (its text) are set for a user's own Python. */
export interface RunEvent extends Stamp { k: 'run'; run: RunId; program: string; params: Record<string, Plain>; file?: string; source?: string }
/** A program ended. `error` says why where it failed. */
export interface RunEndEvent extends Stamp { k: 'run-end'; run: RunId; status: 'ok' | 'failed' | 'stopped'; error?: string }
/** A thread began. `name` is a person's name for it ('main', 'client 3'); `func` the Python function it runs. */
export interface ThreadEvent extends Stamp { k: 'thread'; run: RunId; thread: ThreadId; name: string; func: string }
export interface ThreadEndEvent extends Stamp { k: 'thread-end'; thread: ThreadId; error?: string }
/** A line that a program printed. */
export interface PrintEvent extends Stamp { k: 'print'; thread: ThreadId; text: string; err?: boolean }

/**
 * A system call begins. `sock`/`fd` name the socket it is made on (absent for `socket`). `args` are in the order and
 * under the names of POSIX; lengths and options only, never the bytes. `line` is the line of the Python twin, or of the
 * user's own Python; `file` is set where that line is not in the run's own file.
 */
export interface CallEvent extends Stamp {
  k: 'call'
  call: CallId
  thread: ThreadId
  name: SyscallName
  sock?: SockId
  fd?: number
  args: Record<string, Plain>
  line?: number
  file?: string
}

/**
 * The call waits. A paced call waits before it is made (`slow`, `step`), as does one
 * that the person is asked about (`permission`: a public address); any other after the kernel said EAGAIN or
 * EINPROGRESS. `local` is the address the kernel has given meanwhile (connect).
 */
export interface BlockEvent extends Stamp { k: 'block'; call: CallId; why: BlockReason; local?: SockAddr }

/** The call returned. Exactly one of `value` (its result) and `errno` (why it failed) is meaningful. */
export interface RetEvent extends Stamp {
  k: 'ret'
  call: CallId
  value: Plain
  /** 'ECONNREFUSED'; also 'CANCELLED' (the lab took the call back) and 'TIMEOUT' (settimeout ran out) */
  errno?: string
  /** the bytes taken by send/sendto, or given by recv/recvfrom */
  data?: ByteRef
  /** the socket made by `socket` and `accept` */
  sock?: SockId
  fd?: number
  /** the second socket made by `socketpair` */
  sock2?: SockId
  fd2?: number
  /** recvfrom: the datagram's whole length where the program's buffer was too small for it */
  size?: number
  /** recvfrom: the index of the interface on which the datagram arrived, where asked for */
  interface?: number
  /** addresses as the kernel has them after bind, listen, connect, accept, sendto, recvfrom */
  local?: SockAddr
  remote?: SockAddr
}

/** What the kernel says of a TCP endpoint. Counters count from the connection's begin. Absent: not available here. */
export interface TcpFacts {
  state: TcpState
  /** bytes received and not yet taken by the program; on a LISTEN socket the accept queue's length */
  recvq?: number
  /** bytes sent and not yet acknowledged (and not yet sent); on a LISTEN socket the accept queue's limit */
  sendq?: number
  /** microseconds */
  rtt?: number
  rttvar?: number
  /** segments */
  cwnd?: number
  mss?: number
  /** segments retransmitted in all */
  retrans?: number
  /** retransmission timeouts running now (backoff count) */
  backoff?: number
  segsOut?: number
  segsIn?: number
  dataSegsOut?: number
  dataSegsIn?: number
  bytesAcked?: number
  bytesReceived?: number
  sndbuf?: number
  rcvbuf?: number
}

/** The kernel was asked about a socket that the lab holds. Sent only when something changed. */
export interface SampleEvent extends Stamp, TcpFacts { k: 'sample'; sock: SockId }

/**
 * The kernel's connection table was asked about an endpoint for which the lab has no descriptor: one closed by its
 * program (FIN_WAIT_2, TIME_WAIT ...), one not yet accepted, or one of another process on this machine.
 * state CLOSED: the table no longer has it.
 */
export interface EndpointEvent extends Stamp, TcpFacts {
  k: 'endpoint'
  local: SockAddr
  remote: SockAddr
  /** the running timer of the table, and milliseconds until it fires (TIME_WAIT's countdown) */
  timer?: 'retransmit' | 'keepalive' | 'timewait' | 'probe'
  expires?: number
}

/**
 * What the checksum of a captured TCP segment or UDP datagram says: it fits; it does not; it holds only the
 * pseudo-header's part, because the network hardware (or, on loopback, nobody) fills in the rest; it was not used (UDP
 * over IPv4). Absent: not all bytes that it covers were captured.
 */
export type ChecksumState = 'good' | 'bad' | 'offloaded' | 'none'

/**
 * The options of a TCP header (RFC 9293, 3.1; RFC 7323; RFC 2018), those that are there: `mss` bytes, `ws` the shift
 * count, `sackOk`, `sack` edges [left, right) as on the wire, `ts` value and echo.
 */
export interface TcpOptions {
  mss?: number
  ws?: number
  sackOk?: boolean
  sack?: [number, number][]
  ts?: [number, number]
}

/**
 * A packet that a capture delivered. `seqno`/`ackno` are as on the wire. Of what is neither TCP nor UDP the ports are 0;
 * of what is not IP the hosts are those that ARP names, else ''.
 *
 * It reaches the trace after it passed: `t` is when the lab learnt of it, `at` when it passed.
 */
export interface PacketEvent extends Stamp {
  k: 'packet'
  proto: 'tcp' | 'udp' | 'icmp' | 'other'
  from: SockAddr
  to: SockAddr
  /** in the order of the header: 'SYN', 'ACK', 'PSH', 'FIN', 'RST', 'URG', 'ECE', 'CWR' */
  flags: string[]
  seqno?: number
  ackno?: number
  /** as on the wire: not yet scaled by the option that the SYN carried */
  window?: number
  /** bytes of payload on the wire; of what is neither TCP nor UDP: of the IP payload, else of the frame */
  len: number
  /** the payload, where there is one: a part of `frame` */
  data?: ByteRef
  /** microseconds since the session began, as the capture's clock has it; absent: at `t` */
  at?: number
  /** nanoseconds past `at`, 1 to 999 */
  ns?: number
  /** the whole frame from its link header on; `len` is what passed, `kept` what was captured and stored */
  frame?: ByteRef
  /** what the frame begins with: a LINKTYPE_ number of the pcap registry (shared/pcap/link-types) */
  link?: number
  /** the interface on which it passed, where the capture says */
  interface?: string
  options?: TcpOptions
  urgent?: number
  checksum?: ChecksumState
}

/**
 * What became of a capture: it began, it ended (`packets` it delivered in all, `error` where it ended by itself),
 * `packets` of the lab's own were left out (`why`: the lab's ration, the kernel's buffer, damage in a file, or the end
 * of what is read of one). `file`: this trace is a capture file, all of it; its packets are all that is known.
 */
export interface CaptureEvent extends Stamp {
  k: 'capture'
  what: 'start' | 'stop' | 'left-out' | 'file'
  interface?: string
  /** the program that captures or that wrote the file */
  tool?: string
  packets?: number
  bytes?: number
  why?: 'limit' | 'kernel' | 'damaged'
  error?: string
}

/** A running program's parameters were changed: `params` are the changed ones, as validated. */
export interface RunSetEvent extends Stamp { k: 'run-set'; run: RunId; params: Record<string, Plain> }

/**
 * What a program says of its own work, because no call shows it. Of a request: it begins, an attempt was sent, its answer
 * came, an answer came late (to an earlier request) or twice, it was given up, it is over. Of a datagram on a server or a
 * wire that plays a bad network: it was dropped, delayed, duplicated, held back past a later one, or passed on untouched.
 */
export type MarkKind =
  | 'request' | 'attempt' | 'answer' | 'late' | 'repeated' | 'give-up' | 'done'
  | 'drop' | 'delay' | 'duplicate' | 'reorder' | 'forward'

/** `call` is the call that the mark is about: the send of an attempt, the receive of an answer or of a datagram. */
export interface MarkEvent extends Stamp {
  k: 'mark'
  thread: ThreadId
  what: MarkKind
  call?: CallId
  /** the request, from 1 */
  id?: number
  /** the attempt, from 1; with `done`, how many there were; with `answer`, the request that it really answers, where it was taken for another's */
  n?: number
  /** microseconds: how long an attempt waits at most, how long a datagram is delayed, how long a request took */
  us?: number
  /** with `done`: whether an answer came */
  ok?: boolean
  /** of a wire: the side from which the datagram or the bytes came */
  from?: 'client' | 'server'
}

/** A local variable of a halted program; `fd` where it is a socket. */
export type LocalValue = { name: string; type: string; repr: string; fd?: number }

/**
 * A user's program stopped before a line, or after an exception at it (`why`), with the variables of that function.
 * `goes-on`: it is halted no more.
 */
export interface HaltEvent extends Stamp {
  k: 'halt'
  thread: ThreadId
  file: string
  line: number
  func: string
  why: 'step' | 'breakpoint' | 'pause' | 'exception' | 'goes-on'
  locals: LocalValue[]
  /** of an exception: 'ValueError: no' */
  text?: string
}

/** Events were left out here: `events` of them, with `bytes` of content. */
export interface GapEvent extends Stamp { k: 'gap'; events: number; bytes: number; why: 'slow-ui' | 'limit' | 'truncated' }
/** The scope was switched. */
export interface ScopeEvent extends Stamp { k: 'scope'; scope: 'computer' | 'lab' }

export type TraceEvent =
  | RunEvent | RunEndEvent | ThreadEvent | ThreadEndEvent | PrintEvent
  | CallEvent | BlockEvent | RetEvent
  | SampleEvent | EndpointEvent | PacketEvent | GapEvent | ScopeEvent | RunSetEvent | MarkEvent | HaltEvent
  | CaptureEvent

/** An event before the recorder has stamped it. */
export type Unstamped = TraceEvent extends infer E ? (E extends TraceEvent ? Omit<E, 'seq' | 't'> : never) : never

/** The head of a session: what must be known before its first event. */
export interface TraceHeader {
  format: 'socketscope-session'
  version: 1
  app: string
  platform: 'linux' | 'darwin' | 'win32'
  /** ISO 8601 wall clock of t = 0 */
  startedAt: string
}
