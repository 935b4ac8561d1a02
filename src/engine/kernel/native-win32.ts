/** Winsock 2 over koffi. A SOCKET is pointer-sized; Windows keeps its values small enough for a number. */
import koffi from 'koffi'
import type { NativeSockets } from './platform/platform'
import { parseWindowsTcpInfo, SIO_TCP_INFO, win32, WINDOWS_TCP_INFO_BYTES } from './platform/win32'
import { bindRecvMsg } from './recvmsg-win32'

const WINSOCK_2_2 = 0x0202
const WSADATA_BYTES = 512
const WSA_FLAG_OVERLAPPED = 0x01
/** a child process must not inherit our sockets (Windows' close-on-exec) */
const WSA_FLAG_NO_HANDLE_INHERIT = 0x80
const WSAEWOULDBLOCK = 10035
const WSAEINPROGRESS = 10036
const WSAEMSGSIZE = 10040
const WSAEOPNOTSUPP = 10045
const WSAECONNRESET = 10054
const WSAECONNREFUSED = 10061
/** whether an ICMP error of a datagram that was sent makes the next recv fail (<mstcpip.h>) */
const SIO_UDP_CONNRESET = 0x9800000c

/** Winsock wants buffers of at least one byte. */
const NOTHING = new Uint8Array(1)

