/** Our clients and servers that a real Python runs. */
import { describe, expect, it } from 'vitest'
import { lab, startPython } from './lib/peer'
import { startTwin } from './lib/twin'

/** What Python makes of the bytes that it was sent. */
const TAKE = `
import socket
server = socket.create_server(('127.0.0.1', 0))
print('listening on 127.0.0.1:%d' % server.getsockname()[1])
conn, _ = server.accept()
data = b''
while part := conn.recv(100): data += part
print(data.decode())
`

describe('tcp-client', () => {
  it.each(['iterative', 'threads'])('the ACK server (%s), several in turn', async (model) => {
    const server = startTwin('tcp-server', { port: 0, model })
    const port = await server.port()
    for (const send of ['hello', 'again']) {
      const client = lab('tcp-client', '--port', String(port), '--send', send)
      expect(await client.finish()).toEqual({ code: 0, signal: null })
      expect(client.lines).toEqual([`connected to localhost port ${port}`, `sent b'${send}'`, "received b'ACK'"])
      expect(client.err).toBe('')
      await server.line(new RegExp(` sent b'${send}'$`))
    }
  })

  it('several at once, over IPv6', async () => {
    const port = await startTwin('tcp-server', { host: '::1', port: 0, behaviour: 'upper' }).port()
    const clients = ['one', 'two', 'three'].map((send) => lab('tcp-client', '--host', '::1', '--port', String(port), '--send', send))
    await Promise.all(clients.map((client) => client.finish()))
    expect(clients.map((client) => client.lines.at(-1))).toEqual(["received b'ONE'", "received b'TWO'", "received b'THREE'"])
  })

  it('text arrives as it was typed', async () => {
    const server = startPython(TAKE)
    const text = '안녕, こんにちは, it\'s "x"\\'
    const client = lab('tcp-client', '--port', String(await server.port()), '--send', text, '--recv', '0')
    expect(await client.finish()).toMatchObject({ code: 0 })
    await server.finish()
    expect(server.lines.at(-1)).toBe(text)
  })

  it('takes no more than it was told', async () => {
    const port = await startTwin('tcp-server', { port: 0, behaviour: 'echo' }).port()
    const client = lab('tcp-client', '--port', String(port), '--recv', '2')
    await client.finish()
    expect(client.lines.at(-1)).toBe("received b'he'")
  })

  it('with no server: refused, explained', async () => {
    const server = startTwin('tcp-server', { port: 0 })
    const port = await server.port()
    await server.stop('SIGKILL')
    const client = lab('tcp-client', '--port', String(port))
    expect(await client.finish()).toMatchObject({ code: 1 })
    expect(client.out).toBe('')
    expect(client.err).toMatch(new RegExp(`^lab: connect: ECONNREFUSED: .*127\\.0\\.0\\.1:${port}.*\\n$`))
  })

  it('a name that nobody knows: explained', async () => {
    const client = lab('tcp-client', '--host', 'no-such-host.invalid', '--scope', 'lab')
    expect(await client.finish()).toMatchObject({ code: 1 })
    expect(client.err).toMatch(/^lab: getaddrinfo: EAI_(NONAME|AGAIN): .*no-such-host\.invalid.*\n$/)
  })
})

describe('echo-client', () => {
  it('shows the echo of each line until an empty one', async () => {
    const server = startTwin('tcp-server', { port: 0, behaviour: 'echo', model: 'iterative' })
    const port = await server.port()
    const client = lab('echo-client', '--port', String(port))
    client.write('hello\n')
    await client.line(/^received b'hello'$/)
    client.write('안녕\n')
    await client.line(/^received b'\\xec\\x95\\x88\\xeb\\x85\\x95'$/)
    // its input stays open: the empty line alone ends it
    client.write('\n')
    expect(await client.ended()).toEqual({ code: 0, signal: null })
    await server.line(/ closed$/)
  })
})
