/**
 * The four server models, the sum server, Unix sockets and frames: ours and their Python twins in each other's place, under
 * the same load. What is compared are orders and counts, never times.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lab, start, startPython, type Peer } from './lib/peer'
import { expectSame } from './lib/same'
import { folder, options, startTwin, type Given } from './lib/twin'

const MODELS = ['iterative', 'threads', 'pool', 'poll'] as const

const listening = async (server: Peer): Promise<void> => { await server.line(/^listening on /) }
/** In whose order the clients of a load had their answers. */
const order = (load: Peer): number[] => load.lines.flatMap((line) => /^client (\d+) received b'.+'$/.exec(line)?.[1] ?? []).map(Number)

/** Each client asks 300 ms after the one before, which a busy machine keeps apart, and is worked on for 400; the first says nothing for four seconds. */
const LOAD: Given = { clients: 5, 'arrival-ms': 300, 'slow-client': true, 'slow-ms': 4000 }

describe('the same load on the four models: the order in which clients are answered', () => {
  const expected: Record<(typeof MODELS)[number], number[]> = {
    // whoever comes first keeps the only thread
    iterative: [1, 2, 3, 4, 5],
    // the silent one holds up nobody
    threads: [2, 3, 4, 5, 1],
    // two workers: one stands in recv() for the silent one, the other serves the rest
    pool: [2, 3, 4, 5, 1],
    poll: [2, 3, 4, 5, 1],
  }
  it.each(MODELS)('%s: ours and its twin alike', async (model) => {
    const given: Given = { port: 0, model, behaviour: 'upper', work: 400, backlog: 10, ...(model === 'pool' && { workers: 2 }) }
    const seen: number[][] = []
    for (const server of [startTwin('tcp-server', given), lab('tcp-server', ...options(given))]) {
      const load = lab('tcp-load', ...options({ ...LOAD, port: await server.port() }))
      expect(await load.finish(), load.err).toMatchObject({ code: 0 })
      expect(load.lines.at(-1)).toBe('5 of 5 clients served')
      seen.push(order(load))
      await server.stop()
    }
    expect(seen).toEqual([expected[model], expected[model]])
  })

  it('the load makes the calls of its twin', async () => {
    const server = lab('tcp-server', '--port', '0', '--behaviour', 'upper', '--model', 'threads')
    const port = await server.port()
    const { calls, printed } = await expectSame('tcp-load', { port, clients: 3, 'arrival-ms': 400, requests: 2 }, async (load) => {
      expect(await load.finish(), load.err).toMatchObject({ code: 0 })
    })
    // the main thread of the load makes no socket call
    expect(calls).toHaveLength(3)
    expect(calls[0]).toEqual(['s1 = socket AF_INET SOCK_STREAM', `s1 connect 127.0.0.1:${port}`, 's1 send 5 = 5', 's1 recv 4096 = 5', 's1 send 5 = 5', 's1 recv 4096 = 5', 's1 close'])
    expect(printed.at(-1)).toBe('3 of 3 clients served')
  })

  it('nobody listens: each client is told, and the load fails', async () => {
    const load = lab('tcp-load', '--port', '1', '--clients', '2')
    expect(await load.finish()).toMatchObject({ code: 1 })
    expect(load.lines).toContain('client 1 failed: ECONNREFUSED')
    expect(load.lines.at(-1)).toBe('0 of 2 clients served')
  })
})

describe('the sum server', () => {
  it.each(MODELS)('%s: "1 two" gets an error, and the connection goes on', async (model) => {
    const server = lab('tcp-server', '--port', '0', '--behaviour', 'sum', '--model', model)
    const client = startPython(`
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
for request in ('1 2', '1 two', '0.5 0.25'):
    s.sendall(request.encode())
    print(s.recv(1024))
`, String(await server.port()))
    expect(await client.finish(), client.err).toMatchObject({ code: 0 })
    expect(client.lines).toEqual(["b'3\\n'", "b'error: send two numbers, such as 1 2\\n'", "b'0.75\\n'"])
  })
})

