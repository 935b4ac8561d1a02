/**
 * A guest's sendmsg() and recvmsg() with control messages (cmsg(3)): descriptors that are passed on (unix(7), SCM_RIGHTS), and
 * what ip(7) and ipv6(7) tell of a datagram. Traced as sendto() and recvfrom(), with `control` among the arguments.
 */
import type { GuestCall } from '../shared/contract/guest'
import type { Family } from '../shared/trace/events'
import type { LabError } from '../shared/result'
import { named, nativeFlags, type GuestReturn } from './guest-calls'
import { refuseOption } from './guest-options'
import { cmsgSpace, packControl, unpackControl, type ControlMessage } from './kernel/cmsg'
import type { Dispatcher } from './kernel/dispatcher'
import type { Sock, Thread } from './kernel/objects'
import type { MaybePromise } from './programs/program'

type Of<N extends GuestCall['name']> = Extract<GuestCall, { name: N }>

// <asm-generic/socket.h>, <linux/in.h>, <linux/in6.h>
const SOL_SOCKET = 1
const SCM_RIGHTS = 1
const SO_TYPE = 3
const SO_ACCEPTCONN = 30
const SO_PROTOCOL = 38
const SO_DOMAIN = 39
const SO_COOKIE = 57
const MSG_CTRUNC = 8
const SOCK_DGRAM = 2
/** struct in6_pktinfo, the larger of the two that the lab asks for itself */
const PKTINFO_BYTES = 20
const NAMES: Readonly<Record<string, string>> = {
  '1 1': 'SCM_RIGHTS', '1 2': 'SCM_CREDENTIALS', '1 29': 'SO_TIMESTAMP', '0 1': 'IP_TOS', '0 2': 'IP_TTL', '0 8': 'IP_PKTINFO', '0 11': 'IP_RECVERR',
  '41 50': 'IPV6_PKTINFO', '41 52': 'IPV6_HOPLIMIT', '41 67': 'IPV6_TCLASS',
}
/** how a datagram's hop limit is given beside it */
const HOP_LIMITS: readonly string[] = ['0 2', '41 52']
/** the interface and the source address of one datagram: the kernel judges both, the lab where it goes */
const PKTINFO: readonly string[] = ['0 8', '41 50']
/** IP_RETOPTS: source routes */
const ROUTES = '0 7'

const key = ({ level, type }: { level: number; type: number }): string => `${level} ${type}`
const isRights = (message: ControlMessage): boolean => message.level === SOL_SOCKET && message.type === SCM_RIGHTS
const describe = (control: readonly ControlMessage[]): string[] => control.map((m) => NAMES[key(m)] ?? key(m))

export interface Received extends GuestReturn {
  control?: ControlMessage[]
  /** msg_flags */
  flags?: number
  /** descriptors that came with it, now the program's */
  passed?: { sock: Sock; type: number; protocol: number; from: Sock | undefined }[]
}

/** @param own the program's socket of that number, undefined: none */
export function sendmsg(k: Dispatcher, th: Thread, sock: Sock, call: Of<'sendmsg'>, own: (fd: number) => Sock | undefined): MaybePromise<GuestReturn> {
  const { native } = k
  const { data, address, control } = call
  if (call.flags?.includes('DONTWAIT')) th.timeout = 0
  const refused = !native.sendmsg
    ? { code: 'UNAVAILABLE', syscall: 'sendmsg', message: 'control messages are not available here: the lab has them on Linux only' }
    : refuse(k, sock, call)
  const messages = packControl(control)
  const flags = nativeFlags(k, call.flags) | native.table.MSG.nosignal
  const foreign = control.filter(isRights).flatMap(descriptors).some((fd) => !own(fd))
  const args = { len: data.length, ...(address ? { address } : {}), control: describe(control), ...named(call.flags) }
  return k.invoke(th, address ? 'sendto' : 'send', sock, args, refused ?? (address ? k.refusesSend(address) : undefined), {
    attempt: () => {
      if (foreign) return k.fds.errnoNumber('EBADF')
      if (!address) return native.sendmsg!(sock.fd, data, data.length, flags, null, 0, messages)
      const confined = k.fds.confine(sock, address)
      return confined < 0 ? confined : k.fds.withAddress(sock, address, (a, n) => native.sendmsg!(sock.fd, data, data.length, flags, a, n, messages))
    },
    want: 'writable',
    done: (n, ret) => {
      ret.data = k.bytes.append(data, n)
      ret.local = k.fds.readLocal(sock)
      if (address) ret.remote = address
      return { value: n }
    },
  })
}

/** What goes round the lab's check of addresses, or out of this computer. */
function refuse(k: Dispatcher, sock: Sock, { address, control }: Of<'sendmsg'>): LabError | undefined {
  for (const message of control) {
    const what = key(message)
    const staysHere = HOP_LIMITS.includes(what) && (sock.hops !== undefined || (address && k.staysHere(address)))
    const refused = PKTINFO.includes(what) ? undefined : refuseOption(k.native.table, message.level, message.type)
    if (refused || what === ROUTES || staysHere) {
      return {
        code: 'POLICY', syscall: 'sendmsg', detail: { option: NAMES[what] ?? what, reason: 'goes-round' },
        message: `sendmsg ${NAMES[what] ?? what}: it would send round the lab's own check of addresses, so the lab does not send it`,
      }
    }
  }
  return undefined
}

