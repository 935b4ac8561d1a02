/**
 * What a UI may ask of the engine: one schema. The types, the validators at the engine's boundary, the Electron bridge
 * and the WebSocket bridge all derive from `contract`. Requests answer Result<T>; pushes come unasked.
 */
import * as v from 'valibot'
import type { Plain, SockAddr, SockId, SyscallName, ThreadId, CallId, RunId } from '../trace/events'
import type { ParamsSchema } from './params'
import {
  HOST_CALLS, LOOKUP_FAMILIES, LOOKUP_FLAGS, LOOKUP_TYPES, REVERSE_FLAGS, type AddrInfo, type HostCall, type HostEntry,
} from '../net/names'
import { MAX_HAND_PAYLOAD, port, sockAddrSchema } from './contract-parts'
import { guestCallSchema, guestLocalSchema, MAX_EXCEPTION, MAX_LOCALS, MAX_PRINT, MAX_SOURCE, type GuestOutcome } from './guest'

export { MAX_HAND_PAYLOAD, sockAddrSchema }

/** Most bytes that one `trace.bytes` request may pull. */
export const MAX_BYTES_PULL = 1024 * 1024
/** Largest piece of an uploaded session file, bytes. */
export const MAX_UPLOAD_PIECE = 4 * 1024 * 1024

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const text = (max: number) => v.pipe(v.string(), v.maxLength(max))

/** Pace: how long the dispatcher waits before each call. `step` waits for the person. */
export const paceSchema = v.variant('mode', [
  v.strictObject({ mode: v.literal('run') }),
  v.strictObject({ mode: v.literal('slow'), ms: v.pipe(v.number(), v.minValue(1), v.maxValue(60_000)) }),
  v.strictObject({ mode: v.literal('step') }),
])
export type Pace = v.InferOutput<typeof paceSchema>

export const scopeSchema = v.picklist(['computer', 'lab'])
export type Scope = v.InferOutput<typeof scopeSchema>

const bytes = (max: number) => v.pipe(v.instance(Uint8Array), v.check((b) => b.length <= max, `at most ${max} bytes`))

/** One call made by hand. `n` and sizes are bytes; `timeout` seconds (null blocks, 0 is non-blocking). */
export const handCallSchema = v.variant('name', [
  v.strictObject({ name: v.literal('socket'), family: v.picklist(['inet', 'inet6', 'unix']), type: v.picklist(['stream', 'dgram']) }),
  v.strictObject({ name: v.literal('bind'), sock: id, address: sockAddrSchema }),
  v.strictObject({ name: v.literal('listen'), sock: id, backlog: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)) }),
  v.strictObject({ name: v.literal('accept'), sock: id }),
  v.strictObject({ name: v.literal('connect'), sock: id, address: sockAddrSchema }),
  v.strictObject({ name: v.literal('send'), sock: id, data: bytes(MAX_HAND_PAYLOAD) }),
  v.strictObject({ name: v.literal('sendall'), sock: id, data: bytes(MAX_HAND_PAYLOAD) }),
  v.strictObject({ name: v.literal('sendto'), sock: id, data: bytes(MAX_HAND_PAYLOAD), address: sockAddrSchema }),
  v.strictObject({ name: v.literal('recv'), sock: id, n: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_HAND_PAYLOAD)), peek: v.optional(v.boolean()) }),
  v.strictObject({ name: v.literal('recvfrom'), sock: id, n: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_HAND_PAYLOAD)) }),
  v.strictObject({ name: v.literal('shutdown'), sock: id, how: v.picklist(['RD', 'WR', 'RDWR']) }),
  v.strictObject({ name: v.literal('close'), sock: id }),
  v.strictObject({ name: v.literal('abort'), sock: id }),
  v.strictObject({ name: v.literal('setsockopt'), sock: id, option: text(64), value: v.pipe(v.number(), v.integer()) }),
  v.strictObject({ name: v.literal('getsockopt'), sock: id, option: text(64) }),
  v.strictObject({ name: v.literal('getsockname'), sock: id }),
  v.strictObject({ name: v.literal('getpeername'), sock: id }),
])
export type HandCall = v.InferOutput<typeof handCallSchema>

