/** The HTTP servers against malformed requests, without a socket: each connection is answered or ended, whatever comes. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { OsError, type Socket, type Sys } from '../../../src/engine/programs/program'
import { serveConnection } from '../../../src/engine/services/connection'
import { createHttpService } from '../../../src/engine/services/http-service'
import { rpcAnswer } from '../../../src/engine/services/rpc-service'
import { staticSite } from '../../../src/engine/services/static-site'
import { readHttp } from '../../../src/shared/http/reader'
import { broken } from '../shared/http/broken'

const PEER = { family: 'inet', host: '127.0.0.1', port: 1 } as const

/** Serves one client that sends `pieces` and then closes its side; answers what it got and what was logged. */
async function talk(service: Server, pieces: readonly string[], failAt = Infinity): Promise<{ answer: Buffer; log: string[] }> {
  const log: string[] = []
  const out: Uint8Array[] = []
  const left = pieces.filter((piece) => piece !== '')
  const sys = { signal: new AbortController().signal, print: (text: string) => { log.push(text) } } as unknown as Sys
  const conn = {
    settimeout: () => {},
    recv: () => Promise.resolve(Buffer.from(left.shift() ?? '', 'latin1')),
    sendall: (data: Uint8Array) => {
      if (out.length >= failAt) return Promise.reject(new OsError('EPIPE', 'send'))
      out.push(data.slice())
      return Promise.resolve()
    },
  } as unknown as Socket
  await serveConnection(sys, conn, PEER, service)
  return { answer: Buffer.concat(out), log }
}

function site(): Server {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'lab-site-')))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  writeFileSync(join(dir, 'index.html'), 'index')
  return createHttpService(staticSite(dir))
}

it('100,000 malformed requests: every answer is whole HTTP', { timeout: 300_000 }, async () => {
  const services = [site(), createHttpService(rpcAnswer)]
  const statuses = new Map<number, number>()
  const all = broken(100_000, 4).map(({ text }) => text)
  for (let at = 0; at < all.length; at += 50) {
    await Promise.all(all.slice(at, at + 50).map(async (text, n) => {
      const cut = (at + n) % Math.max(1, text.length)
      const { answer } = await talk(services[(at + n) % 2]!, [text.slice(0, cut), text.slice(cut)])
      if (answer.length === 0) return
      const { state, message } = readHttp(answer, { kind: 'response' }, true)
      expect(state, text).toBe('complete')
      if (message?.kind === 'response') statuses.set(message.status, (statuses.get(message.status) ?? 0) + 1)
    }))
  }
  expect(statuses.get(400) ?? 0).toBeGreaterThan(20_000)
  expect(statuses.get(500)).toBeUndefined()
  expect([...statuses.keys()].every((status) => [100, 200, 301, 400, 403, 404, 417, 431, 501].includes(status)), [...statuses.keys()].join()).toBe(true)
})

it('a client that goes away in the midst of its answer ends its connection and nothing else', async () => {
  const service = site()
  const request = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  await expect(talk(service, [request], 0)).rejects.toMatchObject({ errno: 'EPIPE' })
  await expect(talk(service, [request], 1)).rejects.toMatchObject({ errno: 'EPIPE' })
  expect((await talk(service, [request])).answer.toString()).toMatch(/^HTTP\/1\.1 200 [^]*index$/)
})

it('a body larger than a call may be is refused before it has come', async () => {
  const service = createHttpService(rpcAnswer)
  const head = (length: string) => `POST /RPC2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${length}\r\n\r\n`
  expect((await talk(service, [head('Content-Length: 99999999'), 'x'.repeat(1000)])).answer.toString()).toMatch(/^HTTP\/1\.1 413 /)
  const chunks = Array<string>(40).fill(`10000\r\n${'x'.repeat(65_536)}\r\n`)
  expect((await talk(service, [head('Transfer-Encoding: chunked'), ...chunks, '0\r\n\r\n'])).answer.toString()).toMatch(/^HTTP\/1\.1 413 /)
})
