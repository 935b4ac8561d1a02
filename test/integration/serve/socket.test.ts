/** The browser edition's WebSocket: who may open it, what a frame may be, and that every queue is bounded. */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type WebSocket } from 'ws'
import { decodeRequest, MAX_FRAME } from '../../../src/engine/host/engine-socket'
import { startServer, type LabServer } from '../../../src/serve/server'
import { closed, codec, dial, next, openSession } from './client'

let server: LabServer
let origin: string
let cookie: string
/** The engine's ends of the ports given out, newest last. */
let engines: MessagePort[]
/** What the engine does with a request. */
let engine: (message: { id: number; method: string; params: unknown }, port: MessagePort) => void
const open: WebSocket[] = []

beforeEach(async () => {
  engines = []
  engine = ({ id, params }, port) => port.postMessage({ id, ok: true, value: params })
  server = await startServer({
    port: 0,
    rendererDir: import.meta.dirname,
    connect: () => {
      const { port1, port2 } = new MessageChannel()
      port2.on('message', (message) => engine(message as never, port2))
      engines.push(port2)
      return port1
    },
  })
  origin = `http://127.0.0.1:${server.port}`
  cookie = await openSession(server.url)
})

afterEach(async () => {
  for (const socket of open.splice(0)) socket.terminate()
  await server.close()
  for (const port of engines) port.close()
})

async function join(): Promise<WebSocket> {
  const socket = await dial(server.port, { origin, cookie })
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`)
  open.push(socket)
  return socket
}

const ask = (socket: WebSocket, id: number, params: unknown): void => socket.send(codec.pack({ id, method: 'hello', params }))

describe('the door', () => {
  it('lets our page in', async () => {
    const socket = await join()
    ask(socket, 7, { n: 1 })
    expect(await next(socket)).toEqual({ id: 7, ok: true, value: { n: 1 } })
  })

  it.each([
    ['a foreign origin', () => ({ origin: 'http://evil.example', cookie }), 403],
    ['an opaque origin', () => ({ origin: 'null', cookie }), 403],
    ['no origin', () => ({ cookie }), 403],
    ['our port under another scheme', () => ({ origin: `https://127.0.0.1:${server.port}`, cookie }), 403],
    ['no cookie', () => ({ origin }), 403],
    ['a wrong cookie', () => ({ origin, cookie: `${cookie}x` }), 403],
    ['another name (DNS rebinding)', () => ({ origin: `http://evil.example:${server.port}`, host: `evil.example:${server.port}`, cookie }), 421],
    ['another path', () => ({ origin, cookie, path: '/engine/../engine2' }), 404],
    ['the token instead of the cookie', () => ({ origin, path: `/engine${new URL(server.url).search}` }), 403],
  ])('refuses %s', async (_what, options, status) => {
    expect(await dial(server.port, options())).toBe(status)
    expect(engines).toHaveLength(0)
  })

  it('has room for a bounded number of pages', async () => {
    for (let i = 0; i < 48; i++) await join()
    expect(await dial(server.port, { origin, cookie })).toBe(503)
    const [first] = open
    const gone = new Promise((done) => engines[0]?.once('close', () => done(undefined)))
    first?.close()
    await gone
    await join()
  })
})

