/**
 * The inference against the wire: real sockets of the real kernel, tcpdump beside them. The ladder must show the same
 * segments, in the same order, with the same flags and lengths.
 */
import { spawn } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Sock, Thread } from '../../src/engine/kernel/objects'
import { createLab, fold, segmentsAt, statesAt } from '../../src/shared/projections'
import type { LabState, Segment } from '../../src/shared/projections/model'
import { edgeOf } from '../../src/shared/tcp/states'
import { Capture } from '../lib/capture'
import { sockOf, testKernel, type TestKernel } from '../lib/kernel'

let k: TestKernel
let server: Thread
let client: Thread
let capture: Capture | undefined

beforeEach(async () => {
  k = await testKernel()
  server = k.thread('server')
  client = k.thread('client')
})
afterEach(async () => {
  await k.end()
})

const data = (n: number): Uint8Array => new Uint8Array(n).fill(120)

function folded(): LabState {
  const lab = createLab()
  for (const e of k.events) fold(lab, e)
  return lab
}

const line = (from: string, s: { flags: string; len: number; count?: number }): string => `${from} ${s.flags} ${s.len}${(s.count ?? 1) > 1 ? ` x${s.count}` : ''}`
const ladder = (segments: Segment[]): string[] => segments.map((s) => line(s.from, s))

/** Compares connection by connection; every state change must be an edge of the machine. */
async function compare(port: number): Promise<LabState> {
  const packets = await capture!.stop()
  const lab = folded()
  const openers = [...new Set(packets.map((p) => (p.to === port ? p.from : p.to)))]
  expect(lab.connections).toHaveLength(openers.length)
  openers.forEach((opener, i) => {
    const connection = lab.connections[i]!
    const wire = packets.filter((p) => p.from === opener || p.to === opener).map((p) => line(p.from === opener ? 'a' : 'b', p))
    expect(ladder(segmentsAt(connection, Infinity))).toEqual(wire)
    for (const side of ['a', 'b'] as const) {
      let at = 'CLOSED'
      for (const change of statesAt(connection[side], Infinity)) {
        expect(change.from).toBe(at)
        expect(edgeOf(change)).toBeDefined()
        at = change.to
      }
    }
  })
  return lab
}

const PYTHON_SERVER = `
import socket, sys
v6 = sys.argv[1] == 'inet6'
s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET)
s.bind(('::1' if v6 else '127.0.0.1', 0))
s.listen(1)
print(s.getsockname()[1], flush=True)
c, _ = s.accept()
c.recv(100)
c.send(b'ACK')
c.close()
`
const PYTHON_CLIENT = `
import socket, sys
v6 = sys.argv[1] == 'inet6'
c = socket.create_connection(('::1' if v6 else '127.0.0.1', int(sys.argv[2])))
c.send(b'hello')
c.recv(100)
c.close()
`

