/** What reach.ts says, against the kernel: a real server bound to each address, and a real client for each door. */
import { once } from 'node:events'
import { createConnection, createServer, type AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { listInterfaces } from '../../../src/engine/observe/interfaces'
import { reachOf, type Bound } from '../../../src/shared/net/reach'

const interfaces = listInterfaces()

async function dial(host: string, port: number): Promise<boolean> {
  const client = createConnection({ host, port })
  try {
    await once(client, 'connect')
    return true
  } catch {
    return false
  } finally {
    client.destroy()
  }
}

/** a machine without IPv6 has nothing to prove of it */
const hasIpv6 = interfaces.some((net) => net.up && net.addresses.some((a) => a.family === 'inet6'))
const bounds = ([
  { family: 'inet', host: '127.0.0.1' },
  { family: 'inet6', host: '::1' },
  { family: 'inet', host: '0.0.0.0' },
  { family: 'inet6', host: '::', v6only: false },
  { family: 'inet6', host: '::', v6only: true },
  ...interfaces.filter((net) => net.up && !net.loopback).flatMap((net) => net.addresses.map((a) =>
    ({ family: a.family, host: a.address, ...(a.scopeId === undefined ? {} : { scope: a.scopeId, zone: net.name }) }))),
] satisfies (Bound & { zone?: string })[] as (Bound & { zone?: string })[]).filter((bound) => bound.family === 'inet' || hasIpv6)

it.each(bounds)('a server on $host ($family, v6only $v6only)', async (bound) => {
  const server = createServer((socket) => socket.destroy())
    .listen({ host: bound.zone ? `${bound.host}%${bound.zone}` : bound.host, port: 0, ipv6Only: bound.v6only ?? false })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    const found: string[] = []
    const said: string[] = []
    for (const reach of reachOf(bound, interfaces)) {
      const host = reach.address.scopeId === undefined ? reach.address.address : `${reach.address.address}%${reach.interface}`
      said.push(`${host} ${reach.reaches}`)
      found.push(`${host} ${await dial(host, port)}`)
    }
    expect(said).toEqual(found)
    expect(said.some((line) => line.endsWith('true'))).toBe(true)
  } finally {
    server.close()
  }
})

it('a server behind ::ffff:127.0.0.1 is an IPv4 server', () => {
  expect(reachOf({ family: 'inet6', host: '::ffff:127.0.0.1' }, interfaces).filter((r) => r.reaches).map((r) => r.address.address)).toEqual(['127.0.0.1'])
})
