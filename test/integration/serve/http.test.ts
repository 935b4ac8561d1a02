/** The browser edition's door: token, cookie, Host, Origin, headers, and no way out of the page's folder. */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startServer, type LabServer } from '../../../src/serve/server'
import { get, openSession } from './client'

let folder: string
let server: LabServer
let token: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'socketscope-serve-'))
  await mkdir(join(folder, 'renderer/assets'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await writeFile(join(folder, 'renderer/index.html'), '<title>the page</title>')
  await writeFile(join(folder, 'renderer/assets/a.js'), 'export {}')
  await writeFile(join(folder, 'renderer/.hidden'), 'secret')
  server = await startServer({ port: 0, rendererDir: join(folder, 'renderer'), connect: () => new MessageChannel().port1 })
  token = new URL(server.url).search
})

afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

describe('the one-time token', () => {
  it('becomes a cookie that scripts cannot read and other sites cannot send, and leaves the address', async () => {
    const answer = await get(server.port, `/${token}`)
    expect(answer.status).toBe(303)
    expect(answer.headers.location).toBe('/')
    const [cookie = ''] = answer.headers['set-cookie'] ?? []
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/)
    expect(cookie).not.toContain(token.slice('?token='.length))
  })

  it('opens the page with the cookie, as often as it is reloaded', async () => {
    const Cookie = await openSession(server.url)
    for (const path of ['/', '/', '/assets/a.js']) expect((await get(server.port, path, { Cookie })).status).toBe(200)
    expect((await get(server.port, '/', { Cookie })).body).toContain('the page')
  })

  it('works once: a second use without the cookie is refused, with it leads to the page', async () => {
    const Cookie = await openSession(server.url)
    const second = await get(server.port, `/${token}`)
    expect(second.status).toBe(403)
    expect(second.headers['set-cookie']).toBeUndefined()
    expect((await get(server.port, `/${token}`, { Cookie })).status).toBe(303)
  })

  it('is not used up by a wrong one, by HEAD, nor by a browser that fetches ahead', async () => {
    expect((await get(server.port, '/?token=')).status).toBe(403)
    expect((await get(server.port, `/?token=${'A'.repeat(token.length - '?token='.length)}`)).status).toBe(403)
    expect((await get(server.port, `/${token}x`)).status).toBe(403)
    expect((await get(server.port, `/${token}`, {}, 'HEAD')).status).toBe(503)
    expect((await get(server.port, `/${token}`, { 'Sec-Purpose': 'prefetch;prerender' })).status).toBe(503)
    expect(await openSession(server.url)).not.toBe('')
  })

  it('is needed: nothing is served without the cookie or with a wrong one', async () => {
    const Cookie = await openSession(server.url)
    for (const path of ['/', '/index.html', '/assets/a.js', '/nothing']) {
      const answer = await get(server.port, path)
      expect(answer.status).toBe(403)
      expect(answer.body).not.toContain('the page')
    }
    expect((await get(server.port, '/', { Cookie: Cookie.slice(0, -1) })).status).toBe(403)
    expect((await get(server.port, '/', { Cookie: 'socketscope=1' })).status).toBe(403)
  })
})

it.each(['//', '////##', '/\\', '/?', '/??token', '/%', '/%00', '//x/../..'])('the target %j, which anybody may send, ends nothing', async (path) => {
  const Cookie = await openSession(server.url)
  expect([200, 403, 404]).toContain((await get(server.port, path, { Cookie })).status)
  expect((await get(server.port, '/', { Cookie })).status).toBe(200)
})

describe('other sites', () => {
  it.each(['evil.example', 'evil.example:80', '127.0.0.1', 'localhost', '127.0.0.1.evil.example'])(
    'cannot come in under the name %j (DNS rebinding)', async (Host) => {
      const Cookie = await openSession(server.url)
      expect((await get(server.port, '/', { Cookie, Host })).status).toBe(421)
    })

  it('cannot even try the token under another name', async () => {
    expect((await get(server.port, `/${token}`, { Host: `evil.example:${server.port}` })).status).toBe(421)
    expect(await openSession(server.url)).not.toBe('')
  })

  it.each(['http://evil.example', 'null', 'https://127.0.0.1', 'http://127.0.0.1:1'])('cannot ask with the origin %s', async (Origin) => {
    const Cookie = await openSession(server.url)
    expect((await get(server.port, '/', { Cookie, Origin })).status).toBe(403)
  })

  it('our own origin may, by address and by name', async () => {
    const Cookie = await openSession(server.url)
    for (const Host of [`127.0.0.1:${server.port}`, `localhost:${server.port}`]) {
      expect((await get(server.port, '/', { Cookie, Host, Origin: `http://${Host}` })).status).toBe(200)
    }
  })

  it('are told nothing by CORS headers', async () => {
    const Cookie = await openSession(server.url)
    const { headers } = await get(server.port, '/', { Cookie })
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

describe('every answer', () => {
  it('carries the content policy and its companions', async () => {
    const Cookie = await openSession(server.url)
    for (const [path, headers] of [['/', { Cookie }], ['/assets/a.js', { Cookie }], ['/', {}], ['/none', { Cookie }]] as const) {
      const answer = await get(server.port, path, headers)
      const policy = String(answer.headers['content-security-policy'])
      expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; /)
      for (const part of ["object-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]) expect(policy).toContain(part)
      expect(policy).not.toMatch(/'unsafe-inline'|'unsafe-eval'|\*/)
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
      expect(answer.headers['referrer-policy']).toBe('no-referrer')
      expect(answer.headers['cross-origin-opener-policy']).toBe('same-origin')
    }
  })

  it('is for GET and HEAD only', async () => {
    const Cookie = await openSession(server.url)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) expect((await get(server.port, '/', { Cookie }, method)).status).toBe(405)
    expect((await get(server.port, '/', { Cookie }, 'HEAD')).status).toBe(200)
  })
})

it.each([
  '/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/%2e%2e%2fsecret.txt', '/assets/../../secret.txt', '/..\\secret.txt',
  '/%2e%2e%5csecret.txt', '/assets/%2e%2e/%2e%2e/secret.txt', '//secret.txt', '/%00', '/%', '/.hidden', '/%2ehidden', '/assets', 'http://evil.example/',
])('the page\'s folder cannot be left: %s', async (path) => {
  const Cookie = await openSession(server.url)
  const answer = await get(server.port, path, { Cookie })
  expect(answer.body).not.toContain('secret')
  // an absolute request target (RFC 9112 section 3.2.2) is read as its path, with Host already checked
  if (!path.startsWith('http:')) expect(answer.status).toBe(404)
})

it('only the loopback interface answers', async () => {
  const refused = (host: string): Promise<string> => new Promise((done) => {
    const socket = connect({ host, port: server.port }, () => { socket.destroy(); done('connected') })
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? ''))
  })
  expect(await refused('127.0.0.1')).toBe('connected')
  const others = Object.values(networkInterfaces()).flat().filter((address) => address?.family === 'IPv4' && !address.internal).map((address) => address?.address ?? '')
  for (const host of others) expect(await refused(host)).toBe('ECONNREFUSED')
})

it('a port that is taken is an error value of the system', async () => {
  await expect(startServer({ port: server.port, rendererDir: folder, connect: () => new MessageChannel().port1 })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
