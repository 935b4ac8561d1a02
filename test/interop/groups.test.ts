/** Broadcast and multicast between hosts and on one machine, with python3 on the other side, and what leaves in scope computer. */
import { describe, expect, it } from 'vitest'
import { hosts, type Host } from './lib/hosts'
import type { Peer } from './lib/peer'

/** The course's member: GROUP, PORT, INTERFACE, and what it says (nothing: it listens). Prints 'ready', then what it hears. */
const MEMBER = `
import socket, struct, sys
group, port, on, text = sys.argv[1], int(sys.argv[2]), socket.if_nametoindex(sys.argv[3]), sys.argv[4]
six = ':' in group
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('', port))
if six:
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, group) + struct.pack('@I', on))
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, on)
else:
    mreqn = struct.pack('@4s4si', socket.inet_aton(group), bytes(4), on)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, mreqn)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, mreqn)
print('ready')
if text: s.sendto(text.encode(), (group, port, 0, on) if six else (group, port))
while True:
    print(s.recvfrom(65535)[0].decode())
`
const GROUPS = [['inet6', 'ff12::77:1'], ['inet', '239.255.77.1']] as const
const PORT = 5077

const member = (host: Host, family: string, group: string, ...more: string[]): Peer =>
  host.lab('multicast-member', '--family', family, '--group', group, '--port', String(PORT), '--interface', host.interface, ...more)

describe.each(GROUPS)('multicast, %s', (family, group) => {
  it('between two hosts, with python3 in both directions', async () => {
    const [a, b] = await hosts(2) as [Host, Host]
    const ours = member(a, family, group, '--scope', 'lab', '--name', '안나 🐧')
    await ours.line(/^joined /)
    const python = b.python(MEMBER, group, String(PORT), 'lab0', 'Bob: hello from python')
    await python.line(/^ready$/)
    await ours.line(/ Bob: hello from python$/)
    ours.write('hello from the lab\n')
    await python.line(/^안나 🐧: hello from the lab$/)
    ours.write('こんにちは\n')
    await python.line(/^안나 🐧: こんにちは$/)
    // stopped, it leaves first
    await ours.stop()
    expect(ours.lines.at(-1)).toBe(`left ${group}`)
    expect(a.ip(`maddr show dev lab0`)).not.toContain(group)
  })

  it('three members; loopback off is heard by the others only', async () => {
    const [a, b] = await hosts(2) as [Host, Host]
    const ours = member(a, family, group, '--scope', 'lab', '--name', 'Ann', '--loopback', 'false')
    const same = member(a, family, group, '--scope', 'lab', '--name', 'Same')
    const other = member(b, family, group, '--scope', 'lab', '--name', 'Other')
    for (const one of [ours, same, other]) await one.line(/^joined /)
    ours.write('quiet\n')
    await other.line(/ Ann: quiet$/)
    other.write('loud\n')
    for (const one of [ours, same, other]) await one.line(/ Other: loud$/)
    // what came later has come, so what never comes has not
    expect(same.lines.filter((line) => line.endsWith('Ann: quiet'))).toEqual([])
    expect(ours.lines.filter((line) => line.endsWith('Ann: quiet'))).toEqual([])
  })

  it('a hop limit of 0 stays on its machine', async () => {
    const [a, b] = await hosts(2) as [Host, Host]
    const here = member(a, family, group, '--scope', 'lab')
    const there = member(b, family, group, '--scope', 'lab')
    await Promise.all([here.line(/^joined /), there.line(/^joined /)])
    const near = member(a, family, group, '--scope', 'lab', '--name', 'Near', '--ttl', '0', '--send', 'zero')
    await here.line(/ Near: zero$/)
    const far = member(a, family, group, '--scope', 'lab', '--name', 'Far', '--send', 'one')
    await there.line(/ Far: one$/)
    expect(there.lines.join('\n')).not.toContain('zero')
    await Promise.all([near.finish(), far.finish()])
  })

  it('scope computer: members on one machine hear each other, python too; nothing leaves and nothing foreign is heard', async () => {
    const [a, b] = await hosts(2) as [Host, Host]
    const capture = a.start('tcpdump', ['-i', 'lab0', '-n', '-l', '-Q', 'out', '--immediate-mode', 'udp'])
    await capture.errors(/listening on/)
    const one = member(a, family, group, '--name', 'One')
    const two = member(a, family, group, '--name', 'Two', '--ttl', '5')
    const python = a.python(MEMBER, group, String(PORT), 'lab0', '')
    await Promise.all([one.line(/^joined /), two.line(/^joined /), python.line(/^ready$/)])
    two.write('only here\n')
    for (const peer of [one, two]) await peer.line(/ Two: only here$/)
    await python.line(/^Two: only here$/)
    // another host speaks, then a python on this machine does, which ends the wait
    const foreign = b.python(MEMBER, group, String(PORT), 'lab0', 'Eve: from outside')
    await python.line(/^Eve: from outside$/)
    a.python(MEMBER, group, String(PORT), 'lab0', 'Py: from inside')
    await one.line(/ Py: from inside$/)
    expect([...one.lines, ...two.lines].join('\n')).not.toContain('outside')
    expect(foreign.lines.join('\n')).not.toContain('only here')
    // the python of this machine is no program of the lab: its datagram did leave, and shows that the capture works
    await capture.answered(new RegExp(`${group.replaceAll('.', '\\.')}\\.${PORT}: UDP`))
    await capture.stop()
    expect(capture.lines.filter((line) => line.includes(`.${PORT}: UDP`))).toHaveLength(1)
  })

  it('an interface that goes away while joined is told; what is said then fails clearly', async () => {
    const [a] = await hosts(1) as [Host]
    a.ip('link add gone0 type veth peer name gone1')
    a.ip('link set gone0 up')
    a.ip('link set gone1 up')
    a.ip('addr add 10.88.0.1/24 dev gone0')
    a.ip('addr add fd88::1/64 dev gone0 nodad')
    const one = a.lab('multicast-member', '--family', family, '--group', group, '--port', String(PORT), '--interface', 'gone0', '--scope', 'lab')
    await one.line(/^joined .* on gone0$/)
    a.ip('link del gone0')
    await one.line(/^the interface gone0 is gone/)
    one.write('anybody?\n')
    await one.line(/^not sent: E(NODEV|NETUNREACH|ADDRNOTAVAIL|NETDOWN)/)
    expect(await one.stop()).toMatchObject({ code: 0 })
    expect(one.lines.at(-1)).toBe(`left ${group}`)
  })
})

