/**
 * Python in the lab and what stands outside: python3, ncat, curl and the built-in programs, in both directions, over TCP of
 * both versions, UDP and Unix sockets, with HTTP and XML-RPC. One program in the lab serves all of a kind, another asks all.
 */
import { realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium } from '../lib/chromium'
import { openPython, runFile, type PythonPage } from '../lib/python'
import { lab, start, startPython, type Peer } from './lib/peer'
import { folder, startTwin } from './lib/twin'

let browser: Browser
let page: PythonPage
beforeAll(async () => {
  browser = await launchChromium()
  page = await openPython(browser)
})
afterAll(async () => {
  await page?.leave()
  await browser?.close()
})

/** Answers whatever comes with its capitals, on TCP over both versions, on UDP, and on a path. */
const SERVER = `
import selectors, socket, sys
poll = selectors.DefaultSelector()
path = sys.argv[1]
v4 = socket.create_server(('127.0.0.1', 0))
v6 = socket.create_server(('::1', 0), family=socket.AF_INET6)
udp = socket.socket(type=socket.SOCK_DGRAM)
udp.bind(('127.0.0.1', 0))
local = socket.socket(socket.AF_UNIX)
local.bind(path)
local.listen()
for s in (v4, v6, udp, local):
    poll.register(s, selectors.EVENT_READ)
print('ports', *(s.getsockname()[1] for s in (v4, v6, udp)), flush=True)
while True:
    for key, _ in poll.select():
        s = key.fileobj
        if s is udp:
            data, sender = s.recvfrom(65535)
            s.sendto(data.upper(), sender)
        elif s in (v4, v6, local):
            poll.register(s.accept()[0], selectors.EVENT_READ)
        else:
            data = s.recv(65536)
            if data:
                s.sendall(data.upper())
            else:
                poll.unregister(s)
                s.close()
`
/** Asks each of the addresses that it is given; prints what comes back. */
const CLIENT = `
import socket, sys
for what in sys.argv[1:]:
    kind, _, where = what.partition('=')
    if kind == 'unix':
        s = socket.socket(socket.AF_UNIX)
        s.connect(where)
    elif kind == 'udp':
        s = socket.socket(type=socket.SOCK_DGRAM)
        s.connect(('127.0.0.1', int(where)))
    else:
        s = socket.create_connection(('::1' if kind == 'v6' else '127.0.0.1', int(where)))
    s.send(b'hello\\n')
    print(kind, s.recv(100))
    s.close()
`
const portOf = async (server: Peer): Promise<number> => server.port()

it('a server in the lab, to clients outside', { timeout: 300_000 }, async () => {
  const path = join(folder(), 'lab.sock')
  const server = await runFile(page, 'serves.py', SERVER, path)
  const [, v4, v6, udp] = await server.line(/^ports (\d+) (\d+) (\d+)$/)
  const ncat = async (...args: string[]): Promise<string> => {
    const peer = start('ncat', args)
    peer.write('hello from ncat\n')
    await peer.answered(/\n/)
    await peer.stop()
    return peer.out.trim()
  }
  expect(await Promise.all([ncat('127.0.0.1', v4!), ncat('::1', v6!), ncat('-u', '127.0.0.1', udp!), ncat('-U', path)])).toEqual(Array.from({ length: 4 }, () => 'HELLO FROM NCAT'))
  const outside = startPython(CLIENT, `v4=${v4}`, `v6=${v6}`, `udp=${udp}`, `unix=${path}`)
  expect(await outside.finish(), outside.err).toMatchObject({ code: 0 })
  expect(outside.lines).toEqual(['v4', 'v6', 'udp', 'unix'].map((kind) => `${kind} b'HELLO\\n'`))
  // the built-in programs
  const ours = [
    lab('tcp-client', '--port', v4!), lab('tcp-client', '--host', '::1', '--port', v6!), lab('tcp-client', '--family', 'unix', '--path', path),
    lab('udp-client', '--port', udp!, '--timeout', '30', '--give-up', '30'), lab('tcp-load', '--port', v4!, '--clients', '20', '--requests', '3'),
  ]
  for (const client of ours) expect(await client.finish(), client.err).toMatchObject({ code: 0 })
  expect(ours.slice(0, 4).map((client) => client.lines.at(-1))).toEqual(Array.from({ length: 4 }, () => "received b'HELLO'"))
  expect(ours[4]!.lines.at(-1)).toBe('20 of 20 clients served')
  await server.stop()
  await server.ended()
})

it('a client in the lab, to servers outside', { timeout: 300_000 }, async () => {
  const path = join(folder(), 'peer.sock')
  const outside = startPython(SERVER, join(folder(), 'python.sock'))
  const [, v4, v6, udp] = await outside.line(/^ports (\d+) (\d+) (\d+)$/)
  const ncat = start('ncat', ['-l', '-v', '-U', path])
  await ncat.errors(/Listening on/)
  const ours = [lab('tcp-server', '--port', '0', '--behaviour', 'upper', '--model', 'poll'), lab('tcp-server', '--port', '0', '--host', '::1', '--behaviour', 'upper'), lab('udp-server', '--port', '0')]
  const ports = await Promise.all(ours.map(portOf))
  const program = await runFile(page, 'asks.py', CLIENT, `v4=${v4} v6=${v6} udp=${udp} v4=${ports[0]} v6=${ports[1]} udp=${ports[2]} unix=${path}`)
  await ncat.line(/^hello$/)
  ncat.write('HELLO\n')
  const { text, status } = await program.ended()
  expect(text.trimEnd().split('\n')).toEqual(['v4', 'v6', 'udp', 'v4', 'v6', 'udp', 'unix'].map((kind) => `${kind} b'HELLO\\n'`))
  expect(status).toBe('ok')
})

