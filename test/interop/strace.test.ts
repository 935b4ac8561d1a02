/**
 * The twin proved: each built-in program makes the very socket calls of its Python twin, with the same arguments and
 * results, in each thread, and prints the same lines. test/interop/lib/calls.ts says what is normalised.
 */
import { describe, expect, it } from 'vitest'
import { abort, exchange } from './lib/clients'
import { expectSame, type Scenario } from './lib/same'
import { startTwin } from './lib/twin'

const answers: Record<string, [text: string, length: number]> = { ack: ["b'ACK'", 3], echo: ["b'hello'", 5], upper: ["b'HELLO'", 5], discard: ["b''", 0], sum: ["b'error: send two numbers, such as 1 2\\n'", 37] }
const servers = Object.keys(answers).flatMap((behaviour) => ['iterative', 'threads', 'pool', 'poll'].map((model) => ({ behaviour, model })))

/** Two clients in turn, then one that aborts. */
const clientsOf = (host: string, behaviour: string): Scenario => async (server, stop) => {
  const port = await server.port()
  for (const n of [1, 2]) {
    expect(await exchange(host, port, 'hello', answers[behaviour]![1])).toBe(answers[behaviour]![0])
    // the line after 'listening' and two lines for each client before
    await server.line(behaviour === 'ack' ? / sent / : / closed/, 2 * n)
  }
  await abort(host, port)
  await server.line(/ failed: ECONNRESET$/)
  await stop()
}

describe('the server makes the calls of its twin', () => {
  it.each(servers)('$behaviour, $model', async ({ behaviour, model }) => {
    const { calls, printed } = await expectSame('tcp-server', { behaviour, model, port: 0 }, clientsOf('127.0.0.1', behaviour))
    // what both saw, so that two empty records are not taken for agreement
    expect(calls).toHaveLength(model === 'threads' || model === 'pool' ? 4 : 1)
    expect(calls[0]!.slice(0, 6)).toEqual([
      's1 = socket AF_INET SOCK_STREAM', 's1 setsockopt SOL_SOCKET SO_REUSEADDR 1', 's1 bind 127.0.0.1:0', 's1 listen 5', 's1 getsockname', model === 'poll' ? 'poll s1 = s1:POLLIN' : 's2 = s1 accept',
    ])
    expect(calls[0]!.slice(-2)).toEqual([model === 'poll' ? 'poll s1 = stopped' : 's1 accept = stopped', 's1 close'])
    expect(calls.flat()).toContain('s4 recv 1024 = ECONNRESET')
    expect(printed.at(-1)).toBe('127.0.0.1:PORT failed: ECONNRESET')
  })

  it('IPv6, backlog and buffer chosen, no SO_REUSEADDR', async () => {
    const given = { host: '::1', port: 0, behaviour: 'echo', model: 'iterative', backlog: 1, reuseaddr: false, bufsize: 4 }
    const { calls } = await expectSame('tcp-server', given, clientsOf('::1', 'echo'))
    expect(calls[0]!.slice(0, 4)).toEqual(['s1 = socket AF_INET6 SOCK_STREAM', 's1 bind ::1:0', 's1 listen 1', 's1 getsockname'])
    expect(calls[0]).toContain('s2 recv 4 = 4')
  })

  it('iterative, told to stop at an error: an aborted client ends it', async () => {
    const { calls } = await expectSame('tcp-server', { port: 0, model: 'iterative', onerror: 'stop' }, async (server) => {
      await abort('127.0.0.1', await server.port())
      expect(await server.finish()).toMatchObject({ code: 1 })
    })
    expect(calls[0]!.slice(-3)).toEqual(['s2 recv 1024 = ECONNRESET', 's2 close', 's1 close'])
  })

  it('on a port that is taken', async () => {
    const taken = startTwin('tcp-server', { port: 0 })
    const port = await taken.port()
    const { calls } = await expectSame('tcp-server', { port }, async (server) => {
      expect(await server.finish()).toMatchObject({ code: 1 })
    })
    expect(calls[0]!.slice(-2)).toEqual([`s1 bind 127.0.0.1:${port} = EADDRINUSE`, 's1 close'])
  })
})

describe('the client makes the calls of its twin', () => {
  const finishes = (code: number, input = ''): Scenario => async (client) => {
    expect(await client.finish(input), client.err).toMatchObject({ code })
  }

  it('hello, ACK', async () => {
    const port = await startTwin('tcp-server', { port: 0 }).port()
    const { calls, printed } = await expectSame('tcp-client', { host: '127.0.0.1', port }, finishes(0))
    expect(calls).toEqual([['s1 = socket AF_INET SOCK_STREAM', `s1 connect 127.0.0.1:${port}`, 's1 send 5 = 5', 's1 recv 4096 = 3', 's1 close']])
    expect(printed).toEqual([`connected to 127.0.0.1 port ${port}`, "sent b'hello'", "received b'ACK'"])
  })

  it('over IPv6, a text of every kind of character', async () => {
    const port = await startTwin('tcp-server', { host: '::1', port: 0, behaviour: 'echo' }).port()
    const { printed } = await expectSame('tcp-client', { host: '::1', port, send: 'it\'s "안녕"\t\\\u202eend' }, finishes(0))
    expect(printed).toHaveLength(3)
  })

  it('nothing sent, nothing received', async () => {
    const port = await startTwin('tcp-server', { port: 0, behaviour: 'discard' }).port()
    const { calls } = await expectSame('tcp-client', { host: '127.0.0.1', port, send: '', recv: 0 }, finishes(0))
    expect(calls[0]!.slice(2)).toEqual(['s1 send 0 = 0', 's1 close'])
  })

  it('refused', async () => {
    const server = startTwin('tcp-server', { port: 0 })
    const port = await server.port()
    await server.stop('SIGKILL')
    const { calls } = await expectSame('tcp-client', { host: '127.0.0.1', port }, finishes(1))
    expect(calls[0]!.slice(1)).toEqual([`s1 connect 127.0.0.1:${port} = ECONNREFUSED`, 's1 close'])
  })

  it.each([
    ['an empty line ends it', 'one\ntwo\n\nthree\n', 2],
    ['the end of the input ends it', 'one', 1],
  ])('the echo client: %s', async (_, input, echoes) => {
    const port = await startTwin('tcp-server', { port: 0, behaviour: 'echo' }).port()
    const { calls, printed } = await expectSame('echo-client', { host: '127.0.0.1', port }, finishes(0, input))
    expect(printed).toHaveLength(1 + echoes)
    expect(calls[0]).toHaveLength(2 + 2 * echoes + 1)
  })

  it('the echo client of a server that ends in between', async () => {
    // the server answers ACK and closes: three bytes of an echo of five
    const port = await startTwin('tcp-server', { port: 0 }).port()
    const { calls } = await expectSame('echo-client', { host: '127.0.0.1', port }, finishes(0, 'hello\n'))
    expect(calls[0]!.slice(3)).toEqual(['s1 recv 5 = 3', 's1 recv 2 = 0', 's1 close'])
  })
})
