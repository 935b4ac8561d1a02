import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { paramsValidator } from '../../../src/shared/contract/params'
import { programs, type AnyProgram } from '../../../src/engine/programs/index'
import { OsError } from '../../../src/engine/programs/program'
import { lineMakes, twinLines, twinOf } from '../../../src/engine/programs/twin'
import { play, type Scene } from './sys-double'

const paramsOf = (program: AnyProgram, given: Record<string, unknown>) => v.parse(paramsValidator(program.params), given)

function playProgram(id: string, given: Record<string, unknown>, scene: Scene) {
  const program = programs.get(id)!
  return play((sys) => program.main(sys, paramsOf(program, given)), scene)
}

const models = ['iterative', 'threads', 'pool', 'poll']
const behaviours = ['ack', 'echo', 'upper', 'discard', 'sum']
const servers = models.flatMap((model) => behaviours.map((behaviour) => ({ model, behaviour })))

describe('the line of the twin', () => {
  const two = [['hello', 'again'], [{ errno: 'ECONNRESET' }]]
  const cases: [string, Record<string, unknown>, Scene][] = [
    ...servers.map((p): [string, Record<string, unknown>, Scene] => ['tcp-server', { host: '127.0.0.1', ...p }, { clients: two }]),
    ...servers.map((p): [string, Record<string, unknown>, Scene] => ['tcp-server', { family: 'unix', path: '/tmp/no such/lab.sock', work: 5, ...p }, { clients: two }]),
    ['tcp-client', { host: '127.0.0.1' }, { answers: ['ACK'] }],
    ['tcp-client', { family: 'unix', path: '/tmp/lab.sock' }, { answers: ['ACK'] }],
    ['tcp-load', { 'slow-client': true, requests: 2 }, { answers: ['HELLO', 'HELLO'] }],
    ['tcp-load', { family: 'unix', path: '/tmp/lab.sock' }, { answers: ['HELLO'] }],
    ...['fixed', 'length', 'delimiter'].flatMap((framing): [string, Record<string, unknown>, Scene][] => [
      ['frame-server', { framing, size: 4, max: 10 }, { clients: [['\0\0\0\x02', 'ab', '\0\0\0\x63'], ['a\n', 'b'], [{ errno: 'ECONNRESET' }]] }],
      ['frame-client', { framing, size: 8, 'pause-ms': 1, piece: 5, broken: 'truncated' }, { answers: ['\0\0\0\x01', 'A'] }],
    ]),
    ['tcp-client', { host: '127.0.0.1' }, { connect: { errno: 'ECONNREFUSED' } }],
    ['echo-client', { host: '::1' }, { answers: ['on', 'e', 'two'], lines: ['one', 'two'] }],
  ]

  it.each(cases)('%s %o: every call has one, and it makes that call', async (id, given, scene) => {
    const program = programs.get(id)!
    const { source } = twinOf(program, paramsOf(program, given))
    const find = twinLines(source)
    const { calls } = await playProgram(id, given, scene)
    expect(calls.length).toBeGreaterThan(2)
    const previous = new Map<string, number>()
    for (const { thread, func, name } of calls) {
      const line = find.lineOf(func, name, previous.get(thread))
      expect(line, `${func}: ${name}`).toBeDefined()
      const text = source.split('\n')[line! - 1]!
      expect(lineMakes(text, name), `${name} on line ${line}: ${text}`).toBe(true)
      previous.set(thread, line!)
    }
  })

  it('tells two closes apart: that of the connection, in serve, and that of the server, at the end', () => {
    const program = programs.get('tcp-server')!
    const { source } = twinOf(program, paramsOf(program, { model: 'iterative' }))
    const find = twinLines(source)
    const text = (line: number | undefined) => source.split('\n')[line! - 1]!.trim()
    const accept = find.lineOf('main', 'accept')
    const recv = find.lineOf('main', 'recv', accept)
    const conn = find.lineOf('main', 'close', recv)
    expect(text(conn)).toBe('conn.close()')
    expect(find.lineOf('main', 'accept', conn)).toBe(accept)
    expect(text(find.lineOf('main', 'close', conn))).toBe('server.close()')
  })

  it('knows no line for a call that the thread does not make', () => {
    const program = programs.get('tcp-client')!
    const { source } = twinOf(program, paramsOf(program, {}))
    expect(twinLines(source).lineOf('main', 'accept')).toBeUndefined()
    expect(twinLines(source).lineOf('serve', 'recv')).toBeUndefined()
  })

  it('looks neither into comments nor into texts', () => {
    expect(lineMakes("print('conn.recv(1)')  # then conn.send(data)", 'recv')).toBe(false)
    expect(lineMakes("print('conn.recv(1)')  # then conn.send(data)", 'send')).toBe(false)
    expect(lineMakes("conn.recv(len('x'))", 'recv')).toBe(true)
  })
})

