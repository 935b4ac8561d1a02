/** The file server and GET by hand against curl, Python, a browser, and each other's twins. */
import { createHash } from 'node:crypto'
import { execFile } from 'node:child_process'
import { closeSync, createReadStream, mkdirSync, openSync, readFileSync, realpathSync, symlinkSync, writeFileSync, writeSync, ftruncateSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { launchChromium } from '../lib/chromium'
import { lab, startPython, type Peer } from './lib/peer'
import { folder, startTwin } from './lib/twin'

const run = promisify(execFile)
const curl = async (...args: string[]): Promise<string> => (await run('curl', ['-s', '--max-time', '60', ...args], { maxBuffer: 1 << 26 })).stdout

/** A site with everything: an index, a folder without one, odd names, a link inside and one that leads out. */
function site(): string {
  const dir = realpathSync(folder())
  const out = realpathSync(folder())
  writeFileSync(join(out, 'secret.txt'), 'secret')
  writeFileSync(join(dir, 'index.html'), '<!DOCTYPE html><title>Here</title><h1>index</h1><img src="pixel.svg">')
  writeFileSync(join(dir, 'pixel.svg'), '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="5"/>')
  writeFileSync(join(dir, 'digits.txt'), '0123456789')
  mkdirSync(join(dir, 'sub'))
  writeFileSync(join(dir, 'sub', '한글 & <b>.txt'), 'korean')
  symlinkSync(join(dir, 'digits.txt'), join(dir, 'inside.txt'))
  symlinkSync(join(out, 'secret.txt'), join(dir, 'outside.txt'))
  symlinkSync(out, join(dir, 'outdir'))
  return dir
}
const server = async (dir: string, host = '127.0.0.1'): Promise<{ peer: Peer; port: number }> => {
  const peer = lab('http-server', '--port', '0', '--dir', dir, '--host', host)
  return { peer, port: await peer.port() }
}

/** Python's clients: status, headers and body of each path, by http.client on one connection and by urllib. */
const PYTHON_CLIENT = `
import http.client, json, sys, urllib.request, urllib.error
port, paths = int(sys.argv[1]), sys.argv[2:]
conn = http.client.HTTPConnection('127.0.0.1', port)
for path in paths:
    conn.request('GET', path)
    r = conn.getresponse()
    body = r.read()
    try:
        with urllib.request.urlopen(f'http://127.0.0.1:{port}{path}') as u: same = u.read() == body
    except urllib.error.HTTPError as e: same = e.code == r.status
    print(json.dumps([path, r.status, r.getheader('Content-Type'), int(r.getheader('Content-Length')) == len(body), same]))
`

describe('http-server', () => {
  it('curl: index, files, listing, HEAD, ranges, conditions, 404, 301, 501; the log', async () => {
    const { peer, port } = await server(site())
    const at = `http://127.0.0.1:${port}`
    const status = (...args: string[]) => curl('-o', '/dev/null', '-w', '%{http_code}', ...args)
    expect(await curl(`${at}/`)).toContain('<h1>index</h1>')
    expect(await curl(`${at}/digits.txt`)).toBe('0123456789')
    expect(await curl(`${at}/inside.txt`)).toBe('0123456789')
    const listing = await curl(`${at}/sub/`)
    expect(listing).toContain('<a href="./%ED%95%9C%EA%B8%80%20%26%20%3Cb%3E.txt">한글 &amp; &lt;b&gt;.txt</a>')
    expect(await curl(`${at}/sub/%ED%95%9C%EA%B8%80%20%26%20%3Cb%3E.txt`)).toBe('korean')
    expect(await curl('-I', `${at}/digits.txt`)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 10\r\n[^]*\r\n\r\n$/)
    expect(await curl('-r', '2-4', `${at}/digits.txt`)).toBe('234')
    expect(await curl('-r', '-3', `${at}/digits.txt`)).toBe('789')
    expect(await curl('-i', '-r', '5-', `${at}/digits.txt`)).toMatch(/206[^]*Content-Range: bytes 5-9\/10[^]*56789$/)
    expect(await status('-r', '50-60', `${at}/digits.txt`)).toBe('416')
    expect(await status('-r', '5-2', `${at}/digits.txt`)).toMatch(/^(200|416)$/)
    const tag = /ETag: (.*)\r/.exec(await curl('-I', `${at}/digits.txt`))![1]!
    expect(await status('-H', `If-None-Match: ${tag}`, `${at}/digits.txt`)).toBe('304')
    expect(await status(`${at}/none`)).toBe('404')
    expect(await status(`${at}/digits.txt/`)).toBe('404')
    expect(await curl('-o', '/dev/null', '-w', '%{http_code} %{redirect_url}', `${at}/sub?a=b`)).toBe(`301 ${at}/sub/?a=b`)
    expect(await curl('-o', '/dev/null', '-w', '%{redirect_url}', '--path-as-is', `${at}//sub`)).toBe(`${at}/sub/`)
    expect(await status('-X', 'DELETE', `${at}/digits.txt`)).toBe('501')
    expect(await status('-d', 'x'.repeat(100_000), `${at}/digits.txt`)).toBe('501')
    await peer.line(/^127\.0\.0\.1 - - \[\d\d\/\w{3}\/\d{4} \d\d:\d\d:\d\d\] "GET \/digits\.txt HTTP\/1\.1" 206 -$/)
    expect(await peer.stop()).toMatchObject({ code: 0 })
    expect(peer.err).toBe('')
  })

  it('nothing outside the folder: dots, encoded dots, backslashes, links', async () => {
    const dir = site()
    const { port } = await server(dir)
    const paths = ['/../secret.txt', '/%2e%2e/secret.txt', '/sub/../../secret.txt', '/..%2fsecret.txt', '/%2e%2e%2f%2e%2e%2fetc/passwd', '/..\\secret.txt', '//etc/passwd',
      '/outside.txt', '/outdir/secret.txt', '/outdir/', '/outdir', '/%00', '/a%00b', '/%', '/%zz', 'etc/passwd', `${dir}/digits.txt`, 'http://x/digits.txt', '*']
    for (const path of paths) {
      const answer = await raw(port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      expect(answer, path).toMatch(/^HTTP\/1\.1 (400|403|404) /)
      expect(answer, path).not.toMatch(/secret$|root:|0123456789/)
    }
  })

  it("Python's http.client and urllib", async () => {
    const { port } = await server(site())
    const client = startPython(PYTHON_CLIENT, String(port), '/', '/digits.txt', '/sub/', '/none')
    expect(await client.finish()).toMatchObject({ code: 0 })
    expect(client.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      ['/', 200, 'text/html; charset=utf-8', true, true], ['/digits.txt', 200, 'text/plain; charset=utf-8', true, true],
      ['/sub/', 200, 'text/html; charset=utf-8', true, true], ['/none', 404, 'text/html; charset=utf-8', true, true],
    ])
  })

  it('a browser shows the page and what it needs, over IPv6 too', async () => {
    const { peer, port } = await server(site(), '::1')
    const browser = await launchChromium()
    onTestFinished(() => browser.close())
    const page = await browser.newPage()
    await page.goto(`http://[::1]:${port}/`)
    expect(await page.title()).toBe('Here')
    expect(await page.evaluate(() => document.images[0]!.naturalWidth)).toBe(7)
    await peer.line(/"GET \/pixel\.svg HTTP\/1\.1" 200 -$/)
  })

  it('a slow, a broken and a silent client harm nobody; pipelined requests are answered in order', async () => {
    const { port } = await server(site())
    const silent = connect(port, '127.0.0.1')
    onTestFinished(() => { silent.destroy() })
    const slow = connect(port, '127.0.0.1')
    let answer = ''
    slow.setEncoding('latin1').on('data', (text: string) => { answer += text })
    slow.setNoDelay(true)
    for (const c of 'GET /digits.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n') await new Promise<void>((sent) => slow.write(c, () => sent()))
    await new Promise((done) => slow.once('close', done))
    expect(answer).toMatch(/0123456789$/)
    expect(await raw(port, '\x16\x03\x01\x02\x00\x01\x00')).toMatch(/^HTTP\/1\.1 400 /)
    expect(await raw(port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
    const two = await raw(port, 'GET /digits.txt HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(two).toMatch(/^HTTP\/1\.1 200 [^]*0123456789HTTP\/1\.1 404 /)
  })

  it('1,000 requests at once', { timeout: 60_000 }, async () => {
    const { peer, port } = await server(site())
    const answers = await Promise.all(Array.from({ length: 1000 }, () => raw(port, 'GET /digits.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')))
    expect(answers.filter((text) => /^HTTP\/1\.1 200 [^]*\r\n\r\n0123456789$/.test(text))).toHaveLength(1000)
    await peer.line(/^/, 1000)
    expect(await peer.stop()).toMatchObject({ code: 0 })
    expect(peer.lines.filter((line) => line.endsWith('"GET /digits.txt HTTP/1.1" 200 -'))).toHaveLength(1000)
  })

  it('a file of 1 GB arrives whole, and memory stays flat', { timeout: 300_000 }, async () => {
    const dir = realpathSync(folder())
    const size = 1 << 30
    const file = openSync(join(dir, 'big'), 'w')
    ftruncateSync(file, size)
    for (const at of [0, 65_535, 500_000_001, size - 4]) writeSync(file, 'spot', at)
    closeSync(file)
    const sha = createHash('sha256')
    await pipeline(createReadStream(join(dir, 'big')), sha)
    const { peer, port } = await server(dir)
    const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${peer.child.pid}/status`, 'utf8'))![1]) * 1024
    const fetched = async () => (await run('sh', ['-c', 'curl -s "$0" | sha256sum', `http://127.0.0.1:${port}/big`])).stdout.slice(0, 64)
    const expected = sha.digest('hex')
    expect(await fetched()).toBe(expected)
    // the byte store is full by now: what comes after it must not add up
    const before = resident()
    expect(await fetched()).toBe(expected)
    expect(resident() - before).toBeLessThan(150e6)
    const client = lab('http-get', '--url', `http://127.0.0.1:${port}/big`)
    expect(await client.finish()).toMatchObject({ code: 0 })
    expect(client.lines.at(-1)).toBe(`${size} bytes of body, Content-Length says ${size}`)
  })

  it('a folder that is none', async () => {
    for (const dir of ['/no/such/folder', '/etc/passwd']) {
      const peer = lab('http-server', '--port', '0', '--dir', dir)
      expect(await peer.finish()).toMatchObject({ code: 1 })
      expect(peer.err).toMatch(/^lab: opendir: (ENOENT|ENOTDIR): .*\n$/)
      expect(peer.err).toContain(dir)
    }
  })
})

/** Sends and answers all that comes until the server closes. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.setEncoding('latin1').on('data', (more: string) => { answer += more })
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(answer) : reject(error)))
    socket.on('close', () => resolve(answer))
    socket.write(text, 'latin1')
  })
}

/** A server whose whole answer is its argument. */
const ANSWER = `
import socket, sys, time
server = socket.create_server(('127.0.0.1', 0))
print('listening on 127.0.0.1:%d' % server.getsockname()[1])
while True:
    conn, _ = server.accept()
    data = b''
    while b'\\r\\n\\r\\n' not in data: data += conn.recv(1000)
    print(repr(data))
    for part in sys.argv[1].encode().decode('unicode_escape').encode('latin-1').split(b'|'):
        conn.sendall(part)
        time.sleep(0.02)
    conn.close()
`

describe('http-get', () => {
  it.each(['auto', 'eof', 'length'])("Python's http.server, read %s: the same lines as the twin", async (read) => {
    const dir = site()
    const port = await startTwin('http-server', { port: 0, dir }).port()
    for (const path of ['/', '/digits.txt', '/none', '/sub/', '/outside.txt']) {
      const given = { url: `http://127.0.0.1:${port}${path}`, read }
      const ours = lab('http-get', '--url', given.url, '--read', read)
      expect(await ours.finish()).toMatchObject({ code: 0 })
      const twin = startTwin('http-get', given)
      expect(await twin.finish()).toMatchObject({ code: 0 })
      const undated = (peer: Peer) => peer.lines.filter((line) => !line.startsWith('Date: '))
      expect(undated(ours)).toEqual(undated(twin))
      expect(ours.lines.length).toBeGreaterThan(4)
    }
  })

  it.each([
    ['by length, then silence', 'HTTP/1.1 200 OK\\r\\nContent-Le|ngth: 5\\r\\n\\r\\nhe|llo', "b'hello'", '5 bytes of body, Content-Length says 5'],
    ['chunked', 'HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\r\\na|bc\\r\\n2;x\\r\\nde\\r\\n0|\\r\\nT: 1\\r\\n\\r\\n', "b'abcde'", '5 bytes of body'],
    ['to EOF', 'HTTP/1.0 200 OK\\r\\n\\r\\nall | of it', "b'all  of it'", '10 bytes of body'],
  ])('%s, as the twin', async (_, answer, body, last) => {
    const server = startPython(ANSWER, answer)
    const url = `http://127.0.0.1:${await server.port()}/a?b=c`
    const ours = lab('http-get', '--url', url)
    await ours.finish()
    const twin = startTwin('http-get', { url })
    await twin.finish()
    expect(ours.lines.slice(-2)).toEqual([body, last])
    expect(ours.lines).toEqual(twin.lines)
    // the request of both, byte for byte
    expect(new Set(server.lines.slice(1)).size).toBe(1)
    expect(server.lines[1]).toMatch(/^b'GET \/a\?b=c HTTP\/1\.1\\r\\nHost: 127\.0\.0\.1:\d+\\r\\nConnection: close\\r\\n\\r\\n'$/)
  })

  it.each([
    ['HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nhello', /the stream ended 4 bytes before the body did/],
    ['HTTP/1.1 200 OK\\r\\nContent-', /the stream ended before the blank line/],
    ['SSH-2.0-OpenSSH\\r\\n\\r\\n', /the answer is no HTTP/],
  ])('an answer that is none: %s', async (answer, said) => {
    const server = startPython(ANSWER, answer)
    const client = lab('http-get', '--url', `http://127.0.0.1:${await server.port()}/`)
    expect(await client.finish()).toMatchObject({ code: 1 })
    expect(client.err).toMatch(said)
  })

  it('a wrong address: one clear line', async () => {
    for (const url of ['https://127.0.0.1/', 'nonsense', 'http://user:pw@127.0.0.1/']) {
      const client = lab('http-get', '--url', url)
      expect(await client.finish()).toMatchObject({ code: 2 })
      expect(client.err).toMatch(/^lab: --url must .*\n$/)
    }
  })
})
