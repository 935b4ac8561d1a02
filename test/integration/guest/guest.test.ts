/** Programs outside the engine: their calls on real sockets, and what becomes of them. */
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Engine } from '../../../src/engine/engine'
import { LIMITS } from '../../../src/engine/policy/limits'
import type { TraceEvent } from '../../../src/shared/trace/events'
import { openDescriptors } from '../../lib/kernel'
import { bytes, GuestClient, textOf } from './guest-client'

let engine: Engine
let guest: GuestClient
beforeEach(async () => {
  engine = await Engine.create({ version: 'test' })
  guest = await GuestClient.join(engine)
})
afterEach(async () => {
  guest.close()
  await engine.close()
})

const SOL_SOCKET = process.platform === 'linux' ? 1 : 0xffff
const SO_REUSEADDR = process.platform === 'linux' ? 2 : 4
const called = (name: string) => (e: TraceEvent): e is Extract<TraceEvent, { k: 'call' }> => e.k === 'call' && e.name === name

it('is a run of the trace, with the text of its program, and its calls say file and line', async () => {
  const run = await guest.event((e) => e.k === 'run')
  expect(run).toMatchObject({ program: 'python', file: 'a.py', source: 'pass\n', params: { file: 'a.py', args: ['x'] } })
  await guest.call({ name: 'socket', family: 'inet', type: 'stream' }, { line: 7 })
  await guest.call({ name: 'socket', family: 'inet', type: 'dgram' }, { line: 9, file: 'other.py' })
  await guest.call({ name: 'sleep', seconds: 0 })
  await guest.event(called('sleep'))
  expect(guest.events.filter((e) => e.k === 'call')).toMatchObject([{ name: 'socket', line: 7 }, { name: 'socket', line: 9, file: 'other.py' }, { name: 'sleep' }])
  expect(guest.events.find(called('sleep'))).not.toHaveProperty('line')
})

it('speaks over TCP: accept waits, bytes arrive as they were sent, an orderly end is an empty recv', async () => {
  const { fd: listening, port } = await guest.listener()
  const other = await guest.thread('server')
  const accepted = guest.call({ name: 'accept', fd: listening }, { thread: other })
  const { fd } = await guest.call({ name: 'socket', family: 'inet', type: 'stream' })
  await guest.call({ name: 'connect', fd: fd!, address: { family: 'inet', host: '127.0.0.1', port } })
  const { fd: server, address } = await accepted
  expect(address).toMatchObject({ family: 'inet', host: '127.0.0.1' })
  expect(await guest.call({ name: 'send', fd: fd!, data: bytes('hello') })).toEqual({ value: 5 })
  expect(textOf(await guest.call({ name: 'recv', fd: server!, n: 2, flags: ['PEEK'] }))).toBe('he')
  expect(textOf(await guest.call({ name: 'recv', fd: server!, n: 100 }))).toBe('hello')
  await guest.call({ name: 'shutdown', fd: fd!, how: 'WR' })
  expect((await guest.call({ name: 'recv', fd: server!, n: 100 })).bytes).toHaveLength(0)
})

it('tells each error by its name and the number of this platform', async () => {
  const { fd } = await guest.call({ name: 'socket', family: 'inet', type: 'stream' })
  const { port } = await guest.listener()
  const taken = await guest.call({ name: 'bind', fd: fd!, address: { family: 'inet', host: '127.0.0.1', port } })
  expect(taken).toMatchObject({ errno: 'EADDRINUSE', errnoNumber: (await import('node:os')).constants.errno.EADDRINUSE })
  expect(await guest.call({ name: 'recv', fd: 9999, n: 1 })).toMatchObject({ errno: 'EBADF' })
  expect(await guest.call({ name: 'accept', fd: fd! }, { timeout: 0 })).toMatchObject({ errno: 'EINVAL' })
  expect((await guest.ask('guest.call', { thread: 424242, call: { name: 'sleep', seconds: 0 } }))).toMatchObject({ ok: false, error: { code: 'GONE' } })
})

