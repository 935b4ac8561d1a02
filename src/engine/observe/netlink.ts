/**
 * Netlink, as little of it as the lab needs: a dump and a single question, synchronously, over one persistent socket
 * (netlink(7), rtnetlink(7), sock_diag(7)). The kernel answers inside send(), so the answer is there when we ask for it
 * and nothing ever blocks.
 */
import koffi from 'koffi'
import { errnoNames } from '../../shared/net/errno'

const AF_NETLINK = 16
const SOCK_RAW_CLOEXEC = 3 | 0o2000000
const MSG_DONTWAIT = 0x40
export const NETLINK_ROUTE = 0
export const NETLINK_SOCK_DIAG = 4

const NLM_F_REQUEST = 0x1
const NLM_F_DUMP = 0x300
const NLMSG_ERROR = 2
const NLMSG_DONE = 3
/** sizeof(struct nlmsghdr): length u32, type u16, flags u16, seq u32, pid u32 */
export const HEADER = 16
const ENOENT = 2
const EBADF = 9
const ENOBUFS = 105
/** Netlink fills a datagram of at most this; see netlink(7) and iproute2. */
const BUFFER = 65_536

/** One message's body: [at, end) after the nlmsghdr, of `view` and `bytes` alike. The buffer is reused by the next question. */
export type OnMessage = (type: number, view: DataView, at: number, end: number, bytes: Uint8Array) => void

export interface Netlink {
  /** Sends `message` (its nlmsghdr is filled in here) and gives the body of its one answer to `on`. 0, or minus errno. */
  ask(type: number, message: Uint8Array, on: OnMessage): number
  /** As `ask`, for all the answers of a dump. An interrupted dump (the tables changed meanwhile) is what it is. */
  dump(type: number, message: Uint8Array, on: OnMessage): number
  /** Takes what the subscribed groups have sent. True when there was something, or when something was lost. */
  drain(): boolean
  close(): void
}

type NetlinkResult = { ok: true; netlink: Netlink } | { ok: false; errno: string }

let bound: ReturnType<typeof bindLibc> | undefined
function bindLibc() {
  const c = koffi.load(null)
  return {
    socket: c.func('int socket(int, int, int)'),
    bind: c.func('int bind(int, const void *, uint32_t)'),
    send: c.func('intptr_t send(int, const void *, size_t, int)'),
    recv: c.func('intptr_t recv(int, void *, size_t, int)'),
    close: c.func('int close(int)'),
  }
}

function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}

/** Opens a netlink socket of `protocol`, subscribed to the multicast `groups` (a mask). */
export function openNetlink(protocol: number, groups = 0): NetlinkResult {
  const libc = (bound ??= bindLibc())
  const refused = (): NetlinkResult => ({ ok: false, errno: errnoNames('linux')[koffi.errno()] ?? `errno ${koffi.errno()}` })
  const fd = libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol) as number
  if (fd < 0) return refused()
  const address = new DataView(new ArrayBuffer(12))
  address.setUint16(0, AF_NETLINK, true)
  address.setUint32(8, groups, true)
  if (libc.bind(fd, new Uint8Array(address.buffer), 12) < 0) {
    const result = refused()
    libc.close(fd)
    return result
  }

  const bytes = new Uint8Array(BUFFER)
  const view = new DataView(bytes.buffer)
  let seq = 0
  let open = true

  function send(type: number, flags: number, message: Uint8Array): number {
    // the number may be another file's by now
    if (!open) return -EBADF
    seq = (seq + 1) >>> 0
    writeU32(message, 0, message.length)
    writeU32(message, 4, type | (flags << 16))
    writeU32(message, 8, seq)
    writeU32(message, 12, 0)
    return (libc.send(fd, message, message.length, 0) as number) < 0 ? -koffi.errno() : 0
  }

  /** Reads answers to `seq` until one ends the exchange. Answers to earlier questions are stale and skipped. */
  function receive(dump: boolean, on: OnMessage): number {
    for (;;) {
      const n = libc.recv(fd, bytes, BUFFER, MSG_DONTWAIT) as number
      if (n < 0) return -koffi.errno()
      for (let at = 0; at + HEADER <= n;) {
        const length = view.getUint32(at, true)
        if (length < HEADER || at + length > n) break
        const type = view.getUint16(at + 4, true)
        if (view.getUint32(at + 8, true) === seq) {
          if (type === NLMSG_ERROR) return view.getInt32(at + HEADER, true)
          if (type === NLMSG_DONE) return 0
          on(type, view, at + HEADER, at + length, bytes)
          if (!dump) return 0
        }
        at += (length + 3) & ~3
      }
    }
  }

  const exchange = (type: number, flags: number, message: Uint8Array, dump: boolean, on: OnMessage): number =>
    send(type, flags, message) || receive(dump, on)

  return {
    ok: true,
    netlink: {
      ask: (type, message, on) => exchange(type, NLM_F_REQUEST, message, false, on),
      dump: (type, message, on) => exchange(type, NLM_F_REQUEST | NLM_F_DUMP, message, true, on),
      drain() {
        let some = false
        if (!open) return some
        for (;;) {
          const n = libc.recv(fd, bytes, BUFFER, MSG_DONTWAIT) as number
          // the queue overflowed: what was lost may have mattered
          if (n < 0 && koffi.errno() !== ENOBUFS) return some
          some = true
        }
      },
      close() {
        if (open) libc.close(fd)
        open = false
      },
    },
  }
}

/** Calls `on` for each rtattr (length u16, type u16, value) in [at, end). */
export function eachAttribute(view: DataView, at: number, end: number, on: (type: number, at: number, length: number) => void): void {
  while (at + 4 <= end) {
    const length = view.getUint16(at, true)
    if (length < 4 || at + length > end) return
    // the two high bits are flags (NLA_F_NESTED, NLA_F_NET_BYTEORDER)
    on(view.getUint16(at + 2, true) & 0x3fff, at + 4, length - 4)
    at += (length + 3) & ~3
  }
}

/** Whether a question's answer says that there is no such thing. */
export const isNotFound = (result: number): boolean => result === -ENOENT
