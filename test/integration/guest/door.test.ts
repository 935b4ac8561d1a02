/** A guest's connection that the engine reads itself: the host only judges it, and closes its descriptor at the end. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { Engine } from '../../../src/engine/engine'
import { Door } from '../../../src/engine/host/door'
import { address, answerOf, frameId, isFrame } from '../../../src/shared/contract/guest-frame'
import { codec } from '../serve/client'
import { openDescriptors } from '../../lib/kernel'

let engine: Engine
let door: Door
let server: Server
let guest: WebSocket
let given: Promise<void>

beforeEach(async () => {
  engine = await Engine.create({ version: 'test' })
  door = new Door(engine)
  server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  given = new Promise((done) => server.once('upgrade', (request, socket: Socket, head) => {
    const handle = (socket as unknown as { _handle: { fd: number; readStop(): void } })._handle
    handle.readStop()
    door.take({ fd: handle.fd, headers: request.headers, head }, () => {
      socket.destroy()
      done()
    })
  }))
  guest = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, { perMessageDeflate: false })
  await once(guest, 'open')
})
afterEach(async () => {
  guest.terminate()
  door.close()
  await engine.close()
  server.close()
})

/** The next answer; the engine's status comes by itself now and then. */
async function hear(): Promise<Buffer> {
  for (;;) {
    const [data] = (await once(guest, 'message')) as [Buffer]
    if (isFrame(data) || !('push' in (codec.unpack(data) as object))) return data
  }
}
let ids = 0
async function ask<T>(method: string, params: object): Promise<T> {
  const id = ++ids
  guest.send(codec.pack({ id, method, params }))
  const answer = codec.unpack(await hear()) as { id: number; ok: boolean; value: T }
  expect(answer).toMatchObject({ id, ok: true })
  return answer.value
}
/** A call as Python packs it; its answer's bytes. */
async function call(thread: number, kind: 1 | 2, fd: number, rest: { n?: number; data?: Uint8Array }): Promise<Uint8Array> {
  const head = Buffer.alloc(33)
  head[0] = 0xc1
  head[9] = kind
  head.writeInt32LE(fd, 10)
  head.writeInt32LE(3, 14)
  head.writeDoubleLE(NaN, 19)
  head.writeUInt32LE(rest.n ?? 0, 27)
  const frame = new Uint8Array(Buffer.concat([head, rest.data ?? new Uint8Array(0)]))
  const id = ++ids
  address(frame, id, thread)
  guest.send(frame)
  const answer = new Uint8Array(await hear())
  expect(frameId(answer)).toBe(id)
  return answerOf(answer)
}

it('answers requests and frames, also those that are larger than a read', async () => {
  const { thread } = await ask<{ thread: number }>('guest.open', { program: 'python', file: 'a.py', source: '', args: [] })
  const { fds } = await ask<{ fds: [number, number] }>('guest.call', { thread, call: { name: 'socketpair', type: 'stream' } })
  expect([...await call(thread, 1, fds[0], { data: new Uint8Array([1, 2, 3]) })]).toEqual([3, 0, 0, 0])
  expect([...await call(thread, 2, fds[1], { n: 100 })]).toEqual([3, 0, 0, 0, 1, 2, 3])
  const data = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251)
  const sent = Buffer.from(await call(thread, 1, fds[0], { data })).readUInt32LE()
  expect(sent).toBeGreaterThan(65_536)
  const parts: Uint8Array[] = []
  for (let got = 0; got < sent; got += parts.at(-1)!.length) parts.push((await call(thread, 2, fds[1], { n: 1_000_000 })).subarray(4))
  expect(Buffer.concat(parts).equals(data.subarray(0, sent))).toBe(true)
})

it('says of a frame that is no call that it is none', async () => {
  const frame = new Uint8Array(40)
  frame[0] = 0xc1
  address(frame, 77, 1)
  guest.send(frame)
  expect(codec.unpack(await hear())).toMatchObject({ id: 77, ok: false, error: { code: 'INVALID' } })
})

it.each([['the guest ends', () => guest.terminate()], ['the engine ends it', () => door.close()]])('when %s, its run is over and its descriptors are closed', async (_, end) => {
  const { run, thread } = await ask<{ run: number; thread: number }>('guest.open', { program: 'python', file: 'a.py', source: '', args: [] })
  const before = openDescriptors()
  await ask('guest.call', { thread, call: { name: 'socket', family: 'inet', type: 'stream' } })
  const over = engine.guests.over(run)
  const closed = once(guest, 'close')
  end()
  await Promise.all([given, closed])
  expect(await over).toMatchObject({ ok: true, value: { status: 'stopped' } })
  await expect.poll(() => openDescriptors()).toBeLessThan(before)
  expect(engine.sockets.size).toBe(0)
})
