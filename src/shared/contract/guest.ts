/**
 * Guests: programs that run outside the engine (a student's Python in its web worker) and ask it for each system call.
 * A guest is a run like any other: the same dispatcher, with its policy, pace and trace. It names its sockets by
 * descriptor, as its program does. A guest's run ends with its client's connection, and its sockets are closed then as
 * the kernel does at exit.
 */
import * as v from 'valibot'
import type { Family, SockAddr } from '../trace/events'
import { MAX_HAND_PAYLOAD, sockAddrSchema } from './contract-parts'

/** Longest source text that is kept in the trace, characters. */
export const MAX_SOURCE = 512 * 1024
/** Longest piece of printed text in one request, characters. */
export const MAX_PRINT = 64 * 1024
/** Most local variables that are told of one stop, and the longest text of each, characters. */
export const MAX_LOCALS = 200
export const MAX_REPR = 400
/** Longest text of the exception at which a program stopped, characters. */
export const MAX_EXCEPTION = 1000

const fd = v.pipe(v.number(), v.safeInteger(), v.minValue(-1))
const size = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_HAND_PAYLOAD))
const int = v.pipe(v.number(), v.safeInteger())
const bytes = (max: number) => v.pipe(v.instance(Uint8Array), v.check((b) => b.length <= max, `at most ${max} bytes`))
/** MSG_* by name, as the platform's table has them */
const flags = v.optional(v.pipe(v.array(v.picklist(['PEEK', 'DONTWAIT', 'WAITALL', 'OOB', 'TRUNC', 'NOSIGNAL', 'MORE', 'EOR', 'ERRQUEUE', 'DONTROUTE', 'CONFIRM'])), v.maxLength(11)))
/** Most bytes of control messages in one call */
const MAX_CONTROL = 64 * 1024
const control = v.pipe(v.array(v.strictObject({ level: int, type: int, data: bytes(MAX_CONTROL) })), v.maxLength(256))

/** What epoll_ctl() does, in order: op is EPOLL_CTL_ADD 1, DEL 2 or MOD 3 */
const changes = v.pipe(v.array(v.strictObject({ op: v.picklist([1, 2, 3]), fd, events: v.pipe(int, v.minValue(0), v.maxValue(0xffff_ffff)) })), v.maxLength(10_000))

