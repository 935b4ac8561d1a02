/**
 * WSARecvMsg, for the interface on which a datagram arrived and the address it was sent to (IP_PKTINFO, IPV6_PKTINFO of
 * <ws2ipdef.h>). Winsock has no such export: the function's address is asked of a socket (<mswsock.h>). Layouts for 64 bits.
 */
import koffi from 'koffi'
import type { NativeSockets } from './platform/platform'

const SIO_GET_EXTENSION_FUNCTION_POINTER = 0xc8000006
/** WSAID_WSARECVMSG {f689d7c8-6f1f-436b-8a53-e54fe351c322}, as a GUID lies in memory */
const WSAID_WSARECVMSG = Uint8Array.of(0xc8, 0xd7, 0x89, 0xf6, 0x1f, 0x6f, 0x6b, 0x43, 0x8a, 0x53, 0xe5, 0x4f, 0xe3, 0x51, 0xc3, 0x22)
const WSAEMSGSIZE = 10040

/** WSACMSGHDR: size_t length, int level, int type; the data follow at 16 */
const CMSG = { level: 8, type: 12, data: 16 }
/** struct in_pktinfo and in6_pktinfo: the address, then the interface's index */
const PKTINFO = [
  { level: 0, type: 19, length: 4 },
  { level: 41, type: 19, length: 16 },
]

type RecvMsg = Required<Pick<NativeSockets, 'recvmsg' | 'arrival' | 'arrivedFor'>>
/** asks a socket: `request`, what goes in, what comes out; 0 or below */
type Ioctl = (request: number, input: Uint8Array, output: BigUint64Array) => number

/** Undefined where the system has no WSARecvMsg. `lengthOf` is where the length of the sender's address is kept. */
export function bindRecvMsg(ioctl: Ioctl, lastError: () => number, lengthOf: Int32Array): RecvMsg | undefined {
  const pointer = new BigUint64Array(1)
  if (ioctl(SIO_GET_EXTENSION_FUNCTION_POINTER, WSAID_WSARECVMSG, pointer) !== 0 || pointer[0] === 0n) return undefined
  const address = pointer[0]!
  const wsabuf = koffi.struct({ len: 'uint32_t', buf: 'void *' })
  const wsamsg = koffi.struct({
    name: 'void *', namelen: 'int', buffers: koffi.pointer(wsabuf), count: 'uint32_t', control: wsabuf, flags: 'uint32_t',
  })
  const type = koffi.proto('__stdcall', 'int', ['intptr_t', koffi.inout(koffi.pointer(wsamsg)), 'void *', 'void *', 'void *'])
  const received = new Uint32Array(1)
  const control = new DataView(new ArrayBuffer(256))
  const controlBytes = new Uint8Array(control.buffer)
  let controlLength = 0

  function pktinfo(): ((typeof PKTINFO)[number] & { at: number }) | undefined {
    for (let at = 0; at + CMSG.data <= controlLength; ) {
      const length = Number(control.getBigUint64(at, true))
      const found = PKTINFO.find((known) => control.getInt32(at + CMSG.level, true) === known.level && control.getInt32(at + CMSG.type, true) === known.type)
      if (found) return { ...found, at: at + CMSG.data }
      if (length < CMSG.data) break
      at += (length + 7) & ~7
    }
    return undefined
  }

  return {
    recvmsg(fd, into, len, flags, addr) {
      const message = {
        name: addr, namelen: addr.length, buffers: { len, buf: into }, count: 1, control: { len: controlBytes.length, buf: controlBytes }, flags,
      }
      const r = koffi.call(address, type, fd, message, received, null, null) as number
      controlLength = 0
      if (r !== 0) {
        const error = lastError()
        // as for recvfrom: the datagram's beginning is there
        if (error !== WSAEMSGSIZE) return -error
        received[0] = len
      }
      lengthOf[0] = message.namelen
      controlLength = message.control.len
      return received[0]!
    },
    arrival() {
      const found = pktinfo()
      return found ? control.getUint32(found.at + found.length, true) : 0
    },
    arrivedFor() {
      const found = pktinfo()
      return found && controlBytes.slice(found.at, found.at + found.length)
    },
  }
}
