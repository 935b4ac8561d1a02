import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bitsOf, broadcastOf, classify, classifyText, contains, formatAddress, formatEndpoint, formatIPv4, formatIPv6, hostCount, mapIPv4, mappedIPv4,
  maskToPrefix, networkOf, parseAddress, parseIPv4, parseIPv6, prefixToMask, scopeIdOf,
} from '../../../src/shared/net/address'

const v4Bytes = fc.uint8Array({ minLength: 4, maxLength: 4 })
// zeros often, so that runs of zero groups come up
const v6Bytes = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })
  .map((groups) => Uint8Array.from(groups.flatMap((g) => [g >> 8, g & 0xff])))

describe('reading', () => {
  it.each(['0.0.0.0', '127.0.0.1', '255.255.255.255', '192.168.1.20'])('takes %s', (text) => {
    expect(formatIPv4(parseIPv4(text)!)).toBe(text)
  })
  it.each(['', '1.2.3', '1.2.3.4.5', '127.1', '010.0.0.1', '256.1.1.1', '1.2.3.-4', ' 1.2.3.4', '1.2.3.4 ', '0x7f.0.0.1', '1..2.3', '１.2.3.4'])(
    'refuses %j as IPv4', (text) => expect(parseIPv4(text)).toBeUndefined())
  it.each([
    ['::', '::'], ['::1', '::1'], ['1::', '1::'], ['FE80::1', 'fe80::1'], ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], ['1:0:0:2:0:0:0:3', '1:0:0:2::3'], ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::FFFF:C000:0201', '::ffff:192.0.2.1'], ['64:ff9b::1.2.3.4', '64:ff9b::102:304'], ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['0001:0:0:0:0:0:0:0', '1::'], ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
  ])('writes %s as %s (RFC 5952)', (text, canonical) => expect(formatIPv6(parseIPv6(text)!.bytes)).toBe(canonical))
  it.each(['', ':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '12345::', 'g::', '1:2', '::1.2.3', '1.2.3.4::',
    '::1.2.3.4:1', ':1::', '1::2:', '::%', '[::1]'])('refuses %j as IPv6', (text) => expect(parseIPv6(text)).toBeUndefined())
  it('reads a zone, by name or number', () => {
    expect(parseAddress('fe80::1%eth0')).toMatchObject({ family: 'inet6', zone: 'eth0' })
    expect(formatAddress(parseAddress('FE80::0:1%3')!)).toBe('fe80::1%3')
    for (const text of ['fe80::1%', 'fe80::1%a%b', '127.0.0.1%lo', '%lo', 'fe80::1% x']) expect(parseAddress(text)).toBeUndefined()
  })
  it('finds the scope id of a zone', () => {
    const interfaces = [{ name: 'lo', index: 1 }, { name: '7', index: 4 }]
    expect(scopeIdOf('lo', interfaces)).toBe(1)
    expect(scopeIdOf('7', interfaces)).toBe(4)
    expect(scopeIdOf('9', interfaces)).toBe(9)
    expect(scopeIdOf('eth9', interfaces)).toBeUndefined()
    expect(scopeIdOf('4294967296', interfaces)).toBeUndefined()
  })
  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcdef.:%/x '), maxLength: 50 }), (text) => {
      const a = parseAddress(text)
      if (a) expect(parseAddress(formatAddress(a))).toEqual(a)
    }))
  })
})

it('round-trips every address', () => {
  fc.assert(fc.property(v4Bytes, (bytes) => {
    expect(parseIPv4(formatIPv4(bytes))).toEqual(bytes)
    expect(mappedIPv4(mapIPv4(bytes))).toEqual(bytes)
  }))
  fc.assert(fc.property(v6Bytes, (bytes) => {
    expect(parseIPv6(formatIPv6(bytes))?.bytes).toEqual(bytes)
  }))
})

it.each([
  ['127.0.0.1', 'loopback'], ['127.255.0.9', 'loopback'], ['::1', 'loopback'], ['::ffff:127.0.0.1', 'loopback'],
  ['0.0.0.0', 'unspecified'], ['::', 'unspecified'], ['0.1.2.3', 'unspecified'],
  ['169.254.7.7', 'link-local'], ['fe80::1%eth0', 'link-local'], ['febf::1', 'link-local'], ['fec0::1', 'reserved'],
  ['10.0.0.1', 'private'], ['172.16.0.1', 'private'], ['172.31.255.255', 'private'], ['172.32.0.0', 'global'], ['192.168.0.1', 'private'],
  ['::ffff:192.168.0.1', 'private'], ['fc00::1', 'unique-local'], ['fdff::1', 'unique-local'],
  ['100.64.0.1', 'shared'], ['100.127.255.255', 'shared'], ['100.128.0.0', 'global'],
  ['192.0.2.1', 'documentation'], ['198.51.100.1', 'documentation'], ['203.0.113.1', 'documentation'], ['2001:db8::1', 'documentation'],
  ['3fff::1', 'documentation'], ['8.8.8.8', 'global'], ['2606:4700::1111', 'global'], ['64:ff9b::7f00:1', 'global'],
  ['224.0.0.1', 'multicast'], ['239.255.255.255', 'multicast'], ['ff02::1', 'multicast'],
  ['255.255.255.255', 'broadcast'], ['240.0.0.1', 'reserved'], ['198.18.0.1', 'reserved'], ['4000::1', 'reserved'],
])('%s is %s', (text, scope) => expect(classifyText(text)).toBe(scope))

