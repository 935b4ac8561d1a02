/** Our servers and clients that we did not write: python3, ncat, curl. */
import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { abort, exchange, talk } from './lib/clients'
import { lab, start, type Peer } from './lib/peer'

const models = ['iterative', 'threads', 'pool', 'poll'] as const
const answers: Record<string, string> = { ack: 'ACK', echo: 'hello', upper: 'HELLO', discard: '' }
const kinds = models.flatMap((model) => Object.keys(answers).map((behaviour) => ({ behaviour, model })))

async function serve(...args: string[]): Promise<{ server: Peer; port: number }> {
  const server = lab('tcp-server', '--port', '0', ...args)
  return { server, port: await server.port() }
}

describe('python3, ncat and curl', () => {
  it.each(kinds)('$behaviour, $model', async ({ behaviour, model }) => {
    const { server, port } = await serve('--behaviour', behaviour, '--model', model)
    const answer = answers[behaviour]!

    expect(await exchange('127.0.0.1', port, 'hello', answer.length)).toBe(`b'${answer}'`)

    const ncat = start('ncat', ['127.0.0.1', String(port)])
    expect(await ncat.finish('hello')).toMatchObject({ code: 0 })
    expect(ncat.out).toBe(answer)

    const curl = start('curl', ['-sN', `telnet://127.0.0.1:${port}`])
    if (behaviour === 'discard') {
      await server.line(/ connected$/, 5)
    } else {
      curl.write('hello\n')
      await curl.answered(behaviour === 'ack' ? /ACK/ : new RegExp(`${answer}\n`))
    }
    await curl.stop()
    if (behaviour === 'discard') expect(server.lines.filter((line) => line.endsWith('closed after 5 bytes'))).toHaveLength(2)
  })

  it('a browser that asks the ACK server for a page', async () => {
    const { server, port } = await serve()
    const curl = start('curl', ['-s', '--http0.9', `http://127.0.0.1:${port}/`])
    expect(await curl.finish()).toMatchObject({ code: 0 })
    expect(curl.out).toBe('ACK')
    await server.line(/ sent b'GET \/ HTTP\/1\.1\\r\\nHost: 127\.0\.0\.1:\d+\\r\\n.*\\r\\n\\r\\n'$/)
  })

  it('over IPv6', async () => {
    const { server, port } = await serve('--host', '::1', '--behaviour', 'echo')
    expect(server.lines[0]).toBe(`listening on [::1]:${port}`)
    expect(await exchange('::1', port, 'hello', 5)).toBe("b'hello'")
    const ncat = start('ncat', ['-6', '::1', String(port)])
    await ncat.finish('over ncat')
    expect(ncat.out).toBe('over ncat')
    await server.line(/^\[::1\]:\d+ closed$/)
  })

  const linkLocal = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).flatMap((a) => (a.family === 'IPv6' && a.address.startsWith('fe80:') ? [{ name, address: a.address, scope: a.scopeid }] : [])))[0]
  it.skipIf(!linkLocal)('over a link-local address, which needs its interface', async () => {
    const { name, address, scope } = linkLocal!
    const { server, port } = await serve('--host', `${address}%${name}`, '--scope', 'lab')
    expect(server.lines[0]).toBe(`listening on [${address}]:${port}`)
    // Python with the interface's name, our client with its number
    expect(await exchange(`${address}%${name}`, port, 'hello', 3)).toBe("b'ACK'")
    const client = lab('tcp-client', '--host', `${address}%${scope}`, '--port', String(port), '--scope', 'lab')
    expect(await client.finish(), client.err).toMatchObject({ code: 0 })
    expect(client.lines.at(-1)).toBe("received b'ACK'")
  })

  it('a megabyte comes back as it was sent', async () => {
    const { port } = await serve('--behaviour', 'echo', '--bufsize', '65536')
    const sent = Array.from({ length: 1 << 17 }, (_, i) => i.toString(16).padStart(8, '0')).join('')
    const ncat = start('ncat', ['127.0.0.1', String(port)])
    expect(await ncat.finish(sent)).toMatchObject({ code: 0 })
    expect(ncat.out.length).toBe(sent.length)
    expect(ncat.out === sent).toBe(true)
  })
})

describe('several clients', () => {
  it('threads: each is served while the others stay connected', async () => {
    const { server, port } = await serve('--behaviour', 'upper', '--model', 'threads')
    const clients = [1, 2, 3].map(() => talk('127.0.0.1', port))
    await Promise.all(clients.map((client) => client.line(/^connected$/)))
    // the last one first: none waits for another
    for (const [i, client] of [...clients.entries()].reverse()) {
      client.write(`from ${i}\n`)
      await client.line(new RegExp(`^b'FROM ${i}\\\\n'$`))
    }
    await Promise.all(clients.map((client) => client.finish()))
    expect(server.lines.filter((line) => line.endsWith(' connected'))).toHaveLength(3)
  })

  it('iterative: the second waits in the accept queue until the first has closed', async () => {
    const { server, port } = await serve('--behaviour', 'upper', '--model', 'iterative')
    const first = talk('127.0.0.1', port)
    first.write('one\n')
    await first.line(/^b'ONE\\n'$/)
    const second = talk('127.0.0.1', port)
    // the kernel has completed its handshake, the program has not accepted it
    await second.line(/^connected$/)
    second.write('two\n')
    first.write('three\n')
    await first.line(/^b'THREE\\n'$/)
    expect(server.lines.filter((line) => line.endsWith(' connected'))).toHaveLength(1)
    expect(second.lines).toEqual(['connected'])
    await first.finish()
    await second.line(/^b'TWO\\n'$/)
    await second.finish()
    await server.line(/ closed$/, 4)
    expect(server.lines.map((line) => line.split(' ').at(-1))).toEqual([expect.any(String), 'connected', 'closed', 'connected', 'closed'])
  })

  it('threads: fifty at once', async () => {
    const { server, port } = await serve('--backlog', '50')
    const clients = start('python3', ['-c', `
import socket, sys, threading
answers = []
def hello():
    with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as s:
        s.sendall(b'hello')
        answers.append(s.recv(10))
threads = [threading.Thread(target=hello) for _ in range(50)]
for t in threads: t.start()
for t in threads: t.join()
print(answers.count(b'ACK'))
`, String(port)])
    await clients.line(/^50$/)
    await server.stop()
    expect(server.lines.filter((line) => line.endsWith(" sent b'hello'"))).toHaveLength(50)
  })
})

describe('an aborted client (RST)', () => {
  it.each(models)('%s: the next one is served', async (model) => {
    const { server, port } = await serve('--behaviour', 'echo', '--model', model)
    await abort('127.0.0.1', port)
    await server.line(/ failed: ECONNRESET$/)
    expect(await exchange('127.0.0.1', port, 'hello', 5)).toBe("b'hello'")
  })

  it('threads: those already connected notice nothing', async () => {
    const { server, port } = await serve('--behaviour', 'echo')
    const client = talk('127.0.0.1', port)
    client.write('before\n')
    await client.line(/before/)
    await abort('127.0.0.1', port)
    await server.line(/ failed: ECONNRESET$/)
    client.write('after\n')
    await client.line(/after/)
  })

  it('iterative, told to stop: it ends the server, and the reason is explained', async () => {
    const { server, port } = await serve('--behaviour', 'echo', '--model', 'iterative', '--onerror', 'stop')
    await abort('127.0.0.1', port)
    expect(await server.finish()).toMatchObject({ code: 1 })
    expect(server.err).toMatch(/^lab: recv: ECONNRESET: .+\n$/)
  })
})