export function bindWindows(): NativeSockets {
  const ws = koffi.load('ws2_32.dll')
  const startup = ws.func('int __stdcall WSAStartup(uint16_t, void *)')
  const lastError = ws.func('int __stdcall WSAGetLastError()')
  const w_socket = ws.func('intptr_t __stdcall WSASocketW(int, int, int, void *, uint32_t, uint32_t)')
  const w_bind = ws.func('int __stdcall bind(intptr_t, const void *, int)')
  const w_listen = ws.func('int __stdcall listen(intptr_t, int)')
  const w_accept = ws.func('intptr_t __stdcall accept(intptr_t, void *, void *)')
  const w_connect = ws.func('int __stdcall connect(intptr_t, const void *, int)')
  const w_send = ws.func('int __stdcall send(intptr_t, const void *, int, int)')
  const w_recv = ws.func('int __stdcall recv(intptr_t, void *, int, int)')
  const w_sendto = ws.func('int __stdcall sendto(intptr_t, const void *, int, int, const void *, int)')
  const w_recvfrom = ws.func('int __stdcall recvfrom(intptr_t, void *, int, int, void *, void *)')
  const w_shutdown = ws.func('int __stdcall shutdown(intptr_t, int)')
  const w_close = ws.func('int __stdcall closesocket(intptr_t)')
  const w_getsockname = ws.func('int __stdcall getsockname(intptr_t, void *, void *)')
  const w_getpeername = ws.func('int __stdcall getpeername(intptr_t, void *, void *)')
  const w_getsockopt = ws.func('int __stdcall getsockopt(intptr_t, int, int, void *, void *)')
  const w_setsockopt = ws.func('int __stdcall setsockopt(intptr_t, int, int, const void *, int)')
  const w_poll = ws.func('int __stdcall WSAPoll(void *, uint32_t, int)')
  const w_ioctl = ws.func('int __stdcall ioctlsocket(intptr_t, int32_t, void *)')
  const w_wsaioctl = ws.func('int __stdcall WSAIoctl(intptr_t, uint32_t, void *, uint32_t, void *, uint32_t, void *, void *, void *)')

  const started = startup(WINSOCK_2_2, new Uint8Array(WSADATA_BYTES)) as number
  if (started !== 0) throw new Error(`WSAStartup: error ${started}`)

  const length = new Int32Array(1)
  const int = new Int32Array(1)
  const one = new Int32Array([1])
  const returned = new Uint32Array(1)
  const version = new Uint32Array([0])
  const info = new Uint8Array(WINDOWS_TCP_INFO_BYTES)

  const failed = (): number => -(lastError() as number)
  const answer = (r: number): number => (r < 0 ? failed() : r)

  /** makes a new socket non-blocking */
  function ready(fd: number): number {
    if (fd < 0) return failed()
    if ((w_ioctl(fd, win32.ioctl.FIONBIO | 0, one) as number) === 0) return fd
    const error = failed()
    w_close(fd)
    return error
  }

  const readTcpInfo = (fd: number): boolean =>
    (w_wsaioctl(fd, SIO_TCP_INFO, version, 4, info, WINDOWS_TCP_INFO_BYTES, returned, null, null) as number) === 0
      && returned[0]! >= WINDOWS_TCP_INFO_BYTES

  /** Windows before version 1703 has no SIO_TCP_INFO, nor has Wine: then there are no TCP facts. */
  function probeTcpInfo(): boolean {
    const fd = ready(w_socket(win32.AF.inet, win32.SOCK.stream, win32.IPPROTO.tcp, null, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT) as number)
    if (fd < 0) return false
    // an unconnected socket is refused for being unconnected where the request is known
    const known = readTcpInfo(fd) || failed() !== -WSAEOPNOTSUPP
    w_close(fd)
    return known
  }
  const tellsTcp = probeTcpInfo()

  /**
   * Windows lets recvfrom() on any UDP socket fail with WSAECONNRESET after one of its datagrams found a closed port, so that a
   * client that is gone would end a server. As POSIX has it, only a connected socket hears of it, as ECONNREFUSED.
   */
  const datagrams = new Set<number>()
  function hearIcmp(fd: number, on: boolean): void {
    // refused by a system that does not know it: then it is as that system does it
    w_wsaioctl(fd, SIO_UDP_CONNRESET, new Uint32Array([on ? 1 : 0]), 4, null, 0, returned, null, null)
  }
  const fromPeer = (fd: number, r: number): number => (r === -WSAECONNRESET && datagrams.has(fd) ? -WSAECONNREFUSED : r)

  function probeRecvMsg() {
    const fd = ready(w_socket(win32.AF.inet, win32.SOCK.dgram, win32.IPPROTO.udp, null, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT) as number)
    if (fd < 0) return undefined
    const bound = bindRecvMsg((request, input, output) =>
      w_wsaioctl(fd, request, input, input.byteLength, output, output.byteLength, returned, null, null) as number, lastError as () => number, length)
    w_close(fd)
    return bound
  }

  const native: NativeSockets = {
    table: win32,
    tellsTcp,
    ...probeRecvMsg(),
    socket(domain, type, protocol) {
      const fd = ready(w_socket(domain, type, protocol, null, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT) as number)
      if (fd >= 0 && type === win32.SOCK.dgram) {
        datagrams.add(fd)
        hearIcmp(fd, false)
      }
      return fd
    },
    bind: (fd, addr, len) => answer(w_bind(fd, addr, len) as number),
    listen: (fd, backlog) => answer(w_listen(fd, backlog) as number),
    accept(fd, addr) {
      length[0] = addr.length
      return ready(w_accept(fd, addr, length) as number)
    },
    connect(fd, addr, len) {
      const r = answer(w_connect(fd, addr, len) as number)
      if (r === 0 && datagrams.has(fd)) hearIcmp(fd, true)
      // Winsock's word for a connect that has begun
      return r === -WSAEWOULDBLOCK ? -WSAEINPROGRESS : r
    },
    send: (fd, data, len, flags) => answer(w_send(fd, len === 0 ? NOTHING : data, len, flags) as number),
    recv(fd, into, len, flags) {
      const r = fromPeer(fd, answer(w_recv(fd, len === 0 ? NOTHING : into, len, flags) as number))
      // the datagram was longer than the buffer, which holds its beginning: POSIX says nothing of the rest
      return r === -WSAEMSGSIZE ? len : r
    },
    sendto: (fd, data, len, flags, addr, addrLen) => answer(w_sendto(fd, len === 0 ? NOTHING : data, len, flags, addr, addrLen) as number),
    recvfrom(fd, into, len, flags, addr) {
      length[0] = addr.length
      const r = fromPeer(fd, answer(w_recvfrom(fd, len === 0 ? NOTHING : into, len, flags, addr, length) as number))
      // as for recv
      return r === -WSAEMSGSIZE ? len : r
    },
    shutdown: (fd, how) => answer(w_shutdown(fd, how) as number),
    close(fd) {
      datagrams.delete(fd)
      return answer(w_close(fd) as number)
    },
    getsockname(fd, addr) {
      length[0] = addr.length
      return answer(w_getsockname(fd, addr, length) as number)
    },
    getpeername(fd, addr) {
      length[0] = addr.length
      return answer(w_getpeername(fd, addr, length) as number)
    },
    poll: (entries, count) => answer(w_poll(entries, count, 0) as number),
    addrLength: () => length[0]!,
    getsockopt(fd, level, option, into) {
      length[0] = into.length
      const r = w_getsockopt(fd, level, option, into, length) as number
      return r < 0 ? failed() : length[0]!
    },
    setsockopt: (fd, level, option, value) => answer(w_setsockopt(fd, level, option, value, value.length) as number),
    ioctlInt(fd, request) {
      const r = answer(w_ioctl(fd, request | 0, int) as number)
      return r < 0 ? r : int[0]!
    },
    tcpFacts(fd) {
      if (!tellsTcp || !readTcpInfo(fd)) return undefined
      const facts = parseWindowsTcpInfo(info)
      if (facts && facts.state !== 'LISTEN') {
        const recvq = native.ioctlInt(fd, win32.ioctl.FIONREAD)
        if (recvq >= 0) facts.recvq = recvq
      }
      return facts
    },
  }
  return native
}