describe('masks', () => {
  it('works the example of every lecture', () => {
    const a = parseIPv4('192.168.10.77')!
    expect(formatIPv4(prefixToMask(26, 32))).toBe('255.255.255.192')
    expect(formatIPv4(networkOf(a, 26))).toBe('192.168.10.64')
    expect(formatIPv4(broadcastOf(a, 26)!)).toBe('192.168.10.127')
    expect(hostCount(26, 32)).toBe(62n)
    expect(bitsOf(prefixToMask(26, 32))).toEqual(['11111111', '11111111', '11111111', '11000000'])
    expect(formatIPv6(networkOf(parseIPv6('2001:db8:1:2:3::4')!.bytes, 64))).toBe('2001:db8:1:2::')
  })
  it('has no broadcast where there is none', () => {
    expect(broadcastOf(parseIPv4('10.0.0.0')!, 31)).toBeUndefined()
    expect(broadcastOf(parseIPv4('10.0.0.0')!, 32)).toBeUndefined()
    expect(broadcastOf(parseIPv6('fe80::')!.bytes, 64)).toBeUndefined()
    expect([hostCount(31, 32), hostCount(32, 32), hostCount(0, 128)]).toEqual([2n, 1n, 1n << 128n])
  })
  it('turns prefixes into masks and back, and refuses holes', () => {
    for (let p = 0; p <= 32; p++) expect(maskToPrefix(prefixToMask(p, 32))).toBe(p)
    for (let p = 0; p <= 128; p++) expect(maskToPrefix(prefixToMask(p, 128))).toBe(p)
    for (const text of ['255.0.255.0', '0.0.0.1', '255.255.255.253', '128.255.0.0']) expect(maskToPrefix(parseIPv4(text)!)).toBeUndefined()
    expect(() => prefixToMask(33, 32)).toThrow(RangeError)
  })
  it('keeps families apart', () => expect(contains(parseIPv4('0.0.0.0')!, 0, parseIPv6('::')!.bytes)).toBe(false))
})

it('writes endpoints', () => {
  expect(formatEndpoint({ family: 'inet', host: '1.2.3.4', port: 80 })).toBe('1.2.3.4:80')
  expect(formatEndpoint({ family: 'inet6', host: 'fe80::1', port: 80, scope: 2 })).toBe('[fe80::1%2]:80')
  expect(formatEndpoint({ family: 'unix', path: '/tmp/x' })).toBe('/tmp/x')
})

it('agrees with python3 ipaddress on generated cases', () => {
  const addresses = [...fc.sample(v4Bytes, { numRuns: 400, seed: 1 }), ...fc.sample(v6Bytes, { numRuns: 400, seed: 2 })]
  const prefixes = fc.sample(fc.nat(128), { numRuns: 800, seed: 3 })
  const cases = addresses.map((bytes, i) => {
    const bits = bytes.length === 4 ? 32 : 128
    const prefix = prefixes[i]! % (bits + 1)
    return { text: bits === 32 ? formatIPv4(bytes) : formatIPv6(bytes), prefix, bits }
  })
  const texts = fc.sample(fc.string({ unit: fc.constantFrom(...'0123456789abf.::1'), minLength: 1, maxLength: 24 }), { numRuns: 2000, seed: 4 })
  const python = spawnSync('python3', ['-c', `
import sys, json, ipaddress as ip
data = json.load(sys.stdin)
def facts(c):
    n = ip.ip_network(f"{c['text']}/{c['prefix']}", strict=False)
    a = ip.ip_address(c['text'])
    return {'packed': a.packed.hex(), 'network': n.network_address.packed.hex(), 'last': n.broadcast_address.packed.hex(), 'mask': n.netmask.packed.hex(),
            'count': str(n.num_addresses), 'loopback': a.is_loopback, 'link': a.is_link_local, 'multicast': a.is_multicast, 'zero': a.is_unspecified}
def valid(t):
    try: return ip.ip_address(t).packed.hex()
    except ValueError: return None
json.dump({'facts': [facts(c) for c in data['cases']], 'valid': [valid(t) for t in data['texts']]}, sys.stdout)
`], { input: JSON.stringify({ cases, texts }), encoding: 'utf8', maxBuffer: 1 << 26 })
  expect(python.status, python.stderr).toBe(0)
  const answer = JSON.parse(python.stdout) as { facts: Record<string, unknown>[]; valid: (string | null)[] }
  const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex')
  for (const [i, c] of cases.entries()) {
    const bytes = addresses[i]!
    const scope = mappedIPv4(bytes) ? undefined : classify(bytes)
    const mine = {
      packed: hex(parseAddress(c.text)!.bytes),
      network: hex(networkOf(bytes, c.prefix)),
      mask: hex(prefixToMask(c.prefix, c.bits as 32 | 128)),
      count: String(1n << BigInt(c.bits - c.prefix)),
    }
    expect(answer.facts[i], c.text).toMatchObject(mine)
    if (scope) {
      expect(answer.facts[i], c.text).toMatchObject({ loopback: scope === 'loopback', link: scope === 'link-local', multicast: scope === 'multicast' })
    }
    const broadcast = broadcastOf(bytes, c.prefix)
    if (broadcast) expect(hex(broadcast)).toBe(answer.facts[i]!.last)
  }
  // python accepts any number of leading zeros nowhere, as we do; the texts are without zones
  for (const [i, text] of texts.entries()) expect(hex(parseAddress(text)?.bytes) ?? null, text).toBe(answer.valid[i])
})