describe('frames', () => {
  it('carry bytes unchanged in both directions', async () => {
    const socket = await join()
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
      ask(socket, 1, { bytes })
      const { value } = (await next(socket)) as { value: { bytes: Uint8Array } }
      expect(Buffer.compare(value.bytes, bytes)).toBe(0)
    }), { numRuns: 50 })
  })

  it('reach the engine as Uint8Array of their own memory', async () => {
    const socket = await join()
    const seen = new Promise<Uint8Array>((done) => { engine = ({ params }) => done((params as { bytes: Uint8Array }).bytes) })
    ask(socket, 1, { bytes: new Uint8Array([1, 2, 3]) })
    const bytes = await seen
    expect(bytes).toBeInstanceOf(Uint8Array)
    expect(bytes.buffer.byteLength).toBe(3)
  })

  it('of the largest payload pass', async () => {
    const socket = await join()
    ask(socket, 1, { bytes: new Uint8Array(16 * 1024 * 1024) })
    expect(await next(socket)).toMatchObject({ id: 1, ok: true })
  })

  it('that are too large end the connection (1009)', async () => {
    const socket = await join()
    socket.send(Buffer.alloc(MAX_FRAME + 1))
    expect(await closed(socket)).toBe(1009)
  })

  it('of text end the connection (1003)', async () => {
    const socket = await join()
    socket.send('{"id":1,"method":"hello"}')
    expect(await closed(socket)).toBe(1003)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a truncated map', Buffer.from([0x83, 0xa2, 0x69])],
    ['an array of four thousand million', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
    ['a map of four thousand million', Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff])],
    ['a text of four thousand million bytes', Buffer.from([0xdb, 0xff, 0xff, 0xff, 0xff])],
    ['bytes of four thousand million', Buffer.from([0xc6, 0xff, 0xff, 0xff, 0xff])],
    ['a million nested arrays', Buffer.alloc(1_000_000, 0x91)],
    ['a number', codec.pack(1)],
    ['null', codec.pack(null)],
    ['an array', codec.pack([1, 'hello', {}])],
    ['no id', codec.pack({ method: 'hello' })],
    ['a fractional id', codec.pack({ id: 1.5, method: 'hello' })],
    ['a method that is no text', codec.pack({ id: 1, method: 2 })],
    ['two values', Buffer.concat([codec.pack({ id: 1, method: 'a' }), codec.pack(1)])],
  ])('that are no request end the connection (1007): %s', async (_what, frame) => {
    const other = await join()
    const socket = await join()
    socket.send(frame)
    expect(await closed(socket)).toBe(1007)
    ask(other, 3, null)
    expect(await next(other)).toEqual({ id: 3, ok: true, value: null })
  })

  it('of random bytes never throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const request = decodeRequest(Buffer.from(bytes))
      if (request) expect(typeof request.method).toBe('string')
    }), { numRuns: 5000 })
  })

  it('cannot reach a prototype', () => {
    const frame = Buffer.concat([Buffer.from([0x83]), codec.pack('id'), codec.pack(1), codec.pack('method'), codec.pack('a'), codec.pack('__proto__'), codec.pack({ polluted: true })])
    const request = decodeRequest(frame) as unknown as Record<string, unknown> | undefined
    expect(request?.polluted).toBeUndefined()
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('queues', () => {
  it('a page that asks faster than the engine answers is not read further', async () => {
    const unanswered: { id: number; port: MessagePort }[] = []
    const limit = new Promise<void>((done) => {
      engine = ({ id }, port) => {
        unanswered.push({ id, port })
        if (unanswered.length === 64) done()
      }
    })
    const greedy = await join()
    // 64 MiB in flight
    const bytes = new Uint8Array(1024 * 1024)
    for (let id = 0; id < 120; id++) ask(greedy, id, { bytes })
    await limit
    // time for the rest to arrive, if it would
    const other = await join()
    for (let i = 0; i < 20; i++) await new Promise<void>((done) => { other.once('pong', () => done()); other.ping() })
    expect(unanswered.length).toBeLessThan(70)

    engine = ({ id }, port) => port.postMessage({ id, ok: true, value: null })
    let answers = 0
    const all = new Promise<void>((done) => greedy.on('message', () => { if (++answers === 120) done() }))
    for (const { id, port } of unanswered) port.postMessage({ id, ok: true, value: null })
    await all
  })

  it('a page that does not read is cut off', async () => {
    const socket = await join()
    socket.pause()
    const gone = new Promise((done) => engines[0]?.once('close', () => done(undefined)))
    const data = new Uint8Array(8 * 1024 * 1024)
    for (let i = 0; i < 20; i++) engines[0]?.postMessage({ push: 'trace', session: 's', batch: i, data })
    await gone
  })

  it('the engine\'s end closes the socket (1012), and the socket\'s end the port', async () => {
    const socket = await join()
    const code = closed(socket)
    engines[0]?.close()
    expect(await code).toBe(1012)

    const second = await join()
    const gone = new Promise((done) => engines[1]?.once('close', () => done(undefined)))
    second.terminate()
    await gone
  })

  it('the server\'s end tells the page (1001)', async () => {
    const code = closed(await join())
    await server.close()
    expect(await code).toBe(1001)
    server = await startServer({ port: 0, rendererDir: import.meta.dirname, connect: () => new MessageChannel().port1 })
  })
})
