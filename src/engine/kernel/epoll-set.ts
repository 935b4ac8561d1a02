/** Programs' own epoll sets (epoll(7)), Linux only: the kernel's, so that edges, one-shots and sets within sets are its own, too. */
import koffi from 'koffi'

export const EPOLL_CLOEXEC = 0x80000
// struct epoll_event is packed on x86-64 only (<sys/epoll.h>)
export const EVENT_BYTES = process.arch === 'x64' ? 12 : 16
export const DATA_OFFSET = process.arch === 'x64' ? 4 : 8
const MAX_EVENTS = 1024

export interface EpollSets {
  /** a descriptor, or minus errno */
  create(): number
  /** op: EPOLL_CTL_ADD 1, DEL 2, MOD 3; 0 or minus errno */
  control(set: number, op: number, fd: number, events: number): number
  /** what is ready now, [fd, events] each; or minus errno. Never waits. */
  ready(set: number, most: number): [fd: number, events: number][] | number
  close(set: number): void
}

let bound: EpollSets | undefined

/** Undefined where the system has none. */
export function epollSets(): EpollSets | undefined {
  if (process.platform !== 'linux') return undefined
  return (bound ??= bind())
}

function bind(): EpollSets {
  const c = koffi.load(null)
  const epoll_create1 = c.func('int epoll_create1(int)')
  const epoll_ctl = c.func('int epoll_ctl(int, int, int, void *)')
  const epoll_wait = c.func('int epoll_wait(int, void *, int, int)')
  const close = c.func('int close(int)')
  const event = new DataView(new ArrayBuffer(16))
  const eventBytes = new Uint8Array(event.buffer)
  const events = new DataView(new ArrayBuffer(EVENT_BYTES * MAX_EVENTS))
  const eventsBytes = new Uint8Array(events.buffer)
  const answer = (r: number): number => (r < 0 ? -koffi.errno() : r)
  return {
    create: () => answer(epoll_create1(EPOLL_CLOEXEC) as number),
    control(set, op, fd, wanted) {
      event.setUint32(0, wanted, true)
      event.setBigUint64(DATA_OFFSET, BigInt(fd), true)
      return answer(epoll_ctl(set, op, fd, eventBytes) as number)
    },
    ready(set, most) {
      const n = answer(epoll_wait(set, eventsBytes, Math.min(most, MAX_EVENTS), 0) as number)
      if (n < 0) return n
      return Array.from({ length: n }, (_, i) => {
        const at = i * EVENT_BYTES
        return [Number(events.getBigUint64(at + DATA_OFFSET, true)), events.getUint32(at, true)]
      })
    },
    close(set) {
      close(set)
    },
  }
}
