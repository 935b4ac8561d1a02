/** The wire between programs that we did not write: a student's plain Python on both sides, and the relay's own twin. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { MarkEvent, TraceEvent } from '../../src/shared/trace/events'
import { lineMakes } from '../../src/engine/programs/twin'
import { lab, startPython, type Peer } from './lib/peer'
import { folder, options, startTwin, twinFile, type Given } from './lib/twin'

/** The course's UDP server, as a student has it. */
const UPPER = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print('listening on 127.0.0.1:%d' % s.getsockname()[1])
while True:
    data, client = s.recvfrom(65535)
    s.sendto(data.upper(), client)
`
/** The course's UDP client: 0.1 s, doubled. Prints how many attempts each of N requests took, 0 for none. */
const RETRY = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(('127.0.0.1', int(sys.argv[1])))
for n in range(int(sys.argv[2])):
    delay, attempts = 0.02, 0
    while delay <= 0.7:
        s.send(b'request %d' % n)
        attempts += 1
        s.settimeout(delay)
        try:
            while s.recv(65535) != b'REQUEST %d' % n: pass
            break
        except TimeoutError:
            delay *= 2
    else:
        attempts = 0
    print(attempts)
`
/** Sends N numbered datagrams and prints the numbers that come back, in their order, until it is quiet. */
const BURST = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1.5)
for n in range(int(sys.argv[2])): s.sendto(b'%d' % n, ('127.0.0.1', int(sys.argv[1])))
try:
    while True: print(s.recv(100).decode())