/** A request: its parameters' schema and, as a type only, its answer. */
const request = <S extends v.GenericSchema, R>(params: S): { params: S; _result?: R } => ({ params })
const none = v.strictObject({})
/** a name for the resolver: C strings end at a NUL */
const hostName = v.pipe(text(255), v.check((s) => !s.includes('\0'), 'a name has no NUL in it'))

export const contract = {
  /** who the engine is and what this machine can do */
  hello: request<typeof none, Hello>(none),
  'machine.interfaces': request<typeof none, NetInterface[]>(none),
  /** the groups that this machine's interfaces have joined, as the kernel lists them */
  'machine.memberships': request<typeof none, Membership[]>(none),
  /** who listens on this machine now: TCP, and UDP sockets without a peer where the system tells them */
  'machine.listening': request<typeof none, Listening>(none),
  /** AF_*, SOCK_*, IPPROTO_* with this machine's numbers (those of the other systems are in shared/net/constants) */
  'machine.constants': request<typeof none, MachineConstant[]>(none),
  /** getaddrinfo() of the operating system. `lookup` is chosen by who asks, and names the look-up for `names.cancel`. */
  'names.lookup': ((params) => request<typeof params, AddrInfo[]>(params))(v.strictObject({
    lookup: text(64), host: v.nullable(hostName), service: v.nullable(v.pipe(hostName, v.maxLength(64))), family: v.picklist(LOOKUP_FAMILIES), type: v.picklist(LOOKUP_TYPES),
    flags: v.pipe(v.array(v.picklist(LOOKUP_FLAGS)), v.maxLength(LOOKUP_FLAGS.length)),
  })),
  /** getnameinfo() */
  'names.reverse': ((params) => request<typeof params, { host: string; service: string }>(params))(v.strictObject({
    lookup: text(64), address: hostName, port, flags: v.pipe(v.array(v.picklist(REVERSE_FLAGS)), v.maxLength(REVERSE_FLAGS.length)),
  })),
  /** Python's functions upon the resolver; `name` may be '' */
  'names.host': ((params) => request<typeof params, { call: HostCall; value: string | HostEntry }>(params))(
    v.strictObject({ lookup: text(64), call: v.picklist(HOST_CALLS), name: hostName })),
  /** the look-up answers CANCELLED at once; the thread that waits for the network is let go when the system lets it */
  'names.cancel': ((params) => request<typeof params, null>(params))(v.strictObject({ lookup: text(64) })),
  'scope.set': ((params) => request<typeof params, { scope: Scope }>(params))(v.strictObject({ scope: scopeSchema })),

  'programs.list': request<typeof none, ProgramInfo[]>(none),
  /** the Python twin for these parameters, its constants filled in */
  'programs.twin': ((params) => request<typeof params, { file: string; source: string }>(params))(
    v.strictObject({ program: text(64), params: v.record(v.string(), v.unknown()) })),

  'run.start': ((params) => request<typeof params, { run: RunId }>(params))(
    v.strictObject({ program: text(64), params: v.record(v.string(), v.unknown()) })),
  'run.stop': ((params) => request<typeof params, null>(params))(v.strictObject({ run: id })),
  /** changes parameters of a running program; only those that it declares `live` */
  'run.set': ((params) => request<typeof params, null>(params))(v.strictObject({ run: id, params: v.record(v.string(), v.unknown()) })),
  /** the person's answer to a program that asks to reach public addresses (EngineStatus.asks): for the whole of its run */
  'run.reach': ((params) => request<typeof params, null>(params))(v.strictObject({ run: id, allow: v.boolean() })),
  /** a line typed for input(); `eof` ends the input */
  'run.input': ((params) => request<typeof params, null>(params))(v.strictObject({ run: id, line: text(65_536), eof: v.optional(v.boolean()) })),
  /** the pace of every run, the ones to come included */
  'pace.set': ((params) => request<typeof params, null>(params))(v.strictObject({ pace: paceSchema })),
  /** lets one call that waits for a step go: that of `call`, else the one that has waited longest */
  'pace.step': ((params) => request<typeof params, null>(params))(v.strictObject({ call: v.optional(id) })),

  /** by hand: a run with threads that do only what the person says */
  'hand.open': ((params) => request<typeof params, { run: RunId; thread: ThreadId }>(params))(v.strictObject({ name: text(64) })),
  'hand.thread': ((params) => request<typeof params, { thread: ThreadId }>(params))(v.strictObject({ run: id, name: text(64) })),
  /** begins a call; the trace tells the rest. Refused with BUSY while the thread is in another call. */
  'hand.call': ((params) => request<typeof params, { call: CallId }>(params))(v.strictObject({
    thread: id,
    call: handCallSchema,
    /** seconds: null blocks, 0 is non-blocking; absent keeps what the socket has */
    timeout: v.optional(v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(86_400)))),
  })),
  /** takes a waiting call back; it returns CANCELLED */
  'hand.cancel': ((params) => request<typeof params, null>(params))(v.strictObject({ call: id })),

  /** a program that runs outside the engine: see guest.ts. The run is this client's, and ends with its connection. */
  'guest.open': ((params) => request<typeof params, { run: RunId; thread: ThreadId }>(params))(v.strictObject({
    program: v.picklist(['python']), file: text(255), source: text(MAX_SOURCE), args: v.pipe(v.array(text(4096)), v.maxLength(100)),
  })),
  'guest.thread': ((params) => request<typeof params, { thread: ThreadId }>(params))(v.strictObject({ run: id, name: text(200), func: text(200) })),
  'guest.thread.end': ((params) => request<typeof params, null>(params))(v.strictObject({ thread: id, error: v.optional(text(MAX_PRINT)) })),
  /** one call; answered when it has returned. `timeout` seconds: null blocks, 0 never waits. */
  'guest.call': ((params) => request<typeof params, GuestOutcome>(params))(v.strictObject({
    thread: id, call: guestCallSchema, timeout: v.optional(v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1e10)))),
    file: v.optional(text(255)), line: v.optional(id),
  })),
  /** takes back the call in which a thread waits: it returns EINTR */
  'guest.interrupt': ((params) => request<typeof params, null>(params))(v.strictObject({ thread: id })),
  /** `text` is as it was written, ends of lines included. Answered late while the program prints more than the lab shows. */
  'guest.print': ((params) => request<typeof params, null>(params))(v.strictObject({ thread: id, text: text(MAX_PRINT), err: v.optional(v.boolean()) })),
  /** the program stopped before a line, or after an exception at it, with its `text` (`goes-on`: it is halted no more) */
  'guest.halt': ((params) => request<typeof params, null>(params))(v.strictObject({
    thread: id, file: text(255), line: id, func: text(200), why: v.picklist(['step', 'breakpoint', 'pause', 'exception', 'goes-on']),
    locals: v.pipe(v.array(guestLocalSchema), v.maxLength(MAX_LOCALS)), text: v.optional(text(MAX_EXCEPTION)),
  })),
  'guest.end': ((params) => request<typeof params, null>(params))(v.strictObject({
    run: id, status: v.picklist(['ok', 'failed', 'stopped']), error: v.optional(text(MAX_PRINT)),
  })),
  /** answered when a guest's run is over, whoever ended it */
  'guest.over': ((params) => request<typeof params, { status: 'ok' | 'failed' | 'stopped'; error?: string }>(params))(v.strictObject({ run: id })),

  /** samples closely while somebody looks */
  'watch.set': ((params) => request<typeof params, null>(params))(v.strictObject({ on: v.boolean() })),
  /** the bytes now waiting in a socket's receive buffer (MSG_PEEK): taken from nobody */
  'sock.peek': ((params) => request<typeof params, { bytes: Uint8Array }>(params))(v.strictObject({ sock: id, max: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_BYTES_PULL)) })),

  /**
   * Starts the push of `trace` batches for a session from event `from` on; replaces an earlier subscription. `whole`: of what is
   * there the last so many events are pushed whole, and before them the structure only.
   */
  'trace.subscribe': ((params) => request<typeof params, SessionInfo>(params))(
    v.strictObject({ session: v.optional(text(64)), from: id, whole: v.optional(id) })),
  'trace.ack': ((params) => request<typeof params, null>(params))(v.strictObject({ batch: id })),
  'trace.bytes': ((params) => request<typeof params, { at: number; bytes: Uint8Array }>(params))(
    v.strictObject({ session: v.optional(text(64)), at: id, len: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_BYTES_PULL)) })),

  /** the names of the folders in a folder of this machine ('' is the sample site); refused as opendir() would be */
  'fs.list': ((params) => request<typeof params, FolderListing>(params))(v.strictObject({ path: text(4096) })),

  /** whether this user may capture packets: found by a real try, which `fresh` repeats */
  'capture.status': ((params) => request<typeof params, CaptureStatus>(params))(v.strictObject({ fresh: v.optional(v.boolean()) })),
  /**
   * Captures the packets of the lab's own sockets into the live session. Without `interface`: loopback. `until` 'run': it
   * ends with the run that ends next. `except`: TCP ports that are never captured (the UI's own connection to the engine).
   */
  'capture.start': ((params) => request<typeof params, CaptureStatus>(params))(v.strictObject({
    interface: v.optional(text(256)), until: v.optional(v.picklist(['stop', 'run'])), except: v.optional(v.pipe(v.array(port), v.maxLength(16))),
  })),
  /** settles when everything that passed before is in the trace */
  'capture.stop': request<typeof none, CaptureStatus>(none),
  /** a piece of the captured packets of a session (absent: of the live one) as a pcapng file, which is made anew at offset 0 */
  'capture.save': ((params) => request<typeof params, { size: number; bytes: Uint8Array }>(params))(
    v.strictObject({ session: v.optional(text(64)), offset: id, len: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_UPLOAD_PIECE)) })),

  'session.list': request<typeof none, SessionInfo[]>(none),
  /** ends every run and begins an empty live session; the old one stays on disk */
  'session.new': request<typeof none, SessionInfo>(none),
  /** opens a stored session for reading */
  'session.open': ((params) => request<typeof params, SessionInfo>(params))(v.strictObject({ session: text(64) })),
  /** a piece of the session's file, flushed first; `size` is the file's whole length */
  'session.read': ((params) => request<typeof params, { size: number; bytes: Uint8Array }>(params))(
    v.strictObject({ session: text(64), offset: id, len: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_UPLOAD_PIECE)) })),
  /** brings a session file in, or a capture file (pcap, pcapng), piece by piece; answers the opened session with the last piece */
  'session.upload': ((params) => request<typeof params, SessionInfo | null>(params))(
    v.strictObject({ upload: text(64), offset: id, bytes: bytes(MAX_UPLOAD_PIECE), last: v.boolean() })),
  'session.delete': ((params) => request<typeof params, null>(params))(v.strictObject({ session: text(64) })),
} as const

