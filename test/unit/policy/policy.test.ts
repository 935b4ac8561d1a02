import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/engine/policy/limits'
import { checkAccept, checkBind, checkConnect, checkSendto, hears, staysHere } from '../../../src/engine/policy/policy'
import { formatIPv4, mapIPv4, formatIPv6, parseAddress } from '../../../src/shared/net/address'
import type { NetInterface, Scope } from '../../../src/shared/contract/contract'
import type { SockAddr } from '../../../src/shared/trace/events'

const machine: NetInterface[] = [
  { name: 'lo', index: 1, up: true, loopback: true, addresses: [{ family: 'inet', address: '127.0.0.1', prefix: 8, scope: 'loopback' }] },
  { name: 'eth0', index: 2, up: true, loopback: false, addresses: [
    { family: 'inet', address: '192.168.1.7', prefix: 24, scope: 'private' }, { family: 'inet', address: '198.51.100.2', prefix: 24, scope: 'documentation' },
    { family: 'inet', address: '100.64.3.4', prefix: 16, scope: 'shared' }, { family: 'inet', address: '203.0.112.9', prefix: 24, scope: 'global' }] },
]
const at = (host: string, port = 9999): SockAddr => host.includes(':') ? { family: 'inet6', host, port } : { family: 'inet', host, port }
type Check = typeof checkBind
const verdict = (check: Check, scope: Scope, host: string): string => {
  const r = check(scope, at(host), machine)
  return r.ok ? 'ok' : r.error.code === 'POLICY' ? String(r.error.detail!.reason) : r.error.code
}

/** host, then what bind, connect and accept answer in scope computer, then the same three in scope lab */
const OK = 'ok'
const OUT = 'outside-computer'
const PUBLIC = 'public'
const TABLE: [host: string, ...verdicts: string[]][] = [
  // host                 computer: bind connect accept     lab: bind connect accept
  ['127.0.0.1', OK, OK, OK, OK, OK, OK],
  ['127.8.8.8', OK, OK, OK, OK, OK, OK],
  ['::1', OK, OK, OK, OK, OK, OK],
  ['::ffff:127.0.0.1', OK, OK, OK, OK, OK, OK],
  ['0.0.0.0', OK, OK, OUT, OK, OK, PUBLIC],
  ['::', OK, OK, OUT, OK, OK, PUBLIC],
  ['0.0.0.1', OUT, OUT, OUT, OK, PUBLIC, PUBLIC],
  ['192.168.1.7', OUT, OUT, OUT, OK, OK, OK],
  ['192.168.1.99', OUT, OUT, OUT, OK, OK, OK],
  ['::ffff:192.168.1.99', OUT, OUT, OUT, OK, OK, OK],
  ['10.200.0.1', OUT, OUT, OUT, OK, OK, OK],
  ['169.254.9.9', OUT, OUT, OUT, OK, OK, OK],
  ['fe80::1', OUT, OUT, OUT, OK, OK, OK],
  ['fd00::1', OUT, OUT, OUT, OK, OK, OK],
  ['255.255.255.255', OUT, OUT, OUT, OK, OK, OK],
  ['192.168.1.255', OUT, OUT, OUT, OK, OK, OK],
  ['224.0.0.251', OK, OUT, OUT, OK, OK, OK],
  ['ff02::1', OK, OUT, OUT, OK, OK, OK],
  // a network that this machine stands in, and one that it does not
  ['198.51.100.77', OUT, OUT, OUT, OK, OK, OK],
  ['203.0.113.77', OUT, OUT, OUT, OK, PUBLIC, PUBLIC],
  ['100.64.9.9', OUT, OUT, OUT, OK, OK, OK],
  ['100.99.9.9', OUT, OUT, OUT, OK, PUBLIC, PUBLIC],
  // public, even where this machine stands in it
  ['8.8.8.8', OUT, PUBLIC, PUBLIC, OK, PUBLIC, PUBLIC],
  ['203.0.112.10', OUT, PUBLIC, PUBLIC, OK, PUBLIC, PUBLIC],
  ['::ffff:8.8.8.8', OUT, PUBLIC, PUBLIC, OK, PUBLIC, PUBLIC],
  ['64:ff9b::7f00:1', OUT, PUBLIC, PUBLIC, OK, PUBLIC, PUBLIC],
  ['2606:4700::1111', OUT, PUBLIC, PUBLIC, OK, PUBLIC, PUBLIC],
  // no addresses at all
  ['localhost', 'INVALID', 'INVALID', 'INVALID', 'INVALID', 'INVALID', 'INVALID'],
  ['127.1', 'INVALID', 'INVALID', 'INVALID', 'INVALID', 'INVALID', 'INVALID'],
]