except TimeoutError: pass
`
const burst = async (port: number, n: number): Promise<number[]> => {
  const client = startPython(BURST, String(port), String(n))
  await client.finish()
  return client.lines.map(Number)
}

const relay = (given: Given, ...more: string[]): Peer => lab('relay', ...options({ 'listen-port': 0, ...given }), ...more)
const marksOf = (file: string): MarkEvent[] => eventsOf(file).filter((e): e is MarkEvent => e.k === 'mark')
const eventsOf = (file: string): TraceEvent[] => readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as TraceEvent)

describe('UDP', () => {
  it('a clean wire: python to python, every datagram once and in order', async () => {
    const to = await startPython(UPPER).port()
    const wire = relay({ 'to-port': to })
    expect(await burst(await wire.port(), 100)).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })

  it('a student\'s client retries through a lossy wire as on a lossy network', async () => {
    const to = await startPython(UPPER).port()
    const wire = relay({ 'to-port': to, loss: 0.3, seed: 4 })
    const client = startPython(RETRY, String(await wire.port()), '30')
    await client.finish()
    const attempts = client.lines.map(Number)
    expect(attempts).toHaveLength(30)
    // each way loses 0.3: an attempt succeeds with 0.49
    expect(attempts.some((n) => n > 1)).toBe(true)
    expect(attempts.filter((n) => n > 0).length).toBeGreaterThan(25)
  })

  it('the same seed gives the same fates: twice, and in the Python twin; another seed gives others', async () => {
    const to = await startPython(UPPER).port()
    const bad = { 'to-port': to, loss: 0.2, duplicate: 0.2, reorder: 0.2 }
    const through = async (start: (given: Given) => Peer, given: Given) => burst(await start({ ...bad, ...given }).port(), 60)
    const twin = (given: Given) => startTwin('relay', { 'listen-port': 0, ...given })
    const first = await through(relay, { seed: 11 })
    expect(await through(relay, { seed: 11 })).toEqual(first)
    expect(await through(twin, { seed: 11 })).toEqual(first)
    expect(await through(relay, { seed: 12 })).not.toEqual(first)
    const seen = new Set(first)
    expect(seen.size).toBeLessThan(60)
    expect(first.length).toBeGreaterThan(seen.size)
    expect(first).not.toEqual([...first].sort((a, b) => a - b))
  })

  it('says what it did to each datagram, from which side, about which call', async () => {
    const file = join(folder(), 'trace.ndjson')
    const to = await startPython(UPPER).port()
    const given = { 'to-port': to, loss: 0.2, duplicate: 0.2, reorder: 0.2, delay: 5, jitter: 5 }
    const wire = relay(given, '--trace', file)
    const answers = await burst(await wire.port(), 60)
    await wire.stop()
    const events = eventsOf(file)
    const marks = marksOf(file)
    const received = { client: 0, server: 0 }
    const calls = new Map(events.flatMap((e) => (e.k === 'call' ? [[e.call, e]] : [])))
    for (const e of events) if (e.k === 'ret' && e.errno === undefined) {
      if (calls.get(e.call)!.name === 'recvfrom') received.client++
      if (calls.get(e.call)!.name === 'recv') received.server++
    }
    for (const from of ['client', 'server'] as const) {
      const own = marks.filter((m) => m.from === from)
      for (const m of own) expect(calls.get(m.call!)!.name).toBe(from === 'client' ? 'recvfrom' : 'recv')
      // each datagram was dropped, or delayed
      expect(own.filter((m) => m.what === 'drop' || m.what === 'delay')).toHaveLength(received[from])
      expect(own.filter((m) => m.what === 'delay').every((m) => m.us! >= 5000 && m.us! <= 10_000)).toBe(true)
      expect(new Set(own.map((m) => m.what))).toEqual(new Set(['drop', 'delay', 'duplicate', 'reorder']))
    }
    expect(received.client).toBe(60)
    const passed = marks.filter((m) => m.from === 'server' && m.what === 'delay').length + marks.filter((m) => m.from === 'server' && m.what === 'duplicate').length
    expect(answers).toHaveLength(passed)
    const twin = readFileSync(twinFile('relay', given), 'utf8').split('\n')
    for (const e of events) if (e.k === 'call') expect(lineMakes(twin[(e.line ?? 0) - 1] ?? '', e.name), `${e.name} on line ${e.line}`).toBe(true)
  })

  it('each client has its own answers; a server that comes late is found', async () => {
    const to = await startPython(UPPER).port()
    const wire = relay({ 'to-port': to })
    const port = await wire.port()
    const both = await Promise.all([burst(port, 50), burst(port, 20)])
    expect(both.map((list) => list.length)).toEqual([50, 20])

    const gone = startPython(UPPER)
    const later = await gone.port()
    await gone.stop('SIGKILL')
    const patient = relay({ 'to-port': later })
    const through = await patient.port()
    // nobody there: the ICMP error ends nothing
    expect(await burst(through, 3)).toEqual([])
    startPython(UPPER.replace("0))", `${later}))`))
    const client = startPython(RETRY, String(through), '1')
    expect(await client.finish()).toMatchObject({ code: 0 })
    expect(Number(client.lines[0])).toBeGreaterThan(0)
  })

  it('over IPv6 on one side and IPv4 on the other', async () => {
    const to = await startPython(UPPER).port()
    const wire = relay({ 'listen-host': '::1', 'to-port': to })
    const client = lab('udp-client', '--host', '::1', '--port', String(await wire.port()))
    expect(await client.finish()).toMatchObject({ code: 0 })
    expect(client.lines.at(-1)).toBe("received b'HELLO'")
  })
})

/** Echoes until the end of the stream, says how it ended. */
const ECHO = `
import socket
s = socket.create_server(('127.0.0.1', 0))
print('listening on 127.0.0.1:%d' % s.getsockname()[1])
while True:
    conn, _ = s.accept()
    try:
        while data := conn.recv(65536): conn.sendall(data)
        conn.sendall(b'END')
        print('end of stream')
    except OSError as error: print(error.__class__.__name__)
    conn.close()
`
/** Sends SIZE pseudo-random bytes while it reads, half-closes, reads to the end; prints whether all came back, and the seconds. */
const SEND = `
import hashlib, random, socket, sys, threading, time
data = random.Random(1).randbytes(int(sys.argv[2]))
began = time.monotonic()
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
def send():
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)
threading.Thread(target=send).start()
back = b''.join(iter(lambda: s.recv(65536), b''))
print(back == data + b'END', round(time.monotonic() - began, 3))
`
const send = async (port: number, size: number): Promise<{ same: boolean; seconds: number }> => {
  const client = startPython(SEND, String(port), String(size))
  await client.finish()
  const [same, seconds] = (client.lines[0] ?? '').split(' ')
  return { same: same === 'True', seconds: Number(seconds) }
}

describe('TCP', () => {
  it.each([
    ['clean', {}, 3_000_000, 0],
    ['loss, duplicates and reordering asked for, which TCP never shows', { loss: 0.5, duplicate: 0.5, reorder: 0.5 }, 300_000, 0],
    ['delay and jitter', { delay: 30, jitter: 30 }, 1_000_000, 0.06],
    ['a rate', { rate: 400_000 }, 200_000, 0.45],
  ] as [string, Given, number, number][])('%s: every byte, in order, the half-close behind them', async (_, given, size, atLeast) => {
    const server = startPython(ECHO)
    const wire = relay({ proto: 'tcp', 'to-port': await server.port(), ...given })
    const { same, seconds } = await send(await wire.port(), size)
    expect(same).toBe(true)
    expect(seconds).toBeGreaterThanOrEqual(atLeast)
    await server.line(/^end of stream$/)
    await wire.line(/ closed$/)
  })

  it('the Python twin does the same', async () => {
    const server = startPython(ECHO)
    const wire = startTwin('relay', { 'listen-port': 0, proto: 'tcp', 'to-port': await server.port(), delay: 20, rate: 2_000_000 })
    const { same, seconds } = await send(await wire.port(), 400_000)
    expect(same).toBe(true)
    expect(seconds).toBeGreaterThanOrEqual(0.2)
    await wire.line(/ closed$/)
  })

  it('a reset passes on to the server, and one of the server to the client', async () => {
    const server = startPython(ECHO)
    const wire = relay({ proto: 'tcp', 'to-port': await server.port() })
    const port = await wire.port()
    const client = startPython(`
