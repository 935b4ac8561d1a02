/** The POSIX socket API over koffi, for Linux and macOS. One small JavaScript function a C function; no policy here. */
import koffi from 'koffi'
import type { NativeSockets, PlatformTable } from './platform/platform'
import type { TcpFacts } from '../../shared/trace/events'

const F_SETFD = 2
const F_GETFL = 3
const F_SETFL = 4
const FD_CLOEXEC = 1

/** node's typed_array_max_size_in_heap, bytes */
const ON_HEAP = 64

/** How a platform differs in what POSIX does not say. */
export interface PosixDialect {
  table: PlatformTable
  /** open(2)'s O_NONBLOCK */
  nonblock: number
  /** SOCK_NONBLOCK|SOCK_CLOEXEC for socket() and accept4(); 0: use fcntl */
  socketFlags: number
  /** fcntl's F_DUPFD_CLOEXEC */
  dupfd: number
  /** called once on every new socket (SO_NOSIGPIPE) */
  prepare?: (fd: number, native: NativeSockets) => void
  tellsTcp: boolean
  tcpFacts: (fd: number, native: NativeSockets) => TcpFacts | undefined
}

/** @param length where the length of the address is kept that a call wrote last */
export function bindPosix(dialect: PosixDialect, length = new Uint32Array(1)): NativeSockets {
  const { table, socketFlags } = dialect
  const c = koffi.load(null)
  const c_socket = c.func('int socket(int, int, int)')
  const c_bind = c.func('int bind(int, const void *, uint32_t)')
  const c_listen = c.func('int listen(int, int)')
  const c_accept = socketFlags ? c.func('int accept4(int, void *, void *, int)') : c.func('int accept(int, void *, void *)')
  const c_connect = c.func('int connect(int, const void *, uint32_t)')
  const c_send = c.func('intptr_t send(int, const void *, size_t, int)')
  const c_recv = c.func('intptr_t recv(int, void *, size_t, int)')
  const c_sendto = c.func('intptr_t sendto(int, const void *, size_t, int, const void *, uint32_t)')
  const c_recvfrom = c.func('intptr_t recvfrom(int, void *, size_t, int, void *, void *)')
  const c_shutdown = c.func('int shutdown(int, int)')
  const c_close = c.func('int close(int)')
  const c_getsockname = c.func('int getsockname(int, void *, void *)')
  const c_getpeername = c.func('int getpeername(int, void *, void *)')
  const c_getsockopt = c.func('int getsockopt(int, int, int, void *, void *)')
  const c_setsockopt = c.func('int setsockopt(int, int, int, const void *, uint32_t)')
  const c_socketpair = c.func('int socketpair(int, int, int, void *)')
  const c_poll = c.func('int poll(void *, unsigned long, int)')
  const c_fcntl = c.func('int fcntl(int, int, ...)')
  const c_ioctl = c.func('int ioctl(int, unsigned long, ...)')

  const int = new Int32Array(1)

  // V8 keeps arrays of up to 64 bytes on its own heap and moves them out, at some microseconds, when native code asks for
  // their address: small messages go by way of one that is outside already
  const outside = new Uint8Array(new ArrayBuffer(2 * ON_HEAP), 0, ON_HEAP)
  function addressable(data: Uint8Array, len: number): Uint8Array {
    if (data.byteLength > ON_HEAP) return data
    for (let i = 0; i < len; i++) outside[i] = data[i]!
    return outside
  }

  const answer = (r: number): number => (r < 0 ? -koffi.errno() : r)
  function ready(fd: number): number {
    if (fd < 0) return -koffi.errno()
    if (!socketFlags) {
      c_fcntl(fd, F_SETFD, 'int', FD_CLOEXEC)
      c_fcntl(fd, F_SETFL, 'int', (c_fcntl(fd, F_GETFL, 'int', 0) as number) | dialect.nonblock)
    }
    dialect.prepare?.(fd, native)
    return fd
  }

  const native: NativeSockets = {
    table,
    tellsTcp: dialect.tellsTcp,
    socket: (domain, type, protocol) => ready(c_socket(domain, type | socketFlags, protocol)),
    bind: (fd, addr, len) => answer(c_bind(fd, addr, len)),
    listen: (fd, backlog) => answer(c_listen(fd, backlog)),
    accept(fd, addr) {
      length[0] = addr.length
      return ready(socketFlags ? c_accept(fd, addr, length, socketFlags) : c_accept(fd, addr, length))
    },
    connect: (fd, addr, len) => answer(c_connect(fd, addr, len)),
    send(fd, data, len, flags) {
      const r = c_send(fd, addressable(data, len), len, flags) as number
      return r < 0 ? -koffi.errno() : r
    },
    recv(fd, into, len, flags) {
      const r = c_recv(fd, into, len, flags) as number
      return r < 0 ? -koffi.errno() : r
    },
    sendto: (fd, data, len, flags, addr, addrLen) => answer(c_sendto(fd, addressable(data, len), len, flags, addr, addrLen)),
    recvfrom(fd, into, len, flags, addr) {
      length[0] = addr.length
      return answer(c_recvfrom(fd, into, len, flags, addr, length))
    },
    shutdown: (fd, how) => answer(c_shutdown(fd, how)),
    // Linux releases the descriptor even when close() says EINTR: never close twice (close(2), "Dealing with error returns").
    close: (fd) => answer(c_close(fd)),
    getsockname(fd, addr) {
      length[0] = addr.length
      return answer(c_getsockname(fd, addr, length))
    },
    getpeername(fd, addr) {
      length[0] = addr.length
      return answer(c_getpeername(fd, addr, length))
    },
    unblock(fd) {
      c_fcntl(fd, F_SETFL, 'int', (c_fcntl(fd, F_GETFL, 'int', 0) as number) | dialect.nonblock)
    },
    dup: (fd) => ready(c_fcntl(fd, dialect.dupfd, 'int', 0) as number),
    socketpair(domain, type, protocol, into) {
      const r = c_socketpair(domain, type | socketFlags, protocol, into) as number
      if (r < 0) return -koffi.errno()
      into.forEach(ready)
      return r
    },
    poll: (entries, count) => answer(c_poll(entries, count, 0)),
    addrLength: () => length[0]!,
    getsockopt(fd, level, option, into) {
      length[0] = into.length
      const r = c_getsockopt(fd, level, option, into, length) as number
      return r < 0 ? -koffi.errno() : length[0]!
    },
    setsockopt: (fd, level, option, value) => answer(c_setsockopt(fd, level, option, value, value.length)),
    ioctlInt(fd, request) {
      const r = answer(c_ioctl(fd, request, 'void *', int))
      return r < 0 ? r : int[0]!
    },
    tcpFacts: (fd) => dialect.tcpFacts(fd, native),
  }
  return native
}