export function recvmsg(k: Dispatcher, th: Thread, sock: Sock, call: Of<'recvmsg'>, most: number): MaybePromise<Received> {
  const { native } = k
  if (call.flags?.includes('DONTWAIT')) th.timeout = 0
  const want = Math.min(call.n, most)
  const flags = nativeFlags(k, call.flags)
  const queue = call.flags?.includes('ERRQUEUE') ?? false
  const hidden = sock.pktinfo === true && !sock.ownPktinfo
  const room = native.control ? call.room + (hidden ? cmsgSpace(PKTINFO_BYTES) : 0) : undefined
  const received = k.invoke(th, 'recvfrom', sock, { len: call.n, ...(call.room ? { control: call.room } : {}), ...named(call.flags) }, undefined, {
    attempt: () => k.fds.recvfrom(sock, want, flags, room),
    // the queue of errors is never waited for (recv(2))
    ...(queue || call.flags?.includes('OOB') ? {} : { want: 'readable' as const }),
    done: (whole, ret) => {
      const got = Math.min(whole, want)
      if (whole > got) ret.size = whole
      const arrival = sock.pktinfo ? native.arrival!() : 0
      if (arrival) ret.interface = arrival
      const remote = k.fds.written() ?? (sock.type === 'dgram' ? undefined : sock.remote)
      if (remote) ret.remote = remote
      const out: Received = { value: got }
      if (native.control) takeControl(k, th, out, hidden)
      ret.data = k.bytes.commit(got)
      out.bytes = k.bytes.taken
      if (whole > got) out.size = whole
      if (remote) out.address = remote
      return out
    },
  }) as MaybePromise<Received>
  return received instanceof Promise ? received.then((out) => tellPassed(k, th, out)) : tellPassed(k, th, received)
}

function takeControl(k: Dispatcher, th: Thread, out: Received, hidden: boolean): void {
  const { messages, flags } = k.native.control!()
  out.flags = flags
  out.control = unpackControl(messages).filter((m) => !(hidden && PKTINFO.includes(key(m))))
  for (const message of out.control) {
    if (!isRights(message)) continue
    const kept: number[] = []
    for (const fd of descriptors(message)) {
      const passed = adopt(k, th, fd)
      if (passed) {
        kept.push(fd);
        (out.passed ??= []).push(passed)
      } else {
        // no socket, or one that the lab does not let in: as if there had been no room for it
        k.native.close(fd)
        out.flags |= MSG_CTRUNC
      }
    }
    message.data = new Uint8Array(Int32Array.from(kept).buffer)
  }
}

/** A descriptor that came from another socket becomes one of this run's. */
function adopt(k: Dispatcher, th: Thread, fd: number): NonNullable<Received['passed']>[number] | undefined {
  const { AF } = k.native.table
  const domain = option(k, fd, SO_DOMAIN)
  const family = (Object.keys(AF) as Family[]).find((name) => AF[name] === domain)
  if (!family || k.full()) return undefined
  const cookie = cookieOf(k, fd)
  const from = [...k.sockets.values()].find((known) => cookieOf(k, known.fd) === cookie)
  const type = option(k, fd, SO_TYPE)!
  const sock = k.fds.adopt(th.run, fd, family, type === SOCK_DGRAM ? 'dgram' : 'stream')
  k.fds.readLocal(sock)
  const remote = k.fds.readRemote(sock)
  if (remote) sock.remote = remote
  if (!from && remote && k.refusesConnect(remote)) {
    k.fds.forget(sock)
    return undefined
  }
  sock.listening = option(k, fd, SO_ACCEPTCONN) === 1
  if (from?.pktinfo) sock.pktinfo = true
  if (from?.hops !== undefined) sock.hops = from.hops
  k.native.unblock?.(fd)
  return { sock, type, protocol: option(k, fd, SO_PROTOCOL) ?? 0, from }
}

/** The program has copies of other sockets now: in the trace as unix(7) says it, as if dup(2) had made them. */
function tellPassed(k: Dispatcher, th: Thread, out: Received): Received {
  for (const { sock, from } of out.passed ?? []) {
    const made = { sock: sock.id, fd: sock.fd, ...(sock.local ? { local: sock.local } : {}), ...(sock.remote ? { remote: sock.remote } : {}) }
    if (from) k.note(th, 'dup', from, { by: 'SCM_RIGHTS' }, made)
    else k.note(th, 'socket', undefined, { family: sock.family, type: sock.type, by: 'SCM_RIGHTS' }, made)
  }
  return out
}

function descriptors({ data }: ControlMessage): number[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  return Array.from({ length: data.length >> 2 }, (_, i) => view.getInt32(i * 4, true))
}

function option(k: Dispatcher, fd: number, number: number): number | undefined {
  const into = new Uint8Array(4)
  return k.native.getsockopt(fd, SOL_SOCKET, number, into) === 4 ? new DataView(into.buffer).getInt32(0, true) : undefined
}

/** The kernel's own number of a socket, alike for all its descriptors. */
function cookieOf(k: Dispatcher, fd: number): bigint | undefined {
  const into = new Uint8Array(8)
  return k.native.getsockopt(fd, SOL_SOCKET, SO_COOKIE, into) === 8 ? new DataView(into.buffer).getBigUint64(0, true) : undefined
}
