/** The engine through its contract, as a UI uses it: requests, work by hand, the stream of the trace, sessions. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Engine } from '../../src/engine/engine'
import type { FromEngine, Method, ParamsOf, Push, ResultOf, HandCall } from '../../src/shared/contract/contract'
import type { Result } from '../../src/shared/result'
import { decodeEvents } from '../../src/shared/trace/codec'
import type { TraceEvent } from '../../src/shared/trace/events'

let dataDir: string
let engine: Engine
let ui: Ui

/** A UI without a face. */
class Ui {
  private id = 0
  private readonly answers = new Map<number, (answer: Result<never>) => void>()
  readonly events: TraceEvent[] = []
  pushes: Push[] = []
  /** leave batches unacknowledged: a UI that is too slow */
  slow = false

  constructor(private readonly port: MessagePort) {
    port.on('message', (message: FromEngine) => {
      if ('push' in message) {
        this.pushes.push(message)
        if (message.push !== 'trace') return
        this.events.push(...decodeEvents(message.data))
        if (!this.slow) void this.ask('trace.ack', { batch: message.batch })
      } else {
        this.answers.get(message.id)?.(message as Result<never>)
        this.answers.delete(message.id)
      }
    })
  }

  ask<M extends Method>(method: M, params: ParamsOf<M>): Promise<Result<ResultOf<M>>> {
    const id = ++this.id
    return new Promise((resolve) => {
      this.answers.set(id, resolve as never)
      this.port.postMessage({ id, method, params })
    })
  }

  async get<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    const r = await this.ask(method, params)
    if (!r.ok) throw new Error(`${method}: ${r.error.code} ${r.error.message}`)
    return r.value
  }

  /** the first event that satisfies; waits for it */
  async event(found: (e: TraceEvent) => unknown): Promise<TraceEvent> {
    await expect.poll(() => this.events.some(found), { timeout: 5000, interval: 5 }).toBe(true)
    return this.events.find(found)!
  }

  /** makes a call by hand and waits for its end */
  async hand(thread: number, call: HandCall, timeout?: number | null): Promise<Extract<TraceEvent, { k: 'ret' }>> {
    const { call: id } = await this.get('hand.call', { thread, call, ...(timeout === undefined ? {} : { timeout }) })
    return (await this.event((e) => e.k === 'ret' && e.call === id)) as never
  }

  close(): void {
    this.port.close()
  }
}

function attach(): Ui {
  const { port1, port2 } = new MessageChannel()
  engine.connect(port1)
  return new Ui(port2)
}

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'socketscope-'))
  engine = await Engine.create({ version: '0.0.0', dataDir })
  ui = attach()
})
afterEach(async () => {
  await engine.close()
  ui.close()
  rmSync(dataDir, { recursive: true })
})

it('says who it is', async () => {
  const hello = await ui.get('hello', {})
  expect(hello).toMatchObject({ app: '0.0.0', platform: process.platform, scope: 'computer', pace: { mode: 'run' } })
  expect(hello.kernelError).toBeUndefined()
  expect((await ui.get('machine.interfaces', {})).some((i) => i.loopback)).toBe(true)
})

it('refuses what is not of the contract', async () => {
  expect(await ui.ask('nonsense' as Method, {} as never)).toMatchObject({ ok: false, error: { code: 'INVALID' } })
  expect(await ui.ask('__proto__' as Method, {} as never)).toMatchObject({ ok: false, error: { code: 'INVALID' } })
  expect(await ui.ask('run.stop', { run: -1 })).toMatchObject({ ok: false, error: { code: 'INVALID', field: 'run' } })
  expect(await ui.ask('run.start', { program: 'tcp-server', params: { port: 70_000 } }))
    .toMatchObject({ ok: false, error: { code: 'INVALID', field: 'port', message: expect.stringContaining('65535') } })
  expect(await ui.ask('run.start', { program: 'tcp-server', params: { prot: 1 } })).toMatchObject({ error: { message: expect.stringContaining('prot') } })
})