describe('Unix sockets', () => {
  it.each(MODELS)('%s: the server makes the calls of its twin; ncat is its client; the path is gone afterwards', async (model) => {
    const path = join(folder(), 'lab.sock')
    const { printed } = await expectSame('tcp-server', { family: 'unix', path, model, behaviour: 'upper' }, async (server, stop) => {
      await listening(server)
      for (const n of [1, 2]) {
        const ncat = start('ncat', ['-U', path])
        expect(await ncat.finish('hello')).toMatchObject({ code: 0 })
        expect(ncat.out).toBe('HELLO')
        await server.line(/^a client closed$/, 2 * n)
      }
      await stop()
      const gone = lab('tcp-client', '--family', 'unix', '--path', path)
      expect(await gone.finish()).toMatchObject({ code: 1 })
      expect(gone.err).toContain(`ENOENT: No such file. There is no socket at ${path}`)
    })
    expect(printed).toEqual([`listening on ${path}`, 'a client connected', 'a client closed', 'a client connected', 'a client closed'])
  })

  it('the client makes the calls of its twin', async () => {
    const path = join(folder(), 'lab.sock')
    await listening(startTwin('tcp-server', { family: 'unix', path }))
    const { calls } = await expectSame('tcp-client', { family: 'unix', path }, async (client) => {
      expect(await client.finish(), client.err).toMatchObject({ code: 0 })
    })
    expect(calls).toEqual([['s1 = socket AF_UNIX SOCK_STREAM', `s1 connect ${path}`, 's1 send 5 = 5', 's1 recv 4096 = 3', 's1 close']])
  })

  it('a stale path: refused, in use without REUSEADDR, removed with it; a living server and other files are left alone', async () => {
    const path = join(folder(), 'lab.sock')
    await startPython('import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])', path).finish()
    const refused = lab('tcp-client', '--family', 'unix', '--path', path)
    expect(await refused.finish()).toMatchObject({ code: 1 })
    expect(refused.err).toContain('ECONNREFUSED')
    expect(refused.err).toContain('a stale path')
    const inUse = lab('tcp-server', '--family', 'unix', '--path', path, '--reuseaddr', 'false')
    expect(await inUse.finish()).toMatchObject({ code: 1 })
    expect(inUse.err).toContain(`EADDRINUSE: Address already in use. The path ${path} exists already`)

    const { calls } = await expectSame('tcp-server', { family: 'unix', path, model: 'iterative' }, async (server, stop) => {
      await listening(server)
      const ncat = start('ncat', ['-U', path])
      expect(await ncat.finish('hello')).toMatchObject({ code: 0 })
      await server.line(/ sent b'hello'$/)
      await stop()
      await startPython('import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])', path).finish()
    })
    expect(calls[0]!.slice(0, 5)).toEqual(['s1 = socket AF_UNIX SOCK_STREAM', 's2 = socket AF_UNIX SOCK_STREAM', `s2 connect ${path} = ECONNREFUSED`, 's2 close', `s1 bind ${path}`])

    const living = lab('tcp-server', '--family', 'unix', '--path', path)
    await listening(living)
    const second = lab('tcp-server', '--family', 'unix', '--path', path)
    expect(await second.finish()).toMatchObject({ code: 1 })
    expect(second.err).toContain('EADDRINUSE')
    const client = lab('tcp-client', '--family', 'unix', '--path', path)
    expect(await client.finish(), client.err).toMatchObject({ code: 0 })

    const file = join(folder(), 'thesis.txt')
    writeFileSync(file, 'not a socket')
    const over = lab('tcp-server', '--family', 'unix', '--path', file)
    expect(await over.finish()).toMatchObject({ code: 1 })
    expect(over.err).toContain('EADDRINUSE')
  })

  it('a path that is too long, in no folder, or needless', async () => {
    const says = async (...args: string[]): Promise<{ code: number | null; err: string }> => {
      const server = lab('tcp-server', ...args)
      return { code: (await server.finish()).code, err: server.err }
    }
    expect(await says('--family', 'unix', '--path', join(folder(), 'x'.repeat(120)))).toMatchObject({ code: 1, err: expect.stringContaining('ENAMETOOLONG') as string })
    expect(await says('--family', 'unix', '--path', join(folder(), 'none', 'x'))).toMatchObject({ code: 1, err: expect.stringMatching(/bind: ENOENT: .*The folder of .* does not exist/) as string })
    expect(await says('--family', 'unix')).toMatchObject({ code: 2, err: expect.stringContaining('path must not be empty') as string })
    expect(await says('--path', '/tmp/x')).toMatchObject({ code: 2, err: expect.stringContaining('family unix') as string })
    expect(await says('--family', 'inet', '--host', '::1')).toMatchObject({ code: 2, err: expect.stringContaining('does not fit') as string })
  })
})

