import { once } from 'node:events'
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createConnectionTable, type ConnectionTable } from '../../../src/engine/observe/connection-table'
import { openProcTable } from '../../../src/engine/observe/proc-net-tcp'
import type { SockAddr } from '../../../src/shared/trace/events'

const linux = process.platform === 'linux'
const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

interface Pair { server: Server; client: Socket; peer: Socket; a: SockAddr; b: SockAddr }

async function pair(host: string, family: 'inet' | 'inet6', dialHost = host): Promise<Pair> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, host)
  cleanups.push(() => server.close())
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = createConnection({ host: dialHost, port: (server.address() as AddressInfo).port, allowHalfOpen: true })
  cleanups.push(() => client.destroy())
  await once(client, 'connect')
  const [peer] = await accepted
  cleanups.push(() => peer.destroy())
  const end = (host: string | undefined, port: number | undefined): SockAddr => ({ family, host: host!, port: port! })
  return { server, client, peer, a: end(client.localAddress, client.localPort), b: end(client.remoteAddress, client.remotePort) }
}

/** Asks until the answer is as wanted: the kernel needs a moment between one end's FIN and the other end's state. */
async function until<T>(ask: () => T, wanted: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = ask()
    if (wanted(value)) return value
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const open = (): ConnectionTable => {
  const table = createConnectionTable()
  cleanups.push(() => table.close())
  return table
}
const openProc = (): ConnectionTable => {
  const table = openProcTable()
  cleanups.push(() => table.close())
  return table
}

describe.runIf(linux)('sock_diag', () => {
  it('is what Linux gives', () => expect(open().source).toBe('sock-diag'))

  it('tells both ends of a connection with their counters', async () => {
    const table = open()
    const { client, a, b } = await pair('127.0.0.1', 'inet')
    await new Promise((resolve) => client.write(Buffer.alloc(1000), resolve))
    const server = await until(() => table.lookup(b, a), (f) => f?.recvq === 1000)
    expect(server).toMatchObject({ state: 'ESTABLISHED', recvq: 1000, sendq: 0, retrans: 0, bytesReceived: 1000, dataSegsIn: 1 })
    const facts = await until(() => table.lookup(a, b), (f) => f?.sendq === 0)
    // the SYN counts one in the sequence space that was acknowledged
    expect(facts).toMatchObject({ state: 'ESTABLISHED', recvq: 0, bytesAcked: 1001, dataSegsOut: 1, backoff: 0 })
    expect(facts!.rtt).toBeGreaterThan(0)
    expect(facts!.mss).toBeGreaterThan(500)
  })

  it('tells the states of a closing, TIME_WAIT with its countdown', async () => {
    const table = open()
    const { client, peer, a, b } = await pair('127.0.0.1', 'inet')
    client.end()
    expect((await until(() => table.lookup(a, b), (f) => f?.state === 'FIN_WAIT_2'))!.sendq).toBe(0)
    // the peer's FIN waits unread: it is not a byte
    expect(table.lookup(b, a)).toMatchObject({ state: 'CLOSE_WAIT', recvq: 0 })
    peer.end()
    const waiting = await until(() => table.lookup(a, b), (f) => f?.state === 'TIME_WAIT')
    expect(waiting).toMatchObject({ state: 'TIME_WAIT', timer: 'timewait' })
    expect(waiting!.expires).toBeGreaterThan(1000)
    expect(waiting!.expires).toBeLessThanOrEqual(60_000)
    expect(table.lookup(b, a)).toBeUndefined()
  })

  it('never takes the listener for a connection', async () => {
    const table = open()
    const { server } = await pair('127.0.0.1', 'inet')
    const port = (server.address() as AddressInfo).port
    expect(table.lookup({ family: 'inet', host: '127.0.0.1', port }, { family: 'inet', host: '127.0.0.1', port: 1 })).toBeUndefined()
  })

  it('asks in IPv6, mapped IPv4 and with mixed nonsense', async () => {
    const table = open()
    const v6 = await pair('::1', 'inet6')
    expect(table.lookup(v6.a, v6.b)).toMatchObject({ state: 'ESTABLISHED' })
    const dual = await pair('::', 'inet', '127.0.0.1')
    expect(table.lookup(dual.b, dual.a)).toMatchObject({ state: 'ESTABLISHED' })
    const mapped = (s: SockAddr): SockAddr => ({ ...(s as Extract<SockAddr, { family: 'inet' }>), family: 'inet6', host: '::ffff:127.0.0.1' })
    expect(table.lookup(mapped(dual.b), mapped(dual.a))).toMatchObject({ state: 'ESTABLISHED' })
    expect(table.lookup(v6.a, dual.b)).toBeUndefined()
    expect(table.lookup({ family: 'unix', path: '/x' }, { family: 'unix', path: '' })).toBeUndefined()
    expect(table.lookup({ family: 'inet', host: 'localhost', port: 1 }, dual.b)).toBeUndefined()
  })

  it('lists who listens, with v6only', async () => {
    const table = open()
    const listen = async (host: string, ipv6Only = false): Promise<number> => {
      const server = createServer().listen({ host, port: 0, ipv6Only, backlog: 7 })
      cleanups.push(() => server.close())
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    }
    const [v4, dual, only] = [await listen('127.0.0.1'), await listen('::'), await listen('::', true)]
    const all = table.listening()
    const at = (port: number) => all.filter((l) => l.local.family !== 'unix' && l.local.port === port)
    expect(at(v4)).toMatchObject([{ local: { family: 'inet', host: '127.0.0.1' }, recvq: 0, sendq: 7, uid: process.getuid!() }])
    expect(at(dual)).toMatchObject([{ local: { family: 'inet6', host: '::' }, v6only: false }])
    expect(at(only)).toMatchObject([{ local: { family: 'inet6', host: '::' }, v6only: true }])
  })

  it('answers ten thousand questions in a row, and questions after close fail loudly', async () => {
    const table = open()
    const { a, b } = await pair('127.0.0.1', 'inet')
    for (let i = 0; i < 10_000; i++) expect(table.lookup(a, b)?.state).toBe('ESTABLISHED')
    table.close()
    expect(() => table.lookup(a, b)).toThrow(/sock_diag/)
  })
})

describe.runIf(linux)('/proc/net/tcp', () => {
  it('says the same as sock_diag', async () => {
    const diag = open()
    const proc = openProc()
    for (const p of [await pair('127.0.0.1', 'inet'), await pair('::1', 'inet6')]) {
      p.client.write('x'.repeat(77))
      await until(() => diag.lookup(p.b, p.a), (f) => f?.recvq === 77)
      p.client.end()
      await until(() => diag.lookup(p.a, p.b), (f) => f?.state === 'FIN_WAIT_2')
      for (const [local, remote] of [[p.a, p.b], [p.b, p.a]] as const) {
        const { state, recvq, sendq } = diag.lookup(local, remote)!
        // a reading of the file may be a moment old
        expect(await until(() => proc.lookup(local, remote), (f) => f?.state === state)).toMatchObject({ state, recvq, sendq })
      }
      p.peer.end()
      await until(() => diag.lookup(p.a, p.b), (f) => f?.state === 'TIME_WAIT')
      const waiting = await until(() => proc.lookup(p.a, p.b), (f) => f?.state === 'TIME_WAIT')
      expect(waiting).toMatchObject({ state: 'TIME_WAIT', timer: 'timewait' })
      expect(waiting!.expires).toBeGreaterThan(1000)
    }
    const names = (table: ConnectionTable) => table.listening().map((l) => JSON.stringify(l.local)).sort()
    await until(() => names(proc).join(), (all) => all === names(diag).join())
  })
})