it('runs a server and a client, and streams what happened', async () => {
  await ui.get('trace.subscribe', { from: 0 })
  const server = await ui.get('run.start', { program: 'tcp-server', params: { port: 0, behaviour: 'ack' } })
  const listen = (await ui.event((e) => e.k === 'ret' && e.local?.family === 'inet' && e.local.port > 0)) as Extract<TraceEvent, { k: 'ret' }>
  const port = listen.local?.family === 'inet' ? listen.local.port : 0
  await ui.get('run.start', { program: 'tcp-client', params: { port, send: 'hello' } })
  const got = (await ui.event((e) => e.k === 'print' && e.text.includes('ACK'))) as { text: string }
  expect(got.text).toContain("b'ACK'")
  const data = ui.events.flatMap((e) => (e.k === 'ret' && e.data ? [e.data] : []))
  const first = await ui.get('trace.bytes', { at: data[0]!.at, len: data[0]!.len })
  expect(new TextDecoder().decode(first.bytes)).toBe('hello')
  await ui.get('run.stop', { run: server.run })
  await ui.event((e) => e.k === 'run-end' && e.run === server.run)
  expect(ui.events.map((e) => e.seq)).toEqual(ui.events.map((_, i) => i))
})

it('works by hand, and a waiting call can be taken back', async () => {
  await ui.get('trace.subscribe', { from: 0 })
  const a = await ui.get('hand.open', { name: 'server' })
  const b = await ui.get('hand.open', { name: 'client' })
  const l = (await ui.hand(a.thread, { name: 'socket', family: 'inet', type: 'stream' })).sock!
  const { local } = await ui.hand(a.thread, { name: 'bind', sock: l, address: { family: 'inet', host: '127.0.0.1', port: 0 } })
  await ui.hand(a.thread, { name: 'listen', sock: l, backlog: 1 })
  const accept = await ui.get('hand.call', { thread: a.thread, call: { name: 'accept', sock: l } })
  expect(await ui.ask('hand.call', { thread: a.thread, call: { name: 'accept', sock: l } })).toMatchObject({ error: { code: 'BUSY' } })
  const c = (await ui.hand(b.thread, { name: 'socket', family: 'inet', type: 'stream' })).sock!
  expect((await ui.hand(b.thread, { name: 'connect', sock: c, address: local! })).errno).toBeUndefined()
  const s = ((await ui.event((e) => e.k === 'ret' && e.call === accept.call)) as Extract<TraceEvent, { k: 'ret' }>).sock!
  expect((await ui.hand(b.thread, { name: 'sendall', sock: c, data: new Uint8Array([1, 2, 3]) })).value).toBe(3)
  expect((await ui.get('sock.peek', { sock: s, max: 10 })).bytes).toEqual(new Uint8Array([1, 2, 3]))
  expect((await ui.hand(a.thread, { name: 'recv', sock: s, n: 2 })).value).toBe(2)
  expect((await ui.hand(a.thread, { name: 'recv', sock: s, n: 9 }, 0)).value).toBe(1)
  expect((await ui.hand(a.thread, { name: 'recv', sock: s, n: 9 }, 0)).errno).toBe('EAGAIN')
  const waiting = await ui.get('hand.call', { thread: a.thread, call: { name: 'recv', sock: s, n: 9 }, timeout: null })
  await ui.get('hand.cancel', { call: waiting.call })
  expect(await ui.event((e) => e.k === 'ret' && e.call === waiting.call)).toMatchObject({ errno: 'CANCELLED' })
  expect(await ui.ask('hand.call', { thread: b.thread, call: { name: 'recv', sock: s, n: 1 } })).toMatchObject({ error: { code: 'EBADF' } })
})

