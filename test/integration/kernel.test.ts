/** The dispatcher on real loopback sockets: results, errors as values, waiting, cancelling, and no descriptor left. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest'
import type { Sock, Thread } from '../../src/engine/kernel/objects'
import type { Family, SockAddr } from '../../src/shared/trace/events'
import { listInterfaces } from '../../src/engine/observe/interfaces'
import { openDescriptors, sockOf, testKernel, type TestKernel } from '../lib/kernel'
import { lacks, onWindows } from '../lib/wine'

let k: TestKernel
let server: Thread
let client: Thread
let folder: string

beforeEach(async () => {
  k = await testKernel()
  server = k.thread('server')
  client = k.thread('client')
  folder = mkdtempSync(join(tmpdir(), 'socketscope-'))
})
afterEach(async () => {
  await k.end()
  rmSync(folder, { recursive: true })
})

const anywhere = (family: Family): SockAddr =>
  family === 'unix' ? { family, path: join(folder, 's') } : { family, host: family === 'inet' ? '127.0.0.1' : '::1', port: 0 }

async function listening(family: Family = 'inet', backlog = 5): Promise<Sock> {
  const sock = sockOf(await k.dispatcher.socket(server, family, 'stream'))
  expect(await k.dispatcher.bind(server, sock, anywhere(family))).toEqual({ value: null })
  expect(await k.dispatcher.listen(server, sock, backlog)).toEqual({ value: null })
  return sock
}

async function pair(family: Family = 'inet'): Promise<[Sock, Sock, Sock]> {
  const l = await listening(family)
  const c = sockOf(await k.dispatcher.socket(client, family, 'stream'))
  expect((await k.dispatcher.connect(client, c, l.local!)).errno).toBeUndefined()
  return [c, sockOf(await k.dispatcher.accept(server, l)), l]
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const bytes = (s: string): Uint8Array => new TextEncoder().encode(s)
const lastOf = (kind: string) => k.events.filter((e) => e.k === kind).at(-1) as never as Record<string, unknown>

describe.each(['inet', 'inet6', 'unix'] as const)('a stream over %s', (family) => {
  const it = test.skipIf(family === 'unix' && lacks('unix'))
  it('carries bytes both ways and ends with an empty recv', async () => {
    const [c, s] = await pair(family)
    expect((await k.dispatcher.send(client, c, bytes('hello'))).value).toBe(5)
    const got = await k.dispatcher.recv(server, s, 1024)
    expect(text(got.bytes)).toBe('hello')
    const ref = lastOf('ret').data as { at: number; len: number }
    expect(text(k.bytes.read(ref.at, ref.len))).toBe('hello')
    await k.dispatcher.send(server, s, bytes('ACK'))
    await k.dispatcher.close(server, s)
    expect(text((await k.dispatcher.recv(client, c, 10)).bytes)).toBe('ACK')
    expect((await k.dispatcher.recv(client, c, 10)).bytes).toHaveLength(0)
  })

  it('waits in recv until there is something, and says so', async () => {
    const [c, s] = await pair(family)
    const waiting = k.dispatcher.recv(server, s, 10)
    const call = k.dispatcher.lastCall
    // the call may have to wait for a turn of Node's loop first
    await expect.poll(() => lastOf('block')).toMatchObject({ call, why: 'readable' })
    await k.dispatcher.send(client, c, bytes('x'))
    expect(text((await waiting).bytes)).toBe('x')
  })

  it('shows its addresses', async () => {
    const [c, s] = await pair(family)
    expect((await k.dispatcher.getsockname(server, s)).address).toEqual(s.local)
    if (family !== 'unix') expect((await k.dispatcher.getpeername(server, s)).address).toEqual(c.local)
  })

  it('peeks without taking', async () => {
    const [c, s] = await pair(family)
    await k.dispatcher.send(client, c, bytes('hello'))
    expect(text((await k.dispatcher.recv(server, s, 3, { peek: true })).bytes)).toBe('hel')
    const peeked = k.dispatcher.peek(s, 100)
    expect(peeked.ok && text(peeked.value)).toBe('hello')
    expect(text((await k.dispatcher.recv(server, s, 100)).bytes)).toBe('hello')
  })
})

describe.each(['inet', 'inet6'] as const)('datagrams over %s', (family) => {
  it('come with the address of their sender', async () => {
    const a = sockOf(await k.dispatcher.socket(server, family, 'dgram'))
    await k.dispatcher.bind(server, a, anywhere(family))
    const b = sockOf(await k.dispatcher.socket(client, family, 'dgram'))
    expect((await k.dispatcher.sendto(client, b, bytes('ping'), a.local!)).value).toBe(4)
    const got = await k.dispatcher.recvfrom(server, a, 100)
    expect(text(got.bytes)).toBe('ping')
    expect(got.address).toEqual(b.local && { ...b.local, host: family === 'inet' ? '127.0.0.1' : '::1' })
  })
})

describe('datagram facts', () => {
  const udp = async (th: Thread, family: Family = 'inet') => {
    const s = sockOf(await k.dispatcher.socket(th, family, 'dgram'))
    await k.dispatcher.bind(th, s, anywhere(family))
    return s
  }
  // Winsock says that it was cut, not how long it was
  it('a datagram that does not fit is cut, and its whole size is known where the kernel tells', async () => {
    const a = await udp(server)
    await k.dispatcher.sendto(client, await udp(client), new Uint8Array(1000), a.local!)
    const got = await k.dispatcher.recvfrom(server, a, 10)
    expect(got.bytes).toHaveLength(10)
    expect(lastOf('ret')).toMatchObject(onWindows ? { value: 10 } : { value: 10, size: 1000 })
  })
  it('65,507 bytes are the most (EMSGSIZE)', async () => {
    const a = await udp(server)
    const b = await udp(client)
    expect((await k.dispatcher.sendto(client, b, new Uint8Array(65_507), a.local!)).value).toBe(65_507)
    expect((await k.dispatcher.sendto(client, b, new Uint8Array(65_508), a.local!)).errno).toBe('EMSGSIZE')
  })
  it.skipIf(lacks('icmp'))('a connected socket hears of the ICMP error behind ECONNREFUSED', async () => {
    const gone = await udp(server)
    const b = await udp(client)
    await k.dispatcher.close(server, gone)
    expect((await k.dispatcher.connect(client, b, gone.local!)).errno).toBeUndefined()
    expect((await k.dispatcher.send(client, b, bytes('x'))).value).toBe(1)
    expect((await k.dispatcher.recv(client, b, 10)).errno).toBe('ECONNREFUSED')
  })
  it('broadcast needs SO_BROADCAST', async () => {
    const b = sockOf(await k.dispatcher.socket(client, 'inet', 'dgram'))
    const everyone = { family: 'inet', host: '127.255.255.255', port: 9 } as const
    expect((await k.dispatcher.sendto(client, b, bytes('x'), everyone)).errno).toBe('EACCES')
    await k.dispatcher.setsockopt(client, b, 'SO_BROADCAST', 1)
    expect((await k.dispatcher.sendto(client, b, bytes('x'), everyone)).errno).toBeUndefined()
  })
  const LO = 1 // the loopback interface's index on Linux
  // Linux routes no IPv6 group over loopback: any other interface with an IPv6 address will do
  const other = listInterfaces().find((i) => i.up && !i.loopback && i.addresses.some((a) => a.family === 'inet6'))?.index
  it.each([
    ['inet', '239.1.2.3', 'IP_ADD_MEMBERSHIP', 'IP_MULTICAST_IF', '0.0.0.0', LO],
    ['inet6', 'ff12::1234', 'IPV6_JOIN_GROUP', 'IPV6_MULTICAST_IF', '::', other],
  ] as const)('a member of an %s group hears it, and on which interface', async (family, group, join, out, wildcard, lo) => {
    if (family === 'inet' && lacks('groupByIndex')) lo = 0
    if (lo === undefined) throw new Error('this machine has no interface with IPv6 but the loopback: add one (ip link add type dummy)')
    const member = sockOf(await k.dispatcher.socket(server, family, 'dgram'))
    await k.dispatcher.bind(server, member, { family, host: wildcard, port: 0 })
    expect((await k.dispatcher.setsockopt(server, member, join, { group, interface: lo })).errno).toBeUndefined()
    const port = member.local?.family === family ? member.local.port : 0
    const b = sockOf(await k.dispatcher.socket(client, family, 'dgram'))
    await k.dispatcher.setsockopt(client, b, out, lo)
    expect((await k.dispatcher.sendto(client, b, bytes('hi all'), { family, host: group, port, ...(family === 'inet6' ? { scope: lo } : {}) })).value).toBe(6)
    expect(text((await k.dispatcher.recvfrom(server, member, 100)).bytes)).toBe('hi all')
    expect(lastOf('ret')).toMatchObject({ interface: lo === 0 ? expect.any(Number) : lo })
  })
  it('joining what is no group fails', async () => {
    const s = await udp(client)
    expect((await k.dispatcher.setsockopt(client, s, 'IP_ADD_MEMBERSHIP', { group: '127.0.0.1', interface: 0 })).errno).toBe('EINVAL')
    expect((await k.dispatcher.setsockopt(client, s, 'IP_ADD_MEMBERSHIP', { group: 'nonsense', interface: 0 })).errno).toBe('EINVAL')
  })
  it('a sender outside the scope is not heard', async () => {
    const deaf = await testKernel({ gate: { accept: () => ({ code: 'POLICY', message: 'not in this scope' }) } })
    const th = deaf.thread()
    const a = sockOf(await deaf.dispatcher.socket(th, 'inet', 'dgram'))
    await deaf.dispatcher.bind(th, a, anywhere('inet'))
    await k.dispatcher.sendto(client, await udp(client), bytes('x'), a.local!)
    a.timeout = 0
    expect((await deaf.dispatcher.recvfrom(th, a, 10)).errno).toBe('EAGAIN')
    await deaf.end()
  })
})

describe('errors are values', () => {
  it('EADDRINUSE', async () => {
    const l = await listening()
    const other = sockOf(await k.dispatcher.socket(client, 'inet', 'stream'))
    expect((await k.dispatcher.bind(client, other, l.local!)).errno).toBe('EADDRINUSE')
    expect(lastOf('ret')).toMatchObject({ errno: 'EADDRINUSE', value: null })
  })
  it('EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL', async () => {
    const s = sockOf(await k.dispatcher.socket(client, 'inet', 'stream'))
    expect((await k.dispatcher.bind(client, s, { family: 'inet', host: '192.0.2.77', port: 0 })).errno).toBe('EADDRNOTAVAIL')
    expect((await k.dispatcher.bind(client, s, { family: 'inet6', host: '::1', port: 0 })).errno).toBe('EAFNOSUPPORT')
    expect((await k.dispatcher.bind(client, s, { family: 'inet', host: 'localhost', port: 0 })).errno).toBe('EINVAL')
  })
  it.skipIf(lacks('unix'))('ENAMETOOLONG for a Unix path of 108 bytes', async () => {
    const s = sockOf(await k.dispatcher.socket(client, 'unix', 'stream'))
    expect((await k.dispatcher.bind(client, s, { family: 'unix', path: '/tmp/'.padEnd(108, 'x') })).errno).toBe('ENAMETOOLONG')
  })
  it('ECONNREFUSED', async () => {
    const l = await listening()
    await k.dispatcher.close(server, l)
    const c = sockOf(await k.dispatcher.socket(client, 'inet', 'stream'))
    expect((await k.dispatcher.connect(client, c, l.local!)).errno).toBe('ECONNREFUSED')
  })
  it('ENOTCONN, EBADF after close', async () => {
    const lone = sockOf(await k.dispatcher.socket(client, 'inet', 'stream'))
    expect((await k.dispatcher.recv(client, lone, 1)).errno).toBe('ENOTCONN')
    await k.dispatcher.close(client, lone)
    expect((await k.dispatcher.send(client, lone, bytes('x'))).errno).toBe('EBADF')
  })
  it.skipIf(lacks('reset'))('ECONNRESET after an abort, then EPIPE without a signal', async () => {
    const [c, s] = await pair()
    await k.dispatcher.abort(server, s)
    expect((await k.dispatcher.recv(client, c, 1)).errno).toBe('ECONNRESET')
    // Winsock has no EPIPE: the connection stays reset
    expect((await k.dispatcher.send(client, c, bytes('x'))).errno).toBe(onWindows ? 'ECONNRESET' : 'EPIPE')
  })
  it('the limit of sockets', async () => {
    const small = await testKernel({ sockets: 2 })
    const th = small.thread()
    await small.dispatcher.socket(th, 'inet', 'stream')
    await small.dispatcher.socket(th, 'inet', 'stream')
    const third = await small.dispatcher.socket(th, 'inet', 'stream')
    expect(third).toMatchObject({ errno: 'LIMIT', error: { limit: 'sockets' } })
    await small.end()
  })
  it('an unknown option names itself', async () => {
    const s = sockOf(await k.dispatcher.socket(client, 'inet', 'stream'))
    expect((await k.dispatcher.setsockopt(client, s, 'SO_NONSENSE', 1)).error).toMatchObject({ code: 'INVALID', detail: { option: 'SO_NONSENSE' } })
  })
  it('a policy that says no is asked before the kernel is', async () => {
    const strict = await testKernel({ gate: { connect: () => ({ code: 'POLICY', message: 'not in this scope' }) } })
    const th = strict.thread()
    const s = sockOf(await strict.dispatcher.socket(th, 'inet', 'stream'))
    expect((await strict.dispatcher.connect(th, s, { family: 'inet', host: '127.0.0.1', port: 9 })).errno).toBe('POLICY')
    const name = await strict.dispatcher.getsockname(th, s)
    // Winsock knows no name of a socket that was not bound
    if (onWindows) expect(name.errno).toBe('EINVAL')
    else expect(name.address).toMatchObject({ port: 0 })
    await strict.end()
  })
})

describe('waiting', () => {
  it('is not done by a non-blocking socket: EAGAIN, EINPROGRESS', async () => {
    const [c] = await pair()
    c.timeout = 0
    expect((await k.dispatcher.recv(client, c, 1)).errno).toBe('EAGAIN')
  })
  it('ends with TIMEOUT', async () => {
    const [c] = await pair()
    c.timeout = 0.02
    expect((await k.dispatcher.recv(client, c, 1)).errno).toBe('TIMEOUT')
    c.timeout = null
  })
  it('can be taken back, and the socket works on', async () => {
    const [c, s] = await pair()
    const waiting = k.dispatcher.recv(client, c, 1)
    // a call may take a turn first
    await vi.waitUntil(() => client.cancel)
    client.cancel!()
    expect((await waiting).errno).toBe('CANCELLED')
    await k.dispatcher.send(server, s, bytes('x'))
    expect(text((await k.dispatcher.recv(client, c, 1)).bytes)).toBe('x')
  })
  it('ends with EBADF when another thread closes the socket', async () => {
    const [c] = await pair()
    const waiting = k.dispatcher.recv(client, c, 1)
    await k.dispatcher.close(k.thread('other'), c)
    expect((await waiting).errno).toBe('EBADF')
  })
  it('send takes a part, then waits until the peer receives', async () => {
    const [c, s] = await pair()
    await k.dispatcher.setsockopt(client, c, 'SO_SNDBUF', 4096)
    await k.dispatcher.setsockopt(server, s, 'SO_RCVBUF', 4096)
    const big = new Uint8Array(8 * 1024 * 1024)
    let sent = (await k.dispatcher.send(client, c, big)).value as number
    expect(sent).toBeGreaterThan(0)
    expect(sent).toBeLessThan(big.length)
    c.timeout = 0
    for (const piece of [big, bytes('end')]) {
      for (;;) {
        const more = await k.dispatcher.send(client, c, piece)
        if (more.errno === 'EAGAIN') break
        sent += more.value as number
      }
    }
    // a FIN in the queue is no byte of it
    const before = k.native.tcpFacts(s.fd)?.sendq
    await k.dispatcher.shutdown(server, s, 'WR')
    expect(k.native.tcpFacts(s.fd)?.sendq).toBe(before)
    c.timeout = null
    const waiting = k.dispatcher.send(client, c, bytes('end'))
    await vi.waitUntil(() => client.cancel)
    expect(lastOf('block')).toMatchObject({ why: 'writable' })
    let got = 0
    while (got < sent + 3) got += (await k.dispatcher.recv(server, s, 65_536)).value as number
    expect((await waiting).value).toBe(3)
  })
})

describe('poll', () => {
  it('waits for any of several sockets, and for writing', async () => {
    const [c, s] = await pair()
    const [c2, s2] = await pair()
    const waiting = k.dispatcher.poll(server, [{ sock: s, read: true, write: false }, { sock: s2, read: true, write: false }], null)
    await vi.waitUntil(() => server.cancel)
    await k.dispatcher.send(client, c2, bytes('x'))
    expect((await waiting).ready).toEqual([{ sock: s2, readable: true, writable: false, error: false, hangup: false }])
    expect((await k.dispatcher.poll(client, [{ sock: c, read: true, write: true }], null)).ready).toMatchObject([{ writable: true, readable: false }])
  })
  it('ends with none at the end of its time, and can be taken back', async () => {
    const [c] = await pair()
    expect((await k.dispatcher.poll(client, [{ sock: c, read: true, write: false }], 0.01)).ready).toEqual([])
    const waiting = k.dispatcher.poll(client, [{ sock: c, read: true, write: false }], null)
    await vi.waitUntil(() => client.cancel)
    client.cancel!()
    expect((await waiting).errno).toBe('CANCELLED')
  })
  it('tells of a peer that is gone', async () => {
    const [c, s] = await pair()
    await k.dispatcher.abort(server, s)
    expect((await k.dispatcher.poll(client, [{ sock: c, read: true, write: false }], null)).ready).toMatchObject([{ hangup: true, error: true }])
  })
})

describe('what the kernel says', () => {
  it.skipIf(onWindows)('the accept queue fills and is seen', async () => {
    const l = await listening('inet', 5)
    for (let i = 0; i < 3; i++) {
      const c = sockOf(await k.dispatcher.socket(client, 'inet', 'stream'))
      await k.dispatcher.connect(client, c, l.local!)
    }
    expect(k.native.tcpFacts(l.fd)).toMatchObject({ state: 'LISTEN', recvq: 3, sendq: 5 })
  })
  it.skipIf(lacks('tcpInfo'))('samples both ends after each call', async () => {
    const [c, s] = await pair()
    await k.dispatcher.send(client, c, bytes('hello'))
    const of = (sock: Sock) => k.events.filter((e) => e.k === 'sample' && e.sock === sock.id).at(-1)
    expect(of(c)).toMatchObject(onWindows ? { state: 'ESTABLISHED' } : { state: 'ESTABLISHED', dataSegsOut: 1 })
    expect(of(s)).toMatchObject(onWindows ? { state: 'ESTABLISHED', recvq: 5 } : { state: 'ESTABLISHED', recvq: 5, dataSegsIn: 1 })
  })
  it.skipIf(lacks('closedRows'))('follows a closed end through FIN_WAIT_2 to TIME_WAIT in the connection table', async () => {
    const [c, s] = await pair()
    await k.dispatcher.close(client, c)
    // FIN_WAIT_1 for as long as the peer's kernel delays its ACK
    expect(lastOf('endpoint')).toMatchObject({ state: expect.stringMatching(/^FIN_WAIT_[12]$/), local: c.local, remote: s.local })
    await k.dispatcher.close(server, s)
    const states = k.events.filter((e) => e.k === 'endpoint').map((e) => (e.k === 'endpoint' ? e.state : ''))
    expect(states).toContain('TIME_WAIT')
    if (!onWindows) expect(k.events.find((e) => e.k === 'endpoint' && e.state === 'TIME_WAIT')).toMatchObject({ timer: 'timewait' })
  })
  it('shows the end that was not accepted yet', async () => {
    const l = await listening()
    const c = sockOf(await k.dispatcher.socket(client, 'inet', 'stream'))
    await k.dispatcher.connect(client, c, l.local!)
    expect(k.events.find((e) => e.k === 'endpoint')).toMatchObject({ state: 'ESTABLISHED', local: l.local, remote: c.local })
  })
})

describe('runs', () => {
  it('stop takes back every waiting call and closes every socket', async () => {
    const before = openDescriptors()
    const started = k.processes.start({
      program: 'stuck', params: {},
      async main(sys) {
        const s = await sys.socket('inet', 'stream')
        await s.bind({ family: 'inet', host: '127.0.0.1', port: 0 })
        await s.listen(1)
        sys.thread(async (sys2) => { await sys2.sleep(1000) }, { name: 'sleeper', args: [] })
        await s.accept()
      },
    })
    await new Promise((resolve) => setImmediate(resolve))
    k.processes.stop(started.run)
    expect(await started.ended).toEqual({ status: 'stopped' })
    expect(openDescriptors()).toBeLessThanOrEqual(before + 1) // the epoll set, made on first use, stays
  })
  it('a program that will not hear of stopping cannot freeze the lab', async () => {
    let rounds = 0
    let made = (): void => {}
    const begun = new Promise<void>((resolve) => { made = resolve })
    const started = k.processes.start({
      program: 'deaf', params: {},
      async main(sys) {
        const s = await sys.socket('inet', 'stream')
        made()
        for (; rounds < 1000; rounds++) await s.getsockname().catch(() => {})
      },
    })
    await begun
    k.processes.stop(started.run)
    expect(await started.ended).toEqual({ status: 'stopped' })
    expect(rounds).toBe(1000)
  })
  it('the limit of threads is an error of the program that wants one more', async () => {
    const small = await testKernel({ threads: 2 })
    const started = small.processes.start({
      program: 'many', params: {},
      async main(sys) {
        for (;;) sys.thread(async (own) => { await own.sleep(0.01) }, { name: 'one more', args: [] })
      },
    })
    expect(await started.ended).toMatchObject({ status: 'failed', error: { errno: 'LIMIT' } })
    await small.end()
  })
  it('a stop at any moment ends a run', async () => {
    for (let moment = 0; moment < 150; moment++) {
      let port = 0
      const listening = new Promise<void>((resolve) => {
        void k.processes.start({
          program: 'echo', params: {},
          async main(sys) {
            const l = await sys.socket('inet', 'stream')
            await l.bind({ family: 'inet', host: '127.0.0.1', port: 0 })
            await l.listen(5)
            const at = await l.getsockname()
            if (at.family === 'inet') port = at.port
            resolve()
            for (;;) {
              const [conn] = await l.accept()
              sys.thread(async (_, c) => {
                for (let d = await c.recv(10); d.length; d = await c.recv(10)) await c.sendall(d)
              }, { name: 'client', args: [conn] })
            }
          },
        })
      })
      await listening
      void k.processes.start({
        program: 'busy client', params: {},
        async main(sys) {
          const c = await sys.socket('inet', 'stream')
          await c.connect({ family: 'inet', host: '127.0.0.1', port })
          for (;;) {
            await c.sendall(bytes('x'))
            await c.recv(10)
            if (moment % 2) await sys.sleep(0)
          }
        },
      })
      // held calls are let go and held again by the pace while the stop comes
      if (moment % 3 === 0) k.dispatcher.pacer.set({ mode: 'slow', ms: 1 })
      for (let turns = 0; turns < moment % 17; turns++) await new Promise((resolve) => setImmediate(resolve))
      if (moment % 5 === 0) k.dispatcher.pacer.set({ mode: 'run' })
      await k.processes.stopAll()
      k.dispatcher.pacer.set({ mode: 'run' })
      expect(k.dispatcher.sockets.size).toBe(0)
      if (k.events.length > 20_000) k.events.length = 0
    }
  })
  it('a busy program lets timers and messages through', async () => {
    const started = k.processes.start({
      program: 'busy', params: {},
      async main(sys) {
        const s = await sys.socket('inet', 'stream')
        await s.bind({ family: 'inet', host: '127.0.0.1', port: 0 })
        while (!sys.signal.aborted) await s.getsockname()
      },
    })
    await new Promise((resolve) => setTimeout(resolve, 10))
    k.processes.stop(started.run)
    expect((await started.ended).status).toBe('stopped')
  })
})

describe('pace', () => {
  it('step holds each call until the person lets it go', async () => {
    k.dispatcher.pacer.set({ mode: 'step' })
    const made = k.dispatcher.socket(client, 'inet', 'stream')
    expect(lastOf('block')).toMatchObject({ why: 'step' })
    expect(k.dispatcher.sockets.size).toBe(0)
    expect(k.dispatcher.pacer.step()).toBe(true)
    sockOf(await made)
    expect(k.dispatcher.pacer.step()).toBe(false)
  })
  it('run releases what step and slow hold', async () => {
    k.dispatcher.pacer.set({ mode: 'slow', ms: 60_000 })
    const made = k.dispatcher.socket(client, 'inet', 'stream')
    k.dispatcher.pacer.set({ mode: 'step' })
    k.dispatcher.pacer.set({ mode: 'run' })
    sockOf(await made)
  })
})

it('a close is made at once, whatever time its program has used: who answers and closes is the first to close', async () => {
  const [c, s] = await pair()
  await k.dispatcher.send(server, s, bytes('ACK'))
  // past the time after which any other call lets the rest of the lab go first
  const until = performance.now() + 10
  while (performance.now() < until);
  expect(k.dispatcher.close(server, s)).toEqual({ value: null })
  while (performance.now() < until + 10);
  expect(k.dispatcher.getsockname(client, c)).toBeInstanceOf(Promise)
})
