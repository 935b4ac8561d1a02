import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { darwin, DARWIN_TCP_STATES, parseConnectionInfo, TCP_CONNECTION_INFO_BYTES } from '../../../src/engine/kernel/platform/darwin'
import { linux } from '../../../src/engine/kernel/platform/linux'
import { parseWindowsTcpInfo, win32, WINDOWS_TCP_INFO_BYTES, WINDOWS_TCP_STATES } from '../../../src/engine/kernel/platform/win32'
import { KEVENT, readyIn, watchChanges } from '../../../src/engine/kernel/readiness-kqueue'
import { WSAPOLLFD } from '../../../src/engine/kernel/readiness-wsapoll'
import { decodeSockAddr, encodeSockAddr, SOCKADDR_STORAGE } from '../../../src/engine/kernel/sockaddr'
import type { SockAddr } from '../../../src/shared/trace/events'

const tables = [linux, darwin, win32]

/** What every program of the lab uses, on every platform. */
const COMMON = ['SO_REUSEADDR', 'SO_KEEPALIVE', 'SO_LINGER', 'SO_SNDBUF', 'SO_RCVBUF', 'SO_RCVTIMEO', 'SO_SNDTIMEO', 'SO_BROADCAST', 'SO_ERROR', 'SO_TYPE',
  'SO_ACCEPTCONN', 'TCP_NODELAY', 'TCP_MAXSEG', 'TCP_KEEPIDLE', 'TCP_KEEPINTVL', 'TCP_KEEPCNT', 'IPV6_V6ONLY', 'IP_TTL', 'IP_TOS', 'IP_MULTICAST_TTL',
  'IP_MULTICAST_LOOP', 'IPV6_UNICAST_HOPS', 'IPV6_MULTICAST_IF', 'IPV6_MULTICAST_HOPS', 'IPV6_MULTICAST_LOOP']

describe.each(tables)('$name', (table) => {
  it('has the options that programs use', () => expect(COMMON.filter((name) => !table.options[name])).toEqual([]))
  it('names no option twice', () => {
    const numbers = Object.entries(table.options).map(([, o]) => `${o.level}/${o.option}`)
    expect(new Set(numbers).size).toBe(numbers.length)
  })
  it('names the errors that the lab explains', () => {
    const names = new Set(Object.values(table.errno))
    for (const name of ['EAGAIN', 'EINPROGRESS', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'EMFILE', 'EBADF', 'ENETUNREACH',
      'EHOSTUNREACH', 'ENOTCONN', 'EISCONN', 'EINVAL', 'EMSGSIZE']) expect(names, name).toContain(name)
  })
  it.each<SockAddr>([
    { family: 'inet', host: '192.168.1.7', port: 9999 },
    { family: 'inet6', host: 'fe80::1', port: 80, scope: 12 },
    { family: 'inet6', host: '::', port: 0 },
    { family: 'unix', path: '/tmp/s' },
  ])('carries $family addresses', (address) => {
    const bytes = new Uint8Array(SOCKADDR_STORAGE)
    const length = encodeSockAddr(address, table, bytes)
    expect(decodeSockAddr(bytes, length, table)).toEqual(address)
  })
})

it('lays addresses out as each platform has them', () => {
  const bytes = new Uint8Array(SOCKADDR_STORAGE)
  const layout = (table: typeof linux, address: SockAddr) => Buffer.from(bytes.subarray(0, encodeSockAddr(address, table, bytes))).toString('hex')
  const v4: SockAddr = { family: 'inet', host: '1.2.3.4', port: 0x270f }
  expect(layout(linux, v4)).toBe('0200270f010203040000000000000000')
  expect(layout(darwin, v4)).toBe('1002270f010203040000000000000000')
  expect(layout(win32, v4)).toBe('0200270f010203040000000000000000')
  const v6: SockAddr = { family: 'inet6', host: '::1', port: 80, scope: 3 }
  expect(layout(linux, v6)).toBe('0a000050' + '00000000' + '0'.repeat(31) + '1' + '03000000')
  expect(layout(darwin, v6)).toBe('1c1e0050' + '00000000' + '0'.repeat(31) + '1' + '03000000')
  expect(layout(win32, v6)).toBe('17000050' + '00000000' + '0'.repeat(31) + '1' + '03000000')
})