describe('a group of interface-local scope', () => {
  it('is heard on its machine alone, and no router is even told of the membership', async () => {
    const [a] = await hosts(1) as [Host]
    const capture = a.start('tcpdump', ['-i', 'lab0', '-n', '-l', '-Q', 'out', '--immediate-mode', 'ip6'])
    await capture.errors(/listening on/)
    const one = member(a, 'inet6', 'ff11::77', '--name', 'One', '--scope', 'lab')
    await one.line(/^joined /)
    one.write('hello\n')
    await one.line(/ One: hello$/)
    const shown = member(a, 'inet6', 'ff12::77', '--name', 'Shown', '--scope', 'lab', '--send', 'marker')
    await shown.finish()
    await capture.answered(/ff12::77/)
    await capture.stop()
    expect(capture.out).not.toContain('ff11::77')
  })
})

describe('broadcast', () => {
  it('reaches every host of the subnet, ours and python\'s, and their answers come back', async () => {
    const [a, b, c] = await hosts(3) as [Host, Host, Host]
    const ours = b.lab('udp-server', '--host', '0.0.0.0', '--port', '9977', '--scope', 'lab')
    await ours.line(/^listening/)
    const python = c.python(`
import socket
s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('', 9977)); print('ready')
while True:
    data, sender = s.recvfrom(100); print(data); s.sendto(b'python heard ' + data, sender)
`)
    await python.line(/^ready$/)
    const sender = a.lab('udp-broadcast', '--interface', 'lab0', '--port', '9977', '--scope', 'lab', '--wait', '1')
    expect(await sender.finish(), sender.err).toMatchObject({ code: 0 })
    expect(sender.lines.slice(0, 4)).toEqual([
      'address   10.77.0.1       00001010.01001101.00000000.00000001',
      'netmask   255.255.255.0   11111111.11111111.11111111.00000000',
      'broadcast 10.77.0.255     00001010.01001101.00000000.11111111',
      "sent b'hello' to 10.77.0.255:9977",
    ])
    expect(sender.lines.slice(4).sort()).toEqual(["10.77.0.2:9977 answered b'HELLO'", "10.77.0.3:9977 answered b'python heard hello'", '2 answers'])
    // and python's broadcast reaches ours
    const from = c.python(`
import socket
s = socket.socket(type=socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1); s.settimeout(5)
s.sendto(b'from python', ('10.77.0.255', 9977)); print(s.recvfrom(100)[0])
`)
    await from.finish()
    await ours.line(/^10\.77\.0\.3:\d+ sent b'from python'$/)
  })

  it('without SO_BROADCAST: EACCES, explained; in scope computer: refused', async () => {
    const [a] = await hosts(1) as [Host]
    const without = a.lab('udp-broadcast', '--interface', 'lab0', '--scope', 'lab', '--broadcast', 'false')
    expect(await without.finish()).toMatchObject({ code: 1 })
    expect(without.err).toMatch(/^lab: sendto: EACCES: .*SO_BROADCAST.*\n$/)
    const inside = a.lab('udp-broadcast', '--interface', 'lab0')
    expect(await inside.finish()).toMatchObject({ code: 1 })
    expect(inside.err).toMatch(/^lab: sendto: POLICY: .*10\.77\.0\.255.*\n$/)
  })
})
