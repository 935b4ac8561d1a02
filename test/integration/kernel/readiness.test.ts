/** One suite for every readiness loop that can run here: epoll, the poll-like one that Windows uses on poll(2), and on Windows WSAPoll itself. */
import koffi from 'koffi'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { bindLinux } from '../../../src/engine/kernel/native-linux'
import { bindWindows } from '../../../src/engine/kernel/native-win32'
import type { NativeSockets, Readiness } from '../../../src/engine/kernel/platform/platform'
import { createEpoll } from '../../../src/engine/kernel/readiness-epoll'
import { createPollReadiness } from '../../../src/engine/kernel/readiness-poll'
import { createWsaPoll, selfConnected } from '../../../src/engine/kernel/readiness-wsapoll'
import { decodeSockAddr, encodeSockAddr, SOCKADDR_STORAGE } from '../../../src/engine/kernel/sockaddr'

const linux = process.platform === 'linux'
const windows = process.platform === 'win32'
const EAGAIN = windows ? -10035 : -11
const EINPROGRESS = windows ? -10036 : -115
const ECONNREFUSED = windows ? 10061 : 111

function createPosixPoll(native: NativeSockets, retryWritable = -1): Readiness {
  const poll = koffi.load(null).func('int poll(void *, unsigned long, int)')
  const [IN, OUT, FAILED] = [0x1, 0x4, 0x8 | 0x10 | 0x20]
  return createPollReadiness({
    entry: { size: 8, events: 4, revents: 6, descriptor: 'i32' },
    readable: { ask: IN, answer: IN | FAILED },
    writable: { ask: OUT, answer: OUT | FAILED },
    now: (entries, count) => poll(entries, count, 0) as number,
    wait: (entries, count, ms, done) => poll.async(entries, count, ms, () => done()),
    waker: selfConnected(native),
    retryWritable,
  })
}

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

/** The few calls that the suite makes, on real sockets. */
function sockets(native: NativeSockets) {
  const { table } = native
  const address = new Uint8Array(SOCKADDR_STORAGE)
  const keep = (fd: number): number => {
    expect(fd).toBeGreaterThan(0)
    cleanups.push(() => native.close(fd))
    return fd
  }
  return {
    listen(listens = true): { fd: number; port: number } {
      const fd = keep(native.socket(table.AF.inet, table.SOCK.stream, 0))
      const size = encodeSockAddr({ family: 'inet', host: '127.0.0.1', port: 0 }, table, address)
      expect(native.bind(fd, address, size)).toBe(0)
      if (listens) expect(native.listen(fd, 600)).toBe(0)
      native.getsockname(fd, address)
      return { fd, port: (decodeSockAddr(address, native.addrLength(), table) as { port: number }).port }
    },
    connect(port: number): number {
      const fd = keep(native.socket(table.AF.inet, table.SOCK.stream, 0))
      const size = encodeSockAddr({ family: 'inet', host: '127.0.0.1', port }, table, address)
      expect([0, EINPROGRESS]).toContain(native.connect(fd, address, size))
      return fd
    },
    accept: (fd: number): number => native.accept(fd, address),
    keep,
  }
}

const kinds: [string, () => NativeSockets, (native: NativeSockets) => Readiness][] = windows
  ? [['WSAPoll', bindWindows, createWsaPoll]]
  : linux
    ? [['epoll', bindLinux, () => createEpoll()], ['poll', bindLinux, (native) => createPosixPoll(native)]]
    : []

