/** The socket API on Linux: POSIX with accept4, TCP_INFO (tcp(7)) and SO_MEMINFO. */
import koffi from 'koffi'
import type { TcpFacts } from '../../shared/trace/events'
import { CMSG_DATA, CMSG_LEVEL, CMSG_TYPE } from './cmsg'
import { bindPosix } from './native-posix'
import { linux } from './platform/linux'
import type { NativeSockets } from './platform/platform'
import { bytesInQueues, parseTcpInfo, TCP_INFO_BYTES } from './platform/tcp-info-linux'

const O_NONBLOCK = 0x800
const SOCK_NONBLOCK_CLOEXEC = 0x80800
const F_DUPFD_CLOEXEC = 1030
const SOL_SOCKET = 1
const IPPROTO_TCP = 6
const TCP_INFO = 11
// <linux/sock_diag.h>: u32[9]; 1 is the receive buffer's limit, 3 the send buffer's
const SO_MEMINFO = 55
const MEMINFO_RCVBUF = 1
const MEMINFO_SNDBUF = 3

// struct in_pktinfo { int ifindex; in_addr spec_dst; in_addr addr }, struct in6_pktinfo { in6_addr addr; unsigned ifindex }
const IP_PKTINFO = { level: 0, type: 8, index: 0, addr: 8, length: 4 }
const IPV6_PKTINFO = { level: 41, type: 50, index: 16, addr: 0, length: 16 }

/** enough for what the lab asks for itself */
const OWN_ROOM = 256
const MSG_CMSG_CLOEXEC = 0x40000000

/** recvmsg(2), for the interface on which a datagram arrived (ip(7), ipv6(7)), and for control messages of programs; sendmsg(2) for these. */
function bindMessages(lengthOf: Uint32Array): Required<Pick<NativeSockets, 'recvmsg' | 'control' | 'sendmsg' | 'arrival' | 'arrivedFor'>> {
  const c = koffi.load(null)
  const iovec = koffi.struct({ base: 'void *', len: 'size_t' })
  const msghdr = koffi.struct({
    name: 'void *', namelen: 'uint32_t', iov: koffi.pointer(iovec), iovlen: 'size_t', control: 'void *', controllen: 'size_t', flags: 'int',
  })
  const recvmsg = c.func('recvmsg', 'intptr_t', ['int', koffi.inout(koffi.pointer(msghdr)), 'int'])
  const sendmsg = c.func('sendmsg', 'intptr_t', ['int', koffi.pointer(msghdr), 'int'])
  let control = new DataView(new ArrayBuffer(OWN_ROOM))
  let controlBytes = new Uint8Array(control.buffer)
  let controlLength = 0
  let messageFlags = 0

  /** the control message about the arrival, and where its data begins */
  function pktinfo(): ((typeof IP_PKTINFO | typeof IPV6_PKTINFO) & { at: number }) | undefined {
    for (let at = 0; at + CMSG_DATA <= controlLength; ) {
      const length = Number(control.getBigUint64(at, true))
      for (const known of [IP_PKTINFO, IPV6_PKTINFO]) {
        if (control.getInt32(at + CMSG_LEVEL, true) === known.level && control.getInt32(at + CMSG_TYPE, true) === known.type) return { ...known, at: at + CMSG_DATA }
      }
      if (length < CMSG_DATA) break
      at += (length + 7) & ~7
    }
    return undefined
  }

  return {
    recvmsg(fd, into, len, flags, addr, room = OWN_ROOM) {
      if (controlBytes.length < room) {
        control = new DataView(new ArrayBuffer(room))
        controlBytes = new Uint8Array(control.buffer)
      }
      const message = {
        name: addr, namelen: addr.length, iov: { base: into, len }, iovlen: 1, control: controlBytes, controllen: room, flags: 0,
      }
      const r = recvmsg(fd, message, flags | MSG_CMSG_CLOEXEC) as number
      if (r < 0) return -koffi.errno()
      controlLength = message.controllen
      messageFlags = message.flags & ~MSG_CMSG_CLOEXEC
      lengthOf[0] = message.namelen
      return r
    },
    control: () => ({ messages: controlBytes.slice(0, controlLength), flags: messageFlags }),
    sendmsg(fd, data, len, flags, addr, addrLen, messages) {
      const message = {
        name: addr, namelen: addrLen, iov: { base: data, len }, iovlen: 1, control: messages.length ? messages : null, controllen: messages.length, flags: 0,
      }
      const r = sendmsg(fd, message, flags) as number
      return r < 0 ? -koffi.errno() : r
    },
    arrival() {
      const found = pktinfo()
      return found ? control.getUint32(found.at + found.index, true) : 0
    },
    arrivedFor() {
      const found = pktinfo()
      return found && controlBytes.slice(found.at + found.addr, found.at + found.addr + found.length)
    },
  }
}

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
      // SIOCINQ leaves a FIN out by itself (tcp_inq), SIOCOUTQ counts ours
      if (sendq >= 0) facts.sendq = bytesInQueues(facts.state, 0, sendq).sendq
    }
    if (native.getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memoryBytes) >= 16) {
      facts.rcvbuf = memory[MEMINFO_RCVBUF]!
      facts.sndbuf = memory[MEMINFO_SNDBUF]!
    }
    return facts
  }

  const addressLength = new Uint32Array(1)
  const posix = bindPosix({ table: linux, nonblock: O_NONBLOCK, socketFlags: SOCK_NONBLOCK_CLOEXEC, dupfd: F_DUPFD_CLOEXEC, tellsTcp: true, tcpFacts }, addressLength)
  return { ...posix, ...bindMessages(addressLength) }
}
