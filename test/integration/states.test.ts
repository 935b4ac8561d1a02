/** Every state of RFC 9293 on one machine, from real sockets, as the projections tell it. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Sock, Thread } from '../../src/engine/kernel/objects'
import { createLab, fold, listenersAt, outcomeAt, segmentsAt, stateAt, statesAt, streamsAt } from '../../src/shared/projections'
import type { ConnectionModel, LabState } from '../../src/shared/projections/model'
import { sockOf, testKernel, type TestKernel } from '../lib/kernel'

let k: TestKernel
let server: Thread
let client: Thread

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

async function listening(backlog: number, options: Record<string, number> = {}): Promise<Sock> {
  const l = sockOf(await k.dispatcher.socket(server, 'inet', 'stream'))
  for (const [name, value] of Object.entries(options)) await k.dispatcher.setsockopt(server, l, name, value)
  await k.dispatcher.bind(server, l, { family: 'inet', host: '127.0.0.1', port: 0 })
  await k.dispatcher.listen(server, l, backlog)
  return l
}

const walk = (c: ConnectionModel, side: 'a' | 'b'): string[] => statesAt(c[side], Infinity).map((s) => s.to)

it('a full accept queue holds the next client in SYN_SENT, whose SYN is sent again', async () => {
  const l = await listening(0)
  const first = sockOf(await k.dispatcher.socket(client, 'inet', 'stream'))
  await k.dispatcher.connect(client, first, l.local!)
  const second = sockOf(await k.dispatcher.socket(client, 'inet', 'stream'))
  second.timeout = 1.5
  expect((await k.dispatcher.connect(client, second, l.local!)).errno).toBe('TIMEOUT')
  const lab = folded()
  const [one, two] = lab.connections
  expect(stateAt(one!.b, Infinity)).toMatchObject({ state: 'ESTABLISHED', evidence: 'kernel' })
  expect(one!.b.sock).toBeUndefined()
  expect(stateAt(two!.a, Infinity)).toMatchObject({ state: 'SYN_SENT', evidence: 'kernel' })
  const syns = segmentsAt(two!, Infinity)
  expect(syns.length).toBeGreaterThan(1)
  expect(new Set(syns.map((s) => s.flags))).toEqual(new Set(['SYN']))
  expect(syns[0]!.fate).toBe('lost')
  expect(syns[1]!.retransmission).toBe(true)
  // the listener's row is as old as the last call on it: nobody has accepted
  expect(listenersAt(lab, Infinity)).toHaveLength(1)
})

it('a passive end that waits for the last ACK is in SYN_RCVD while its client is ESTABLISHED', async () => {
  // TCP_DEFER_ACCEPT makes the kernel drop the bare ACK, as a full queue does to one that comes too late (tcp(7))
  const l = await listening(5, { TCP_DEFER_ACCEPT: 5 })
  const c = sockOf(await k.dispatcher.socket(client, 'inet', 'stream'))
  await k.dispatcher.connect(client, c, l.local!)
  const before = folded().connections[0]!
  expect(stateAt(before.a, Infinity).state).toBe('ESTABLISHED')
  expect(stateAt(before.b, Infinity)).toMatchObject({ state: 'SYN_RCVD', evidence: 'kernel' })
  // a call in between says nothing of it
  const accepting = k.dispatcher.accept(server, l)
  expect(stateAt(folded().connections[0]!.b, Infinity).state).toBe('SYN_RCVD')
  await k.dispatcher.send(client, c, data(3))
  const s = sockOf(await accepting)
  expect((await k.dispatcher.recv(server, s, 10)).value).toBe(3)
  const after = folded().connections[0]!
  expect(walk(after, 'b')).toEqual(['LISTEN', 'SYN_RCVD', 'ESTABLISHED'])
  expect(segmentsAt(after, Infinity).map((x) => `${x.from} ${x.flags} ${x.len}`)).toEqual(expect.arrayContaining(['a SYN 0', 'b SYN,ACK 0', 'a ACK 0', 'a PSH,ACK 3']))
})

it('two full send buffers, both ends shut down, then both read: CLOSING', async () => {
  const l = await listening(5, { SO_RCVBUF: 4096 })
  const c = sockOf(await k.dispatcher.socket(client, 'inet', 'stream'))
  await k.dispatcher.setsockopt(client, c, 'SO_RCVBUF', 4096)
  await k.dispatcher.connect(client, c, l.local!)
  const s = sockOf(await k.dispatcher.accept(server, l))
  const ends: [Thread, Sock][] = [[client, c], [server, s]]
  for (const [th, sock] of ends) {
    await k.dispatcher.setsockopt(th, sock, 'SO_SNDBUF', 4096)
    sock.timeout = 0
    while ((await k.dispatcher.send(th, sock, data(3000))).errno === undefined);
    sock.timeout = null
  }
  for (const [th, sock] of ends) await k.dispatcher.shutdown(th, sock, 'WR')
  const drained = ends.map(async ([th, sock]) => {
    let n = 0
    for (;;) {
      const { value } = await k.dispatcher.recv(th, sock, 1000)
      if (typeof value !== 'number' || value === 0) return n
      n += value
    }
  })
  const got = await Promise.all(drained)
  const lab = folded()
  const connection = lab.connections[0]!
  const streams = streamsAt(connection, Infinity)
  expect([streams.b.received, streams.a.received]).toEqual(got)
  expect([streams.b.sent, streams.a.sent]).toEqual(got)
  expect([...walk(connection, 'a'), ...walk(connection, 'b')]).toContain('CLOSING')
  for (const side of ['a', 'b'] as const) {
    expect(stateAt(connection[side], Infinity).state).toBe('TIME_WAIT')
    const drawn = segmentsAt(connection, Infinity).filter((x) => x.from === side && !x.retransmission)
    expect(drawn.reduce((n, x) => n + x.len, 0)).toBe(streams[side].sent)
  }
  expect(outcomeAt(connection, Infinity)).toBe('closed')
})

it('the closing of a server in order: CLOSE_WAIT, LAST_ACK, CLOSED; and of its client: FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT', async () => {
  const l = await listening(5)
  const c = sockOf(await k.dispatcher.socket(client, 'inet', 'stream'))
  await k.dispatcher.connect(client, c, l.local!)
  const s = sockOf(await k.dispatcher.accept(server, l))
  await k.dispatcher.shutdown(client, c, 'WR')
  await k.dispatcher.recv(server, s, 10)
  await k.dispatcher.send(server, s, data(1))
  await k.dispatcher.recv(client, c, 10)
  await k.dispatcher.close(server, s)
  await k.dispatcher.recv(client, c, 10)
  await k.dispatcher.close(client, c)
  const connection = folded().connections[0]!
  expect(walk(connection, 'a')).toEqual(['SYN_SENT', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'TIME_WAIT'])
  expect(walk(connection, 'b')).toEqual(['LISTEN', 'SYN_RCVD', 'ESTABLISHED', 'CLOSE_WAIT', 'LAST_ACK', 'CLOSED'])
  expect(connection.a.facts.value.at(-1)).toMatchObject({ state: 'TIME_WAIT', timer: 'timewait' })
})