it('waits as long as each call says: two threads on one socket, each with its own patience', async () => {
  const [server] = await guest.pair()
  const other = await guest.thread('patient')
  const patient = guest.call({ name: 'recv', fd: server, n: 5 }, { thread: other })
  expect(await guest.call({ name: 'recv', fd: server, n: 5 }, { timeout: 0.05 })).toMatchObject({ errno: 'TIMEOUT' })
  expect(await guest.call({ name: 'recv', fd: server, n: 5 }, { timeout: 0 })).toMatchObject({ errno: 'EAGAIN' })
  expect(await guest.call({ name: 'recv', fd: server, n: 5, flags: ['DONTWAIT'] })).toMatchObject({ errno: 'EAGAIN' })
  await guest.get('guest.interrupt', { thread: other })
  expect(await patient).toMatchObject({ value: null, errno: 'EINTR' })
  expect((await guest.event((e) => e.k === 'ret' && e.errno === 'EINTR'))).toBeDefined()
})

it('takes back whatever a thread waits in, and nothing where it does not wait', async () => {
  await guest.get('guest.interrupt', { thread: guest.main })
  for (const call of [{ name: 'sleep', seconds: 100 }, { name: 'input', prompt: '' }, { name: 'poll', fds: [] }] as const) {
    const before = guest.events.length
    const waiting = guest.call({ ...call } as never)
    await expect.poll(() => guest.events.slice(before).some((e) => e.k === 'block')).toBe(true)
    await guest.get('guest.interrupt', { thread: guest.main })
    expect(await waiting).toMatchObject({ errno: 'EINTR' })
  }
  expect(await guest.call({ name: 'sleep', seconds: 0 })).toEqual({ value: null })
})

it('MSG_WAITALL waits for all of it; MSG_TRUNC tells a datagram that was longer', async () => {
  const [server, client] = await guest.pair()
  const other = await guest.thread('reader')
  const all = guest.call({ name: 'recv', fd: server, n: 10, flags: ['WAITALL'] }, { thread: other })
  await guest.call({ name: 'send', fd: client, data: bytes('01234') })
  await guest.call({ name: 'send', fd: client, data: bytes('56789x') })
  expect(textOf(await all)).toBe('0123456789')
  expect(textOf(await guest.call({ name: 'recv', fd: server, n: 10 }))).toBe('x')

  const [a, b] = await Promise.all([0, 1].map(async () => {
    const { fd } = await guest.call({ name: 'socket', family: 'inet', type: 'dgram' }, { thread: await guest.thread('maker') })
    return fd!
  }))
  await guest.call({ name: 'bind', fd: a!, address: { family: 'inet', host: '127.0.0.1', port: 0 } })
  const { address } = await guest.call({ name: 'getsockname', fd: a! })
  await guest.call({ name: 'sendto', fd: b!, data: bytes('a datagram'), address: address! })
  const got = await guest.call({ name: 'recvfrom', fd: a!, n: 3 })
  expect(textOf(got)).toBe('a d')
  expect(got.size).toBe(10)
})

it('polls: what is ready, a hang-up, nothing in time, and a number that is no socket', async () => {
  const [server, client] = await guest.pair()
  const fds = [{ fd: server, read: true, write: false }]
  expect(await guest.call({ name: 'poll', fds }, { timeout: 0.02 })).toMatchObject({ ready: [] })
  await guest.call({ name: 'send', fd: client, data: bytes('x') })
  expect((await guest.call({ name: 'poll', fds })).ready).toEqual([{ fd: server, read: true, write: false, hangup: false, error: false }])
  await guest.call({ name: 'recv', fd: server, n: 1 })
  await guest.call({ name: 'close', fd: client })
  await guest.call({ name: 'shutdown', fd: server, how: 'WR' })
  expect((await guest.call({ name: 'poll', fds: [{ fd: server, read: false, write: false }] }, { timeout: 5 })).ready).toMatchObject([{ fd: server, hangup: true }])
  expect(await guest.call({ name: 'poll', fds: [{ fd: 4711, read: true, write: false }] })).toMatchObject({ errno: 'EBADF' })
})

