/**
 * The browser edition's server itself, over raw connections: requests and upgrades with any Host, Origin, cookie, path, token and
 * method. Whoever lacks one of the three (this server's Host, no foreign Origin, the session's cookie) gets nothing of the lab.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer, type LabServer } from '../../src/serve/server'
import { openSession } from '../integration/serve/client'
import { casesOf, SEED } from './lib/fuzz'
import { mutate, Random } from './lib/random'

const SECRET = 'what only the person may read'
let folder: string
let server: LabServer
let cookie: string
let engines = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'socketscope-fuzz-'))
  writeFileSync(join(folder, 'index.html'), SECRET)
  server = await startServer({
    port: 0, rendererDir: folder,
    connect() {
      engines++
      return new MessageChannel().port1
    },
  })
  cookie = await openSession(server.url)
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** ms; every whole request asks for the connection's end itself */
const PATIENCE = 400

/** Sends bytes as they are, and answers the beginning of what comes back before the server closes or has said enough. */
async function exchange(bytes: Uint8Array): Promise<string> {
  const socket = connect(server.port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (part: string) => { text += part })
  socket.on('error', () => undefined) // a reset is an answer as well
  const closed = once(socket, 'close')
  await once(socket, 'connect').catch(() => undefined)
  socket.write(bytes)
  // what was made no whole request waits for its rest
  const patience = setTimeout(() => socket.end(), PATIENCE)
  // an upgrade stays open when it was granted
  await Promise.race([closed, new Promise<void>((done) => socket.on('data', () => { if (text.startsWith('HTTP/1.1 101')) done() }))])
  clearTimeout(patience)
  socket.destroy()
  return text
}

interface Made { bytes: Uint8Array; entitled: boolean }

function make(r: Random): Made {
  const own = `127.0.0.1:${server.port}`
  // now and then one that nothing is wrong with: few of the others are by chance
  if (r.chance(0.05)) return { bytes: Buffer.from(`GET /index.html HTTP/1.1\r\nHost: ${own}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`, 'latin1'), entitled: true }
  const host = r.pick([own, own, own, `localhost:${server.port}`, '127.0.0.1', 'evil.test', `evil.test:${server.port}`, `${own}.evil.test`, `127.0.0.1:${server.port}@evil.test`, '', `127.0.0.1:0${server.port}`])
  const origin = r.pick([undefined, `http://${own}`, `http://${host}`, 'null', 'http://evil.test', `http://${own}.evil.test`, `https://${own}`, `http://127.0.0.1:${server.port + 1}`])
  const [name, value] = cookie.split('=') as [string, string]
  const given = r.pick([undefined, cookie, cookie, cookie, `${name}=`, `${name}=${value.slice(0, -1)}`, `${name}=${value}x`, `x${cookie}`, `a=b; ${cookie}`, `${name}=A; ${name}=B`])
  const upgrade = r.chance(0.4)
  const path = r.pick(['/', '/index.html', '/engine', '/engine/', '//engine', '/../engine', '/?token=', `/?token=${'A'.repeat(32)}`, '/%2e%2e/%2e%2e/etc/passwd', '/..%5c..%5c', 'http://evil.test/', '*', `/${r.text(5, ['%', '..', '/', '?', '#']).replace(/[\s\0]/g, '')}`])
  const method = r.chance(0.8) ? 'GET' : r.pick(['POST', 'HEAD', 'PUT', 'OPTIONS', 'CONNECT', 'get'])
  const lines = [
    `${method} ${path} HTTP/1.1`, `Host: ${host}`, ...(origin === undefined ? [] : [`Origin: ${origin}`]), ...(given === undefined ? [] : [`Cookie: ${given}`]),
    ...(upgrade ? ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='] : ['Connection: close']),
  ]
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  const entitled = (host === own || host === `localhost:${server.port}`) && (origin === undefined ? !upgrade : origin === `http://${host}`)
    && given !== undefined && given.split(';').some((pair) => pair.trim() === cookie)
  // what is changed at random may by chance come right again: only the cookie's secret cannot be guessed
  return r.chance(0.1) ? { bytes: mutate(r, bytes), entitled: given?.includes(value) === true } : { bytes, entitled }
}

const CASES = casesOf(400, 0.02)
it(`${CASES} requests and upgrades: only who is entitled gets anything`, async () => {
  let served = 0
  for (let round = 0; round < CASES; round++) {
    const { bytes, entitled } = make(new Random(SEED, round))
    const before = engines
    const text = await exchange(bytes)
    const got = text.includes(SECRET) || text.startsWith('HTTP/1.1 101') || engines > before || /^set-cookie:/im.test(text)
    if (got && !entitled) throw new Error(`seed ${SEED}, case ${round}: ${JSON.stringify(Buffer.from(bytes).toString('latin1'))} was answered ${JSON.stringify(text.slice(0, 300))}`)
    if (got) served++
  }
  // or the test would prove nothing
  expect(served).toBeGreaterThan(0)
  expect(await exchange(Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`))).toContain(SECRET)
}, 3_600_000)
