/** The kernel's sockets and Python's, in every family: programs written on Sys, without the built-in ones. */
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { SockAddr } from '../../src/shared/trace/events'
import { Engine } from '../../src/engine/engine'
import type { Sys } from '../../src/engine/programs/program'
import { startPython } from './lib/peer'
import { folder } from './lib/twin'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const data = (s: string): Uint8Array => new TextEncoder().encode(s)

/** Runs a program to its end on an engine of its own; rejects when it fails or leaves a socket open. */
async function run(main: (sys: Sys) => Promise<void>): Promise<void> {
  const engine = await Engine.create({ version: 'test' })
  onTestFinished(() => engine.close())
  const kernel = engine.ready()
  if (!kernel.ok) throw new Error(kernel.error.message)
  const end = await kernel.value.processes.start({ program: 'test', params: {}, main }).ended
  if (end.error) throw end.error
  expect(kernel.value.dispatcher.sockets.size).toBe(0)
}

/** A stream server in Python: says where it listens, sends back in capitals what one client sends. */
const SERVER = `
import socket, sys
family = getattr(socket, sys.argv[1])
server = socket.socket(family, socket.SOCK_STREAM)
server.bind(sys.argv[2] if sys.argv[1] == 'AF_UNIX' else (sys.argv[2], 0))
server.listen()
print('listening on x:%d' % (0 if sys.argv[1] == 'AF_UNIX' else server.getsockname()[1]))
conn, _ = server.accept()
while data := conn.recv(100): conn.sendall(data.upper())
conn.close()
`
/** A stream client in Python: sends, half-closes, prints all that comes. */
const CLIENT = `
import socket, sys
client = socket.socket(getattr(socket, sys.argv[1]), socket.SOCK_STREAM)
client.connect(sys.argv[2] if sys.argv[1] == 'AF_UNIX' else (sys.argv[2], int(sys.argv[3])))
client.sendall(b'hello')
client.shutdown(socket.SHUT_WR)
data = b''
while part := client.recv(100): data += part
print(data.decode())
`

const families: { python: string; at: () => SockAddr & { python: string } }[] = [
  { python: 'AF_INET', at: () => ({ family: 'inet', host: '127.0.0.1', port: 0, python: '127.0.0.1' }) },
  { python: 'AF_INET6', at: () => ({ family: 'inet6', host: '::1', port: 0, python: '::1' }) },
  { python: 'AF_UNIX', at: () => { const path = join(folder(), 'socket'); return { family: 'unix', path, python: path } } },
]

/** Without what only the test needs: a call takes the address alone. */
const addressOf = ({ python: _, ...address }: SockAddr & { python: string }, port = 0): SockAddr =>
  (address.family === 'unix' ? address : { ...address, port })

describe.each(families)('$python', ({ python, at }) => {
  it('our client, a Python server', async () => {
    const address = at()
    const server = startPython(SERVER, python, address.python)
    const port = await server.port()
    await run(async (sys) => {
      const client = await sys.socket(address.family, 'stream')
      await client.connect(addressOf(address, port))
      await client.sendall(data('hello'))
      await client.shutdown('WR')
      expect(text(await client.recv(100))).toBe('HELLO')
      expect(await client.recv(100)).toHaveLength(0)
      await client.close()
    })
    expect(await server.finish()).toMatchObject({ code: 0 })
  })

  it('our server, a Python client', async () => {
    const address = at()
    await run(async (sys) => {
      const server = await sys.socket(address.family, 'stream')
      await server.bind(addressOf(address))
      await server.listen(5)
      const here = await server.getsockname()
      const client = startPython(CLIENT, python, address.python, String(here.family === 'unix' ? 0 : here.port))
      const [conn, peer] = await server.accept()
      expect(peer.family).toBe(address.family)
      for (let part = await conn.recv(100); part.length > 0; part = await conn.recv(100)) await conn.sendall(data(text(part).toUpperCase()))
      await conn.close()
      expect(await client.finish()).toMatchObject({ code: 0 })
      expect(client.lines).toEqual(['HELLO'])
      await server.close()
    })
  })
})

describe('AF_UNIX datagrams', () => {
  it('go to a Python receiver and back', async () => {
    const [here, there] = [join(folder(), 'here'), join(folder(), 'there')]
    await run(async (sys) => {
      const peer = startPython(`
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound')
data, address = s.recvfrom(100)
s.sendto(data.upper(), address)
`, there)
      await peer.line(/^bound$/)
      const sock = await sys.socket('unix', 'dgram')
      await sock.bind({ family: 'unix', path: here })
      expect(await sock.sendto(data('hello'), { family: 'unix', path: there })).toBe(5)
      const [answer, from] = await sock.recvfrom(100)
      expect(text(answer)).toBe('HELLO')
      expect(from).toEqual({ family: 'unix', path: there })
      await sock.close()
      expect(await peer.finish()).toMatchObject({ code: 0 })
    })
  })
})

describe('an abort', () => {
  it('is ECONNRESET at the Python end', async () => {
    const server = startPython(`
import socket
server = socket.create_server(('127.0.0.1', 0))
print('listening on x:%d' % server.getsockname()[1])
conn, _ = server.accept()
try:
    conn.recv(100)
except ConnectionResetError:
    print('reset')
`)
    const port = await server.port()
    await run(async (sys) => {
      const client = await sys.socket('inet', 'stream')
      await client.connect({ family: 'inet', host: '127.0.0.1', port })
      await client.abort()
    })
    await server.line(/^reset$/)
  })
})