it('options by number: known ones are named, memberships taken apart, what goes round the policy is refused', async () => {
  const { fd } = await guest.call({ name: 'socket', family: 'inet', type: 'dgram' })
  expect(await guest.call({ name: 'setsockopt', fd: fd!, level: SOL_SOCKET, option: SO_REUSEADDR, value: 1 })).toEqual({ value: null })
  expect((await guest.call({ name: 'getsockopt', fd: fd!, level: SOL_SOCKET, option: SO_REUSEADDR, len: 0 })).value).not.toBe(0)
  expect((await guest.call({ name: 'getsockopt', fd: fd!, level: SOL_SOCKET, option: SO_REUSEADDR, len: 4 })).bytes).toHaveLength(4)
  expect(await guest.event(called('setsockopt'))).toMatchObject({ args: { level: 'SOL_SOCKET', option: 'SO_REUSEADDR', value: 1 } })
  if (process.platform !== 'linux') return
  // struct ip_mreq: the group and an interface by its address
  const mreq = Uint8Array.of(239, 1, 2, 3, 127, 0, 0, 1)
  expect(await guest.call({ name: 'setsockopt', fd: fd!, level: 0, option: 35, value: mreq })).toEqual({ value: null })
  expect(await guest.event((e) => called('setsockopt')(e) && e.args.option === 'IP_ADD_MEMBERSHIP')).toMatchObject({ args: { value: { group: '239.1.2.3', interface: 1 } } })
  for (const [level, option] of [[1, 25], [0, 3], [0, 19], [0, 4], [41, 57]] as const) {
    expect(await guest.call({ name: 'setsockopt', fd: fd!, level, option, value: bytes('lo\0') })).toMatchObject({ errno: 'POLICY' })
  }
  expect(await guest.call({ name: 'setsockopt', fd: fd!, level: 1, option: 9999, value: 1 })).toMatchObject({ errno: 'ENOPROTOOPT' })
})

it.runIf(process.platform !== 'win32')('dup and socketpair: two descriptors of one socket, two ends of one pair', async () => {
  const { fds } = await guest.call({ name: 'socketpair', type: 'stream' })
  const [one, other] = fds!
  const { fd: copy } = await guest.call({ name: 'dup', fd: one })
  expect(new Set([one, other, copy]).size).toBe(3)
  await guest.call({ name: 'send', fd: copy!, data: bytes('pair') })
  expect(textOf(await guest.call({ name: 'recv', fd: other, n: 10 }))).toBe('pair')
  await guest.call({ name: 'close', fd: one })
  await guest.call({ name: 'send', fd: copy!, data: bytes('still') })
  expect(textOf(await guest.call({ name: 'recv', fd: other, n: 10 }))).toBe('still')
  await guest.call({ name: 'close', fd: copy! })
  expect((await guest.call({ name: 'recv', fd: other, n: 10 })).bytes).toHaveLength(0)
})

it('keeps to the scope, and says so', async () => {
  const { fd } = await guest.call({ name: 'socket', family: 'inet', type: 'stream' })
  const refused = await guest.call({ name: 'connect', fd: fd!, address: { family: 'inet', host: '192.0.2.1', port: 80 } })
  expect(refused).toMatchObject({ errno: 'POLICY' })
  expect(refused.message).toContain('192.0.2.1')
})

it('reads lines that are typed, and the end of them', async () => {
  const line = guest.call({ name: 'input', prompt: '> ' })
  await guest.event((e) => e.k === 'block' && e.why === 'input')
  await guest.get('run.input', { run: guest.run, line: 'typed' })
  expect(await line).toEqual({ value: 'typed' })
  await guest.get('run.input', { run: guest.run, line: '', eof: true })
  expect(await guest.call({ name: 'input', prompt: '' })).toEqual({ value: null })
})

it('its end closes what it left open: by itself, by a stop, by the loss of its connection', async () => {
  const before = openDescriptors()
  const ends: Record<string, (client: GuestClient) => Promise<unknown>> = {
    itself: (client) => client.get('guest.end', { run: client.run, status: 'failed', error: 'ValueError: x' }),
    stopped: () => guest.get('run.stop', { run: guest.run + Object.keys(ends).indexOf('stopped') + 1 }),
    lost: (client) => Promise.resolve(client.close()),
  }
  for (const [how, end] of Object.entries(ends)) {
    const client = await GuestClient.join(engine)
    const [server] = await client.pair()
    const other = await client.thread('reader')
    void client.ask('guest.call', { thread: other, call: { name: 'recv', fd: server, n: 1 } })
    await guest.event((e) => e.k === 'block' && e.why === 'readable' && guest.events.some((c) => c.k === 'call' && c.call === e.call && c.thread === other))
    const over = guest.ask('guest.over', { run: client.run })
    await end(client)
    const status = how === 'itself' ? 'failed' : 'stopped'
    expect(await over).toMatchObject({ ok: true, value: { status } })
    expect(await guest.event((e) => e.k === 'run-end' && e.run === client.run)).toMatchObject({ status, ...(how === 'itself' ? { error: 'ValueError: x' } : {}) })
    expect(await client_gone(client)).toBe(true)
    client.close()
  }
  expect(openDescriptors()).toBe(before)
})
/** whether its threads are no more */
const client_gone = (client: GuestClient): Promise<boolean> => guest.ask('guest.thread.end', { thread: client.main }).then((r) => !r.ok)