import socket, struct, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); s.sendall(b'x'); s.recv(1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); s.close()
`, String(port))
    await client.finish()
    await server.line(/^ConnectionResetError$/)
    await wire.line(/ reset$/)

    const rude = startPython(`
import socket, struct
s = socket.create_server(('127.0.0.1', 0)); print('listening on 127.0.0.1:%d' % s.getsockname()[1])
conn, _ = s.accept(); conn.recv(1)
conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); conn.close()
`)
    const back = relay({ proto: 'tcp', 'to-port': await rude.port() })
    const victim = startPython(`
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); s.sendall(b'x')
try: print(s.recv(10))
except ConnectionResetError: print('reset')
`, String(await back.port()))
    await victim.line(/^reset$/)
  })

  it('no server: the client is reset, the relay lives', async () => {
    const gone = startPython(ECHO)
    const to = await gone.port()
    await gone.stop('SIGKILL')
    const wire = relay({ proto: 'tcp', 'to-port': to })
    for (let i = 1; i <= 2; i++) {
      expect((await send(await wire.port(), 10)).same).toBe(false)
      await wire.line(/ no connection to 127\.0\.0\.1:\d+: ECONNREFUSED$/, i + 1)
    }
  })

  it('a receiver that does not read makes the sender wait: the wire holds no more than its share', async () => {
    // a server that accepts and never reads
    const server = startPython("import socket\ns = socket.create_server(('127.0.0.1', 0)); print('listening on x:%d' % s.getsockname()[1]); conn, _ = s.accept(); input()")
    const file = join(folder(), 'trace.ndjson')
    const wire = relay({ proto: 'tcp', 'to-port': await server.port() }, '--trace', file)
    const sender = startPython(`
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); s.settimeout(1.5)
sent = 0
try:
    while sent < 200_000_000: sent += s.send(bytes(65536))
except TimeoutError: pass
print(sent)
`, String(await wire.port()))
    await sender.finish()
    const sent = Number(sender.lines[0])
    expect(sent).toBeGreaterThan(1_000_000)
    // the kernel's buffers of four sockets (some megabytes each, at most) and the wire's own megabyte
    expect(sent).toBeLessThan(60_000_000)
    await wire.stop()
    const received = eventsOf(file).reduce((sum, e) => sum + (e.k === 'ret' && e.data && !('size' in e) ? e.data.len : 0), 0)
    expect(received).toBeGreaterThan(1 << 20)
  })

  it('many clients at once', async () => {
    const server = startPython(ECHO.replace('    try:', '    import threading\n    def serve(conn=conn):\n     try:').replace('        while data', '      while data')
      .replace("        conn.sendall(b'END')", "      conn.sendall(b'END')").replace("        print('end of stream')", "      print('end of stream')")
      .replace('    except OSError as error: print(error.__class__.__name__)\n    conn.close()', '     except OSError as error: print(error.__class__.__name__)\n     conn.close()\n    threading.Thread(target=serve).start()'))
    const wire = relay({ proto: 'tcp', 'to-port': await server.port(), delay: 10 })
    const port = await wire.port()
    const all = await Promise.all(Array.from({ length: 6 }, () => send(port, 300_000)))
    expect(all.map((one) => one.same)).toEqual(Array.from({ length: 6 }, () => true))
  })
})
