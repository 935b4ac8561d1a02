/**
 * Readiness on Linux: one edge-triggered epoll set. A descriptor is added once, when a call on it first would block;
 * after that a wait costs no system call, and an event costs the same whatever the number of sockets (epoll(7)).
 *
 * While there is traffic, the loop looks for SPIN_MS longer before it rests: a peer that runs on another processor answers
 * within that, and to wake one that has gone to sleep takes as long. Where nothing came in that time (the peer needs this very
 * processor, or is slow), it looks ever more seldom. Then it waits in epoll_wait itself, GLANCE_MS at a time. It goes from
 * events to the program's next calls and back to the kernel without a turn of Node's own loop (timers, messages), which runs
 * every TURN_MS, and after each wait that was in vain. After HOT_MS without an event, poll(2) on the epoll descriptor waits
 * on a pool thread, which leaves Node's loop free but costs a hand-over between threads. It takes no event out of the set, so
 * nothing that a pool thread wrote has to be read here.
 */
import koffi from 'koffi'
import { DATA_OFFSET, EPOLL_CLOEXEC, EVENT_BYTES } from './epoll-set'
import type { Readiness } from './platform/platform'
import { turnsWaited } from './turn'

const EFD_NONBLOCK_CLOEXEC = 0x80800
const EPOLL_CTL_ADD = 1
const EPOLLIN = 0x1
const EPOLLOUT = 0x4
const EPOLLERR = 0x8
const EPOLLHUP = 0x10
const EPOLLRDHUP = 0x2000
const EPOLLET = 0x80000000
const POLLIN = 1
const EEXIST = 17

const MAX_EVENTS = 512
/** How long the loop waits itself, and how long it may go on before Node's loop has its turn: together what holds that up. Milliseconds. */
const GLANCE_MS = 1
const TURN_MS = 2
/** How long the loop looks for the next event before it rests, milliseconds. */
const SPIN_MS = 0.1
/** After n looks in vain the next 2^n are left out; n is this at most. */
const MAX_MISSES = 10
/** How long after the last event a pool thread takes the wait over, milliseconds. */
const HOT_MS = 20
/** A pool thread looks up this often, so that a process that ends without closing the loop is not held for ever. */
const PARK_MS = 1000

interface Waiters {
  read: (() => void)[]
  write: (() => void)[]
}

