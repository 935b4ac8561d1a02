/** poll(2)'s set of descriptors: what a program waits for, in the platform's struct pollfd, and what came of it. */
import type { Plain } from '../../shared/trace/events'
import type { Sock } from './objects'
import type { NativeSockets } from './platform/platform'

export interface PollEntry {
  sock: Sock
  read: boolean
  write: boolean
}

export interface PollReady {
  sock: Sock
  readable: boolean
  writable: boolean
  error: boolean
  hangup: boolean
}

/** A long set is shown by its first descriptors; its length is told. */
const MOST_SHOWN = 32

/** Asks once which entries are ready; never waits. Minus errno on failure. A closed socket is ready with an error (POLLNVAL). */
export function pollNow(native: NativeSockets, entries: readonly PollEntry[]): PollReady[] | number {
  const layout = native.table.pollfd
  const view = new DataView(new ArrayBuffer(layout.size * Math.max(1, entries.length)))
  entries.forEach(({ sock, read, write }, i) => {
    const at = i * layout.size
    if (layout.fd === 'u64') view.setBigUint64(at, BigInt(sock.fd), true)
    else view.setInt32(at, sock.closed ? -1 : sock.fd, true)
    view.setInt16(at + layout.events, (read ? layout.IN : 0) | (write ? layout.OUT : 0), true)
  })
  const r = native.poll(new Uint8Array(view.buffer), entries.length)
  if (r < 0) return r
  const ready: PollReady[] = []
  entries.forEach(({ sock }, i) => {
    const bits = view.getInt16(i * layout.size + layout.revents, true)
    const entry = {
      sock,
      readable: (bits & layout.IN) !== 0,
      writable: (bits & layout.OUT) !== 0,
      error: sock.closed || (bits & (layout.ERR | layout.NVAL)) !== 0,
      hangup: (bits & layout.HUP) !== 0,
    }
    if (entry.readable || entry.writable || entry.error || entry.hangup) ready.push(entry)
  })
  return ready
}

/** The set as the trace shows it. */
export const describeSet = (entries: readonly PollEntry[]): Plain =>
  entries.slice(0, MOST_SHOWN).map(({ sock, read, write }) => [sock.fd, words({ POLLIN: read, POLLOUT: write })])

export const describeReady = (ready: readonly PollReady[]): Plain[] =>
  ready.slice(0, MOST_SHOWN).map((r) => [r.sock.fd, words({ POLLIN: r.readable, POLLOUT: r.writable, POLLERR: r.error, POLLHUP: r.hangup })])

const words = (flags: Record<string, boolean>): string =>
  Object.entries(flags).filter(([, on]) => on).map(([name]) => name).join('|')
