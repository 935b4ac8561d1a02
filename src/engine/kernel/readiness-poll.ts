/**
 * Readiness by a poll-like call, over one persistent array of descriptors that is changed in place: nothing is rebuilt when
 * a socket becomes ready or a wait begins. Windows has nothing better that is documented (WSAPoll); the same code runs on
 * poll(2), which is how it is tested.
 *
 * As in readiness-epoll: while there is traffic the set is looked at from setImmediate; after SPIN_US without an event the
 * call waits on a pool thread, on a copy of the array. A wait that begins meanwhile wakes it with a byte on the waker.
 */
import type { Readiness } from './platform/platform'
import { WaiterTable } from './waiters'

const SPIN_US = 200

export interface PollCalls {
  /** struct layout: size of one entry, where the events and the returned events are; the descriptor is at 0 */
  entry: { size: number; events: number; revents: number; descriptor: 'i32' | 'u64' }
  /** bits to ask for, and bits that answer either direction */
  readable: { ask: number; answer: number }
  writable: { ask: number; answer: number }
  /** looks, and does not wait: the number of ready entries, below 0 on failure */
  now(entries: Uint8Array, count: number): number
  /** waits on a pool thread, at most `ms` (-1: for ever), and calls back on this one */
  wait(entries: Uint8Array, count: number, ms: number, done: () => void): void
  /** a descriptor that becomes readable by wake() and is emptied by drain() */
  waker: { fd: number; wake(): void; drain(): void; close(): void }
  /**
   * How long a wait may last while anyone waits for writable, milliseconds: some Windows 10 versions never report a connect
   * that failed, so those that wait try again. -1: not needed.
   */
  retryWritable: number
}

export function createPollReadiness(calls: PollCalls): Readiness {
  const { entry: layout } = calls
  const table = new WaiterTable()
  /** descriptor -> its place in the array; entry 0 is the waker's */
  const places = new Map<number, number>()
  const descriptors: number[] = [calls.waker.fd]
  let bytes = new Uint8Array(layout.size * 64)
  let view = new DataView(bytes.buffer)
  let parkedCopy = new Uint8Array(0)
  let writers = 0
  let polling = false
  let parked = false
  let woken = false
  let closed = false
  let lastEvent = 0

  function write(place: number, fd: number, events: number): void {
    const at = place * layout.size
    if (layout.descriptor === 'u64') view.setBigUint64(at, BigInt(fd), true)
    else view.setInt32(at, fd, true)
    view.setInt16(at + layout.events, events, true)
  }
  write(0, calls.waker.fd, calls.readable.ask)

  /** asks for what the descriptor's waiters want; an entry without waiters leaves the array */
  function update(fd: number): void {
    const waiters = table.get(fd)
    const events = (waiters?.read.length ? calls.readable.ask : 0) | (waiters?.write.length ? calls.writable.ask : 0)
    const place = places.get(fd)
    if (events === 0) {
      if (place !== undefined) remove(fd, place)
      return
    }
    if (place !== undefined) return write(place, fd, events)
    const next = descriptors.length
    if ((next + 1) * layout.size > bytes.length) {
      const grown = new Uint8Array(bytes.length * 2)
      grown.set(bytes)
      bytes = grown
      view = new DataView(bytes.buffer)
    }
    descriptors.push(fd)
    places.set(fd, next)
    write(next, fd, events)
  }

  /** the last entry takes the place of the one that goes */
  function remove(fd: number, place: number): void {
    const last = descriptors.length - 1
    const lastFd = descriptors[last]!
    bytes.copyWithin(place * layout.size, last * layout.size, (last + 1) * layout.size)
    descriptors[place] = lastFd
    places.set(lastFd, place)
    descriptors.pop()
    places.delete(fd)
  }

  function collect(): number {
    let left = calls.now(bytes, descriptors.length)
    const found = left
    if (found <= 0) return 0
    // gathered first: waking changes the array
    const ready: [number, number][] = []
    for (let place = 0; place < descriptors.length && left > 0; place++) {
      const revents = view.getUint16(place * layout.size + layout.revents, true)
      if (revents === 0) continue
      left--
      if (place === 0) calls.waker.drain()
      else ready.push([descriptors[place]!, revents])
    }
    for (const [fd, revents] of ready) {
      const waiters = table.get(fd)
      if (!waiters) continue
      if (revents & calls.readable.answer) table.wake(waiters.read)
      if (revents & calls.writable.answer) wakeWriters(waiters.write)
      update(fd)
    }
    return ready.length
  }

  function wakeWriters(list: (() => void)[]): void {
    writers -= list.length
    table.wake(list)
  }

  function retryWriters(): void {
    for (const fd of [...places.keys()]) {
      const waiters = table.get(fd)
      if (!waiters?.write.length) continue
      wakeWriters(waiters.write)
      update(fd)
    }
  }

  function turn(): void {
    polling = false
    if (closed || table.count === 0) return
    const now = performance.now() * 1000
    if (collect() > 0) lastEvent = now
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
    const used = descriptors.length * layout.size
    if (parkedCopy.length < used) parkedCopy = new Uint8Array(bytes.length)
    parkedCopy.set(bytes.subarray(0, used))
    const limit = writers > 0 ? calls.retryWritable : -1
    const begun = performance.now()
    calls.wait(parkedCopy, descriptors.length, limit, () => {
      parked = false
      woken = false
      if (closed) return calls.waker.close()
      if (limit >= 0 && performance.now() - begun >= limit) retryWriters()
      lastEvent = performance.now() * 1000
      turn()
    })
  }

  /** what the pool thread waits for has changed */
  function interrupt(): void {
    if (!parked || woken) return
    woken = true
    calls.waker.wake()
  }

  function wait(fd: number, kind: 'read' | 'write', waiter: () => void): () => void {
    const forget = table.add(table.of(fd).entry[kind], waiter)
    if (kind === 'write') writers++
    update(fd)
    interrupt()
    lastEvent = Math.max(lastEvent, performance.now() * 1000 - SPIN_US / 2)
    spin()
    return () => {
      if (!forget()) return
      if (kind === 'write') writers--
      update(fd)
    }
  }

  return {
    readable: (fd, waiter) => wait(fd, 'read', waiter),
    writable: (fd, waiter) => wait(fd, 'write', waiter),
    forget(fd) {
      const waiters = table.remove(fd)
      if (!waiters) return
      update(fd)
      // the pool thread must not go on watching a number that may soon be another socket's
      interrupt()
      writers -= waiters.write.length
      table.wake(waiters.read)
      table.wake(waiters.write)
    },
    close() {
      if (closed) return
      closed = true
      if (parked) calls.waker.wake()
      else calls.waker.close()
    },
  }
}