/** One system call of a guest. Lengths are bytes, times are seconds. */
export const guestCallSchema = v.variant('name', [
  v.strictObject({ name: v.literal('socket'), family: v.picklist(['inet', 'inet6', 'unix']), type: v.picklist(['stream', 'dgram', 'seqpacket']) }),
  /** two connected AF_UNIX sockets; their descriptors come in `fds` */
  v.strictObject({ name: v.literal('socketpair'), type: v.picklist(['stream', 'dgram', 'seqpacket']) }),
  v.strictObject({ name: v.literal('dup'), fd }),
  v.strictObject({ name: v.literal('bind'), fd, address: sockAddrSchema }),
  v.strictObject({ name: v.literal('listen'), fd, backlog: int }),
  v.strictObject({ name: v.literal('accept'), fd }),
  v.strictObject({ name: v.literal('connect'), fd, address: sockAddrSchema }),
  v.strictObject({ name: v.literal('send'), fd, data: bytes(MAX_HAND_PAYLOAD), flags }),
  v.strictObject({ name: v.literal('sendto'), fd, data: bytes(MAX_HAND_PAYLOAD), address: sockAddrSchema, flags }),
  v.strictObject({ name: v.literal('recv'), fd, n: size, flags }),
  v.strictObject({ name: v.literal('recvfrom'), fd, n: size, flags }),
  /** `control` as sendmsg() takes it, by Linux's numbers; SCM_RIGHTS names the program's own sockets */
  v.strictObject({ name: v.literal('sendmsg'), fd, data: bytes(MAX_HAND_PAYLOAD), address: v.optional(sockAddrSchema), control, flags }),
  /** `room` for control messages, bytes, with their heads and padding */
  v.strictObject({ name: v.literal('recvmsg'), fd, n: size, room: v.pipe(int, v.minValue(0), v.maxValue(MAX_CONTROL)), flags }),
  v.strictObject({ name: v.literal('shutdown'), fd, how: v.picklist(['RD', 'WR', 'RDWR']) }),
  v.strictObject({ name: v.literal('close'), fd }),
  /** by Linux's numbers and structs on every platform; `value` is the C value (an int is given as 4 bytes by the caller, or as a number) */
  v.strictObject({ name: v.literal('setsockopt'), fd, level: int, option: int, value: v.union([int, bytes(1024)]) }),
  /** `len` 0: an int is wanted, in `value`; else that many bytes, in `bytes` */
  v.strictObject({ name: v.literal('getsockopt'), fd, level: int, option: int, len: v.pipe(int, v.minValue(0), v.maxValue(1024)) }),
  v.strictObject({ name: v.literal('getsockname'), fd }),
  v.strictObject({ name: v.literal('getpeername'), fd }),
  v.strictObject({
    name: v.literal('poll'),
    fds: v.pipe(v.array(v.strictObject({ fd, read: v.boolean(), write: v.boolean() })), v.maxLength(10_000)),
  }),
  /** a set of epoll(7): its descriptor comes in `value`, UNAVAILABLE where this system has none such */
  v.strictObject({ name: v.literal('epoll_create') }),
  v.strictObject({ name: v.literal('epoll_ctl'), fd, changes }),
  v.strictObject({ name: v.literal('epoll_wait'), fd, changes, max: v.pipe(int, v.minValue(1)) }),
  v.strictObject({ name: v.literal('sleep'), seconds: v.pipe(v.number(), v.minValue(0), v.maxValue(1e9)) }),
  v.strictObject({ name: v.literal('input'), prompt: v.pipe(v.string(), v.maxLength(MAX_PRINT)) }),
])
export type GuestCall = v.InferOutput<typeof guestCallSchema>

/** How a guest's call ended. `errno` as in `ret`, also 'EINTR' (the guest took it back), 'POLICY', 'LIMIT'. */
export interface GuestOutcome {
  /** the call's result where it is a number or a line: bytes sent, an option's value, a line of input (null: its end) */
  value: number | string | null
  errno?: string
  /** Linux's number of it, where it has one */
  errnoNumber?: number
  /** what the lab says of it (POLICY, LIMIT, INVALID) */
  message?: string
  /** the descriptor made by socket, accept, dup */
  fd?: number
  fds?: [number, number]
  bytes?: Uint8Array
  /** the peer of accept and recvfrom; the address of getsockname and getpeername */
  address?: SockAddr
  /** recv, recvfrom on a datagram socket: its whole length where the buffer was too small */
  size?: number
  /** recvmsg: the control messages, Linux's msg_flags, and the sockets that came along, which the messages name */
  control?: { level: number; type: number; data: Uint8Array }[]
  flags?: number
  passed?: { fd: number; family: Family; type: number; protocol: number }[]
  /** epoll_wait: what is ready, descriptor and events */
  events?: [fd: number, events: number][]
  /** poll: those that are ready. `hangup` and `error` as POLLHUP and POLLERR */
  ready?: { fd: number; read: boolean; write: boolean; hangup: boolean; error: boolean; /** closed meanwhile: POLLNVAL */ invalid?: boolean }[]
}

/** A local variable while a program is stopped; `fd` where it is a socket. */
export const guestLocalSchema = v.strictObject({
  name: v.pipe(v.string(), v.maxLength(200)), type: v.pipe(v.string(), v.maxLength(200)), repr: v.pipe(v.string(), v.maxLength(MAX_REPR)), fd: v.optional(fd),
})
export type GuestLocal = v.InferOutput<typeof guestLocalSchema>