describe('tcp-server', () => {
  it.each([
    ['ack', ["127.0.0.1:50000 sent b'hello'"], ['recv', 'send', 'send', 'close']],
    ['echo', ['127.0.0.1:50000 closed'], ['recv', 'send', 'send', 'recv', 'send', 'send', 'recv', 'close']],
    ['upper', ['127.0.0.1:50000 closed'], ['recv', 'send', 'send', 'recv', 'send', 'send', 'recv', 'close']],
    ['discard', ['127.0.0.1:50000 closed after 10 bytes'], ['recv', 'recv', 'recv', 'close']],
  ])('%s', async (behaviour, says, calls) => {
    const played = await playProgram('tcp-server', { behaviour }, { clients: [['hello', 'again']] })
    expect(played.printed).toEqual(['listening on 127.0.0.1:9999', '127.0.0.1:50000 connected', ...says])
    expect(played.calls.filter((c) => c.func === 'serve').map((c) => c.name)).toEqual(calls)
  })

  it('sets SO_REUSEADDR only where it is asked to', async () => {
    const names = async (reuseaddr: boolean) => (await playProgram('tcp-server', { reuseaddr }, {})).calls.map((c) => c.name)
    expect(await names(true)).toEqual(['socket', 'setsockopt', 'bind', 'listen', 'getsockname', 'accept', 'close'])
    expect(await names(false)).toEqual(['socket', 'bind', 'listen', 'getsockname', 'accept', 'close'])
  })

  it('sum: an answer for each line, an error for what is no two numbers, and the connection goes on', async () => {
    const played = await playProgram('tcp-server', { behaviour: 'sum' }, { clients: [['1 2', '1 two', '3 4']] })
    expect(played.calls.filter((c) => c.name === 'recv')).toHaveLength(4)
  })

  it('works on each request for the time that it is told', async () => {
    const played = await playProgram('tcp-server', { behaviour: 'upper', work: 20 }, { clients: [['a', 'b']] })
    expect(played.calls.filter((c) => c.func === 'serve').map((c) => c.name)).toEqual(['recv', 'sleep', 'send', 'send', 'recv', 'sleep', 'send', 'send', 'recv', 'close'])
  })

  it('pool: accepted clients go to workers, which live on', async () => {
    const played = await playProgram('tcp-server', { model: 'pool', workers: 2 }, { clients: [['a'], ['b']] })
    const of = (thread: string) => played.calls.filter((c) => c.thread === thread).map((c) => c.name)
    expect(of('worker 1')).toEqual(['recv', 'send', 'send', 'close'])
    expect(of('worker 2')).toEqual(['recv', 'send', 'send', 'close'])
  })

  it('poll: one thread, a turn for each that is ready', async () => {
    const played = await playProgram('tcp-server', { model: 'poll', behaviour: 'echo' }, { clients: [['a'], ['b']] })
    expect(new Set(played.calls.map((c) => c.thread))).toEqual(new Set(['main']))
    expect(played.calls.slice(5).map((c) => c.name)).toEqual([
      'poll', 'accept', 'poll', 'accept', 'recv', 'send', 'send', 'poll', 'recv', 'close', 'recv', 'send', 'send', 'poll', 'recv', 'close', 'poll', 'accept', 'close',
    ])
  })

  it.each(models)('%s: an aborted client ends neither the server nor the others', async (model) => {
    const played = await playProgram('tcp-server', { model }, { clients: [[{ errno: 'ECONNRESET' }], ['hello']] })
    expect(played.printed).toContain('127.0.0.1:50000 failed: ECONNRESET')
    expect(played.printed).toContain("127.0.0.1:50000 sent b'hello'")
    expect(played.error).toMatchObject({ errno: 'CANCELLED' })
  })

  it('iterative, told to stop: an aborted client ends it, both sockets closed', async () => {
    const played = await playProgram('tcp-server', { model: 'iterative', onerror: 'stop' }, { clients: [[{ errno: 'ECONNRESET' }], ['hello']] })
    expect(played.error).toBeInstanceOf(OsError)
    expect(played.error).toMatchObject({ errno: 'ECONNRESET', syscall: 'recv' })
    expect(played.calls.map((c) => c.name).slice(-3)).toEqual(['recv', 'close', 'close'])
  })
})

