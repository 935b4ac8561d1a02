/** Names against Python on the same machine: the same answers in the same order, the same errors by name. */
import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { createSocket } from 'node:dgram'
import { hostname } from 'node:os'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Engine } from '../../src/engine/engine'
import { SOCKET_CONSTANTS } from '../../src/shared/net/constants'
import { pythonHost, pythonHostAnswer, pythonLookup, pythonRows, type HostQuestion, type LookupQuestion } from '../../src/shared/net/names'
import type { LabError, Result } from '../../src/shared/result'

const platform = process.platform as 'linux' | 'darwin' | 'win32'
let engine: Engine
let token = 0
beforeAll(async () => { engine = await Engine.create({ version: 'test', scope: 'lab' }) })
afterAll(async () => { await engine.close() })

const run = promisify(execFile)
const SCRIPT = `
import json, socket, sys
names = {getattr(socket, n): n for n in dir(socket) if n.startswith('EAI_')}
herr = {1: 'HOST_NOT_FOUND', 2: 'TRY_AGAIN', 3: 'NO_RECOVERY', 4: 'NO_DATA'}
out = []
for line in json.load(sys.stdin):
    try: out.append(repr(eval(line)))
    except socket.gaierror as e: out.append(f'gaierror {names[e.errno]} {e.strerror}')
    except socket.herror as e: out.append(f'herror {herr[e.errno]} {e.strerror}')
    except OSError as e: out.append(f'OSError {e}')
print(json.dumps(out))
`
async function python(lines: string[]): Promise<string[]> {
  const child = run('python3', ['-c', SCRIPT], { encoding: 'utf8' })
  child.child.stdin!.end(JSON.stringify(lines))
  return JSON.parse((await child).stdout) as string[]
}
const failed = (error: LabError): string => {
  const exception = String(error.detail?.exception)
  return exception === 'OSError' ? `OSError ${error.message}` : `${exception} ${error.code} ${String(error.detail?.text)}`
}
const text = <T>(answer: Result<T>, shown: (value: T) => string): string => (answer.ok ? shown(answer.value) : failed(answer.error))

const ask = (q: Partial<LookupQuestion>): LookupQuestion => ({ host: 'localhost', service: '80', family: 'unspec', type: 'any', flags: [], ...q })

const LOOKUPS: LookupQuestion[] = [
  ask({}), ask({ service: 'http' }), ask({ service: 'domain' }), ask({ service: null }), ask({ host: null }), ask({ host: null, flags: ['AI_PASSIVE'] }),
  ask({ host: null, service: null }), ask({ host: '127.0.0.1', type: 'stream' }), ask({ host: '::1' }), ask({ host: '::1', type: 'dgram', family: 'inet6' }),
  ask({ host: hostname() }), ask({ host: hostname(), flags: ['AI_CANONNAME'] }), ask({ host: 'localhost', flags: ['AI_CANONNAME'] }),
  ask({ host: '127.1' }), ask({ host: 'fe80::1%lo' }), ask({ host: '0.0.0.0' }), ask({ host: '' , service: 'http' }),
  ask({ host: 'localhost', family: 'inet6' }), ask({ host: '127.0.0.1', family: 'inet6', flags: ['AI_V4MAPPED'] }),
  // errors
  ask({ host: 'host.invalid' }), ask({ service: 'no-such-service' }), ask({ service: 'http', type: 'raw' }), ask({ host: '::1', family: 'inet' }),
  ask({ host: 'localhost', flags: ['AI_NUMERICHOST'] }), ask({ service: 'http', flags: ['AI_NUMERICSERV'] }), ask({ host: null, flags: ['AI_CANONNAME'] }),
]

it('getaddrinfo answers what Python prints: the same rows in the same order, the same errors', async () => {
  const expected = await python(LOOKUPS.map(pythonLookup))
  const found: string[] = []
  for (const q of LOOKUPS) found.push(text(await engine.request('names.lookup', { lookup: `l${token++}`, ...q, flags: [...q.flags] }), (rows) => pythonRows(rows, platform)))
  expect(found).toEqual(expected)
})

it('gethostname, getfqdn, gethostbyname, gethostbyname_ex and gethostbyaddr answer what Python answers', async () => {
  const names = ['localhost', '127.0.0.1', '::1', hostname(), 'host.invalid', '']
  const questions: HostQuestion[] = [
    { call: 'gethostname', name: '' },
    ...(['getfqdn', 'gethostbyname', 'gethostbyname_ex', 'gethostbyaddr'] as const).flatMap((call) => names.map((name) => ({ call, name }))),
    { call: 'gethostbyname', name: '255.255.255.255' }, { call: 'gethostbyname', name: '<broadcast>' }, { call: 'getfqdn', name: '  localhost ' },
  ]
  const expected = await python(questions.map(pythonHost))
  const found: string[] = []
  for (const q of questions) found.push(text(await engine.request('names.host', { lookup: `h${token++}`, ...q }), ({ value }) => pythonHostAnswer(value)))
  expect(found).toEqual(expected)
})

it('getnameinfo answers what Python answers', async () => {
  const questions = [
    { address: '127.0.0.1', port: 80, flags: [] as const }, { address: '::1', port: 22, flags: ['NI_NUMERICHOST'] as const },
    { address: '127.0.0.1', port: 53, flags: ['NI_DGRAM', 'NI_NUMERICHOST'] as const }, { address: '192.0.2.1', port: 9, flags: ['NI_NAMEREQD'] as const },
  ]
  const expected = await python(questions.map((q) => `socket.getnameinfo(('${q.address}', ${q.port}), ${q.flags.map((f) => `socket.${f}`).join(' | ') || '0'})`))
  const found: string[] = []
  for (const q of questions) {
    found.push(text(await engine.request('names.reverse', { lookup: `r${token++}`, ...q, flags: [...q.flags] }), ({ host, service }) => `('${host}', '${service}')`))
  }
  expect(found).toEqual(expected)
})

