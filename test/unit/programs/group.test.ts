import { describe, expect, it } from 'vitest'
import { chooseGroup } from '../../../src/engine/programs/group'
import type { NetInterface } from '../../../src/shared/contract/contract'

const lo: NetInterface = { name: 'lo', index: 1, up: true, loopback: true, addresses: [{ family: 'inet', address: '127.0.0.1', prefix: 8, scope: 'loopback' }] }
const down: NetInterface = { name: 'eth0', index: 2, up: true, running: false, loopback: false, addresses: [{ family: 'inet', address: '10.0.0.1', prefix: 8, scope: 'private' }] }
const wifi: NetInterface = { name: 'wlan0', index: 3, up: true, loopback: false, addresses: [{ family: 'inet6', address: 'fe80::1', prefix: 64, scope: 'link-local' }] }
/** as Node tells it where nothing says the index */
const nameless: NetInterface = { name: 'en0', index: 0, up: true, loopback: false, addresses: [] }
const all = [lo, down, wifi, nameless]

describe('which group on which interface', () => {
  it.each([
    ['inet6', '', '', { group: 'ff12::5057', index: 3, interface: 'wlan0' }],
    // no cable in eth0: the loopback is left
    ['inet', '', '', { group: '239.255.80.87', index: 1, interface: 'lo' }],
    ['inet6', 'FF02:0::1', 'eth0', { group: 'ff02::1', index: 2, interface: 'eth0' }],
    ['inet6', 'ff02::1%wlan0', '', { group: 'ff02::1', index: 3, interface: 'wlan0' }],
    ['inet6', 'ff02::1%3', '', { group: 'ff02::1', index: 3, interface: 'wlan0' }],
    ['inet', ' 224.1.1.1 ', '2', { group: '224.1.1.1', index: 2, interface: 'eth0' }],
    ['inet', '224.1.1.1', 'en0', { group: '224.1.1.1', index: 0, interface: 'en0' }],
  ] as const)('%s %j on %j', (family, group, on, chosen) => {
    expect(chooseGroup(family, group, on, all)).toEqual({ ok: true, value: { family, ...chosen } })
  })
  it('where no interface can, the kernel chooses', () => {
    expect(chooseGroup('inet6', '', '', [lo])).toMatchObject({ ok: true, value: { index: 0, interface: '' } })
  })
  it.each([
    ['inet', '10.0.0.1', '', 'group'], ['inet', 'chat', '', 'group'], ['inet', 'ff02::1', '', 'group'], ['inet6', '239.1.1.1', '', 'group'],
    ['inet6', '::ffff:224.0.0.1', '', 'group'], ['inet', '', 'eth9', 'interface'], ['inet', '', '9', 'interface'], ['inet', '', '0', 'interface'],
    ['inet6', 'ff02::1%eth9', '', 'interface'],
  ] as const)('%s %j on %j is refused: %s', (family, group, on, field) => {
    expect(chooseGroup(family, group, on, all)).toMatchObject({ ok: false, error: { code: 'INVALID', field } })
  })
})
