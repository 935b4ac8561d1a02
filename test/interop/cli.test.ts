/** The lab command as scripts use it: exit status, streams, signals, the trace file. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { programs } from '../../src/engine/programs/index'
import type { TraceEvent } from '../../src/shared/trace/events'
import { exchange, talk } from './lib/clients'
import { lab, start, startPython } from './lib/peer'
import { startTwin, folder } from './lib/twin'

type Line = TraceEvent & { bytes?: string }

/** Every line of a trace file; throws where one does not parse or the last is cut. */
function readTrace(file: string): Line[] {
  const text = readFileSync(file, 'utf8')
  expect(text.endsWith('\n')).toBe(true)
  return text.slice(0, -1).split('\n').map((line) => JSON.parse(line) as Line)
}

const bytesOf = (line: Line): string => Buffer.from(line.bytes ?? '', 'base64').toString()

/** A trace without holes in which every call returned, every thread and the run ended. */
function expectComplete(events: Line[]): void {
  expect(events.map((e) => e.seq)).toEqual(events.map((_, i) => i))
  expect(events.map((e) => e.t)).toEqual(events.map((e) => e.t).sort((a, b) => a - b))
  const of = <K extends TraceEvent['k']>(k: K) => events.filter((e): e is Extract<TraceEvent, { k: K }> & Line => e.k === k)
  expect(of('ret').map((e) => e.call).sort((a, b) => a - b)).toEqual(of('call').map((e) => e.call).sort((a, b) => a - b))
  expect(of('thread-end')).toHaveLength(of('thread').length)
  expect(of('run')).toHaveLength(1)
  expect(events.at(-1)).toMatchObject({ k: 'run-end' })
  // every socket that was made was closed
  const closed = of('call').filter((e) => e.name === 'close' && of('ret').some((r) => r.call === e.call && r.errno === undefined)).map((e) => e.sock)
  expect(closed.sort()).toEqual(of('ret').filter((e) => e.sock !== undefined).map((e) => e.sock).sort())
}

describe('what is asked wrongly', () => {
  it.each([
    [[], /name a program/],
    [['tcp-sever'], /no program 'tcp-sever'.*tcp-server/],
    [['tcp-server', '--prot', '1'], /no option --prot.*--port/],
    [['tcp-server', '--port'], /--port needs a value/],
    [['tcp-server', '--port', '70000'], /--port must be from 0 to 65535/],
    [['tcp-server', '--behaviour', 'shout'], /ack, echo, upper, discard/],
    [['tcp-server', '--pace', 'step'], /--pace must be run or slow:MS/],
    [['tcp-server', '--scope', 'world'], /--scope must be computer or lab/],
    [['tcp-server', '--trace', '/no/such/folder/trace'], /--trace: cannot write '\/no\/such\/folder\/trace': ENOENT/],
    [['list', 'x'], /list takes no options/],
  ] as [string[], RegExp][])('%j: exit status 2, one line', async (args, message) => {
    const peer = lab(...args)
    expect(await peer.finish()).toEqual({ code: 2, signal: null })
    expect(peer.out).toBe('')
    expect(peer.err).toMatch(/^lab: .+\n$/)
    expect(peer.err).toMatch(message)
  })
})

describe('list and help', () => {
  it('go to stdout with exit status 0', async () => {
    const list = lab('list')
    expect(await list.finish()).toEqual({ code: 0, signal: null })
    expect(list.lines.map((line) => line.split(' ')[0])).toEqual([...programs.keys()])
    const help = lab('tcp-client', '--help')
    expect(await help.finish()).toEqual({ code: 0, signal: null })
    expect(help.out).toMatch(/--recv +0 to 1048576 +default 4096/)
  })
})

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it.each(['iterative', 'threads'])('ends a server (%s) with a client connected: sockets closed, trace complete, exit status 0', async (model) => {
    const file = join(folder(), 'trace.ndjson')
    const server = lab('tcp-server', '--port', '0', '--behaviour', 'echo', '--model', model, '--trace', file)
    const port = await server.port()
    const client = talk('127.0.0.1', port)
    client.write('hello\n')
    await client.line(/hello/)
    expect(await server.stop(signal)).toEqual({ code: 0, signal: null })
    expect(server.err).toBe('')
    // its end of the connection is closed: the client reads the end of the stream
    await client.finish('more\n')
    expect(client.lines).not.toContain("b'more\\n'")
    const events = readTrace(file)
    expectComplete(events)
    expect(events.at(-1)).toMatchObject({ status: 'stopped' })
  })

  it('ends a client that waits for its input', async () => {
    const port = await startTwin('tcp-server', { port: 0, behaviour: 'echo' }).port()
    const client = lab('echo-client', '--port', String(port))
    client.write('hello\n')
    await client.line(/^received b'hello'$/)
    expect(await client.stop(signal)).toEqual({ code: 0, signal: null })
  })

  it('ends a program that its pace holds back', async () => {
    const file = join(folder(), 'trace.ndjson')
    const server = lab('tcp-server', '--port', '0', '--pace', 'slow:100', '--trace', file)
    await server.port()
    expect(await server.stop(signal)).toEqual({ code: 0, signal: null })
    const events = readTrace(file)
    expectComplete(events)
    expect(events).toContainEqual(expect.objectContaining({ k: 'block', why: 'slow' }))
  })
})

