import { describe, expect, it } from 'vitest'
import type { Membership, NetInterface } from '../../../src/shared/contract/contract'
import { cause, diagnose, type DiagnosisInput, type MemberFacts } from '../../../src/shared/net/group-diagnosis'

const G6 = 'ff12::1234'
const G4 = '239.1.2.3'
const net = (name: string, index: number, more: Partial<NetInterface> = {}): NetInterface => ({
  name, index, up: true, running: true, loopback: false, multicast: true,
  addresses: [
    { family: 'inet', address: `10.0.${index}.1`, prefix: 24, scope: 'private' },
    { family: 'inet6', address: `fe80::${index}`, prefix: 64, scope: 'link-local', scopeId: index },
  ],
  ...more,
})
const lo: NetInterface = { name: 'lo', index: 1, up: true, loopback: true, multicast: false, addresses: [
  { family: 'inet', address: '127.0.0.1', prefix: 8, scope: 'loopback' }, { family: 'inet6', address: '::1', prefix: 128, scope: 'loopback' }] }
const interfaces = [lo, net('eth0', 2), net('wlan0', 3)]
const listed = (group: string, index: number): Membership =>
  ({ family: group.includes(':') ? 'inet6' : 'inet', group, index, interface: interfaces.find((one) => one.index === index)?.name ?? '?', users: 1 })

const member = (more: Partial<MemberFacts> = {}): MemberFacts =>
  ({ family: 'inet6', group: G6, port: 5000, interface: 2, ttl: 1, loopback: true, joined: true, ...more })
const v4 = (more: Partial<MemberFacts> = {}): MemberFacts => member({ family: 'inet', group: G4, ...more })
const input = (more: Partial<DiagnosisInput> = {}): DiagnosisInput =>
  ({ sender: member(), receiver: member(), sameMachine: true, scope: 'lab', interfaces, memberships: [listed(G6, 2), listed(G4, 2), listed(G4, 1)], ...more })

const said = (i: DiagnosisInput): string => {
  const found = cause(diagnose(i))
  return found ? `${found.state} ${found.id}.${found.why}` : 'nothing'
}

describe('why nothing arrives', () => {
  it.each<[string, string, Partial<DiagnosisInput>]>([
    ['nothing here stops it', 'nothing', {}],
    ['the same over IPv4', 'nothing', { sender: v4(), receiver: v4() }],
    ['IPv4 over the loopback', 'nothing', { sender: v4({ interface: 1 }), receiver: v4({ interface: 1 }) }],
    ['the scope, one machine', 'nothing', { scope: 'computer' }],
    ['the scope, two machines', 'bad scope.computer', { scope: 'computer', sameMachine: false }],
    ['no group at all', 'bad group.no', { receiver: member({ group: 'fe80::1' }) }],
    ['the sender has no group', 'bad group.no', { sender: member({ group: '10.0.0.1', family: 'inet' }) }],
    ['the other family', 'bad family.differs', { sender: v4() }],
    ['another group', 'bad same-group.differs', { sender: member({ group: 'ff12::9' }) }],
    ['the same group written otherwise', 'nothing', { sender: member({ group: 'FF12:0::1234' }) }],
    ['another port', 'bad port.differs', { sender: member({ port: 5001 }) }],
    ['not joined', 'bad joined.no', { receiver: member({ joined: false }) }],
    ['loopback off, one machine', 'bad loopback.off', { sender: member({ loopback: false }) }],
    ['loopback off, two machines', 'nothing', { sender: member({ loopback: false }), sameMachine: false }],
    ['TTL 0, one machine', 'nothing', { sender: member({ ttl: 0 }) }],
    ['TTL 0, two machines', 'bad ttl.zero', { sender: member({ ttl: 0 }), sameMachine: false }],
    ['joined on another interface', 'bad same-interface.differs', { sender: member({ interface: 3 }) }],
    ['the sender lets the kernel choose', 'warn same-interface.kernel', { sender: member({ interface: 0 }) }],
    ['the receiver lets the kernel choose', 'warn same-interface.kernel', { receiver: member({ interface: 0 }) }],
    ['both do', 'warn exists.kernel', { sender: member({ interface: 0 }), receiver: member({ interface: 0 }) }],
    ['the send failed', 'bad sent.failed', { sender: member({ failed: 'ENETUNREACH' }) }],
    ['the interface went away', 'bad exists.gone', { sender: undefined, receiver: member({ interface: 9 }) }],
    ['the interface is down', 'bad up.down', { interfaces: [lo, net('eth0', 2, { up: false })] }],
    ['no cable, two machines', 'bad up.noCarrier', { interfaces: [lo, net('eth0', 2, { running: false })], sameMachine: false }],
    ['no cable, one machine', 'warn up.noCarrier', { interfaces: [lo, net('eth0', 2, { running: false })] }],
    ['IPv6 over the loopback', 'bad carries.loopback6', { sender: member({ interface: 1 }), receiver: member({ interface: 1 }), memberships: [listed(G6, 1)] }],
    ['the loopback, two machines', 'bad carries.loopbackOthers', { sender: undefined, receiver: v4({ interface: 1 }), sameMachine: false }],
    ['no address of the family', 'bad carries.noAddress', { interfaces: [lo, net('eth0', 2, { addresses: [net('x', 2).addresses[0]!] })] }],
    ['no multicast flag', 'warn carries.noFlag', { interfaces: [lo, net('eth0', 2, { multicast: false })] }],
    ['the kernel lists it elsewhere', 'bad kernel.elsewhere', { memberships: [listed(G6, 3)] }],
    ['the kernel does not list it', 'bad kernel.missing', { memberships: [] }],
    ['the kernel cannot be asked', 'nothing', { memberships: undefined }],
    ['a sender outside the lab', 'nothing', { sender: undefined, sameMachine: false }],
  ])('%s: %s', (_, expected, more) => {
    expect(said(input(more))).toBe(expected)
  })

  it('never claims to know the firewall', () => {
    for (const sameMachine of [true, false]) {
      expect(diagnose(input({ sameMachine })).at(-1)).toMatchObject({ id: 'firewall', state: 'unknown', why: sameMachine ? 'here' : 'there' })
    }
  })
  it('says what it cannot know of another program', () => {
    const unknown = diagnose(input({ sender: undefined, sameMachine: false })).filter((c) => c.state === 'unknown').map((c) => c.id)
    expect(unknown).toEqual(['same-group', 'ttl', 'firewall'])
  })
  it('names what it speaks of', () => {
    expect(diagnose(input({ sender: member({ interface: 3 }) })).find((c) => c.id === 'same-interface')?.facts).toEqual({ sender: 'wlan0', receiver: 'eth0' })
    expect(diagnose(input({ sender: v4() })).find((c) => c.id === 'family')?.facts).toEqual({ sender: 'IPv4', receiver: 'IPv6' })
  })
})
