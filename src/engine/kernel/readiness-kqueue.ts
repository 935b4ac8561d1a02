/**
 * Readiness on macOS: one kqueue, edge-triggered (EV_CLEAR). Both filters of a descriptor are added once, when a call on it
 * first would block. As in readiness-epoll: looked at from setImmediate while there is traffic, else waited for on a pool
 * thread, into a buffer of its own. A change made meanwhile takes effect at once, since kevent(2) is thread-safe.
 */
import koffi from 'koffi'
import type { Readiness } from './platform/platform'
import { WaiterTable } from './waiters'

const EVFILT_READ = -1
const EVFILT_WRITE = -2
const EVFILT_USER = -10
const EV_ADD = 0x0001
const EV_DELETE = 0x0002
const EV_CLEAR = 0x0020
const NOTE_TRIGGER = 0x0100_0000
/** identity of the event that ends a wait, among EVFILT_USER's */
const WAKE = 1
const MAX_EVENTS = 512
const SPIN_US = 200

/** struct kevent (64-bit): ident u64, filter i16, flags u16, fflags u32, data i64, udata pointer */
export const KEVENT = { ident: 0, filter: 8, flags: 10, fflags: 12, data: 16, udata: 24, size: 32 } as const

/** Writes one change into a change list. */
export function writeKevent(view: DataView, place: number, ident: number, filter: number, flags: number, fflags = 0): void {
  const at = place * KEVENT.size
  view.setBigUint64(at + KEVENT.ident, BigInt(ident), true)
  view.setInt16(at + KEVENT.filter, filter, true)
  view.setUint16(at + KEVENT.flags, flags, true)
  view.setUint32(at + KEVENT.fflags, fflags, true)
  view.setBigInt64(at + KEVENT.data, 0n, true)
  view.setBigUint64(at + KEVENT.udata, 0n, true)
}

/** The changes that begin (or end) watching a descriptor both ways, in a list of two. */
export function watchChanges(fd: number, begin: boolean): Uint8Array {
  const bytes = new Uint8Array(2 * KEVENT.size)
  const view = new DataView(bytes.buffer)
  const flags = begin ? EV_ADD | EV_CLEAR : EV_DELETE
  writeKevent(view, 0, fd, EVFILT_READ, flags)
  writeKevent(view, 1, fd, EVFILT_WRITE, flags)
  return bytes
}

/** The descriptors that `count` events name, with the direction that each is ready in. */
export function* readyIn(bytes: Uint8Array, count: number): Generator<{ fd: number; kind: 'read' | 'write' }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let i = 0; i < count; i++) {
    const at = i * KEVENT.size
    const filter = view.getInt16(at + KEVENT.filter, true)
    if (filter !== EVFILT_READ && filter !== EVFILT_WRITE) continue
    yield { fd: Number(view.getBigUint64(at + KEVENT.ident, true)), kind: filter === EVFILT_READ ? 'read' : 'write' }
  }
}

export function createKqueue(): Readiness {
  const c = koffi.load(null)
  const kqueue = c.func('int kqueue()')
  const kevent = c.func('int kevent(int, const void *, int, void *, int, const void *)')
  const close = c.func('int close(int)')
  const fcntl = c.func('int fcntl(int, int, ...)')

  const queue = kqueue() as number
  if (queue < 0) throw new Error(`kqueue: errno ${koffi.errno()}`)
  fcntl(queue, 2 /* F_SETFD */, 'int', 1 /* FD_CLOEXEC */)
  const events = new Uint8Array(MAX_EVENTS * KEVENT.size)
  const parkedEvents = new Uint8Array(MAX_EVENTS * KEVENT.size)
  /** struct timespec of nothing: look, do not wait */
  const atOnce = new Uint8Array(16)
  const table = new WaiterTable()
  let polling = false
  let parked = false
  let closed = false
  let lastEvent = 0

  function change(changes: Uint8Array): number {
    return kevent(queue, changes, changes.length / KEVENT.size, null, 0, atOnce) as number
  }
  const user = (flags: number, fflags: number): Uint8Array => {
    const bytes = new Uint8Array(KEVENT.size)
    writeKevent(new DataView(bytes.buffer), 0, WAKE, EVFILT_USER, flags, fflags)
    return bytes
  }
  change(user(EV_ADD | EV_CLEAR, 0))

  function deliver(bytes: Uint8Array, count: number): void {
    for (const { fd, kind } of readyIn(bytes, count)) {
      const waiters = table.get(fd)
      if (waiters) table.wake(waiters[kind])
    }
  }

  function turn(): void {
    polling = false
    if (closed || table.count === 0) return
    const n = kevent(queue, null, 0, events, MAX_EVENTS, atOnce) as number
    deliver(events, n)
    const now = performance.now() * 1000
    if (n > 0) lastEvent = now
    if (table.count === 0) return
    if (now - lastEvent < SPIN_US) spin()
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
    kevent.async(queue, null, 0, parkedEvents, MAX_EVENTS, null, (_error: unknown, n: number) => {
      parked = false
      if (closed) return void close(queue)
      deliver(parkedEvents, n)
      lastEvent = performance.now() * 1000
      if (table.count > 0) spin()
    })
  }

  function wait(fd: number, kind: 'read' | 'write', waiter: () => void): () => void {
    const { entry, isNew } = table.of(fd)
    const forget = table.add(entry[kind], waiter)
    if (isNew && change(watchChanges(fd, true)) < 0) throw new Error(`kevent: errno ${koffi.errno()}`)
    lastEvent = Math.max(lastEvent, performance.now() * 1000 - SPIN_US / 2)
    spin()
    return () => void forget()
  }

  return {
    readable: (fd, waiter) => wait(fd, 'read', waiter),
    writable: (fd, waiter) => wait(fd, 'write', waiter),
    forget(fd) {
      const waiters = table.remove(fd)
      if (!waiters) return
      change(watchChanges(fd, false))
      table.wake(waiters.read)
      table.wake(waiters.write)
    },
    close() {
      if (closed) return
      closed = true
      if (parked) change(user(0, NOTE_TRIGGER))
      else close(queue)
    },
  }
}