describe('--trace', () => {
  it('has the whole exchange, its bytes included', async () => {
    const file = join(folder(), 'trace.ndjson')
    writeFileSync(file, 'what was there before')
    const port = await startTwin('tcp-server', { port: 0 }).port()
    const client = lab('tcp-client', '--port', String(port), '--send', '안녕', '--trace', file)
    expect(await client.finish()).toMatchObject({ code: 0 })
    const events = readTrace(file)
    expectComplete(events)
    expect(events[0]).toMatchObject({ k: 'run', program: 'tcp-client', params: { host: 'localhost', port, send: '안녕', recv: 4096 } })
    const calls = events.filter((e) => e.k === 'call')
    expect(calls.map((e) => e.name)).toEqual(['socket', 'connect', 'send', 'recv', 'close'])
    const ret = (name: string) => events.find((e) => e.k === 'ret' && e.call === calls.find((c) => c.name === name)!.call)!
    expect(bytesOf(ret('send'))).toBe('안녕')
    expect(bytesOf(ret('recv'))).toBe('ACK')
    expect(ret('connect')).toMatchObject({ remote: { family: 'inet', host: '127.0.0.1', port } })
    expect(events.filter((e) => e.k === 'print').map((e) => e.text)).toEqual(client.lines)
    expect(events.at(-1)).toMatchObject({ status: 'ok' })
  })

  it('has every byte of a long transfer', async () => {
    const file = join(folder(), 'trace.ndjson')
    const server = lab('tcp-server', '--port', '0', '--behaviour', 'discard', '--bufsize', '65536', '--trace', file)
    const sender = startPython(`
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
s.sendall(b''.join(b'%07d\\n' % n for n in range(1 << 19)))
s.close()
`, String(await server.port()))
    expect(await sender.finish()).toMatchObject({ code: 0 })
    await server.line(/ closed after 4194304 bytes$/)
    await server.stop()
    const events = readTrace(file)
    expectComplete(events)
    const received = events.filter((e) => e.k === 'ret' && e.data !== undefined).map(bytesOf).join('')
    expect(received === Array.from({ length: 1 << 19 }, (_, n) => `${String(n).padStart(7, '0')}\n`).join('')).toBe(true)
  })

  it('of a program that fails tells why, and is complete', async () => {
    const file = join(folder(), 'trace.ndjson')
    const gone = startTwin('tcp-server', { port: 0 })
    const port = await gone.port()
    await gone.stop('SIGKILL')
    expect(await lab('tcp-client', '--port', String(port), '--trace', file).finish()).toMatchObject({ code: 1 })
    const events = readTrace(file)
    expectComplete(events)
    expect(events).toContainEqual(expect.objectContaining({ k: 'ret', errno: 'ECONNREFUSED' }))
    expect(events.at(-1)).toMatchObject({ status: 'failed' })
  })
})

describe('a full disk', () => {
  it('under the trace file: the program goes on, its end tells', async () => {
    const port = await startTwin('tcp-server', { port: 0 }).port()
    const client = lab('tcp-client', '--port', String(port), '--trace', '/dev/full')
    expect(await client.finish()).toEqual({ code: 1, signal: null })
    expect(client.lines.at(-1)).toBe("received b'ACK'")
    expect(client.err).toMatch(/^lab: the trace file '\/dev\/full' is not complete: ENOSPC.*\n$/)
  })
})

describe('the built command', () => {
  it('finds the twins, and its threads keep the names of their functions', async () => {
    const file = join(folder(), 'trace.ndjson')
    const server = start(process.execPath, ['build/lab.mjs', 'tcp-server', '--port', '0', '--trace', file])
    expect(await exchange('127.0.0.1', await server.port(), 'hello', 3)).toBe("b'ACK'")
    expect(await server.stop('SIGTERM')).toEqual({ code: 0, signal: null })
    const events = readTrace(file)
    expectComplete(events)
    expect(events.flatMap((e) => (e.k === 'thread' ? [e.func] : []))).toEqual(['main', 'serve'])
    for (const e of events) if (e.k === 'call') expect(e.line, e.name).toBeGreaterThan(0)
  })
})

describe('--scope', () => {
  it('computer: an address of elsewhere is refused before any packet leaves, and the way out is named', async () => {
    const client = lab('tcp-client', '--host', '192.168.77.1', '--port', '9')
    expect(await client.finish()).toMatchObject({ code: 1 })
    expect(client.err).toMatch(/^lab: connect: POLICY: .+\n$/)
  })
  it('computer: a server cannot be opened on an address of the network', async () => {
    const server = lab('tcp-server', '--host', '192.168.77.1', '--port', '0')
    expect(await server.finish()).toMatchObject({ code: 1 })
    expect(server.err).toMatch(/^lab: bind: POLICY: .+\n$/)
  })
  it('lab: on every address of this machine', async () => {
    const server = lab('tcp-server', '--host', '0.0.0.0', '--port', '0', '--scope', 'lab')
    const port = await server.port()
    expect(server.lines[0]).toBe(`listening on 0.0.0.0:${port}`)
    expect(await exchange('127.0.0.1', port, 'hello', 3)).toBe("b'ACK'")
  })
})

describe('stdout', () => {
  it('that its reader closes ends the program', async () => {
    const server = lab('tcp-server', '--port', '0', '--behaviour', 'echo')
    const port = await server.port()
    server.child.stdout!.destroy()
    await exchange('127.0.0.1', port, 'hello', 5)
    expect(await server.ended()).toEqual({ code: 0, signal: null })
  })
})
