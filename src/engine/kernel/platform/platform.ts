/**
 * A platform as data: the constants and struct layouts of its C socket API, and the seam behind which its calls are
 * made. One table file per platform (linux.ts, darwin.ts, win32.ts); nothing else in the kernel knows where it runs.
 */
import type { TcpFacts, TcpState } from '../../../shared/trace/events'

export interface PlatformTable {
  name: 'linux' | 'darwin' | 'win32'
  AF: { unix: number; inet: number; inet6: number }
  SOCK: { stream: number; dgram: number }
  IPPROTO: { ip: number; ipv6: number; tcp: number; udp: number }
  MSG: {
    peek: number
    /** recvfrom answers a datagram's whole length; 0 where it cannot */
    trunc: number
    /** no SIGPIPE; 0 where SO_NOSIGPIPE or nothing is needed */
    nosignal: number
    dontwait: number
  }
  SHUT: { RD: number; WR: number; RDWR: number }
  /** getsockopt/setsockopt by POSIX name; `shape` is the C type of the value */
  options: Record<string, { level: number; levelName: string; option: number; shape: 'int' | 'byte' | 'linger' | 'timeval' | 'ms' | 'membership' | 'interface'; readonly?: boolean }>
  /** number -> name; on win32 the WSA numbers, under their POSIX names */
  errno: Record<number, string>
  /** struct sockaddr_*: with a length byte first (BSD) or a 16-bit family (Linux, Windows); size of sun_path */
  sockaddr: { lengthByte: boolean; unixPath: number }
  /** struct linger: two ints (POSIX) or two unsigned shorts (Windows) */
  linger: 'int' | 'short'
  /** struct pollfd, and the bits of its events */
  pollfd: { size: number; fd: 'i32' | 'u64'; events: number; revents: number; IN: number; OUT: number; ERR: number; HUP: number; NVAL: number }
  /** IPv4's way to name an interface: struct ip_mreqn (with an index) or ip_mreq (with an address, 0.0.0.index on Windows) */
  mreq: 'mreqn' | 'mreq'
  /** ioctl requests: bytes waiting to be read, bytes not yet acknowledged (0: not available here) */
  ioctl: { FIONREAD: number; OUTQ: number; FIONBIO: number }
}

/** The answer of a native call: a result >= 0, or minus the platform's errno number. */
export type Native = number

/**
 * The C socket API, synchronous and non-blocking. `addr` buffers hold a struct sockaddr. Lengths are bytes.
 * koffi binds it per platform (native-posix.ts, native-win32.ts); the dispatcher is its only caller.
 */
export interface NativeSockets {
  readonly table: PlatformTable
  /** whether tcpFacts tells anything on this machine */
  readonly tellsTcp: boolean
  /** a non-blocking, close-on-exec descriptor */
  socket(domain: number, type: number, protocol: number): Native
  bind(fd: number, addr: Uint8Array, len: number): Native
  listen(fd: number, backlog: number): Native
  /** the new non-blocking descriptor; the peer's address is in `addr` and its length in `addrLength()` */
  accept(fd: number, addr: Uint8Array): Native
  connect(fd: number, addr: Uint8Array, len: number): Native
  send(fd: number, data: Uint8Array, len: number, flags: number): Native
  recv(fd: number, into: Uint8Array, len: number, flags: number): Native
  sendto(fd: number, data: Uint8Array, len: number, flags: number, addr: Uint8Array, addrLen: number): Native
  recvfrom(fd: number, into: Uint8Array, len: number, flags: number, addr: Uint8Array): Native
  /** recvfrom that also tells the arrival interface of a datagram; absent where this platform's is not bound */
  recvmsg?(fd: number, into: Uint8Array, len: number, flags: number, addr: Uint8Array, room?: number): Native
  /** what recvmsg said last: its control messages (struct cmsghdr and data), and msg_flags; absent where programs cannot have them */
  control?(): { messages: Uint8Array; flags: number }
  /** sendmsg with control messages; `addr` null: to the peer */
  sendmsg?(fd: number, data: Uint8Array, len: number, flags: number, addr: Uint8Array | null, addrLen: number, control: Uint8Array): Native
  /** what recvmsg said last: the interface's index (0: not told) */
  arrival?(): number
  /** what recvmsg said last: the address that the datagram was sent to, 4 or 16 bytes */
  arrivedFor?(): Uint8Array | undefined
  /** gives a descriptor that another process has made O_NONBLOCK; absent where none can come */
  unblock?(fd: number): void
  /** another descriptor of the same socket; absent where there are none such */
  dup?(fd: number): Native
  /** two connected sockets, non-blocking and close-on-exec; their descriptors go to `into` */
  socketpair?(domain: number, type: number, protocol: number, into: Int32Array): Native
  shutdown(fd: number, how: number): Native
  close(fd: number): Native
  getsockname(fd: number, addr: Uint8Array): Native
  getpeername(fd: number, addr: Uint8Array): Native
  /**
   * poll(2) that never waits: `entries` holds struct pollfd[count] in the platform's own layout (`pollfd`); answers how many are ready.
   */
  poll(entries: Uint8Array, count: number): Native
  /** length of the address that accept, recvfrom, getsockname or getpeername wrote last */
  addrLength(): number
  getsockopt(fd: number, level: number, option: number, into: Uint8Array): Native
  setsockopt(fd: number, level: number, option: number, value: Uint8Array): Native
  /** an ioctl that answers one int, or minus errno */
  ioctlInt(fd: number, request: number): Native
  /** what the kernel tells of a TCP socket; undefined where this platform cannot tell */
  tcpFacts(fd: number): TcpFacts | undefined
}

/** Waits for descriptors without blocking Node's loop. The cost of an event must not grow with the number of sockets. */
export interface Readiness {
  /** calls `wake` once when fd is readable (or at EOF, or failed). One waiter a direction and call; several may wait. */
  readable(fd: number, wake: () => void): () => void
  writable(fd: number, wake: () => void): () => void
  /** the descriptor is about to be closed: forget it and wake its waiters */
  forget(fd: number): void
  close(): void
}

/** /proc and TCP_INFO number the states alike on Linux; other platforms map theirs in their table. */
export type StateNumbers = Record<number, TcpState>