export function createEpoll(): Readiness {
  const c = koffi.load(null)
  const epoll_create1 = c.func('int epoll_create1(int)')
  const epoll_ctl = c.func('int epoll_ctl(int, int, int, void *)')
  const epoll_wait = c.func('int epoll_wait(int, void *, int, int)')
  const eventfd = c.func('int eventfd(uint32_t, int)')
  const write = c.func('intptr_t write(int, const void *, size_t)')
  const close = c.func('int close(int)')
  const poll = c.func('int poll(void *, uint64_t, int)')

  const set = epoll_create1(EPOLL_CLOEXEC) as number
  const wakeFd = eventfd(0, EFD_NONBLOCK_CLOEXEC) as number
  if (set < 0 || wakeFd < 0) throw new Error(`epoll: errno ${koffi.errno()}`)

  const ctl = new DataView(new ArrayBuffer(16))
  const events = new DataView(new ArrayBuffer(EVENT_BYTES * MAX_EVENTS))
  const eventBytes = new Uint8Array(events.buffer)
  // struct pollfd[2]: { int fd; short events; short revents }
  const pollSet = new DataView(new ArrayBuffer(16))
  pollSet.setInt32(0, set, true)
  pollSet.setInt16(4, POLLIN, true)
  pollSet.setInt32(8, wakeFd, true)
  pollSet.setInt16(12, POLLIN, true)
  const pollBytes = new Uint8Array(pollSet.buffer)

  const waiters = new Map<number, Waiters>()
  let waiting = 0
  let polling = false
  let parked = false
  let closed = false
  /** milliseconds: when Node's loop ran last, when an event came last */
  let began = 0
  let lastEvent = 0
  /** an event has come in this turn */
  let fresh = false
  /** how often in a row looking was in vain, and how many times it is left out now */
  let misses = 0
  let pause = 0

  function wake(list: (() => void)[]): void {
    if (list.length === 1) {
      waiting--
      list.pop()!()
      return
    }
    // every waiter tries again: those that come too late wait again, in their order
    const woken = list.splice(0)
    waiting -= woken.length
    for (const w of woken) w()
  }

  /** takes what is ready now; the number of events */
  function collect(ms: number): number {
    const n = epoll_wait(set, eventBytes, MAX_EVENTS, ms) as number
    for (let i = 0; i < n; i++) {
      const flags = events.getUint32(i * EVENT_BYTES, true)
      const entry = waiters.get(events.getInt32(i * EVENT_BYTES + DATA_OFFSET, true))
      if (!entry) continue
      if (entry.read.length && flags & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) wake(entry.read)
      if (entry.write.length && flags & (EPOLLOUT | EPOLLHUP | EPOLLERR)) wake(entry.write)
    }
    return n
  }

  /** a turn of Node's loop is ours */
  function turn(): void {
    polling = true
    fresh = false
    began = performance.now()
    round()
  }

  /** looks for the next event without resting; the number of events */
  function look(): number {
    const until = performance.now() + SPIN_MS
    let n = 0
    while (n === 0 && performance.now() < until) n = collect(0)
    misses = n > 0 ? 0 : Math.min(misses + 1, MAX_MISSES)
    pause = misses && 2 ** misses
    return n
  }

  /** the number of events, waited for as long as nobody else is held up */
  function next(): number {
    if (turnsWaited()) return collect(0)
    return (fresh && --pause < 0 && look()) || collect(GLANCE_MS)
  }

  function round(): void {
    if (closed || waiting === 0) {
      polling = false
      return
    }
    const n = next()
    const now = performance.now()
    if (n > 0) {
      lastEvent = now
      fresh = true
    }
    // the next round comes once the programs have done what they can: a tick is after all the promises that are settled now
    if (n > 0 && now - began < TURN_MS) return queueMicrotask(() => process.nextTick(round))
    polling = false
    if (waiting === 0) return
    if (now - lastEvent < HOT_MS) spin()
    else park()
  }

  function spin(): void {
    if (polling || parked || closed) return
    polling = true
    setImmediate(turn)
  }

  function park(): void {
    if (parked) return
    parked = true
    poll.async(pollBytes, 2, PARK_MS, (_: unknown, ready: number) => {
      parked = false
      if (closed) release()
      else if (ready > 0) turn()
      else if (waiting > 0) park()
    })
  }

  function release(): void {
    close(set)
    close(wakeFd)
  }

  function entryOf(fd: number): Waiters {
    let entry = waiters.get(fd)
    if (!entry) {
      entry = { read: [], write: [] }
      waiters.set(fd, entry)
      ctl.setUint32(0, (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET) >>> 0, true)
      ctl.setInt32(DATA_OFFSET, fd, true)
      const r = epoll_ctl(set, EPOLL_CTL_ADD, fd, ctl) as number
      if (r < 0 && koffi.errno() !== EEXIST) throw new Error(`epoll_ctl: errno ${koffi.errno()}`)
    }
    return entry
  }

  function wait(list: (() => void)[], waiter: () => void): () => void {
    list.push(waiter)
    waiting++
    if (!polling) {
      // a call that is about to wait is often answered at once
      lastEvent = Math.max(lastEvent, performance.now() - HOT_MS / 2)
      spin()
    }
    return () => {
      const at = list.indexOf(waiter)
      if (at < 0) return
      list.splice(at, 1)
      waiting--
    }
  }

  return {
    readable: (fd, waiter) => wait(entryOf(fd).read, waiter),
    writable: (fd, waiter) => wait(entryOf(fd).write, waiter),
    forget(fd) {
      const entry = waiters.get(fd)
      if (!entry) return
      waiters.delete(fd)
      // close() takes it out of the set (epoll(7)); an event that is on its way finds no waiter, or one that tries in vain
      wake(entry.read)
      wake(entry.write)
    },
    close() {
      if (closed) return
      closed = true
      if (parked) write(wakeFd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]), 8)
      else release()
    },
  }
}
