/**
 * The system calls of a guest, made through the one dispatcher: policy, pace, execute, trace, as for any program. What a
 * built-in program never asks for (flags, options by number, dup, socketpair) is put together here.
 */
import type { GuestCall } from '../shared/contract/guest'
import type { NetInterface } from '../shared/contract/contract'
import type { Family, Plain, SockType } from '../shared/trace/events'
import { hostOption } from './guest-numbers'
import { describeValue, joinsGroup, nameOption, refuseOption, tellsArrival } from './guest-options'
import { HOPS } from './kernel/descriptors'
import type { Dispatcher } from './kernel/dispatcher'
import type { Outcome, Sock, Thread } from './kernel/objects'
import type { PollReady } from './kernel/poll-set'
import type { MaybePromise } from './programs/program'

/** <sys/socket.h>, alike on Linux, macOS and Windows */
const MSG_OOB = 1

type Flags = readonly string[] | undefined
type Of<N extends GuestCall['name']> = Extract<GuestCall, { name: N }>

export interface GuestReturn extends Outcome {
  ready?: PollReady[]
  /** what epoll_wait found */
  events?: [fd: number, events: number][]
  /** the second socket of socketpair */
  second?: Sock
  /** what getsockopt wrote */
  raw?: Uint8Array
  /** a datagram's whole length, where it was longer than what was asked for */
  size?: number
}

export interface CallContext {
  dispatcher: Dispatcher
  interfaces: readonly NetInterface[]
  /** most that one recv() may ask for, bytes */
  recvBytes: number
}

export const named = (flags: Flags): { flags?: string } => (flags?.length ? { flags: flags.map((f) => `MSG_${f}`).join('|') } : {})

/** Linux's own flags of <bits/socket.h>; elsewhere a call without them does */
const LINUX_FLAGS: Readonly<Record<string, number>> = { MORE: 0x8000, EOR: 0x80, ERRQUEUE: 0x2000, DONTROUTE: 4, CONFIRM: 0x800 }

export function nativeFlags(k: Dispatcher, flags: Flags): number {
  const { MSG, name } = k.native.table
  const own = name === 'linux' ? (flags ?? []).reduce((sum, flag) => sum | (LINUX_FLAGS[flag] ?? 0), 0) : 0
  return (flags?.includes('PEEK') ? MSG.peek : 0) | (flags?.includes('OOB') ? MSG_OOB : 0) | own
}

/** MSG_DONTWAIT is this call's patience: our descriptors never block in the kernel anyway. */
function hurry(th: Thread, flags: Flags): void {
  if (flags?.includes('DONTWAIT')) th.timeout = 0
}

export function send(k: Dispatcher, th: Thread, sock: Sock, call: Of<'send'>): MaybePromise<GuestReturn> {
  hurry(th, call.flags)
  if (!call.flags?.length) return k.send(th, sock, call.data)
  const { data } = call
  const flags = nativeFlags(k, call.flags) | k.native.table.MSG.nosignal
  return k.invoke(th, 'send', sock, { len: data.length, ...named(call.flags) }, undefined, {
    attempt: () => k.native.send(sock.fd, data, data.length, flags),
    want: 'writable',
    done: (n, ret) => {
      ret.data = k.bytes.append(data, n)
      return { value: n }
    },
  })
}

export function recv(k: Dispatcher, th: Thread, sock: Sock, call: Of<'recv'>, most: number): MaybePromise<GuestReturn> {
  hurry(th, call.flags)
  const flags = call.flags ?? []
  const plain = flags.every((f) => f === 'PEEK')
  if (plain) return sized(k.recv(th, sock, call.n, { peek: flags.length > 0 }))
  const want = Math.min(call.n, most)
  const native = nativeFlags(k, flags)
  const args = { len: call.n, ...named(flags) }
  if (flags.includes('WAITALL') && sock.type === 'stream' && !flags.includes('PEEK') && th.timeout === null) return recvAll(k, th, sock, want, native, args)
  return k.invoke(th, 'recv', sock, args, undefined, {
    attempt: () => (sock.type === 'dgram' ? k.fds.recvfrom(sock, want, native) : k.fds.recv(sock, want, native, false)),
    // recv(2): urgent data is never waited for
    ...(flags.includes('OOB') ? {} : { want: 'readable' as const }),
    done: (whole, ret) => {
      const got = Math.min(whole, want)
      if (whole > got) ret.size = whole
      ret.data = k.bytes.commit(got)
      return { value: got, bytes: k.bytes.taken, ...(whole > got ? { size: whole } : {}) }
    },
  })
}

