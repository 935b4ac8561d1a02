import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { groupMac, macBits, needsInterface, parseGroup, type GroupFacts } from '../../../src/shared/net/groups'

function group(text: string): GroupFacts {
  const parsed = parseGroup(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.code}`)
  return parsed.value
}

describe('what an address says', () => {
  it.each([
    ['224.0.0.1', 'local-control', 'link', 'all-hosts'],
    ['224.0.0.251', 'local-control', 'link', 'mdns'],
    ['224.0.0.255', 'local-control', 'link', undefined],
    ['224.0.1.1', 'internetwork', 'routed', 'ntp'],
    ['224.0.2.0', 'ad-hoc', 'routed', undefined],
    ['224.2.127.254', 'sdp', 'routed', undefined],
    ['224.4.255.255', 'ad-hoc', 'routed', undefined],
    ['225.1.2.3', 'other', 'routed', undefined],
    ['232.1.1.1', 'ssm', 'routed', undefined],
    ['233.1.1.1', 'glop', 'routed', undefined],
    ['233.252.0.1', 'ad-hoc', 'routed', undefined],
    ['234.1.1.1', 'unicast-prefix', 'routed', undefined],
    ['239.1.2.3', 'admin-scoped', 'admin', undefined],
    ['239.192.0.1', 'organization-scoped', 'organization', undefined],
    ['239.195.255.255', 'organization-scoped', 'organization', undefined],
    ['239.196.0.0', 'admin-scoped', 'admin', undefined],
    ['239.255.255.250', 'site-scoped', 'site', 'ssdp'],
  ])('%s is %s, reach %s', (text, range, reach, known) => {
    const facts = group(text)
    expect([facts.range, facts.reach, facts.known]).toEqual([range, reach, known])
    expect(facts.scope).toBeUndefined()
  })

  it.each([
    ['ff02::1', 'permanent', 'link', 2, 0, 'all-hosts'],
    ['FF02:0:0::FB', 'permanent', 'link', 2, 0, 'mdns'],
    ['ff01::1', 'permanent', 'interface', 1, 0, 'all-hosts'],
    ['ff12::1234', 'transient', 'link', 2, 1, undefined],
    ['ff13::1', 'transient', 'realm', 3, 1, undefined],
    ['ff14::1', 'transient', 'admin', 4, 1, undefined],
    ['ff15::1', 'transient', 'site', 5, 1, undefined],
    ['ff16::1', 'transient', 'unassigned', 6, 1, undefined],
    ['ff18::1', 'transient', 'organization', 8, 1, undefined],
    ['ff1e::1', 'transient', 'global', 14, 1, undefined],
    ['ff3e:40:2001:db8::1', 'prefix-based', 'global', 14, 3, undefined],
    ['ff10::1', 'transient', 'reserved', 0, 1, undefined],
    ['ff1f::1', 'transient', 'reserved', 15, 1, undefined],
  ])('%s is %s, reach %s', (text, range, reach, scope, flags, known) => {
    const facts = group(text)
    expect([facts.range, facts.reach, facts.scope, facts.flags, facts.known]).toEqual([range, reach, scope, flags, known])
  })

  it('keeps the zone apart from the address', () => {
    expect(group('ff12::9%eth0')).toMatchObject({ text: 'ff12::9', zone: 'eth0' })
    expect(group(' ff12::9 ').zone).toBeUndefined()
  })

  it.each(['ff02::1', 'ff12::1', 'ff11::1'])('%s needs an interface', (text) => expect(needsInterface(group(text))).toBe(true))
  it.each(['ff15::1', 'ff1e::1', '224.0.0.1', '239.1.1.1'])('%s does not', (text) => expect(needsInterface(group(text))).toBe(false))

  it.each([
    ['', 'not-address'], ['chat', 'not-address'], ['239.1.2', 'not-address'], ['ff12::1::2', 'not-address'],
    ['127.0.0.1', 'not-group'], ['223.255.255.255', 'not-group'], ['240.0.0.0', 'not-group'], ['255.255.255.255', 'not-group'], ['::1', 'not-group'],
    ['fe80::1', 'not-group'], ['::ffff:224.0.0.1', 'not-group'],
  ])('%j is none: %s', (text, code) => {
    const parsed = parseGroup(text)
    expect(parsed.ok).toBe(false)
    if (!parsed.ok) expect(parsed.error.code).toBe(code)
  })
  it('says what it is instead', () => {
    expect(parseGroup('192.168.1.1')).toMatchObject({ error: { code: 'not-group', kind: 'private' } })
    expect(parseGroup('fe80::1')).toMatchObject({ error: { code: 'not-group', kind: 'link-local' } })
  })
})

describe('the Ethernet address', () => {
  it.each([
    ['224.0.0.1', '01:00:5e:00:00:01'],
    // RFC 1112, section 6.4: the first nine bits are not in it
    ['224.128.64.32', '01:00:5e:00:40:20'],
    ['239.0.64.32', '01:00:5e:00:40:20'],
    ['239.255.255.250', '01:00:5e:7f:ff:fa'],
    ['ff02::1', '33:33:00:00:00:01'],
    // RFC 2464, section 7
    ['ff02::1:ff12:3456', '33:33:ff:12:34:56'],
    ['ff1e:1:2:3:4:5:abcd:ef01', '33:33:ab:cd:ef:01'],
  ])('%s becomes %s', (text, mac) => {
    expect(group(text).mac).toBe(mac)
    expect(groupMac(group(text).bytes)).toBe(mac)
  })
  it('keeps some of the bits only', () => {
    expect([macBits('inet'), macBits('inet6')]).toEqual([{ kept: 23, of: 28 }, { kept: 32, of: 112 }])
  })
})

it('agrees with Python about what a group is', () => {
  const texts = ['223.255.255.255', '224.0.0.0', '239.255.255.255', '240.0.0.0', '127.0.0.1', 'ff00::', 'feff::', 'ff1e::1', '::1', 'fe80::1']
  const script = 'import ipaddress, sys\nfor a in sys.argv[1:]: print(int(ipaddress.ip_address(a).is_multicast))'
  const python = execFileSync('python3', ['-c', script, ...texts], { encoding: 'utf8' }).trim().split('\n').map((line) => line === '1')
  expect(texts.map((text) => parseGroup(text).ok)).toEqual(python)
})
