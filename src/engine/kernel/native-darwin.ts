/** The socket API on macOS: POSIX, non-blocking by fcntl, no SIGPIPE by socket option, TCP facts by TCP_CONNECTION_INFO. */
import { bindPosix } from './native-posix'
import { darwin, DARWIN_O_NONBLOCK, parseConnectionInfo, TCP_CONNECTION_INFO, TCP_CONNECTION_INFO_BYTES } from './platform/darwin'
import type { NativeSockets } from './platform/platform'
import { setOption } from './options'

/** <sys/fcntl.h> */
const F_DUPFD_CLOEXEC = 67

export function bindDarwin(): NativeSockets {
  const info = new Uint8Array(TCP_CONNECTION_INFO_BYTES)
  return bindPosix({
    table: darwin,
    nonblock: DARWIN_O_NONBLOCK,
    socketFlags: 0,
    dupfd: F_DUPFD_CLOEXEC,
    // a Unix socket of macOS takes it too; where one does not, send() reports EPIPE after Node has ignored the signal
    prepare: (fd, native) => void setOption(native, fd, 'SO_NOSIGPIPE', 1),
    tellsTcp: true,
    tcpFacts(fd, native) {
      const length = native.getsockopt(fd, darwin.IPPROTO.tcp, TCP_CONNECTION_INFO, info)
      const facts = length < 0 ? undefined : parseConnectionInfo(info.subarray(0, length))
      if (facts && facts.state !== 'LISTEN') {
        const recvq = native.ioctlInt(fd, darwin.ioctl.FIONREAD)
        if (recvq >= 0) facts.recvq = recvq
      }
      return facts
    },
  })
}