describe.each(kinds)('%s', (_name, bind, create) => {
  function setUp() {
    const native = bind()
    const ready = create(native)
    cleanups.push(() => ready.close())
    const s = sockets(native)
    const readable = (fd: number) => new Promise<void>((resolve) => ready.readable(fd, resolve))
    const writable = (fd: number) => new Promise<void>((resolve) => ready.writable(fd, resolve))
    async function accept(fd: number): Promise<number> {
      for (;;) {
        const got = s.accept(fd)
        if (got !== EAGAIN) return s.keep(got)
        await readable(fd)
      }
    }
    return { ...s, native, ready, readable, writable, accept }
  }
  const byte = new Uint8Array([7])

  it('serves 300 connections, each of which waits for its own byte', async () => {
    const t = setUp()
    const { fd, port } = t.listen()
    const clients = Array.from({ length: 300 }, () => t.connect(port))
    const peers: number[] = []
    for (let i = 0; i < clients.length; i++) peers.push(await t.accept(fd))
    const into = new Uint8Array(4)
    const got = peers.map(async (peer) => {
      while (t.native.recv(peer, into, 4, 0) === EAGAIN) await t.readable(peer)
      return t.native.send(peer, byte, 1, 0)
    })
    for (const client of clients) {
      await t.writable(client)
      expect(t.native.send(client, byte, 1, 0)).toBe(1)
    }
    expect(await Promise.all(got)).toEqual(peers.map(() => 1))
    for (const client of clients) {
      while (t.native.recv(client, into, 4, 0) === EAGAIN) await t.readable(client)
    }
  })

  it('takes up a wait that begins while the pool thread waits', async () => {
    const t = setUp()
    const { fd, port } = t.listen()
    const client = t.connect(port)
    const peer = await t.accept(fd)
    const idle = t.readable(client)
    // long enough without an event for the loop to leave the thread
    await new Promise((resolve) => setTimeout(resolve, 30))
    const late = t.readable(peer)
    t.native.send(client, byte, 1, 0)
    await late
    t.native.send(peer, byte, 1, 0)
    await idle
  })

  it('wakes for EOF and for a refused connect', async () => {
    const t = setUp()
    const { fd, port } = t.listen()
    const client = t.connect(port)
    const peer = await t.accept(fd)
    const waiting = t.readable(peer)
    t.native.shutdown(client, t.native.table.SHUT.WR)
    await waiting
    expect(t.native.recv(peer, new Uint8Array(1), 1, 0)).toBe(0)
    // bound, so that nobody else takes the port, and not listening
    const refused = t.connect(t.listen(false).port)
    await t.writable(refused)
    const error = new Uint8Array(4)
    const { level, option } = t.native.table.options.SO_ERROR!
    t.native.getsockopt(refused, level, option, error)
    expect(new DataView(error.buffer).getInt32(0, true)).toBe(ECONNREFUSED)
  })

  it('wakes everyone who waits on a descriptor that is forgotten, and nobody who cancelled', async () => {
    const t = setUp()
    const { fd } = t.listen()
    let cancelled = false
    t.ready.readable(fd, () => { cancelled = true })()
    const both = Promise.all([t.readable(fd), t.readable(fd)])
    await new Promise((resolve) => setTimeout(resolve, 30))
    t.ready.forget(fd)
    await both
    expect(cancelled).toBe(false)
    // the same number again, another socket
    await expect(Promise.race([t.readable(fd), new Promise((resolve) => setTimeout(() => resolve('quiet'), 50))])).resolves.toBe('quiet')
  })

  it('gives send its turn when the peer has read', async () => {
    const t = setUp()
    const { fd, port } = t.listen()
    const client = t.connect(port)
    const peer = await t.accept(fd)
    const block = new Uint8Array(1 << 20)
    let sent = 0
    for (;;) {
      const n = t.native.send(client, block, block.length, 0)
      if (n === EAGAIN) break
      sent += n
    }
    let blocked = true
    const again = t.writable(client).then(() => { blocked = false })
    let read = 0
    while (read < sent) {
      const n = t.native.recv(peer, block, block.length, 0)
      if (n === EAGAIN) await t.readable(peer)
      else read += n
    }
    await again
    expect(blocked).toBe(false)
  })
})

it.runIf(linux)('poll tries those again that wait to write, where the platform keeps quiet', async () => {
  const native = bindLinux()
  const ready = createPosixPoll(native, 20)
  cleanups.push(() => ready.close())
  const s = sockets(native)
  const { fd, port } = s.listen()
  const client = s.connect(port)
  s.keep(s.accept(fd))
  const block = new Uint8Array(1 << 20)
  while (native.send(client, block, block.length, 0) > 0);
  // nobody reads, so poll has nothing to say: the retry wakes us
  await new Promise<void>((resolve) => ready.writable(client, resolve))
  expect(native.send(client, block, 1, 0)).toBe(EAGAIN)
})

it.runIf(linux).each([['throw', 1], ['exit', 3], ['terminate', 1], ['end', 0]] as const)('a thread that ends while it waits (%s) leaves the process whole', async (how, code) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'dying-thread.mjs'), how], { stdio: ['pipe', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { said += text })
  expect(await once(child, 'close')).toEqual([0, null])
  expect(said.trim()).toBe(`the thread ended with ${code}`)
})