export type Contract = typeof contract
export type Method = keyof Contract
export type ParamsOf<M extends Method> = v.InferInput<Contract[M]['params']>
export type ResultOf<M extends Method> = Contract[M] extends { _result?: infer R } ? Exclude<R, undefined> : never

/** What comes unasked. `batch` is encoded by shared/trace/codec and must be acknowledged with `trace.ack`. */
export type Push =
  | { push: 'trace'; session: string; batch: number; data: Uint8Array }
  | { push: 'interfaces'; interfaces: NetInterface[] }
  | { push: 'status'; status: EngineStatus }

/** The envelope of both transports. */
export type ToEngine = { id: number; method: Method; params: unknown }
export type FromEngine = { id: number; ok: true; value: unknown } | { id: number; ok: false; error: import('../result').LabError } | Push

export interface Hello {
  app: string
  /** another one after a restart: then its runs are new, and its live session */
  instance: string
  platform: 'linux' | 'darwin' | 'win32'
  hostname: string
  scope: Scope
  pace: Pace
  limits: Record<string, number>
  /** why the kernel binding did not load; absent when it did */
  kernelError?: string
  /** what this platform cannot tell or do */
  unavailable: string[]
  /** socket options that setsockopt knows here, with their levels */
  options: { name: string; level: string }[]
  live: SessionInfo
}

