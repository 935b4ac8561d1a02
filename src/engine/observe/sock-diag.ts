/** The kernel's TCP table by NETLINK_SOCK_DIAG (sock_diag(7), linux/inet_diag.h), which ss(8) uses too. Any user may ask. */
import { formatIPv4, formatIPv6, parseIPv4, parseIPv6 } from '../../shared/net/address'
import type { SockAddr } from '../../shared/trace/events'
import { bytesInQueues, linuxTcpState, parseTcpInfo } from '../kernel/platform/tcp-info-linux'
import type { ConnectionTable, EndpointFacts, ListeningSocket } from './connection-table'
import { eachAttribute, HEADER, isNotFound, NETLINK_SOCK_DIAG, openNetlink } from './netlink'

const SOCK_DIAG_BY_FAMILY = 20
const IPPROTO_TCP = 6
const AF_INET = 2
const AF_INET6 = 10
const TCP_LISTEN = 10
/** Attributes; an extension is asked for by the bit of its number minus one. */
const INET_DIAG_INFO = 2
const INET_DIAG_SKV6ONLY = 11
/**
 * struct inet_diag_req_v2 after the nlmsghdr: family u8, protocol u8, ext u8, pad u8, states u32, then the id: sport be16,
 * dport be16, src be32[4], dst be32[4], if u32, cookie u32[2].
 */
const REQUEST = { family: HEADER, protocol: HEADER + 1, ext: HEADER + 2, states: HEADER + 4, id: HEADER + 8, cookie: HEADER + 8 + 40, size: HEADER + 56 } as const
/** The id, in the request and in the answer alike. */
const ID = { sport: 0, dport: 2, src: 4, dst: 20, if: 36 } as const
/** struct inet_diag_msg: family, state, timer, retrans u8; the id (48 bytes); expires, rqueue, wqueue, uid, inode u32. */
const MESSAGE = { family: 0, state: 1, timer: 2, retrans: 3, id: 4, expires: 52, rqueue: 56, wqueue: 60, uid: 64, size: 72 } as const
const TIMERS: Record<number, NonNullable<EndpointFacts['timer']>> = { 1: 'retransmit', 2: 'keepalive', 3: 'timewait', 4: 'probe' }

function readFacts(view: DataView, at: number, end: number, bytes: Uint8Array): EndpointFacts {
  const state = linuxTcpState(view.getUint8(at + MESSAGE.state))
  let facts: EndpointFacts = { state }
  eachAttribute(view, at + MESSAGE.size, end, (type, value, length) => {
    if (type === INET_DIAG_INFO) facts = parseTcpInfo(bytes, value, length)
  })
  // tcp_info of a socket in transition may be a step away from the row's own state: the row is what was asked for
  facts.state = state
  const queues = bytesInQueues(state, view.getUint32(at + MESSAGE.rqueue, true), view.getUint32(at + MESSAGE.wqueue, true))
  facts.recvq = queues.recvq
  facts.sendq = queues.sendq
  const timer = TIMERS[view.getUint8(at + MESSAGE.timer)]
  if (timer) {
    facts.timer = timer
    facts.expires = view.getUint32(at + MESSAGE.expires, true)
    if (facts.backoff === undefined && timer === 'retransmit') facts.backoff = view.getUint8(at + MESSAGE.retrans)
  }
  return facts
}

function readAddress(view: DataView, at: number, portAt: number, addressAt: number, buffer: Uint8Array): SockAddr {
  const id = at + MESSAGE.id
  const port = view.getUint16(id + portAt)
  const bytes = buffer.subarray(id + addressAt, id + addressAt + 16)
  if (view.getUint8(at + MESSAGE.family) === AF_INET) return { family: 'inet', host: formatIPv4(bytes), port }
  const address: SockAddr = { family: 'inet6', host: formatIPv6(bytes), port }
  // the id names the interface that the socket is bound to; it is part of a link-local address and of no other
  const scope = view.getUint32(id + ID.if, true)
  if (scope !== 0 && bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80) address.scope = scope
  return address
}