/** recv(MSG_WAITALL) of a socket that blocks: goes on until all is there, the peer has ended, or it is taken back. */
function recvAll(k: Dispatcher, th: Thread, sock: Sock, want: number, flags: number, args: Record<string, Plain>): MaybePromise<GuestReturn> {
  const all = new Uint8Array(want)
  let got = 0
  const end = (): Outcome => ({ value: got, bytes: all.subarray(0, got) })
  const outcome = k.invoke(th, 'recv', sock, args, undefined, {
    attempt: () => {
      while (got < want) {
        const r = k.native.recv(sock.fd, all.subarray(got), want - got, flags)
        if (r < 0) return got > 0 && k.fds.errno(r) !== 'EAGAIN' ? got : r
        if (r === 0) break
        got += r
      }
      return got
    },
    want: 'readable',
    done: (_, ret) => {
      ret.data = k.bytes.append(all, got)
      return end()
    },
  })
  return outcome
}

export function sendto(k: Dispatcher, th: Thread, sock: Sock, call: Of<'sendto'>): MaybePromise<GuestReturn> {
  hurry(th, call.flags)
  return k.sendto(th, sock, call.data, call.address, nativeFlags(k, call.flags), named(call.flags))
}

export function recvfrom(k: Dispatcher, th: Thread, sock: Sock, call: Of<'recvfrom'>): MaybePromise<GuestReturn> {
  hurry(th, call.flags)
  return sized(k.recvfrom(th, sock, call.n, nativeFlags(k, call.flags), named(call.flags)))
}

const sized = (outcome: MaybePromise<GuestReturn>): MaybePromise<GuestReturn> => outcome

export function dup(k: Dispatcher, th: Thread, sock: Sock): MaybePromise<GuestReturn> {
  const { native } = k
  const refused = native.dup ? undefined : { code: 'UNAVAILABLE', syscall: 'dup', message: 'dup() is not available here: this system has no descriptors that two sockets could share' }
  return k.invoke(th, 'dup', sock, {}, refused ?? k.full(), {
    attempt: () => native.dup!(sock.fd),
    done: (fd, ret) => {
      const made = k.fds.adopt(th.run, fd, sock.family, sock.type)
      made.listening = sock.listening
      if (sock.ownPktinfo) made.ownPktinfo = true
      if (sock.remote) made.remote = ret.remote = sock.remote
      if (sock.pktinfo) made.pktinfo = true
      if (sock.hops !== undefined) made.hops = sock.hops
      const local = k.fds.readLocal(made)
      if (local) ret.local = local
      ret.sock = made.id
      ret.fd = fd
      return { value: fd, sock: made }
    },
  })
}

/** <sys/socket.h>: a stream of whole messages; Unix sockets of Linux have it (unix(7)). To the lab it is a stream. */
const SOCK_SEQPACKET = 5

export function seqpacket(k: Dispatcher, th: Thread, family: Family): MaybePromise<GuestReturn> {
  return k.invoke(th, 'socket', undefined, { family, type: 'seqpacket' }, k.full(), {
    attempt: () => k.native.socket(k.native.table.AF[family], SOCK_SEQPACKET, 0),
    done: (fd, ret) => {
      const sock = k.fds.adopt(th.run, fd, family, 'stream')
      ret.sock = sock.id
      ret.fd = fd
      return { value: fd, sock }
    },
  })
}