it.runIf(process.platform === 'linux')("Linux's numbers are python3's", () => {
  const python = spawnSync('python3', ['-c', 'import socket, json; print(json.dumps({n: int(v) for n, v in vars(socket).items() if n.isupper() and isinstance(v, int)}))'],
    { encoding: 'utf8' })
  const real = JSON.parse(python.stdout) as Record<string, number>
  const known = Object.entries(linux.options).filter(([name]) => name in real)
  expect(known.length).toBeGreaterThan(25)
  for (const [name, option] of known) expect([name, option.option]).toEqual([name, real[name]])
  expect([linux.AF.inet, linux.AF.inet6, linux.AF.unix, linux.MSG.peek, linux.MSG.dontwait]).toEqual([real.AF_INET, real.AF_INET6, real.AF_UNIX, real.MSG_PEEK, real.MSG_DONTWAIT])
})

describe('macOS', () => {
  const bytes = new Uint8Array(TCP_CONNECTION_INFO_BYTES)
  const view = new DataView(bytes.buffer)
  bytes[0] = 6 // TCPS_FIN_WAIT_1
  for (const [offset, value] of [[16, 1448], [24, 14_480], [32, 777], [44, 12], [48, 3]] as const) view.setUint32(offset, value, true)
  for (const [offset, value] of [[56, 21n], [80, 22n], [88, 5000n], [104, 2n]] as const) view.setBigUint64(offset, value, true)
  it('reads TCP_CONNECTION_INFO', () => {
    expect(parseConnectionInfo(bytes)).toEqual({
      state: 'FIN_WAIT_1', sendq: 777, mss: 1448, cwnd: 10, rtt: 12_000, rttvar: 3000, retrans: 2, segsOut: 21, segsIn: 22, bytesReceived: 5000,
    })
    expect(parseConnectionInfo(bytes.subarray(0, 100))).toBeUndefined()
    const listening = bytes.slice()
    listening[0] = 1
    expect(parseConnectionInfo(listening)).toEqual({ state: 'LISTEN' })
    expect(new Set(Object.values(DARWIN_TCP_STATES)).size).toBe(11)
  })
  it('writes and reads struct kevent', () => {
    const changes = watchChanges(0x1234, true)
    expect(changes.length).toBe(2 * KEVENT.size)
    // ident, filter -1 / -2, EV_ADD | EV_CLEAR
    expect(Buffer.from(changes.subarray(0, 16)).toString('hex')).toBe('3412000000000000' + 'ffff' + '2100' + '00000000')
    expect(Buffer.from(changes.subarray(32, 48)).toString('hex')).toBe('3412000000000000' + 'feff' + '2100' + '00000000')
    expect(Buffer.from(watchChanges(1, false).subarray(8, 12)).toString('hex')).toBe('ffff0200')
    expect([...readyIn(changes, 2)]).toEqual([{ fd: 0x1234, kind: 'read' }, { fd: 0x1234, kind: 'write' }])
    const wake = new Uint8Array(KEVENT.size)
    new DataView(wake.buffer).setInt16(KEVENT.filter, -10, true)
    expect([...readyIn(wake, 1)]).toEqual([])
  })
})

describe('Windows', () => {
  const bytes = new Uint8Array(WINDOWS_TCP_INFO_BYTES)
  const view = new DataView(bytes.buffer)
  for (const [offset, value] of [[0, 4], [4, 1460], [20, 250], [32, 14_600], [44, 65_536]] as const) view.setUint32(offset, value, true)
  view.setBigUint64(56, 4096n, true)
  it('reads TCP_INFO_v0', () => {
    expect(parseWindowsTcpInfo(bytes)).toEqual({ state: 'ESTABLISHED', mss: 1460, cwnd: 10, rtt: 250, bytesReceived: 4096, rcvbuf: 65_536 })
    expect(parseWindowsTcpInfo(bytes.subarray(0, 80))).toBeUndefined()
    const opening = bytes.slice()
    opening[0] = 2
    opening[84] = 3
    new DataView(opening.buffer).setUint32(20, 0xffff_ffff, true)
    expect(parseWindowsTcpInfo(opening)).toEqual({ state: 'SYN_SENT', mss: 1460, cwnd: 10, backoff: 3, bytesReceived: 4096, rcvbuf: 65_536 })
    expect(new Set(Object.values(WINDOWS_TCP_STATES)).size).toBe(11)
  })
  it('has WSAPOLLFD with a pointer-sized socket', () => expect(WSAPOLLFD).toEqual({ size: 16, events: 8, revents: 10, descriptor: 'u64' }))
})
