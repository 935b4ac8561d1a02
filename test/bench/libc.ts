/**
 * The load generator's own few C functions, blocking, on loopback: no event loop, no buffer copies, so that what is
 * measured is the server. Linux only, as the bench is.
 */
import koffi from 'koffi'

const AF_INET = 2
const SOCK_STREAM = 1
const SOCK_DGRAM = 2
const SOL_SOCKET = 1
const SO_RCVTIMEO = 20
const SOCK_CLOEXEC = 0x80000
const MSG_NOSIGNAL = 0x4000
const IPPROTO_TCP = 6
const TCP_NODELAY = 1

const c = koffi.load(null)
const c_socket = c.func('int socket(int, int, int)')
const c_connect = c.func('int connect(int, const void *, uint32_t)')
const c_bind = c.func('int bind(int, const void *, uint32_t)')
const c_getsockname = c.func('int getsockname(int, void *, void *)')
const c_sendto = c.func('intptr_t sendto(int, const void *, size_t, int, const void *, uint32_t)')
const c_recvfrom = c.func('intptr_t recvfrom(int, void *, size_t, int, void *, void *)')
const c_send = c.func('intptr_t send(int, const void *, size_t, int)')
const c_recv = c.func('intptr_t recv(int, void *, size_t, int)')
const c_close = c.func('int close(int)')
const c_setsockopt = c.func('int setsockopt(int, int, int, const void *, uint32_t)')

function sure(call: string, result: number): number {
  if (result < 0) throw new Error(`${call}: errno ${koffi.errno()}`)
  return result
}

const one = new Int32Array([1])
/** struct timeval { 1, 0 } */
const second = new BigInt64Array([1n, 0n])
const address = new DataView(new ArrayBuffer(16))
address.setUint16(0, AF_INET, true)
address.setUint32(4, 0x7f00_0001)
const addressBytes = new Uint8Array(address.buffer)

export const connect = (port: number): number => open(SOCK_STREAM, port)

/** A connected UDP socket whose recv() waits a second at most. */
export function connectUdp(port: number): number {
  const fd = open(SOCK_DGRAM, port)
  sure('setsockopt', c_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, second, 16) as number)
  return fd
}

/** A UDP socket on a port of the kernel's choice. */
export function bindUdp(): { fd: number; port: number } {
  const fd = sure('socket', c_socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) as number)
  address.setUint16(2, 0)
  sure('bind', c_bind(fd, addressBytes, 16) as number)
  const own = new DataView(new ArrayBuffer(16))
  sure('getsockname', c_getsockname(fd, own, new Uint32Array([16])) as number)
  return { fd, port: own.getUint16(2) }
}

/** Sends back whatever comes, for ever. */
export function echoUdp(fd: number): never {
  const into = new Uint8Array(65_536)
  const from = new Uint8Array(16)
  const length = new Uint32Array(1)
  for (;;) {
    length[0] = 16
    const n = sure('recvfrom', c_recvfrom(fd, into, into.length, 0, from, length) as number)
    sure('sendto', c_sendto(fd, into, n, MSG_NOSIGNAL, from, 16) as number)
  }
}

function open(type: number, port: number): number {
  const fd = sure('socket', c_socket(AF_INET, type | SOCK_CLOEXEC, 0) as number)
  address.setUint16(2, port)
  sure('connect', c_connect(fd, addressBytes, 16) as number)
  return fd
}

export function noDelay(fd: number): void {
  sure('setsockopt', c_setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, one, 4) as number)
}

export function sendAll(fd: number, bytes: Uint8Array): void {
  const sent = sure('send', c_send(fd, bytes, bytes.length, MSG_NOSIGNAL) as number)
  if (sent < bytes.length) sendAll(fd, bytes.subarray(sent))
}

/** Waits for bytes; 0 at the end of the stream. */
export function recv(fd: number, into: Uint8Array): number {
  return sure('recv', c_recv(fd, into, into.length, 0) as number)
}

export function close(fd: number): void {
  sure('close', c_close(fd) as number)
}
