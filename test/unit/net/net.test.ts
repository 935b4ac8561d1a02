import { spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { NetInterface } from '../../../src/shared/contract/contract'
import { ERRNO_NAMES, errnoNames, errnoNumber, strerror } from '../../../src/shared/net/errno'
import { portRange, serviceAt } from '../../../src/shared/net/ports'
import { exposure, reachOf } from '../../../src/shared/net/reach'

describe('ports', () => {
  it.each([[0, 'well-known'], [1023, 'well-known'], [1024, 'registered'], [49_151, 'registered'], [49_152, 'dynamic'], [65_535, 'dynamic'],
    [65_536, undefined], [-1, undefined], [1.5, undefined]])('%d is %s', (port, range) => expect(portRange(port)).toBe(range))
  it('knows the services of the courses', () => expect([80, 25, 79, 9999].map(serviceAt)).toEqual(['http', 'smtp', 'finger', undefined]))
})

describe('errno', () => {
  it("has Linux's numbers and texts, as python3 tells them", () => {
    const python = spawnSync('python3', ['-c', 'import errno, os, json; print(json.dumps({n: [v, os.strerror(v)] for n, v in vars(errno).items() if n[0] == \'E\'}))'],
      { encoding: 'utf8' })
    const real = JSON.parse(python.stdout) as Record<string, [number, string]>
    for (const name of ERRNO_NAMES) expect([name, errnoNumber(name, 'linux'), strerror(name)]).toEqual([name, ...real[name]!])
  })
  it("has Winsock's numbers: 10000 and the BSD number", () => {
    // macOS keeps the BSD numbers, so the two columns prove each other; EOPNOTSUPP moved there, and Winsock did not follow
    const bsd = ERRNO_NAMES.filter((n) => (errnoNumber(n, 'win32') ?? 0) >= 10_035 && n !== 'EOPNOTSUPP')
    for (const name of bsd) expect([name, errnoNumber(name, 'win32')! - 10_000]).toEqual([name, errnoNumber(name, 'darwin')])
    expect(bsd.length).toBeGreaterThan(25)
  })
  it('names every number once', () => {
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      const names = Object.values(errnoNames(platform))
      expect(new Set(names).size).toBe(names.length)
      expect(names).toContain('ECONNREFUSED')
    }
    if (process.platform === 'linux') for (const [name, n] of Object.entries(constants.errno)) {
      const mine = errnoNumber(name, 'linux')
      if (mine !== undefined) expect([name, mine]).toEqual([name, n])
    }
    expect(strerror('ENOTHING')).toBeUndefined()
    expect(errnoNumber('EPIPE', 'win32')).toBeUndefined()
  })
})

describe('reach', () => {
  const machine: NetInterface[] = [
    { name: 'lo', index: 1, up: true, loopback: true, addresses: [
      { family: 'inet', address: '127.0.0.1', prefix: 8, scope: 'loopback' }, { family: 'inet6', address: '::1', prefix: 128, scope: 'loopback' }] },
    { name: 'eth0', index: 2, up: true, loopback: false, addresses: [
      { family: 'inet', address: '192.168.1.7', prefix: 24, scope: 'private' }, { family: 'inet6', address: 'fe80::7', prefix: 64, scope: 'link-local', scopeId: 2 },
      { family: 'inet6', address: '2606:4700::7', prefix: 64, scope: 'global' }] },
    { name: 'wlan0', index: 3, up: false, loopback: false, addresses: [{ family: 'inet', address: '10.0.0.7', prefix: 8, scope: 'private' }] },
    { name: 'veth', index: 4, up: true, loopback: false, addresses: [{ family: 'inet6', address: 'fe80::7', prefix: 64, scope: 'link-local', scopeId: 4 }] },
  ]
  const reached = (...args: Parameters<typeof reachOf>) => reachOf(...args).filter((r) => r.reaches).map((r) => `${r.interface} ${r.address.address} ${r.from}`)

  it('0.0.0.0 is every IPv4 address', () => {
    expect(reached({ family: 'inet', host: '0.0.0.0' }, machine)).toEqual(['lo 127.0.0.1 computer', 'eth0 192.168.1.7 lab'])
    expect(exposure({ family: 'inet', host: '0.0.0.0' }, machine)).toBe('lab')
  })
  it(':: is every address, and IPv4 as mapped addresses, unless v6only', () => {
    const dual = reachOf({ family: 'inet6', host: '::', v6only: false }, machine)
    expect(dual.filter((r) => !r.reaches).map((r) => [r.interface, r.why])).toEqual([['wlan0', 'down']])
    expect(dual.find((r) => r.address.address === '192.168.1.7')).toMatchObject({ why: 'dual-stack', seenAs: '::ffff:192.168.1.7' })
    const only = reachOf({ family: 'inet6', host: '::', v6only: true }, machine)
    expect(only.filter((r) => r.why === 'v6only').map((r) => r.address.address)).toEqual(['127.0.0.1', '192.168.1.7'])
    expect(exposure({ family: 'inet6', host: '::' }, machine)).toBe('anywhere')
  })
  it('loopback is this computer only', () => {
    expect(reached({ family: 'inet', host: '127.0.0.1' }, machine)).toEqual(['lo 127.0.0.1 computer'])
    expect(reached({ family: 'inet6', host: '::1' }, machine)).toEqual(['lo ::1 computer'])
    expect(reachOf({ family: 'inet', host: '127.0.0.1' }, machine).map((r) => r.why))
      .toEqual(['exact', 'other-family', 'loopback-only', 'other-family', 'other-family', 'down', 'other-family'])
    expect(exposure({ family: 'inet', host: '127.0.0.1' }, machine)).toBe('computer')
  })
  it('a link-local address is one address per link', () => {
    expect(reached({ family: 'inet6', host: 'fe80::7', scope: 2 }, machine)).toEqual(['eth0 fe80::7 link'])
    expect(reachOf({ family: 'inet6', host: 'fe80::7', scope: 2 }, machine).at(-1)!.why).toBe('other-scope')
  })
  it('a mapped address is its IPv4 address', () => {
    expect(reached({ family: 'inet6', host: '::ffff:192.168.1.7' }, machine)).toEqual(['eth0 192.168.1.7 lab'])
  })
  it('is empty for what is no address', () => {
    expect(reachOf({ family: 'inet', host: 'localhost' }, machine)).toEqual([])
    expect(exposure({ family: 'inet', host: '10.9.9.9' }, machine)).toBeUndefined()
  })
})