it('the constants of this machine are Python\'s', async () => {
  const constants = await engine.request('machine.constants', {})
  if (!constants.ok) throw new Error(constants.error.message)
  expect(constants.value.map((c) => c.name)).toEqual(SOCKET_CONSTANTS.map((c) => c.name))
  const expected = JSON.parse((await python([`json.dumps({n: int(getattr(socket, n)) for n in ${JSON.stringify(constants.value.map((c) => c.name))} if hasattr(socket, n)})`]))[0]!.slice(1, -1)) as Record<string, number>
  expect(Object.keys(expected).length).toBeGreaterThan(20)
  const own = Object.fromEntries(constants.value.map((c) => [c.name, c.number]))
  for (const [name, number] of Object.entries(expected)) expect({ name, number: own[name] }).toEqual({ name, number })
  expect(constants.value.filter((c) => c.told).map((c) => c.name)).toEqual(expect.arrayContaining(['AF_INET', 'SOCK_STREAM', 'IPPROTO_TCP']))
})

it('in scope computer nobody on the network is asked, in scope lab everybody may be', async () => {
  const strict = await Engine.create({ version: 'test', scope: 'computer' })
  const lookup = (host: string, flags: LookupQuestion['flags'] = []) => strict.request('names.lookup', { lookup: `p${token++}`, host, service: '80', family: 'unspec', type: 'any', flags: [...flags] })
  const code = (answer: Result<unknown>): string => (answer.ok ? 'ok' : answer.error.code)
  for (const host of ['localhost', '127.0.0.1', '127.1', '0x7f000001', '::1', '8.8.8.8', hostname(), 'LOCALHOST']) expect([host, code(await lookup(host))]).toEqual([host, 'ok'])
  for (const host of ['www.python.org', 'host.invalid', '999.999.999.999', 'localhost.example', 'localhost.', 'a.localhost']) expect([host, code(await lookup(host))]).toEqual([host, 'POLICY'])
  expect(code(await lookup('www.python.org', ['AI_NUMERICHOST']))).toBe('EAI_NONAME')
  const host = (call: HostQuestion['call'], name: string) => strict.request('names.host', { lookup: `q${token++}`, call, name })
  expect(code(await host('gethostbyaddr', '127.0.0.1'))).toBe('ok')
  expect(code(await host('gethostbyaddr', '8.8.8.8'))).toBe('POLICY')
  expect(code(await host('gethostbyname_ex', 'www.python.org'))).toBe('POLICY')
  expect(code(await host('getfqdn', 'www.python.org'))).toBe('POLICY')
  expect(code(await strict.request('names.reverse', { lookup: 'x', address: '8.8.8.8', port: 80, flags: [] }))).toBe('POLICY')
  expect(code(await strict.request('names.lookup', { lookup: 'x', host: 'local\0host', service: '80', family: 'unspec', type: 'any', flags: [] }))).toBe('INVALID')
  await strict.close()
})

it('many look-ups at once queue, a cancelled one answers at once, and more than may wait are refused', async () => {
  const ids = Array.from({ length: 40 }, () => `m${token++}`)
  const answers = ids.map((lookup) => engine.request('names.lookup', { lookup, host: 'localhost', service: '80', family: 'unspec', type: 'any', flags: [] }))
  expect(await engine.request('names.cancel', { lookup: ids[0]! })).toEqual({ ok: true, value: null })
  expect(await engine.request('names.cancel', { lookup: ids[20]! })).toEqual({ ok: true, value: null })
  const codes = (await Promise.all(answers)).map((answer) => (answer.ok ? 'ok' : answer.error.code))
  expect(codes[0]).toBe('CANCELLED')
  expect(codes[20]).toBe('CANCELLED')
  expect(codes.filter((code) => code === 'LIMIT').length).toBe(6)
  expect(codes.filter((code) => code === 'ok').length).toBe(32)
  expect(await engine.request('names.cancel', { lookup: ids[0]! })).toMatchObject({ ok: false, error: { code: 'GONE' } })
})

it('tells who listens: this process, another one, TCP and UDP', async () => {
  const tcp = createServer().listen(0, '127.0.0.1')
  const udp = createSocket('udp4').bind(0, '127.0.0.1')
  const other = execFile('python3', ['-u', '-c', 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1]); input()'])
  try {
    await Promise.all([new Promise((done) => tcp.once('listening', done)), new Promise((done) => udp.once('listening', done))])
    const otherPort = Number(await new Promise<string>((done) => other.stdout!.once('data', (data: Buffer) => done(String(data)))))
    const tcpPort = (tcp.address() as { port: number }).port
    const listening = await engine.request('machine.listening', {})
    if (!listening.ok) throw new Error(listening.error.message)
    const at = (protocol: string, port: number) => listening.value.sockets.find((s) => s.protocol === protocol && s.local.family !== 'unix' && s.local.port === port)
    expect(at('tcp', tcpPort)).toMatchObject({ local: { family: 'inet', host: '127.0.0.1' }, pid: process.pid, own: true })
    expect(at('udp', udp.address().port)).toMatchObject({ local: { family: 'inet', host: '127.0.0.1' }, pid: process.pid, own: true })
    expect(at('tcp', otherPort)).toMatchObject({ pid: other.pid, process: 'python3' })
    expect(at('tcp', otherPort)?.own).toBeUndefined()
  } finally {
    other.stdin!.end('\n')
    await new Promise((done) => other.once('close', done))
    tcp.close()
    udp.close()
  }
})
