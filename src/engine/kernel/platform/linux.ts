/** Linux (asm-generic: x86-64, arm64, riscv64). Sources: <asm-generic/socket.h>, <netinet/tcp.h>, <asm-generic/errno.h>. */
import { constants } from 'node:os'
import type { PlatformTable } from './platform'

type Shape = PlatformTable['options'][string]['shape']
const socket = (option: number, shape: Shape = 'int', readonly = false) =>
  ({ level: 1, levelName: 'SOL_SOCKET', option, shape, readonly })
const tcp = (option: number, readonly = false) =>
  ({ level: 6, levelName: 'IPPROTO_TCP', option, shape: 'int' as const, readonly })
const ip = (option: number, shape: Shape = 'int') => ({ level: 0, levelName: 'IPPROTO_IP', option, shape })
const ipv6 = (option: number, shape: Shape = 'int') => ({ level: 41, levelName: 'IPPROTO_IPV6', option, shape })

export const linux: PlatformTable = {
  name: 'linux',
  AF: { unix: 1, inet: 2, inet6: 10 },
  SOCK: { stream: 1, dgram: 2 },
  IPPROTO: { ip: 0, ipv6: 41, tcp: 6, udp: 17 },
  MSG: { peek: 0x2, trunc: 0x20, nosignal: 0x4000, dontwait: 0x40 },
  SHUT: { RD: 0, WR: 1, RDWR: 2 },
  options: {
    SO_REUSEADDR: socket(2),
    SO_TYPE: socket(3, 'int', true),
    SO_ERROR: socket(4, 'int', true),
    SO_DONTROUTE: socket(5),
    SO_BROADCAST: socket(6),
    SO_SNDBUF: socket(7),
    SO_RCVBUF: socket(8),
    SO_KEEPALIVE: socket(9),
    SO_OOBINLINE: socket(10),
    SO_LINGER: socket(13, 'linger'),
    SO_REUSEPORT: socket(15),
    SO_RCVLOWAT: socket(18),
    SO_RCVTIMEO: socket(20, 'timeval'),
    SO_SNDTIMEO: socket(21, 'timeval'),
    SO_ACCEPTCONN: socket(30, 'int', true),
    SO_PROTOCOL: socket(38, 'int', true),
    SO_DOMAIN: socket(39, 'int', true),
    TCP_NODELAY: tcp(1),
    TCP_MAXSEG: tcp(2),
    TCP_CORK: tcp(3),
    TCP_KEEPIDLE: tcp(4),
    TCP_KEEPINTVL: tcp(5),
    TCP_KEEPCNT: tcp(6),
    TCP_SYNCNT: tcp(7),
    TCP_LINGER2: tcp(8),
    TCP_DEFER_ACCEPT: tcp(9),
    TCP_WINDOW_CLAMP: tcp(10),
    TCP_QUICKACK: tcp(12),
    TCP_USER_TIMEOUT: tcp(18),
    IP_TOS: ip(1),
    IP_TTL: ip(2),
    IP_RECVERR: ip(11),
    IP_MTU_DISCOVER: ip(10),
    IP_PKTINFO: ip(8),
    IP_MULTICAST_IF: ip(32, 'interface'),
    IP_MULTICAST_TTL: ip(33),
    IP_MULTICAST_LOOP: ip(34),
    IP_ADD_MEMBERSHIP: ip(35, 'membership'),
    IP_DROP_MEMBERSHIP: ip(36, 'membership'),
    IP_MULTICAST_ALL: ip(49),
    IPV6_UNICAST_HOPS: ipv6(16),
    IPV6_MULTICAST_IF: ipv6(17),
    IPV6_MULTICAST_HOPS: ipv6(18),
    IPV6_MULTICAST_LOOP: ipv6(19),
    IPV6_JOIN_GROUP: ipv6(20, 'membership'),
    IPV6_LEAVE_GROUP: ipv6(21, 'membership'),
    IPV6_V6ONLY: ipv6(26),
    IPV6_RECVPKTINFO: ipv6(49),
  },
  // Node was built against this machine's own errno.h.
  errno: Object.fromEntries(Object.entries(constants.errno).map(([name, number]) => [number, name === 'EWOULDBLOCK' ? 'EAGAIN' : name])),
  sockaddr: { lengthByte: false, unixPath: 108 },
  linger: 'int',
  pollfd: { size: 8, fd: 'i32', events: 4, revents: 6, IN: 1, OUT: 4, ERR: 8, HUP: 0x10, NVAL: 0x20 },
  mreq: 'mreqn',
  ioctl: { FIONREAD: 0x541b, OUTQ: 0x5411, FIONBIO: 0x5421 },
}