it('http.server in the lab, to curl, python3 and GET by hand', { timeout: 300_000 }, async () => {
  const server = await runFile(page, 'web.py', `
import http.server, os
os.makedirs('site/sub', exist_ok=True)
open('site/hello.txt', 'w').write('from the lab\\n' * 5000)
os.chdir('site')
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)
print('PORT', server.server_port)
try:
    server.serve_forever()
finally:
    import shutil
    os.chdir('..')
    shutil.rmtree('site')
`)
  const port = (await server.line(/^PORT (\d+)$/))[1]!
  const url = `http://127.0.0.1:${port}`
  const curl = start('curl', ['-s', '--fail', '-w', '%{http_code} %{size_download}', '-o', '/dev/null', `${url}/hello.txt`, '-o', '/dev/null', `${url}/`])
  await curl.finish()
  expect(curl.out).toMatch(/^200 65000200 \d+$/)
  const outside = startPython('import sys, urllib.request as u; r = u.urlopen(sys.argv[1]); print(r.status, len(r.read()))', `${url}/hello.txt`)
  await outside.finish()
  expect(outside.lines).toEqual(['200 65000'])
  const ours = lab('http-get', '--url', `${url}/hello.txt`)
  expect(await ours.finish(), ours.err).toMatchObject({ code: 0 })
  expect(ours.lines.at(-1)).toBe('65000 bytes of body, Content-Length says 65000')
  await server.interrupt()
  expect((await server.ended()).text).toContain('"GET /hello.txt HTTP/1.1" 200')
})

it("urllib, http.client and xmlrpc.client in the lab, to python3's servers and to ours; xmlrpc.server to both", { timeout: 300_000 }, async () => {
  const dir = realpathSync(folder())
  writeFileSync(join(dir, 'a.txt'), 'x'.repeat(100_000))
  const web = [startTwin('http-server', { port: 0, dir }), lab('http-server', '--port', '0', '--dir', dir)]
  const rpc = [startTwin('xmlrpc-server', { port: 0 }), lab('xmlrpc-server', '--port', '0')]
  const ports = await Promise.all([...web, ...rpc].map(portOf))
  const program = await runFile(page, 'asks_web.py', `
import http.client, sys, threading, urllib.request, xmlrpc.client, xmlrpc.server
web, rpc = sys.argv[1:3], sys.argv[3:5]
for port in web:
    with urllib.request.urlopen(f'http://127.0.0.1:{port}/a.txt') as answer:
        print(answer.status, len(answer.read()))
    connection = http.client.HTTPConnection('127.0.0.1', int(port))
    # two requests over one connection
    for path in ('/a.txt', '/none'):
        connection.request('GET', path)
        answer = connection.getresponse()
        print(answer.status, len(answer.read()) > 100)
    connection.close()
for port in rpc:
    proxy = xmlrpc.client.ServerProxy(f'http://127.0.0.1:{port}')
    print(proxy.addtogether('안', '녕'), proxy.quadratic(2, -4, 0), 'addtogether' in proxy.system.listMethods())
    many = xmlrpc.client.MultiCall(proxy)
    many.addtogether(1, 2)
    many.quadratic(1, 2, 1)
    print(list(many()))
    try:
        proxy.nope()
    except xmlrpc.client.Fault as fault:
        print(fault.faultCode)
server = xmlrpc.server.SimpleXMLRPCServer(('127.0.0.1', 0), logRequests=False)
server.register_introspection_functions()
server.register_function(lambda *things: len(things), 'count')
threading.Thread(target=server.serve_forever).start()
print('RPC', server.server_address[1])
input()
server.shutdown()
`, ports.join(' '))
  const port = (await program.line(/^RPC (\d+)$/))[1]!
  const outside = startPython("import sys, xmlrpc.client as x; p = x.ServerProxy(sys.argv[1]); print(p.count(1, 'two', [3]), p.system.listMethods()[0])", `http://127.0.0.1:${port}`)
  await outside.finish()
  expect(outside.lines).toEqual(['3 count'])
  const ours = lab('xmlrpc-client', '--url', `http://127.0.0.1:${port}/RPC2`, '--method', 'count', '--params', '[1, 2, 3, 4]')
  expect(await ours.finish(), ours.err).toMatchObject({ code: 0 })
  expect(ours.lines.at(-1)).toMatch(/\b4$/)
  program.type('')
  const lines = (await program.ended()).text.trimEnd().split('\n').filter((line) => !line.startsWith('RPC'))
  const perWeb = ['200 100000', '200 True', '404 True']
  const perRpc = ['안녕 [0.0, 2.0] True', '[3, [-1.0]]', '1']
  expect(lines).toEqual([...perWeb, ...perWeb, ...perRpc, ...perRpc])
})
