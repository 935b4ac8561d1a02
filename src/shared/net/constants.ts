/**
 * The numbers behind the names of the socket API. POSIX fixes the names only, so the numbers differ from system to system:
 * a program that writes the number works on one of them. null: the system has no such constant.
 *
 * Linux: <bits/socket.h>, <bits/socket_type.h>, <netinet/in.h>; macOS: <sys/socket.h>, <netinet/in.h> (Darwin);
 * Windows: winsock2.h, ws2def.h, afunix.h.
 */
import type { PlatformName } from './errno'

export type ConstantGroup = 'AF' | 'SOCK' | 'IPPROTO'

export interface SocketConstant {
  name: string
  group: ConstantGroup
  linux: number | null
  darwin: number | null
  win32: number | null
}

const row = (name: string, linux: number | null, darwin: number | null, win32: number | null): SocketConstant =>
  ({ name, group: name.slice(0, name.indexOf('_')) as ConstantGroup, linux, darwin, win32 })

export const SOCKET_CONSTANTS: readonly SocketConstant[] = [
  row('AF_UNSPEC', 0, 0, 0),
  row('AF_UNIX', 1, 1, 1),
  row('AF_INET', 2, 2, 2),
  row('AF_INET6', 10, 30, 23),
  row('AF_IPX', 4, 23, 6),
  row('AF_APPLETALK', 5, 16, 16),
  row('AF_NETLINK', 16, null, null),
  row('AF_PACKET', 17, null, null),
  row('AF_LINK', null, 18, 33),
  row('AF_CAN', 29, null, null),
  row('AF_BLUETOOTH', 31, null, 32),
  row('AF_SYSTEM', null, 32, null),
  row('AF_VSOCK', 40, 40, null),
  row('SOCK_STREAM', 1, 1, 1),
  row('SOCK_DGRAM', 2, 2, 2),
  row('SOCK_RAW', 3, 3, 3),
  row('SOCK_RDM', 4, 4, 4),
  row('SOCK_SEQPACKET', 5, 5, 5),
  row('SOCK_NONBLOCK', 0x800, null, null),
  row('SOCK_CLOEXEC', 0x80000, null, null),
  row('IPPROTO_IP', 0, 0, 0),
  row('IPPROTO_ICMP', 1, 1, 1),
  row('IPPROTO_IGMP', 2, 2, 2),
  row('IPPROTO_TCP', 6, 6, 6),
  row('IPPROTO_UDP', 17, 17, 17),
  row('IPPROTO_IPV6', 41, 41, 41),
  row('IPPROTO_ROUTING', 43, 43, 43),
  row('IPPROTO_FRAGMENT', 44, 44, 44),
  row('IPPROTO_GRE', 47, 47, null),
  row('IPPROTO_ESP', 50, 50, 50),
  row('IPPROTO_AH', 51, 51, 51),
  row('IPPROTO_ICMPV6', 58, 58, 58),
  row('IPPROTO_NONE', 59, 59, 59),
  row('IPPROTO_DSTOPTS', 60, 60, 60),
  row('IPPROTO_SCTP', 132, 132, 132),
  row('IPPROTO_UDPLITE', 136, null, null),
  row('IPPROTO_RAW', 255, 255, 255),
]

/** The name of a number on one system; undefined where it has none there. */
export const constantName = (group: ConstantGroup, number: number, platform: PlatformName): string | undefined =>
  SOCKET_CONSTANTS.find((c) => c.group === group && c[platform] === number)?.name

/** The number of a name on one system. */
export const constantNumber = (name: string, platform: PlatformName): number | undefined =>
  SOCKET_CONSTANTS.find((c) => c.name === name)?.[platform] ?? undefined