describe('frames', () => {
  const kinds: Given[] = [
    { framing: 'fixed', size: 8 }, { framing: 'length' }, { framing: 'length', 'header-bytes': '2', 'byte-order': 'little' },
    { framing: 'length', 'header-bytes': '1', max: 200 }, { framing: 'delimiter' },
  ]
  it.each(kinds)('%o: server and client make the calls of their twins, and understand each other', async (given) => {
    const answered: string[][] = []
    await expectSame('frame-server', { ...given, port: 0 }, async (server, stop) => {
      const port = await server.port()
      for (const client of [startTwin('frame-client', { ...given, port }), lab('frame-client', ...options({ ...given, port }))]) {
        expect(await client.finish(), client.err).toMatchObject({ code: 0 })
        answered.push(client.lines.slice(2))
      }
      await server.line(/ closed$/, 6)
      await stop()
    }, { anyCut: true })
    expect(answered).toHaveLength(4)
    for (const lines of answered) expect(lines).toEqual(["received b'ONE'", "received b'TWO'", "received b'THREE'", '3 answers to 3 frames'])
    const server = startTwin('frame-server', { ...given, port: 0 })
    const port = await server.port()
    await expectSame('frame-client', { ...given, port }, async (client) => { expect(await client.finish(), client.err).toMatchObject({ code: 0 }) }, { anyCut: true })
  })

  it.each([
    [{ framing: 'length', broken: 'truncated' }, 'the stream ended in the middle of a frame, after 9 of 10 bytes'],
    [{ framing: 'length', broken: 'oversized', max: 100 }, 'a frame of 101 bytes is more than the 100 allowed'],
    [{ framing: 'fixed', size: 8, broken: 'truncated' }, 'the stream ended in the middle of a frame, after 7 of 8 bytes'],
    [{ framing: 'delimiter', broken: 'truncated' }, 'the stream ended in the middle of a frame, after 6 bytes'],
    [{ framing: 'delimiter', broken: 'oversized', max: 100 }, 'no end of the frame within 100 bytes, which is the most allowed'],
  ])('%o: the server says what is wrong, as its twin does, and serves the next', async (given, error) => {
    const { broken, ...framing } = given
    for (const server of [startTwin('frame-server', { ...framing, port: 0 }), lab('frame-server', ...options({ ...framing, port: 0 }))]) {
      const port = await server.port()
      // the server may be gone before the client has all answers: what counts is what it says
      await lab('frame-client', ...options({ ...framing, broken, port })).finish()
      await server.line(new RegExp(` failed: ${error}$`))
      const next = lab('frame-client', ...options({ ...framing, port }))
      expect(await next.finish(), next.err).toMatchObject({ code: 0 })
      expect(next.lines.at(-1)).toBe('3 answers to 3 frames')
    }
  })

  it.each(['fixed', 'length', 'delimiter'])('%s: 300 connections with garbage, some cut, some aborted: each is told, and the next one is served', async (framing) => {
    const server = lab('frame-server', '--port', '0', '--framing', framing, '--max', '200', '--backlog', '400')
    const port = await server.port()
    const client = startPython(`
import random, socket, struct, sys
random.seed(7)
for n in range(300):
    with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as s:
        s.sendall(random.randbytes(random.randrange(1, 400)))
        if n % 3 == 0:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
print('done')
`, String(port))
    expect(await client.finish(), client.err).toMatchObject({ code: 0 })
    const next = lab('frame-client', ...options({ framing, port, max: 200 }))
    expect(await next.finish(), next.err).toMatchObject({ code: 0 })
    expect(next.lines.at(-1)).toBe('3 answers to 3 frames')
    await server.stop()
    expect(server.lines.filter((line) => line.endsWith(' connected'))).toHaveLength(301)
    expect(server.lines.filter((line) => / (closed|failed: .+)$/.test(line))).toHaveLength(301)
    expect(server.err).toBe('')
  })

  it('in pieces that cut through frames', async () => {
    const server = lab('frame-server', '--port', '0')
    const client = startTwin('frame-client', { port: await server.port(), piece: 3, 'pause-ms': 5 })
    expect(await client.finish(), client.err).toMatchObject({ code: 0 })
    expect(client.lines.at(-1)).toBe('3 answers to 3 frames')
  })
})
