/**
 * Readiness on Linux: one edge-triggered epoll set. A descriptor is added once, when a call on it first would block;
 * after that a wait costs no system call, and an event costs the same whatever the number of sockets (epoll(7)).
 *
 * The set is itself a descriptor that can be waited for, and Node's own loop waits for it (uv_poll): no other thread takes part,
 * timers and messages are never held up, and nobody waits for nothing. While there is traffic, the loop goes from events to the
 * programs' next calls and back to the set without a turn of Node's loop, for TURN_MS at most, and goes on looking for SPIN_MS
 * before it rests: a peer that runs on another processor answers within that, and to wake one that has gone to sleep takes as
 * long. Where nothing came in that time (the peer needs this very processor, or is slow), it looks ever more seldom.
 */
import koffi from 'koffi'
import { keepLoaded } from './keep-loaded'
import type { Readiness } from './platform/platform'
import { turnsWaited } from './turn'

const EPOLL_CLOEXEC = 0x80000
const EPOLL_CTL_ADD = 1
const EPOLLIN = 0x1
const EPOLLOUT = 0x4
const EPOLLERR = 0x8
const EPOLLHUP = 0x10
const EPOLLRDHUP = 0x2000
const EPOLLET = 0x80000000
const EEXIST = 17

const MAX_EVENTS = 512
/** How long the loop may go on before Node's loop has its turn, and how long it looks for the next event. Milliseconds. */
const TURN_MS = 2
const SPIN_MS = 0.1
/** After `n` looks in vain the next 2^n are left out; n is this at most. */
const MAX_MISSES = 10

// struct epoll_event is packed on x86-64 only (<sys/epoll.h>).
const EVENT_BYTES = process.arch === 'x64' ? 12 : 16
const DATA_OFFSET = process.arch === 'x64' ? 4 : 8

interface Waiters {
  read: (() => void)[]
  write: (() => void)[]
}

export function createEpoll(): Readiness {
  const c = koffi.load(null)
  const epoll_create1 = c.func('int epoll_create1(int)')
  const epoll_ctl = c.func('int epoll_ctl(int, int, int, void *)')
  const epoll_wait = c.func('int epoll_wait(int, void *, int, int)')
  const close = c.func('int close(int)')

  const set = epoll_create1(EPOLL_CLOEXEC) as number
  if (set < 0) throw new Error(`epoll: errno ${koffi.errno()}`)

  const ctl = new DataView(new ArrayBuffer(16))
  const events = new DataView(new ArrayBuffer(EVENT_BYTES * MAX_EVENTS))
  const eventBytes = new Uint8Array(events.buffer)
  const waiters = new Map<number, Waiters>()
  let waiting = 0
  /** a round is under way, or will be */
  let polling = false
  /** Node's loop goes on for our sake */
  let held = true
  let closed = false
  /** milliseconds: when Node's loop ran last */
  let began = 0
  /** an event has come since then */
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
  function collect(): number {
    const n = epoll_wait(set, eventBytes, MAX_EVENTS, 0) as number
    for (let i = 0; i < n; i++) {
      const flags = events.getUint32(i * EVENT_BYTES, true)
      const entry = waiters.get(events.getInt32(i * EVENT_BYTES + DATA_OFFSET, true))
      if (!entry) continue
      if (entry.read.length && flags & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) wake(entry.read)
      if (entry.write.length && flags & (EPOLLOUT | EPOLLHUP | EPOLLERR)) wake(entry.write)
    }
    return n
  }

  keepLoaded()
  // libuv calls back outside of any tick; an immediate is a tick of this same turn of its loop
  const watch = koffi.node.poll(set, { readable: true }, begin)
  hold()

  function begin(): void {
    if (polling || closed) return
    polling = true
    setImmediate(turn)
  }

  /** a turn of Node's loop is ours */
  function turn(): void {
    began = performance.now()
    fresh = false
    round()
  }

  /** waits for the next event without resting; the number of events */
  function look(): number {
    const until = performance.now() + SPIN_MS
    let n = 0
    while (n === 0 && performance.now() < until) n = collect()
    misses = n > 0 ? 0 : Math.min(misses + 1, MAX_MISSES)
    pause = misses && 2 ** misses
    return n
  }

  function round(): void {
    if (closed) return
    let n = collect()
    if (n === 0 && fresh && waiting > 0 && !turnsWaited() && --pause < 0) n = look()
    if (n > 0) {
      fresh = true
      // the next round comes once the programs have done what they can: a tick is after all the promises that are settled now
      if (performance.now() - began < TURN_MS) queueMicrotask(() => process.nextTick(round))
      else setImmediate(turn)
      return
    }
    polling = false
    hold()
  }

  /** a process whose programs wait for nothing may end */
  function hold(): void {
    if (held === waiting > 0 || closed) return
    held = waiting > 0
    if (held) watch.ref()
    else watch.unref()
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
    if (!polling) hold()
    return () => {
      const at = list.indexOf(waiter)
      if (at < 0) return
      list.splice(at, 1)
      waiting--
      if (!polling) hold()
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
      if (!polling) hold()
    },
    close() {
      if (closed) return
      closed = true
      watch.close()
      close(set)
    },
  }
}
