import { execFileSync, spawnSync } from 'node:child_process'
import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { listInterfaces, mergeSystemInformation, nodeInterfaces, readInterfaces } from '../../../src/engine/observe/interfaces'
import type { NetInterface } from '../../../src/shared/contract/contract'

const linux = process.platform === 'linux'
const unshare = linux && spawnSync('unshare', ['-rn', 'true']).status === 0
const hasIp = linux && spawnSync('ip', ['-V']).status === 0

describe('this machine', () => {
  it("has what Node's own list has", () => {
    const mine = listInterfaces()
    for (const [name, infos] of Object.entries(networkInterfaces())) {
      const link = mine.find((i) => i.name === name)!
      expect(link, name).toMatchObject({ up: true, loopback: infos![0]!.internal })
      expect(link.addresses.map((a) => `${a.address}/${a.prefix}`).sort()).toEqual(infos!.map((i) => i.cidr).sort())
    }
  })
  it.runIf(hasIp)('is as ip(8) says, down interfaces included', () => {
    interface Row {
      ifindex: number; ifname: string; flags: string[]; mtu: number; address?: string; link_type: string
      addr_info: { family: string; local: string; prefixlen: number; broadcast?: string }[]
    }
    const rows = JSON.parse(execFileSync('ip', ['-j', 'addr'], { encoding: 'utf8' })) as Row[]
    expect(listInterfaces().map(({ name, index, mtu, up, mac, addresses }) => ({
      name, index, mtu, up, mac, addresses: addresses.map((a) => ({ address: a.address, prefix: a.prefix })),
    }))).toEqual(rows.map((row) => ({
      name: row.ifname, index: row.ifindex, mtu: row.mtu, up: row.flags.includes('UP'), mac: row.link_type === 'ether' ? row.address : undefined,
      addresses: row.addr_info.map((a) => ({ address: a.local, prefix: a.prefixlen })),
    })))
  })
  it('is read to the end', async () => expect((await readInterfaces()).some((i) => i.loopback && i.up)).toBe(true))
})

it.runIf(unshare && hasIp)('sees interfaces come, go up, get a carrier and go', () => {
  const run = spawnSync('unshare', ['-rn', process.execPath, '--import', 'tsx', 'test/fixtures/interfaces-in-namespace.ts'], { encoding: 'utf8', timeout: 60_000 })
  expect(run.stderr).toBe('')
  const said = new Map(run.stdout.trim().split('\n').map((line) => {
    const { what, value } = JSON.parse(line) as { what: string; value: NetInterface[] }
    return [what, value] as const
  }))
  expect([...said.keys()]).toEqual(['down', 'up', 'cable', 'unplugged', 'plugged', 'gone'])
  const at = (what: string, name: string) => said.get(what)!.find((i) => i.name === name)
  expect(at('down', 'lab0')).toMatchObject({
    up: false, running: false, loopback: false, mtu: 1400, mac: '02:00:00:00:00:07', addresses: [
      { family: 'inet', address: '10.1.2.3', prefix: 20, netmask: '255.255.240.0', broadcast: '10.1.15.255', scope: 'private' },
      { family: 'inet6', address: '2001:db8::7', prefix: 64, scope: 'documentation' },
    ],
  })
  expect(at('down', 'lo')).toMatchObject({ up: false, loopback: true })
  const lab0 = at('up', 'lab0')!
  expect(lab0).toMatchObject({ up: true, running: true })
  expect(lab0.addresses).toContainEqual({ family: 'inet6', address: 'fe80::ff:fe00:7', prefix: 64, scope: 'link-local', scopeId: lab0.index })
  expect(at('cable', 'cable0')).toMatchObject({ up: false })
  expect(at('unplugged', 'cable0')).toMatchObject({ up: true, running: false })
  expect(at('plugged', 'cable0')).toMatchObject({ up: true, running: true })
}, 90_000)

describe('other platforms', () => {
  const link = nodeInterfaces({
    'Wi-Fi': [
      { address: 'fe80::1:2', netmask: 'ffff:ffff:ffff:ffff::', family: 'IPv6', mac: '0a:0b:0c:0d:0e:0f', internal: false, cidr: 'fe80::1:2/64', scopeid: 12 },
      { address: '192.168.1.7', netmask: '255.255.255.0', family: 'IPv4', mac: '0a:0b:0c:0d:0e:0f', internal: false, cidr: '192.168.1.7/24' },
    ],
  })
  it('works the facts out of what Node tells', () => {
    expect(link).toEqual([{
      name: 'Wi-Fi', index: 12, up: true, loopback: false, mac: '0a:0b:0c:0d:0e:0f', addresses: [
        { family: 'inet6', address: 'fe80::1:2', prefix: 64, scope: 'link-local', scopeId: 12 },
        { family: 'inet', address: '192.168.1.7', prefix: 24, netmask: '255.255.255.0', broadcast: '192.168.1.255', scope: 'private' },
      ],
    }])
  })
  it('adds what systeminformation tells', () => {
    const row = { iface: 'Wi-Fi', mtu: 1500, operstate: 'up', internal: false, mac: '0a:0b:0c:0d:0e:0f' }
    const cable = { iface: 'Ethernet', mtu: null, operstate: 'down', internal: false, mac: '00:11:22:33:44:55' }
    const rows = [row, cable] as unknown as Parameters<typeof mergeSystemInformation>[1]
    const merged = mergeSystemInformation(link, rows)
    expect(merged[0]).toMatchObject({ name: 'Wi-Fi', mtu: 1500, running: true })
    expect(merged[1]).toEqual({ name: 'Ethernet', index: 0, up: false, running: false, loopback: false, mac: '00:11:22:33:44:55', addresses: [] })
  })
})
