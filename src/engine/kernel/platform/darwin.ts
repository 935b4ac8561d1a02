/**
 * macOS 11 and newer, Intel and Apple silicon. Sources: <sys/socket.h>, <netinet/tcp.h>, <netinet/in.h>, <netinet6/in6.h>,
 * <sys/filio.h> of xnu. Not run by our tests, which have no such machine: the layouts are tested as data.
 */
import { errnoNames } from '../../../shared/net/errno'
import type { TcpFacts } from '../../../shared/trace/events'
import type { PlatformTable, StateNumbers } from './platform'

type Shape = PlatformTable['options'][string]['shape']
const socket = (option: number, shape: Shape = 'int', readonly = false) => ({ level: 0xffff, levelName: 'SOL_SOCKET', option, shape, readonly })
const tcp = (option: number) => ({ level: 6, levelName: 'IPPROTO_TCP', option, shape: 'int' as const })
const ip = (option: number, shape: Shape = 'int') => ({ level: 0, levelName: 'IPPROTO_IP', option, shape })
const ipv6 = (option: number, shape: Shape = 'int') => ({ level: 41, levelName: 'IPPROTO_IPV6', option, shape })

export const darwin: PlatformTable = {
  name: 'darwin',
  AF: { unix: 1, inet: 2, inet6: 30 },
  SOCK: { stream: 1, dgram: 2 },
  IPPROTO: { ip: 0, ipv6: 41, tcp: 6, udp: 17 },
  // SIGPIPE is switched off for the whole socket (SO_NOSIGPIPE)
  MSG: { trunc: 0, peek: 0x2, nosignal: 0, dontwait: 0x80 },
  SHUT: { RD: 0, WR: 1, RDWR: 2 },
  options: {
    SO_ACCEPTCONN: socket(0x0002, 'int', true),
    SO_REUSEADDR: socket(0x0004),
    SO_KEEPALIVE: socket(0x0008),
    SO_DONTROUTE: socket(0x0010),
    SO_BROADCAST: socket(0x0020),
    // SO_LINGER_SEC: the plain SO_LINGER counts in ticks of 10 ms
    SO_LINGER: socket(0x1080, 'linger'),
    SO_OOBINLINE: socket(0x0100),
    SO_REUSEPORT: socket(0x0200),
    SO_SNDBUF: socket(0x1001),
    SO_RCVBUF: socket(0x1002),
    SO_SNDLOWAT: socket(0x1003),
    SO_RCVLOWAT: socket(0x1004),
    SO_SNDTIMEO: socket(0x1005, 'timeval'),
    SO_RCVTIMEO: socket(0x1006, 'timeval'),
    SO_ERROR: socket(0x1007, 'int', true),
    SO_TYPE: socket(0x1008, 'int', true),
    SO_NREAD: socket(0x1020, 'int', true),
    SO_NOSIGPIPE: socket(0x1022),
    SO_NWRITE: socket(0x1024, 'int', true),
    TCP_NODELAY: tcp(0x01),
    TCP_MAXSEG: tcp(0x02),
    // TCP_NOPUSH holds back what does not fill a segment, as Linux's TCP_CORK does
    TCP_NOPUSH: tcp(0x04),
    // TCP_KEEPALIVE: the idle time, under the name that every other system gives it
    TCP_KEEPIDLE: tcp(0x10),
    TCP_CONNECTIONTIMEOUT: tcp(0x20),
    TCP_KEEPINTVL: tcp(0x101),
    TCP_KEEPCNT: tcp(0x102),
    IP_TOS: ip(3),
    IP_TTL: ip(4),
    IP_MULTICAST_IF: ip(9, 'interface'),
    IP_ADD_MEMBERSHIP: ip(12, 'membership'),
    IP_DROP_MEMBERSHIP: ip(13, 'membership'),
    IP_MULTICAST_TTL: ip(10, 'byte'),
    IP_MULTICAST_LOOP: ip(11, 'byte'),
    IPV6_UNICAST_HOPS: ipv6(4),
    IPV6_MULTICAST_IF: ipv6(9),
    IPV6_JOIN_GROUP: ipv6(12, 'membership'),
    IPV6_LEAVE_GROUP: ipv6(13, 'membership'),
    IPV6_MULTICAST_HOPS: ipv6(10),
    IPV6_MULTICAST_LOOP: ipv6(11),
    IPV6_V6ONLY: ipv6(27),
  },
  errno: errnoNames('darwin'),
  sockaddr: { lengthByte: true, unixPath: 104 },
  linger: 'int',
  pollfd: { size: 8, fd: 'i32', events: 4, revents: 6, IN: 1, OUT: 4, ERR: 8, HUP: 0x10, NVAL: 0x20 },
  mreq: 'mreqn',
  // no request tells the send queue of a socket; SO_NWRITE and TCP_CONNECTION_INFO do
  ioctl: { FIONREAD: 0x4004667f, OUTQ: 0, FIONBIO: 0x8004667e },
}

/** open(2)'s O_NONBLOCK on macOS */
export const DARWIN_O_NONBLOCK = 0x0004
/** getsockopt(IPPROTO_TCP, TCP_CONNECTION_INFO) fills a struct tcp_connection_info of this size */
export const TCP_CONNECTION_INFO = 0x106
export const TCP_CONNECTION_INFO_BYTES = 112

/** <netinet/tcp_fsm.h>: TCPS_CLOSED = 0 ... TCPS_TIME_WAIT = 10 */
export const DARWIN_TCP_STATES: StateNumbers = {
  0: 'CLOSED', 1: 'LISTEN', 2: 'SYN_SENT', 3: 'SYN_RCVD', 4: 'ESTABLISHED', 5: 'CLOSE_WAIT', 6: 'FIN_WAIT_1', 7: 'CLOSING', 8: 'LAST_ACK',
  9: 'FIN_WAIT_2', 10: 'TIME_WAIT',
}

/** Offsets in struct tcp_connection_info. Times are milliseconds; windows are bytes; u64 from txPackets on. */
const INFO = {
  state: 0, maxSegment: 16, congestionWindow: 24, sendBuffered: 32, smoothedRtt: 44, rttVariance: 48, txPackets: 56, rxPackets: 80, rxBytes: 88,
  txRetransmitPackets: 104,
} as const

/** The facts in a struct tcp_connection_info; undefined where it is shorter than the struct. */
export function parseConnectionInfo(bytes: Uint8Array): TcpFacts | undefined {
  if (bytes.length < TCP_CONNECTION_INFO_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const u64 = (at: number): number => Number(view.getBigUint64(at, true))
  const facts: TcpFacts = { state: DARWIN_TCP_STATES[view.getUint8(INFO.state)] ?? 'CLOSED' }
  if (facts.state === 'LISTEN') return facts
  const mss = view.getUint32(INFO.maxSegment, true)
  const rtt = view.getUint32(INFO.smoothedRtt, true) * 1000
  facts.sendq = view.getUint32(INFO.sendBuffered, true)
  if (mss > 0) {
    facts.mss = mss
    facts.cwnd = Math.floor(view.getUint32(INFO.congestionWindow, true) / mss)
  }
  if (rtt > 0) {
    facts.rtt = rtt
    facts.rttvar = view.getUint32(INFO.rttVariance, true) * 1000
  }
  facts.retrans = u64(INFO.txRetransmitPackets)
  facts.segsOut = u64(INFO.txPackets)
  facts.segsIn = u64(INFO.rxPackets)
  facts.bytesReceived = u64(INFO.rxBytes)
  return facts
}