/** Writes `address` into the id of a request. False: not an IP address of this family. */
function writeAddress(message: Uint8Array, view: DataView, address: SockAddr, portAt: number, addressAt: number): boolean {
  if (address.family === 'unix') return false
  const bytes = address.family === 'inet' ? parseIPv4(address.host) : parseIPv6(address.host)?.bytes
  if (!bytes) return false
  view.setUint16(REQUEST.id + portAt, address.port)
  message.fill(0, REQUEST.id + addressAt, REQUEST.id + addressAt + 16)
  message.set(bytes, REQUEST.id + addressAt)
  return true
}

/** The table; or the errno name for which the kernel refuses netlink (a sandbox may). */
export function openSockDiag(): { ok: true; table: ConnectionTable } | { ok: false; errno: string } {
  const opened = openNetlink(NETLINK_SOCK_DIAG)
  if (!opened.ok) return opened
  const { netlink } = opened
  const message = new Uint8Array(REQUEST.size)
  const view = new DataView(message.buffer)
  message[REQUEST.protocol] = IPPROTO_TCP
  message.fill(0xff, REQUEST.cookie) // INET_DIAG_NOCOOKIE

  let found: EndpointFacts | undefined
  const onOne = (type: number, answer: DataView, at: number, end: number, bytes: Uint8Array): void => {
    found = undefined
    if (type !== SOCK_DIAG_BY_FAMILY || end - at < MESSAGE.size) return
    const facts = readFacts(answer, at, end, bytes)
    // with no such connection the kernel answers with the listener that would take one (inet_diag_find_one_icsk)
    if (facts.state !== 'LISTEN') found = facts
  }

  function lookup(local: SockAddr, remote: SockAddr): EndpointFacts | undefined {
    if (local.family !== remote.family) return undefined
    if (!writeAddress(message, view, local, ID.sport, ID.src) || !writeAddress(message, view, remote, ID.dport, ID.dst)) return undefined
    message[REQUEST.family] = local.family === 'inet' ? AF_INET : AF_INET6
    message[REQUEST.ext] = 1 << (INET_DIAG_INFO - 1)
    view.setUint32(REQUEST.states, 0xffff_ffff, true)
    view.setUint32(REQUEST.id + ID.if, local.family === 'inet6' ? local.scope ?? 0 : 0, true)
    found = undefined
    const result = netlink.ask(SOCK_DIAG_BY_FAMILY, message, onOne)
    if (result < 0 && !isNotFound(result)) throw new Error(`sock_diag: errno ${-result}`)
    return found
  }

  function listening(): ListeningSocket[] {
    const all: ListeningSocket[] = []
    for (const family of [AF_INET, AF_INET6]) {
      message.fill(0, REQUEST.id, REQUEST.cookie)
      message[REQUEST.family] = family
      message[REQUEST.ext] = 0
      view.setUint32(REQUEST.states, 1 << TCP_LISTEN, true)
      const result = netlink.dump(SOCK_DIAG_BY_FAMILY, message, (type, answer, at, end, bytes) => {
        if (type !== SOCK_DIAG_BY_FAMILY || end - at < MESSAGE.size) return
        const socket: ListeningSocket = {
          local: readAddress(answer, at, ID.sport, ID.src, bytes),
          recvq: answer.getUint32(at + MESSAGE.rqueue, true),
          sendq: answer.getUint32(at + MESSAGE.wqueue, true),
          uid: answer.getUint32(at + MESSAGE.uid, true),
        }
        eachAttribute(answer, at + MESSAGE.size, end, (attribute, value) => {
          if (attribute === INET_DIAG_SKV6ONLY) socket.v6only = bytes[value] !== 0
        })
        all.push(socket)
      })
      if (result < 0 && !isNotFound(result)) throw new Error(`sock_diag: errno ${-result}`)
    }
    return all
  }

  return { ok: true, table: { source: 'sock-diag', lookup, listening, refresh: () => Promise.resolve(), close: () => netlink.close() } }
}
