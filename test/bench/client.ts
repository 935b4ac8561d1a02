/** The load generator: one process, the same for every server. Asked over IPC, it answers with the milliseconds it took. */
import { close, connect, noDelay, recv, sendAll } from './libc'

export type Load =
  /** connect, "hello", "ACK", end: `count` times, `width` connections open at a time */
  | { load: 'connections'; port: number; count: number; width: number }
  /** one byte there and back, `count` times */
  | { load: 'ping-pong'; port: number; count: number }
  /** `count` blocks of `size` bytes there and back, four on their way */
  | { load: 'echo'; port: number; count: number; size: number }
  /** `count` connections, all open at the end, a byte there and back on each */
  | { load: 'many'; port: number; count: number; width: number }

const hello = Buffer.from('hello')
const into = new Uint8Array(256 * 1024)

function connections(port: number, count: number, width: number): void {
  for (let done = 0; done < count; done += width) {
    const fds = Array.from({ length: Math.min(width, count - done) }, () => connect(port))
    for (const fd of fds) sendAll(fd, hello)
    for (const fd of fds) {
      let got = 0
      for (let n; (n = recv(fd, into)) > 0;) got += n
      if (got !== 3) throw new Error(`the server answered ${got} bytes`)
      close(fd)
    }
  }
}

function exchange(fd: number, byte: Uint8Array): void {
  sendAll(fd, byte)
  if (recv(fd, into) !== 1 || into[0] !== byte[0]) throw new Error('the server did not echo')
}

function pingPong(port: number, count: number): void {
  const fd = connect(port)
  noDelay(fd)
  const byte = new Uint8Array(1)
  for (let i = 0; i < count; i++) {
    byte[0] = i
    exchange(fd, byte)
  }
  close(fd)
}

function echo(port: number, count: number, size: number): void {
  const fd = connect(port)
  noDelay(fd)
  const block = new Uint8Array(size).fill(0x61)
  const ahead = Math.min(4, count)
  for (let i = 0; i < ahead; i++) sendAll(fd, block)
  for (let i = 0; i < count; i++) {
    for (let left = size; left > 0;) {
      const n = recv(fd, left < into.length ? into.subarray(0, left) : into)
      if (n === 0) throw new Error('the server ended the stream')
      left -= n
    }
    if (i + ahead < count) sendAll(fd, block)
  }
  close(fd)
}

function many(port: number, count: number, width: number): number {
  const byte = new Uint8Array([7])
  const all: number[] = []
  const start = performance.now()
  // in stretches, so that the accept queue never overflows: a dropped SYN costs a second, whatever the server
  while (all.length < count) {
    const fds = Array.from({ length: Math.min(width, count - all.length) }, () => connect(port))
    for (const fd of fds) sendAll(fd, byte)
    for (const fd of fds) if (recv(fd, into) !== 1) throw new Error('the server did not echo')
    for (const fd of fds) all.push(fd)
  }
  const ms = performance.now() - start
  for (const fd of all) close(fd)
  return ms
}

function run(load: Load): number {
  const start = performance.now()
  switch (load.load) {
    case 'connections': connections(load.port, load.count, load.width); break
    case 'ping-pong': pingPong(load.port, load.count); break
    case 'echo': echo(load.port, load.count, load.size); break
    case 'many': return many(load.port, load.count, load.width)
    default: load satisfies never
  }
  return performance.now() - start
}

process.on('message', (load: Load) => process.send!({ ms: run(load) }))

process.on('disconnect', () => process.exit())