export interface SessionInfo {
  session: string
  live: boolean
  startedAt: string
  /** events so far; bytes of the file */
  events: number
  size: number
  /** microseconds from its beginning to its last event */
  duration?: number
  /** a crash or a cut file lost what came after the last whole chunk */
  truncated?: boolean
  name?: string
  /** it is a capture file that was opened: it stays open until the engine ends or it is deleted, and is not kept */
  capture?: { format: 'pcap' | 'pcapng'; packets: number; /** packets past the limit, which are not shown */ more: number }
}

export interface CaptureStatus {
  /** this user may capture here */
  available: boolean
  /** what captures */
  tool?: { name: 'tcpdump' | 'dumpcap'; path: string; version: string }
  /** why not, and in one line how to allow it; `code` 'NO_TOOL' or 'NO_RIGHT', else as ever */
  problem?: import('../result').LabError
  /** what can be captured on; `allowed`: in the present scope. The first one is loopback. */
  interfaces: { name: string; loopback: boolean; allowed: boolean }[]
  running?: RunningCapture
}

/** Packets since the capture began. `leftOut`: of others; of the lab's own by the ration and by the kernel; what could not be read. */
export interface RunningCapture {
  interface: string
  tool: string
  /** microseconds of the session's time */
  since: number
  until: 'stop' | 'run'
  packets: number
  bytes: number
  leftOut: { others: number; ration: number; kernel: number; unread: number }
}