it('steps, and lets a stop through while a call is held', async () => {
  await ui.get('trace.subscribe', { from: 0 })
  await ui.get('pace.set', { pace: { mode: 'step' } })
  const { run } = await ui.get('run.start', { program: 'tcp-server', params: { port: 0 } })
  await ui.event((e) => e.k === 'block' && e.why === 'step')
  await ui.get('pace.step', {})
  await ui.event((e) => e.k === 'ret')
  await ui.get('run.stop', { run })
  expect(await ui.event((e) => e.k === 'run-end')).toMatchObject({ status: 'stopped' })
  expect(await ui.ask('pace.step', {})).toMatchObject({ ok: false, error: { code: 'GONE' } })
})

it('keeps to this computer until the scope is switched', async () => {
  await ui.get('trace.subscribe', { from: 0 })
  const a = await ui.get('hand.open', { name: 'a' })
  const s = (await ui.hand(a.thread, { name: 'socket', family: 'inet', type: 'stream' })).sock!
  const away = { name: 'connect', sock: s, address: { family: 'inet', host: '10.255.255.1', port: 9 } } as const
  expect((await ui.hand(a.thread, away)).errno).toBe('POLICY')
  await ui.get('scope.set', { scope: 'lab' })
  expect(await ui.event((e) => e.k === 'scope')).toMatchObject({ scope: 'lab' })
  // a public address waits for the person, who takes the call back here
  const { call } = await ui.get('hand.call', { thread: a.thread, call: { ...away, address: { family: 'inet', host: '8.8.8.8', port: 9 } } })
  await ui.event((e) => e.k === 'block' && e.call === call && e.why === 'permission')
  await ui.get('hand.cancel', { call })
  expect(await ui.event((e) => e.k === 'ret' && e.call === call)).toMatchObject({ errno: 'CANCELLED' })
})

it('survives a UI that never acknowledges, and one that vanishes', async () => {
  ui.slow = true
  await ui.get('trace.subscribe', { from: 0 })
  const a = await ui.get('hand.open', { name: 'a' })
  const other = attach()
  await other.get('trace.subscribe', { from: 0 })
  const s = (await other.hand(a.thread, { name: 'socket', family: 'inet', type: 'stream' })).sock!
  for (let i = 0; i < 40; i++) await other.hand(a.thread, { name: 'getsockname', sock: s })
  expect(ui.pushes.filter((p) => p.push === 'trace').length).toBeLessThanOrEqual(2)
  ui.close()
  expect((await other.hand(a.thread, { name: 'close', sock: s })).errno).toBeUndefined()
  other.close()
})

it('keeps sessions: a new one, the list, opening, reading, deleting', async () => {
  await ui.get('trace.subscribe', { from: 0 })
  const a = await ui.get('hand.open', { name: 'a' })
  await ui.hand(a.thread, { name: 'socket', family: 'inet', type: 'stream' })
  const { live: old } = await ui.get('hello', {})
  const fresh = await ui.get('session.new', {})
  expect(fresh.session).not.toBe(old.session)
  const listed = await ui.get('session.list', {})
  expect(listed.map((s) => s.session)).toContain(old.session)
  const opened = await ui.get('session.open', { session: old.session })
  expect(opened).toMatchObject({ live: false, session: old.session })
  ui.events.length = 0
  await ui.get('trace.subscribe', { session: old.session, from: 0 })
  expect(await ui.event((e) => e.k === 'call')).toMatchObject({ name: 'socket' })
  expect(await ui.event((e) => e.k === 'run-end')).toMatchObject({ status: 'stopped' })

  const file: number[] = []
  for (;;) {
    const piece = await ui.get('session.read', { session: old.session, offset: file.length, len: 1000 })
    file.push(...piece.bytes)
    if (file.length === piece.size) break
  }
  const uploaded = await ui.get('session.upload', { upload: 'u1', offset: 0, bytes: new Uint8Array(file), last: true })
  expect(uploaded?.events).toBe(opened.events)
  expect(await ui.ask('session.upload', { upload: 'u2', offset: 0, bytes: new Uint8Array(5000), last: true })).toMatchObject({ ok: false })
  await ui.get('session.delete', { session: old.session })
  expect((await ui.get('session.list', {})).map((s) => s.session)).not.toContain(old.session)
})