it.each(TABLE)('%s', (host, ...expected) => {
  const answers = (['computer', 'lab'] as const).flatMap((scope) => [checkBind, checkConnect, checkAccept].map((check) => verdict(check, scope, host)))
  expect(answers).toEqual(expected)
  for (const scope of ['computer', 'lab'] as const) {
    expect(verdict(checkSendto, scope, host)).toBe(staysHere(scope, at(host)) ? OK : verdict(checkConnect, scope, host))
  }
})

describe('a group in scope computer', () => {
  it.each(['224.0.0.251', '239.255.255.250', 'ff02::1', 'ff11::7', 'FF12::5057'])('%s may be sent to, and stays here', (host) => {
    expect(verdict(checkSendto, 'computer', host)).toBe(OK)
    expect(staysHere('computer', at(host))).toBe(true)
    expect(staysHere('lab', at(host))).toBe(false)
    // a connected socket sends without asking again
    expect(verdict(checkConnect, 'computer', host)).toBe(OUT)
  })
  it.each(['127.0.0.1', '::1', '192.168.1.255', '255.255.255.255', '::ffff:224.0.0.1', '8.8.8.8', 'nonsense'])('%s is none', (host) => {
    expect(staysHere('computer', at(host))).toBe(false)
  })
  it('is heard from this machine itself and from nobody else', () => {
    const group = parseAddress('239.1.2.3')!.bytes
    expect(hears('computer', at('192.168.1.7'), group, machine)).toBe(true)
    expect(hears('computer', at('192.168.1.99'), group, machine)).toBe(false)
    expect(hears('computer', at('8.8.8.8'), group, machine)).toBe(false)
    expect(hears('computer', at('::ffff:192.168.1.7'), parseAddress('ff02::1')!.bytes, machine)).toBe(false)
    // what is sent to one machine is no group's
    expect(hears('computer', at('192.168.1.7'), parseAddress('192.168.1.7')!.bytes, machine)).toBe(false)
    expect(hears('lab', at('192.168.1.7'), group, machine)).toBe(false)
  })
})

it('leaves Unix sockets to their files', () => {
  for (const check of [checkBind, checkConnect, checkSendto, checkAccept]) expect(check('computer', { family: 'unix', path: '/tmp/s' }, machine)).toEqual({ ok: true, value: null })
})

it('says what to do', () => {
  const r = checkConnect('computer', at('192.168.1.9', 80), machine)
  expect(r).toMatchObject({ ok: false, error: { code: 'POLICY', detail: { address: '192.168.1.9', port: 80, scope: 'computer', class: 'private' } } })
  if (!r.ok) expect(r.error.message).toContain('127.0.0.1')
})

describe('whatever the address', () => {
  const v4 = fc.uint8Array({ minLength: 4, maxLength: 4 })
  it('a mapped address is judged as its IPv4 address', () => {
    fc.assert(fc.property(v4, fc.constantFrom<Scope>('computer', 'lab'), fc.constantFrom<Check>(checkBind, checkConnect, checkAccept), (bytes, scope, check) => {
      expect(verdict(check, scope, formatIPv6(mapIPv4(bytes)))).toBe(verdict(check, scope, formatIPv4(bytes)))
    }))
  })
  it('no peer but loopback and the wildcard passes in scope computer', () => {
    fc.assert(fc.property(fc.oneof(v4, fc.uint8Array({ minLength: 16, maxLength: 16 })), (bytes) => {
      const host = bytes.length === 4 ? formatIPv4(bytes) : formatIPv6(bytes)
      if (verdict(checkConnect, 'computer', host) === 'ok') expect(bytes[0] === 127 || bytes.every((b) => b === 0)).toBe(true)
    }))
  })
})

it('has room for what the bench asks', () => {
  expect(LIMITS.sockets).toBeGreaterThanOrEqual(20_002)
  expect(LIMITS.threads).toBeGreaterThanOrEqual(10_001)
  expect(Object.values(LIMITS).every((n) => Number.isSafeInteger(n) && n > 0)).toBe(true)
})
