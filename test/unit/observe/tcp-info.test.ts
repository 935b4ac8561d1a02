import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { bytesInQueues, parseTcpInfo, TCP_INFO_BYTES } from '../../../src/engine/kernel/platform/tcp-info-linux'

/** A struct with distinct values at the offsets of linux/tcp.h. */
function golden(state: number): Uint8Array {
  const bytes = new Uint8Array(TCP_INFO_BYTES)
  const view = new DataView(bytes.buffer)
  bytes[0] = state
  bytes[2] = 3
  for (const [offset, value] of [[16, 1448], [24, 5], [28, 9], [68, 90], [72, 52], [80, 10], [100, 7], [136, 4], [140, 6], [152, 2], [156, 8]] as const) {
    view.setUint32(offset, value, true)
  }
  view.setBigUint64(120, 5_000_000_000n, true)
  view.setBigUint64(128, 6_000_000_001n, true)
  return bytes
}

it('reads a connection', () => expect(parseTcpInfo(golden(1))).toEqual({
  state: 'ESTABLISHED', backoff: 3, mss: 1448, rtt: 90, rttvar: 52, cwnd: 10, retrans: 7, bytesAcked: 5_000_000_000, bytesReceived: 6_000_000_001,
  segsOut: 4, segsIn: 6, dataSegsIn: 2, dataSegsOut: 8,
}))

it('reads the accept queue of a listening socket', () => expect(parseTcpInfo(golden(10))).toEqual({ state: 'LISTEN', recvq: 5, sendq: 9 }))

it('reads inside a larger buffer', () => {
  const bytes = new Uint8Array(300)
  bytes.set(golden(8).subarray(0, 200), 100)
  expect(parseTcpInfo(bytes, 100, 200)).toEqual(parseTcpInfo(golden(8)))
})

it('leaves out what an older kernel does not tell', () => {
  const bytes = golden(1)
  expect(parseTcpInfo(bytes, 0, 0)).toEqual({ state: 'CLOSED' })
  expect(parseTcpInfo(bytes, 0, 1)).toEqual({ state: 'ESTABLISHED' })
  expect(Object.keys(parseTcpInfo(bytes, 0, 104))).toEqual(['state', 'backoff', 'mss', 'rtt', 'rttvar', 'cwnd', 'retrans'])
  expect(parseTcpInfo(bytes, 0, 144)).not.toHaveProperty('dataSegsIn')
  for (let n = 0; n <= bytes.length; n++) expect(Object.values(parseTcpInfo(bytes.slice(0, n))).every((v) => v !== undefined && !Number.isNaN(v))).toBe(true)
})

it('does not show a round trip that was never measured', () => {
  const bytes = golden(2)
  new DataView(bytes.buffer).setUint32(68, 0, true)
  expect(parseTcpInfo(bytes)).not.toHaveProperty('rtt')
})

it('counts bytes, not SYN and FIN', () => {
  expect(bytesInQueues('SYN_SENT', 0, 1)).toEqual({ recvq: 0, sendq: 0 })
  expect(bytesInQueues('ESTABLISHED', 4, 5)).toEqual({ recvq: 4, sendq: 5 })
  expect(bytesInQueues('FIN_WAIT_1', 4, 5)).toEqual({ recvq: 4, sendq: 4 })
  expect(bytesInQueues('CLOSE_WAIT', 1, 5)).toEqual({ recvq: 0, sendq: 5 })
  expect(bytesInQueues('CLOSE_WAIT', 0, 0)).toEqual({ recvq: 0, sendq: 0 })
  expect(bytesInQueues('CLOSING', 3, 3)).toEqual({ recvq: 2, sendq: 2 })
})

it.runIf(process.platform === 'linux')('reads the struct that this kernel fills', () => {
  const python = spawnSync('python3', ['-c', `
import socket, sys
s = socket.create_server(('127.0.0.1', 0), backlog=6)
c = socket.create_connection(s.getsockname())
p = s.accept()[0]
c.sendall(b'x' * 1000)
p.recv(1000, socket.MSG_WAITALL)
for sock in (c, p, s):
    print(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, ${TCP_INFO_BYTES}).hex())
`], { encoding: 'utf8' })
  const [client, peer, server] = python.stdout.trim().split('\n').map((hex) => parseTcpInfo(Uint8Array.from(Buffer.from(hex, 'hex'))))
  expect(client).toMatchObject({ state: 'ESTABLISHED', bytesReceived: 0, dataSegsOut: 1, retrans: 0 })
  expect(peer).toMatchObject({ state: 'ESTABLISHED', bytesReceived: 1000, dataSegsIn: 1, dataSegsOut: 0 })
  expect(server).toEqual({ state: 'LISTEN', recvq: 0, sendq: 6 })
})