it('is nobody else\'s: another client reaches neither its threads nor its end', async () => {
  const other = await GuestClient.join(engine, false)
  expect(await other.ask('guest.call', { thread: guest.main, call: { name: 'sleep', seconds: 0 } })).toMatchObject({ ok: false, error: { code: 'GONE' } })
  expect(await other.ask('guest.print', { thread: guest.main, text: 'x' })).toMatchObject({ ok: false })
  expect(await other.ask('guest.end', { run: guest.run, status: 'ok' })).toMatchObject({ ok: false })
  // nor does a descriptor's number reach the socket of another program
  const { fd } = await guest.call({ name: 'socket', family: 'inet', type: 'stream' })
  const second = await GuestClient.join(engine)
  expect(await second.call({ name: 'getsockname', fd: fd! })).toMatchObject({ errno: 'EBADF' })
  second.close()
  other.close()
})

it('a thread is in one call at a time; threads have a limit', async () => {
  const waiting = guest.call({ name: 'sleep', seconds: 100 })
  await guest.event((e) => e.k === 'block')
  expect(await guest.ask('guest.call', { thread: guest.main, call: { name: 'sleep', seconds: 0 } })).toMatchObject({ ok: false, error: { code: 'BUSY' } })
  await guest.get('guest.interrupt', { thread: guest.main })
  await waiting
  for (let i = 0; i < LIMITS.guestThreads; i++) await guest.thread('t')
  expect(await guest.ask('guest.thread', { run: guest.run, name: 't', func: 'f' })).toMatchObject({ ok: false, error: { code: 'LIMIT', limit: 'guestThreads' } })
})

it('200 threads wait in recv, and each is answered', async () => {
  const pairs = await Promise.all(Array.from({ length: 200 }, async () => {
    const { fds } = await guest.call({ name: 'socketpair', type: 'stream' }, { thread: await guest.thread('maker') })
    return fds!
  }))
  const threads = await Promise.all(pairs.map(() => guest.thread('reader')))
  const reads = pairs.map(([one], i) => guest.call({ name: 'recv', fd: one, n: 10 }, { thread: threads[i]! }))
  for (const [i, [, other]] of pairs.entries()) await guest.call({ name: 'send', fd: other, data: bytes(`n ${i}`) })
  expect((await Promise.all(reads)).map(textOf)).toEqual(pairs.map((_, i) => `n ${i}`))
}, 60_000)

it('prints as much as the lab shows: the rest is held back, and what is not waited for is counted', async () => {
  await guest.get('guest.print', { thread: guest.main, text: 'a line\n' })
  expect(await guest.event((e) => e.k === 'print')).toMatchObject({ thread: guest.main, text: 'a line\n' })
  const text = 'x'.repeat(64 * 1024)
  await Promise.all(Array.from({ length: 60 }, () => guest.ask('guest.print', { thread: guest.main, text })))
  const gap = await guest.event((e): e is Extract<TraceEvent, { k: 'gap' }> => e.k === 'gap' && e.why === 'limit')
  expect(gap.bytes).toBeGreaterThan(0)
}, 60_000)

it('halts are in the trace, with their variables', async () => {
  const locals = [{ name: 's', type: 'socket', repr: '<socket>', fd: 3 }]
  await guest.get('guest.halt', { thread: guest.main, file: 'a.py', line: 3, func: 'f', why: 'breakpoint', locals })
  expect(await guest.event((e) => e.k === 'halt')).toMatchObject({ file: 'a.py', line: 3, func: 'f', why: 'breakpoint', locals })
  await guest.get('guest.halt', { thread: guest.main, file: 'a.py', line: 4, func: 'f', why: 'exception', locals, text: 'ValueError: no' })
  expect(await guest.event((e) => e.k === 'halt' && e.why === 'exception')).toMatchObject({ line: 4, text: 'ValueError: no' })
})

it('the path of its Unix socket is free again when it is over', async () => {
  const path = join(tmpdir(), `lab-test-${process.pid}.sock`)
  const { fd } = await guest.call({ name: 'socket', family: 'unix', type: 'stream' })
  await guest.call({ name: 'bind', fd: fd!, address: { family: 'unix', path } })
  expect(existsSync(path)).toBe(true)
  const over = guest.event((e) => e.k === 'run-end')
  await guest.get('guest.end', { run: guest.run, status: 'ok' })
  await over
  expect(existsSync(path)).toBe(false)
})
