/** Readiness on Windows: WSAPoll over a persistent array. The waker is a UDP socket on loopback, connected to itself. */
import koffi from 'koffi'
import type { NativeSockets } from './platform/platform'
import { createPollReadiness, type PollCalls } from './readiness-poll'
import { encodeSockAddr, decodeSockAddr, SOCKADDR_STORAGE } from './sockaddr'

/** <winsock2.h> */
const POLLERR = 0x0001
const POLLHUP = 0x0002
const POLLNVAL = 0x0004
const POLLWRNORM = 0x0010
const POLLRDNORM = 0x0100
const POLLRDBAND = 0x0200
const FAILED = POLLERR | POLLHUP | POLLNVAL

/** struct WSAPOLLFD: SOCKET fd (pointer-sized), short events, short revents */
export const WSAPOLLFD: PollCalls['entry'] = { size: 16, events: 8, revents: 10, descriptor: 'u64' }
/** Windows 10 before version 2004 does not report a failed connect() to WSAPoll. */
const RETRY_MS = 250

export function createWsaPoll(native: NativeSockets) {
  const poll = koffi.load('ws2_32.dll').func('int __stdcall WSAPoll(void *, uint32_t, int)')
  return createPollReadiness({
    entry: WSAPOLLFD,
    readable: { ask: POLLRDNORM, answer: POLLRDNORM | POLLRDBAND | FAILED },
    writable: { ask: POLLWRNORM, answer: POLLWRNORM | FAILED },
    now: (entries, count) => poll(entries, count, 0) as number,
    wait: (entries, count, ms, done) => poll.async(entries, count, ms, () => done()),
    waker: selfConnected(native),
    retryWritable: RETRY_MS,
  })
}

export function selfConnected(native: NativeSockets): PollCalls['waker'] {
  const { table } = native
  const must = (r: number, what: string): number => {
    if (r < 0) throw new Error(`readiness: ${what}: ${table.errno[-r] ?? -r}`)
    return r
  }
  const fd = must(native.socket(table.AF.inet, table.SOCK.dgram, 0), 'socket')
  const address = new Uint8Array(SOCKADDR_STORAGE)
  const size = encodeSockAddr({ family: 'inet', host: '127.0.0.1', port: 0 }, table, address)
  must(native.bind(fd, address, size), 'bind')
  must(native.getsockname(fd, address), 'getsockname')
  const own = decodeSockAddr(address, native.addrLength(), table)
  if (own?.family !== 'inet') throw new Error('readiness: getsockname: no address')
  must(native.connect(fd, address, native.addrLength()), 'connect')
  const byte = new Uint8Array(1)
  const into = new Uint8Array(16)
  return {
    fd,
    wake: () => void native.send(fd, byte, 1, 0),
    drain() {
      while (native.recv(fd, into, into.length, 0) > 0);
    },
    close: () => void native.close(fd),
  }
}