/** A program is about to reach a public address, which it may only once the person has said so. */
export interface PublicAsk {
  run: RunId
  program: string
  /** what the run is called besides: a hand's name, a file */
  name?: string
  call: SyscallName
  address: SockAddr
}

export interface EngineStatus {
  /** the live session, the scope and the pace: another window of the same lab may have changed them */
  live: string
  scope: Scope
  pace: Pace
  eventsPerSecond: number
  /** bytes: resident memory of the engine's process, and what the trace holds */
  memory: number
  traceBytes: number
  events: number
  /** events left out so far, for whatever reason */
  dropped: number
  /** why the live session is not being saved (any more) */
  problem?: import('../result').LabError
  sockets: number
  threads: number
  /** packets are being captured */
  capture?: RunningCapture
  /** programs that wait for the person's word on a public address */
  asks?: PublicAsk[]
}

/** A folder, to choose one: names of folders only; of everything else, how many there are. */
export interface FolderListing {
  /** the real path */
  path: string
  /** absent at the top */
  parent?: string
  home: string
  /** the site that ships with the lab */
  sample: string
  folders: string[]
  /** folders that are not listed */
  more: number
  /** entries that are no folders */
  files: number
  /** it has an index.html */
  index: boolean
}

export type AddressScope = 'loopback' | 'link-local' | 'private' | 'unique-local' | 'global' | 'multicast' | 'unspecified' | 'broadcast' | 'documentation' | 'shared' | 'reserved'

export interface NetAddress {
  family: 'inet' | 'inet6'
  address: string
  prefix: number
  /** IPv4 only */
  netmask?: string
  broadcast?: string
  scope: AddressScope
  /** IPv6: the numeric scope id that link-local addresses need */
  scopeId?: number
}

export interface NetInterface {
  name: string
  /** 0: not available here */
  index: number
  up: boolean
  /** a carrier: cable in, Wi-Fi joined. Absent: not available here. */
  running?: boolean
  loopback: boolean
  multicast?: boolean
  /** the kernel's flags by name, where it tells them: 'UP', 'BROADCAST', 'RUNNING', 'MULTICAST' ... */
  flags?: string[]
  mtu?: number
  mac?: string
  addresses: NetAddress[]
}

/** A group that an interface has joined; `users` counts the sockets that asked for it, where the kernel tells. */
export interface Membership {
  family: 'inet' | 'inet6'
  group: string
  interface: string
  index: number
  users?: number
}

/** A socket that waits for whoever comes. */
export interface Listener {
  protocol: 'tcp' | 'udp'
  local: SockAddr
  /** TCP: connections in the accept queue, and its limit */
  recvq?: number
  sendq?: number
  /** the user that owns it; absent: not available here */
  uid?: number
  pid?: number
  /** the process's short name, where this user may see it */
  process?: string
  /** it is a socket of this lab */
  own?: boolean
  /** on an IPv6 wildcard: whether it takes IPv4 too; absent: not available here */
  v6only?: boolean
}

export interface Listening {
  sockets: Listener[]
  /** whose processes can be named: everybody's, or only those of `user` */
  processes: 'all' | 'own'
  /** false: this system does not tell the UDP sockets */
  udp?: boolean
  user: string
}

export interface MachineConstant {
  name: string
  /** null: this system has no such constant */
  number: number | null
  /** the running system has said so; else it is its header's number */
  told: boolean
}

export interface ProgramInfo {
  id: string
  params: ParamsSchema
  /** the parameters that `run.set` may change while it runs */
  live: string[]
}

export type { GuestCall, GuestLocal, GuestOutcome } from './guest'
export type { Plain, SockId, SyscallName }
