/**
 * The lab's descriptors: what the dispatcher does to them below the level of a system call. Nothing here waits or traces.
 * Answers are as NativeSockets': a result >= 0, or minus errno.
 */
import type { Family, SockAddr, SockId, SockType } from '../../shared/trace/events'
import type { ByteStore } from '../recorder/byte-store'
import type { Gate, Run, Sock } from './objects'
import { getOption, setOption } from './options'
import type { NativeSockets, Readiness } from './platform/platform'
import { decodeSockAddr, encodeSockAddr, SOCKADDR_STORAGE } from './sockaddr'

/** how many links a datagram to a group may go (ip(7), ipv6(7)) */
export const HOPS: Readonly<Record<Family, string>> = { inet: 'IP_MULTICAST_TTL', inet6: 'IPV6_MULTICAST_HOPS', unix: '' }

export class Descriptors {
  readonly sockets = new Map<SockId, Sock>()
  /** where addresses are written for the kernel, and by it */
  readonly address = new Uint8Array(SOCKADDR_STORAGE)
  private ids = 0

  /**
   * @param bytes the byte store of the session of now
   * @param most open sockets at once
   */
  constructor(
    readonly native: NativeSockets,
    private readonly readiness: Readiness,
    private readonly gate: Gate,
    private readonly bytes: () => ByteStore,
    readonly most: number,
  ) {}

  /** a descriptor of the kernel becomes a socket of the lab */
  adopt(run: Run, fd: number, family: Family, type: SockType): Sock {
    const sock: Sock = { id: ++this.ids, fd, family, type, run, closed: false, listening: false, timeout: null }
    this.sockets.set(sock.id, sock)
    run.sockets.add(sock)
    return sock
  }

  /** takes an adoption back; the descriptor is the caller's again */
  forget(sock: Sock): void {
    this.sockets.delete(sock.id)
    sock.run.sockets.delete(sock)
  }

  /** closes it; minus errno where close() failed */
  release(sock: Sock): number {
    sock.closed = true
    this.sockets.delete(sock.id)
    sock.run.sockets.delete(sock)
    // wakes every thread that waits on it: they find it closed (EBADF)
    this.readiness.forget(sock.fd)
    return this.native.close(sock.fd)
  }

  /** accept(), but a peer outside the scope is reset and never handed to a program */
  accept(sock: Sock): number {
    if (this.sockets.size >= this.most) return this.errnoNumber('EMFILE')
    for (;;) {
      const fd = this.native.accept(sock.fd, this.address)
      if (fd < 0) return fd
      const peer = this.written()
      if (!peer || !this.gate.accept(peer)) return fd
      setOption(this.native, fd, 'SO_LINGER', 0)
      this.native.close(fd)
    }
  }

  /**
   * recvfrom(), but a datagram from outside the scope is dropped unseen.
   * @param room bytes for control messages (recvmsg)
   */
  recvfrom(sock: Sock, want: number, flags = 0, room?: number): number {
    const { trunc, peek } = this.native.table.MSG
    const into = this.bytes().reserve(want)
    // on a stream MSG_TRUNC throws the bytes away (tcp(7))
    const whole = sock.type === 'stream' ? flags : flags | trunc
    for (;;) {
      const r = room !== undefined || sock.pktinfo ? this.native.recvmsg!(sock.fd, into, want, whole, this.address, room)
        : this.native.recvfrom(sock.fd, into, want, whole, this.address)
      if (r < 0 || sock.type === 'stream') return r
      const from = this.written()
      if (!from || !this.gate.accept(from) || this.gate.reached?.(sock.run, from)) return r
      const group = sock.pktinfo ? this.native.arrivedFor?.() : undefined
      if (group && this.gate.hears?.(from, group)) return r
      // one that was only looked at is still there
      if (flags & peek) this.native.recv(sock.fd, into, want, 0)
    }
  }

