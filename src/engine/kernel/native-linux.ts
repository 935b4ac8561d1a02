/** The socket API on Linux: POSIX with accept4, TCP_INFO (tcp(7)) and SO_MEMINFO. */
import type { TcpFacts } from '../../shared/trace/events'
import { bindPosix } from './native-posix'
import { linux } from './platform/linux'
import type { NativeSockets } from './platform/platform'
import { parseTcpInfo, TCP_INFO_BYTES } from './platform/tcp-info-linux'

const O_NONBLOCK = 0x800
const SOCK_NONBLOCK_CLOEXEC = 0x80800
const SOL_SOCKET = 1
const IPPROTO_TCP = 6
const TCP_INFO = 11
// <linux/sock_diag.h>: u32[9]; 1 is the receive buffer's limit, 3 the send buffer's
const SO_MEMINFO = 55
const MEMINFO_RCVBUF = 1
const MEMINFO_SNDBUF = 3

export function bindLinux(): NativeSockets {
  const info = new Uint8Array(TCP_INFO_BYTES)
  const memory = new Uint32Array(9)
  const memoryBytes = new Uint8Array(memory.buffer)

  function tcpFacts(fd: number, native: NativeSockets): TcpFacts | undefined {
    const length = native.getsockopt(fd, IPPROTO_TCP, TCP_INFO, info)
    if (length < 0) return undefined
    const facts = parseTcpInfo(info, 0, length)
    if (facts.state !== 'LISTEN') {
      const recvq = native.ioctlInt(fd, linux.ioctl.FIONREAD)
      const sendq = native.ioctlInt(fd, linux.ioctl.OUTQ)
      if (recvq >= 0) facts.recvq = recvq
      if (sendq >= 0) facts.sendq = sendq
    }
    if (native.getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memoryBytes) >= 16) {
      facts.rcvbuf = memory[MEMINFO_RCVBUF]!
      facts.sndbuf = memory[MEMINFO_SNDBUF]!
    }
    return facts
  }

  return bindPosix({ table: linux, nonblock: O_NONBLOCK, socketFlags: SOCK_NONBLOCK_CLOEXEC, tellsTcp: true, tcpFacts })
}