describe.each(['inet', 'inet6'] as const)('over %s', (family) => {
  const host = family === 'inet' ? '127.0.0.1' : '::1'

  async function listening(backlog = 5): Promise<[Sock, number]> {
    const l = sockOf(await k.dispatcher.socket(server, family, 'stream'))
    await k.dispatcher.bind(server, l, { family, host, port: 0 })
    await k.dispatcher.listen(server, l, backlog)
    const port = l.local!.family === 'unix' ? 0 : l.local!.port
    capture = await Capture.start(port)
    return [l, port]
  }

  async function open(): Promise<{ c: Sock; s: Sock; port: number }> {
    const [l, port] = await listening()
    const c = sockOf(await k.dispatcher.socket(client, family, 'stream'))
    await k.dispatcher.connect(client, c, l.local!)
    const s = sockOf(await k.dispatcher.accept(server, l))
    return { c, s, port }
  }

  it('open, data both ways, close from the client', async () => {
    const { c, s, port } = await open()
    await k.dispatcher.send(client, c, data(5))
    await k.dispatcher.recv(server, s, 1024)
    await k.dispatcher.send(server, s, data(3))
    await k.dispatcher.recv(client, c, 4096)
    await k.dispatcher.close(client, c)
    await k.dispatcher.recv(server, s, 1024)
    await k.dispatcher.close(server, s)
    const lab = await compare(port)
    expect(lab.connections[0]!.outcome.value).toEqual(['closed'])
    expect(statesAt(lab.connections[0]!.a, Infinity).map((x) => x.to)).toContain('TIME_WAIT')
  })

  it('open, data, close from the server', async () => {
    const { c, s, port } = await open()
    await k.dispatcher.send(client, c, data(5))
    await k.dispatcher.recv(server, s, 1024)
    await k.dispatcher.send(server, s, data(3))
    await k.dispatcher.close(server, s)
    await k.dispatcher.recv(client, c, 4096)
    await k.dispatcher.recv(client, c, 4096)
    await k.dispatcher.close(client, c)
    const lab = await compare(port)
    expect(statesAt(lab.connections[0]!.b, Infinity).map((x) => x.to)).toContain('TIME_WAIT')
  })

  it('a reader that is blocked when the bytes and the end come', async () => {
    const { c, s, port } = await open()
    const reading = k.dispatcher.recv(server, s, 1024)
    await k.dispatcher.send(client, c, data(7))
    await reading
    const ending = k.dispatcher.recv(server, s, 1024)
    await k.dispatcher.close(client, c)
    await ending
    await k.dispatcher.close(server, s)
    await compare(port)
  })

  it('half-close: the answer comes after the FIN', async () => {
    const { c, s, port } = await open()
    await k.dispatcher.send(client, c, data(50))
    await k.dispatcher.shutdown(client, c, 'WR')
    await k.dispatcher.recv(server, s, 1024)
    await k.dispatcher.recv(server, s, 1024)
    await k.dispatcher.send(server, s, data(60))
    await k.dispatcher.recv(client, c, 1024)
    await k.dispatcher.close(server, s)
    await k.dispatcher.recv(client, c, 1024)
    await k.dispatcher.close(client, c)
    const lab = await compare(port)
    expect(statesAt(lab.connections[0]!.a, Infinity).map((x) => x.to)).toEqual(['SYN_SENT', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'TIME_WAIT'])
  })

  it('refuse', async () => {
    const [l, port] = await listening()
    await k.dispatcher.close(server, l)
    const c = sockOf(await k.dispatcher.socket(client, family, 'stream'))
    expect((await k.dispatcher.connect(client, c, l.local!)).errno).toBe('ECONNREFUSED')
    await k.dispatcher.close(client, c)
    const lab = await compare(port)
    expect(lab.connections[0]!.outcome.value).toEqual(['refused'])
  })

  it('abort by the client, abort by the server', async () => {
    for (const who of ['client', 'server'] as const) {
      const { c, s, port } = await open()
      await k.dispatcher.send(client, c, data(5))
      await k.dispatcher.recv(server, s, 1024)
      if (who === 'client') {
        await k.dispatcher.abort(client, c)
        expect((await k.dispatcher.recv(server, s, 1024)).errno).toBe('ECONNRESET')
        await k.dispatcher.close(server, s)
      } else {
        await k.dispatcher.abort(server, s)
        expect((await k.dispatcher.send(client, c, data(1))).errno).toBe('ECONNRESET')
        await k.dispatcher.close(client, c)
      }
      const packets = await capture!.stop()
      const wire = packets.map((p) => line(p.to === port ? 'a' : 'b', p))
      expect(ladder(segmentsAt(folded().connections.at(-1)!, Infinity))).toEqual(wire)
      expect(wire.at(-1)).toBe(`${who === 'client' ? 'a' : 'b'} RST,ACK 0`)
    }
  })

  it('close with bytes unread resets', async () => {
    const { c, s, port } = await open()
    await k.dispatcher.send(client, c, data(5))
    await k.dispatcher.close(server, s)
    expect((await k.dispatcher.recv(client, c, 10)).errno).toBe('ECONNRESET')
    await k.dispatcher.close(client, c)
    const lab = await compare(port)
    expect(lab.connections[0]!.outcome.value).toEqual(['reset'])
  })

  it('bytes for a closed program are answered with RST', async () => {
    const { c, s, port } = await open()
    await k.dispatcher.close(server, s)
    await k.dispatcher.send(client, c, data(5))
    expect((await k.dispatcher.send(client, c, data(6))).errno).toBe('EPIPE')
    await k.dispatcher.close(client, c)
    await compare(port)
  })

  it('twenty exchanges', async () => {
    const { c, s, port } = await open()
    for (let i = 0; i < 20; i++) {
      await k.dispatcher.send(client, c, data(10 + i))
      await k.dispatcher.recv(server, s, 1024)
      await k.dispatcher.send(server, s, data(3))
      await k.dispatcher.recv(client, c, 1024)
    }
    await k.dispatcher.close(client, c)
    await k.dispatcher.close(server, s)
    await compare(port)
  })

  it('a server of another program: its end is known from the kernel\'s table and our counters', async () => {
    const python = spawn('python3', ['-c', PYTHON_SERVER, family], { stdio: ['ignore', 'pipe', 'inherit'] })
    const gone = new Promise((resolve) => python.once('exit', resolve))
    const port = Number(await new Promise<string>((resolve) => python.stdout.once('data', (d: Buffer) => resolve(d.toString()))))
    capture = await Capture.start(port)
    const c = sockOf(await k.dispatcher.socket(client, family, 'stream'))
    await k.dispatcher.connect(client, c, { family, host, port })
    await k.dispatcher.send(client, c, data(5))
    await k.dispatcher.recv(client, c, 100)
    await k.dispatcher.recv(client, c, 100)
    await k.dispatcher.close(client, c)
    await gone
    const lab = await compare(port)
    expect(lab.connections[0]!.outcome.value).toEqual(['closed'])
  })

  it('a client of another program', async () => {
    const [l, port] = await listening()
    const python = spawn('python3', ['-c', PYTHON_CLIENT, family, String(port)], { stdio: 'inherit' })
    const gone = new Promise((resolve) => python.once('exit', resolve))
    const s = sockOf(await k.dispatcher.accept(server, l))
    await k.dispatcher.recv(server, s, 100)
    await k.dispatcher.send(server, s, data(3))
    await k.dispatcher.recv(server, s, 100)
    await k.dispatcher.close(server, s)
    await gone
    await compare(port)
  })

  it('several connections, one after the other and at once', async () => {
    const [l, port] = await listening()
    const clients: Sock[] = []
    const servers: Sock[] = []
    for (let i = 0; i < 3; i++) {
      const c = sockOf(await k.dispatcher.socket(client, family, 'stream'))
      await k.dispatcher.connect(client, c, l.local!)
      const s = sockOf(await k.dispatcher.accept(server, l))
      clients.push(c)
      servers.push(s)
      await k.dispatcher.send(client, c, data(i + 1))
      await k.dispatcher.recv(server, s, 10)
      if (i > 0) continue
      await k.dispatcher.close(server, s)
      await k.dispatcher.close(client, c)
    }
    for (const c of clients.slice(1)) await k.dispatcher.close(client, c)
    for (const s of servers.slice(1)) await k.dispatcher.close(server, s)
    await compare(port)
  })
})