  /**
   * A datagram to a group that must stay on this computer goes with a hop limit of 0: the kernel hands copies to the members
   * here and puts nothing on a link (RFC 1112, section 6.1; ip(7)). What the program had set holds again when it may leave.
   */
  confine(sock: Sock, address: SockAddr): number {
    const here = this.gate.staysHere?.(address) === true && address.family === sock.family
    if (!here && sock.hops === undefined) return 0
    const now = getOption(this.native, sock.fd, HOPS[sock.family])
    if (now === 'unknown') return this.errnoNumber('ENOPROTOOPT')
    if ('errno' in now) return -now.errno
    if (here === (now.value === 0)) return 0
    const r = setOption(this.native, sock.fd, HOPS[sock.family], here ? 0 : sock.hops!)
    if (here) sock.hops = now.value
    else delete sock.hops
    return typeof r === 'number' ? r : this.errnoNumber('ENOPROTOOPT')
  }

  /** how a connect() that has begun stands: 0, minus the errno it failed with, or minus EINPROGRESS */
  connectResult(sock: Sock): number {
    const error = getOption(this.native, sock.fd, 'SO_ERROR')
    if (typeof error === 'object' && 'value' in error && error.value !== 0) return -error.value
    const r = this.native.getpeername(sock.fd, this.address)
    return r >= 0 ? 0 : this.errno(r) === 'ENOTCONN' ? this.errnoNumber('EINPROGRESS') : r
  }

  /**
   * A connection that came about, or failed, behind a connect() that did not wait leaves Linux's socket in between until
   * connect() is called once more: then it says "already connected", or may connect anew, as after a connect() that waited.
   */
  settleConnect(sock: Sock, address: SockAddr): void {
    if (this.native.table.name !== 'linux' || address.family === 'unix') return
    this.withAddress(sock, address, (a, n) => this.native.connect(sock.fd, a, n))
  }

  /** @param reuse the bytes are of no use any more at the next recv() of this socket */
  recv(sock: Sock, want: number, flags: number, reuse: boolean): number {
    return this.native.recv(sock.fd, this.bytes().reserve(want, reuse ? sock : undefined), want, flags)
  }

  /** a member of a group wants to know where each datagram came in; asked for behind the program's back, it changes nothing else */
  askArrival(sock: Sock): void {
    if (sock.pktinfo || !this.native.recvmsg) return
    const r = setOption(this.native, sock.fd, sock.family === 'inet6' ? 'IPV6_RECVPKTINFO' : 'IP_PKTINFO', 1)
    sock.pktinfo = r === 0
  }

  /** makes a call that takes an address */
  withAddress(sock: Sock, address: SockAddr, op: (a: Uint8Array, length: number) => number): number {
    if (address.family !== sock.family) return this.errnoNumber('EAFNOSUPPORT')
    const length = encodeSockAddr(address, this.native.table, this.address)
    if (length < 0) return this.errnoNumber(length === -2 ? 'ENAMETOOLONG' : 'EINVAL')
    return op(this.address, length)
  }

  /** the address that accept, recvfrom, getsockname or getpeername wrote last */
  written(): SockAddr | undefined {
    return decodeSockAddr(this.address, this.native.addrLength(), this.native.table)
  }

  /** the local address as the kernel has it now; kept in `sock.local` */
  readLocal(sock: Sock): SockAddr | undefined {
    if (this.native.getsockname(sock.fd, this.address) < 0) return undefined
    const local = this.written()
    if (local) sock.local = local
    return local
  }

  /** The local address of an accepted connection: the listener's own, unless that stands for several (RFC 9293, 3.9.1). */
  acceptedLocal(listener: Sock, conn: Sock): SockAddr | undefined {
    const { local } = listener
    if (local?.family !== 'inet' || local.host === '0.0.0.0') return this.readLocal(conn)
    conn.local = local
    return local
  }

  readRemote(sock: Sock): SockAddr | undefined {
    if (this.native.getpeername(sock.fd, this.address) < 0) return undefined
    return this.written()
  }

  /** the errno name of minus its number */
  errno(r: number): string {
    return this.native.table.errno[-r] ?? `E${-r}`
  }

  /** minus the number of a name on this platform */
  errnoNumber(name: string): number {
    for (const [number, known] of Object.entries(this.native.table.errno)) if (known === name) return -Number(number)
    return -22
  }
}