describe('tcp-client', () => {
  it('shows what it sends and receives', async () => {
    const played = await playProgram('tcp-client', { send: "it's 안녕" }, { answers: ['ACK'] })
    expect(played.printed).toEqual(['connected to localhost port 9999', 'sent b"it\'s \\xec\\x95\\x88\\xeb\\x85\\x95"', "received b'ACK'"])
  })
  it('receives nothing when told 0', async () => {
    const played = await playProgram('tcp-client', { recv: 0 }, { answers: ['ACK'] })
    expect(played.calls.map((c) => c.name)).toEqual(['socket', 'connect', 'send', 'send', 'close'])
  })
  it('closes its socket when it is refused', async () => {
    const played = await playProgram('tcp-client', { host: '127.0.0.1' }, { connect: { errno: 'ECONNREFUSED' } })
    expect(played.calls.map((c) => c.name)).toEqual(['socket', 'connect', 'close'])
    expect(played.error).toMatchObject({ errno: 'ECONNREFUSED' })
  })
  it('closes its socket when the name is unknown', async () => {
    const played = await playProgram('tcp-client', { host: 'no-such-host.invalid' }, {})
    expect(played.calls.map((c) => c.name)).toEqual(['socket', 'close'])
    expect(played.error).toMatchObject({ syscall: 'getaddrinfo', errno: expect.stringMatching(/^EAI_(NONAME|AGAIN)$/) as string })
  })
})

describe('echo-client', () => {
  it('stops at an empty line', async () => {
    const played = await playProgram('echo-client', {}, { answers: ['on', 'e'], lines: ['one', '', 'two'] })
    expect(played.printed).toEqual(['connected to localhost port 50007', "received b'one'"])
    expect(played.calls.map((c) => c.name)).toEqual(['socket', 'connect', 'input', 'send', 'send', 'recv', 'recv', 'input', 'close'])
  })
  it('stops at the end of input', async () => {
    const played = await playProgram('echo-client', {}, {})
    expect(played.calls.map((c) => c.name)).toEqual(['socket', 'connect', 'input', 'close'])
  })
  it('stops when the server closes in the middle of an echo', async () => {
    const played = await playProgram('echo-client', {}, { answers: ['on'], lines: ['one', 'two'] })
    expect(played.printed).toEqual(['connected to localhost port 50007', "received b'on'"])
  })
})

describe('a thread', () => {
  it('has the name of the function of the twin that it runs', async () => {
    const played = await playProgram('tcp-server', {}, { clients: [['hello']] })
    expect(new Set(played.calls.map((c) => c.func))).toEqual(new Set(['main', 'serve']))
  })
})