export function socketpair(k: Dispatcher, th: Thread, type: SockType | 'seqpacket'): MaybePromise<GuestReturn> {
  const { native } = k
  const { table } = native
  const refused = native.socketpair ? undefined : { code: 'UNAVAILABLE', syscall: 'socketpair', message: 'socketpair() is not available here: this system has none' }
  const pair = new Int32Array(2)
  return k.invoke(th, 'socketpair', undefined, { family: 'unix', type }, refused ?? k.full(2), {
    attempt: () => native.socketpair!(table.AF.unix, type === 'seqpacket' ? SOCK_SEQPACKET : table.SOCK[type], 0, pair),
    done: (_, ret) => {
      const [first, second] = [...pair].map((fd) => {
        const sock = k.fds.adopt(th.run, fd, 'unix', type === 'dgram' ? 'dgram' : 'stream')
        sock.remote = sock.local = { family: 'unix', path: '' }
        return sock
      }) as [Sock, Sock]
      ret.sock = first.id
      ret.fd = first.fd
      ret.sock2 = second.id
      ret.fd2 = second.fd
      return { value: null, sock: first, second } as Outcome
    },
  })
}

export function setsockopt({ dispatcher: k, interfaces }: CallContext, th: Thread, sock: Sock, call: Of<'setsockopt'>): MaybePromise<GuestReturn> {
  const { table } = k.native
  const host = hostOption(table, call.level, call.option)
  const { level, option: number } = host ?? call
  const option = nameOption(table, level, number)
  const given = typeof call.value === 'number' ? int32(call.value) : call.value
  const bytes = host ? host.toHost(given) : given
  const args = { level: option.levelName, option: option.name, value: describeValue(table, option, bytes, interfaces) }
  return k.invoke(th, 'setsockopt', sock, args, refuseOption(table, level, number), {
    attempt: () => (host ? k.native.setsockopt(sock.fd, level, number, bytes) : k.fds.errnoNumber('ENOPROTOOPT')),
    done: () => {
      if (joinsGroup(table, level, number)) k.fds.askArrival(sock)
      if (option.name === HOPS[sock.family]) delete sock.hops
      if (tellsArrival(table, level, number)) {
        sock.ownPktinfo = bytes.some((byte) => byte !== 0)
        // the lab goes on asking for a member of a group
        if (sock.pktinfo && !sock.ownPktinfo) k.native.setsockopt(sock.fd, level, number, int32(1))
      }
      return { value: null }
    },
  })
}

export function getsockopt({ dispatcher: k, interfaces }: CallContext, th: Thread, sock: Sock, call: Of<'getsockopt'>): MaybePromise<GuestReturn> {
  const { table } = k.native
  const host = hostOption(table, call.level, call.option)
  const { level, option: number } = host ?? call
  const option = nameOption(table, level, number)
  const into = new Uint8Array(Math.max(call.len, table.name === 'linux' ? 0 : 16) || 4)
  return k.invoke(th, 'getsockopt', sock, { level: option.levelName, option: option.name }, undefined, {
    attempt: () => (host ? k.native.getsockopt(sock.fd, level, number, into) : k.fds.errnoNumber('ENOPROTOOPT')),
    done: (length) => {
      // the lab keeps it at 0 while a group's datagrams stay on this computer; the program sees what it has set
      if (option.name === HOPS[sock.family] && sock.hops !== undefined) into.set(int32(sock.hops).subarray(0, length))
      if (sock.pktinfo && !sock.ownPktinfo && tellsArrival(table, level, number)) into.fill(0)
      const raw = into.slice(0, length)
      const value = describeValue(table, option, raw, interfaces)
      return { value, raw: host!.toGuest(raw).subarray(0, call.len || 4) } as Outcome
    },
  })
}

/** a C int; Python's ints that do not fit are refused there */
function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setInt32(0, value, true)
  return bytes
}
