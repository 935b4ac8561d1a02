/**
 * Windows 10 and newer, x64 and arm64. Sources: <winsock2.h>, <ws2def.h>, <ws2ipdef.h>, <mstcpip.h>, <afunix.h>.
 * Winsock's error numbers are kept under their POSIX names.
 */
import { errnoNames } from '../../../shared/net/errno'
import type { TcpFacts } from '../../../shared/trace/events'
import type { PlatformTable, StateNumbers } from './platform'

type Shape = PlatformTable['options'][string]['shape']
const socket = (option: number, shape: Shape = 'int', readonly = false) => ({ level: 0xffff, levelName: 'SOL_SOCKET', option, shape, readonly })
const tcp = (option: number) => ({ level: 6, levelName: 'IPPROTO_TCP', option, shape: 'int' as const })
const ip = (option: number, shape: Shape = 'int') => ({ level: 0, levelName: 'IPPROTO_IP', option, shape })
const ipv6 = (option: number, shape: Shape = 'int') => ({ level: 41, levelName: 'IPPROTO_IPV6', option, shape })

export const win32: PlatformTable = {
  name: 'win32',
  AF: { unix: 1, inet: 2, inet6: 23 },
  SOCK: { stream: 1, dgram: 2 },
  IPPROTO: { ip: 0, ipv6: 41, tcp: 6, udp: 17 },
  // there is no SIGPIPE, and no MSG_DONTWAIT: our sockets are non-blocking anyway
  MSG: { trunc: 0, peek: 0x2, nosignal: 0, dontwait: 0 },
  SHUT: { RD: 0, WR: 1, RDWR: 2 },
  options: {
    SO_ACCEPTCONN: socket(0x0002, 'int', true),
    // lets a second socket take a port that is in use, which POSIX's SO_REUSEADDR does not; TIME_WAIT never blocks a bind here
    SO_REUSEADDR: socket(0x0004),
    SO_KEEPALIVE: socket(0x0008),
    SO_DONTROUTE: socket(0x0010),
    SO_BROADCAST: socket(0x0020),
    SO_LINGER: socket(0x0080, 'linger'),
    SO_OOBINLINE: socket(0x0100),
    // ~SO_REUSEADDR
    SO_EXCLUSIVEADDRUSE: socket(-5),
    SO_SNDBUF: socket(0x1001),
    SO_RCVBUF: socket(0x1002),
    SO_SNDTIMEO: socket(0x1005, 'ms'),
    SO_RCVTIMEO: socket(0x1006, 'ms'),
    SO_ERROR: socket(0x1007, 'int', true),
    SO_TYPE: socket(0x1008, 'int', true),
    TCP_NODELAY: tcp(1),
    TCP_KEEPIDLE: tcp(3),
    TCP_MAXSEG: tcp(4),
    TCP_MAXRT: tcp(5),
    TCP_KEEPCNT: tcp(16),
    TCP_KEEPINTVL: tcp(17),
    IP_TOS: ip(3),
    IP_TTL: ip(4),
    IP_MULTICAST_IF: ip(9, 'interface'),
    IP_ADD_MEMBERSHIP: ip(12, 'membership'),
    IP_DROP_MEMBERSHIP: ip(13, 'membership'),
    IP_MULTICAST_TTL: ip(10),
    IP_MULTICAST_LOOP: ip(11),
    IP_PKTINFO: ip(19),
    IPV6_UNICAST_HOPS: ipv6(4),
    IPV6_MULTICAST_IF: ipv6(9),
    IPV6_JOIN_GROUP: ipv6(12, 'membership'),
    IPV6_LEAVE_GROUP: ipv6(13, 'membership'),
    IPV6_MULTICAST_HOPS: ipv6(10),
    IPV6_MULTICAST_LOOP: ipv6(11),
    // IPV6_PKTINFO there
    IPV6_RECVPKTINFO: ipv6(19),
    IPV6_V6ONLY: ipv6(27),
  },
  errno: errnoNames('win32'),
  sockaddr: { lengthByte: false, unixPath: 108 },
  linger: 'short',
  pollfd: { size: 16, fd: 'u64', events: 8, revents: 10, IN: 0x300, OUT: 0x10, ERR: 1, HUP: 2, NVAL: 4 },
  mreq: 'mreq',
  ioctl: { FIONREAD: 0x4004667f, OUTQ: 0, FIONBIO: 0x8004667e },
}

/** WSAIoctl's request and the size of the TCP_INFO_v0 it fills (Windows 10, version 1703, and newer) */
export const SIO_TCP_INFO = 0xd8000027
export const WINDOWS_TCP_INFO_BYTES = 88

/** enum TCPSTATE of <mstcpip.h> */
export const WINDOWS_TCP_STATES: StateNumbers = {
  0: 'CLOSED', 1: 'LISTEN', 2: 'SYN_SENT', 3: 'SYN_RCVD', 4: 'ESTABLISHED', 5: 'FIN_WAIT_1', 6: 'FIN_WAIT_2', 7: 'CLOSE_WAIT', 8: 'CLOSING',
  9: 'LAST_ACK', 10: 'TIME_WAIT',
}

/** Offsets in TCP_INFO_v0. Times are microseconds, windows bytes. */
const INFO = { state: 0, mss: 4, rtt: 20, congestionWindow: 32, receiveBuffer: 44, bytesIn: 56, synRetransmits: 84 } as const

/**
 * The facts in a TCP_INFO_v0; undefined where it is shorter. It tells the bytes in flight but not those still waiting to be
 * sent, so the send queue is not available here.
 */
export function parseWindowsTcpInfo(bytes: Uint8Array): TcpFacts | undefined {
  if (bytes.length < WINDOWS_TCP_INFO_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const facts: TcpFacts = { state: WINDOWS_TCP_STATES[view.getUint32(INFO.state, true)] ?? 'CLOSED' }
  if (facts.state === 'LISTEN') return facts
  const mss = view.getUint32(INFO.mss, true)
  const rtt = view.getUint32(INFO.rtt, true)
  if (mss > 0) {
    facts.mss = mss
    facts.cwnd = Math.floor(view.getUint32(INFO.congestionWindow, true) / mss)
  }
  // 0xffffffff before the first measurement
  if (rtt > 0 && rtt < 0xffff_ffff) facts.rtt = rtt
  if (facts.state === 'SYN_SENT') facts.backoff = view.getUint8(INFO.synRetransmits)
  facts.bytesReceived = Number(view.getBigUint64(INFO.bytesIn, true))
  facts.rcvbuf = view.getUint32(INFO.receiveBuffer, true)
  return facts
}
