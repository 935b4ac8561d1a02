/** Broadcast: works out the subnet's broadcast address, sends to everybody on it, shows who answers. */
import { bitsOf, broadcastOf, formatIPv4, parseIPv4, prefixToMask } from '../../shared/net/address'
import type { NetInterface } from '../../shared/contract/contract'
import type { LabError } from '../../shared/result'
import { listInterfaces } from '../observe/interfaces'
import { errnoOf } from './errors'
import { program, type Socket, type Sys } from './program'
import { bytesRepr, name } from './python'
import { MAX_DATAGRAM, SHOWN_BYTES } from './udp-server'

/** An IPv4 network that this machine stands in. */
interface Subnet {
  interface: string
  address: Uint8Array
  prefix: number
  broadcast: Uint8Array
}

/** The networks of this machine that have a broadcast address, the real ones before the loopback. */
function subnets(interfaces: readonly NetInterface[]): Subnet[] {
  const found = interfaces.filter((i) => i.up).flatMap((i) => i.addresses.flatMap((a) => {
    const address = a.family === 'inet' ? parseIPv4(a.address) : undefined
    const broadcast = address && broadcastOf(address, a.prefix)
    return address && broadcast ? [{ interface: i.name, loopback: i.loopback, address, prefix: a.prefix, broadcast }] : []
  }))
  return found.sort((a, b) => Number(a.loopback) - Number(b.loopback))
}

const chosen = (name: string): Subnet | undefined => subnets(listInterfaces()).find((s) => name === '' || s.interface === name)

const invalid = (field: string, message: string): LabError => ({ code: 'INVALID', field, message })

const row = (label: string, bytes: Uint8Array): string => `${label.padEnd(10)}${formatIPv4(bytes).padEnd(16)}${bitsOf(bytes).join('.')}`

/** Everybody who answers before the time is up. */
async function listen(sys: Sys, sock: Socket, seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  let answers = 0
  for (;;) {
    const left = (deadline - performance.now()) / 1000
    if (left <= 0) break
    sock.settimeout(left)
    try {
      const [data, from] = await sock.recvfrom(MAX_DATAGRAM)
      answers++
      sys.print(`${name(from)} answered ${bytesRepr(data.subarray(0, SHOWN_BYTES))}`)
    } catch (error) {
      if (errnoOf(error) !== 'TIMEOUT') throw error
      break
    }
  }
  sys.print(`${answers} answers`)
}

export const udpBroadcast = program({
  id: 'udp-broadcast',
  params: {
    /** the broadcast address; empty: that of the interface's network */
    address: { kind: 'text', default: '', maxBytes: 15, optional: true },
    /** empty: the first that has a network */
    interface: { kind: 'text', default: '', maxBytes: 255, optional: true },
    port: { kind: 'port', default: 9999 },
    send: { kind: 'text', default: 'hello', maxBytes: 65_536 },
    /** SO_BROADCAST: without it the kernel refuses (EACCES) */
    broadcast: { kind: 'flag', default: true },
    /** how long it waits for answers, seconds; 0: not at all */
    wait: { kind: 'number', default: 1, min: 0, max: 600 },
  },
  check(p) {
    if (p.address !== '' && !parseIPv4(p.address)) return invalid('address', `address must be an IPv4 address such as 192.168.1.255, not '${p.address}'`)
    if (p.address !== '' || chosen(p.interface)) return undefined
    const names = [...new Set(subnets(listInterfaces()).map((s) => s.interface))].join(', ')
    return invalid('interface', p.interface === '' ? 'address must be given: no interface of this machine has an IPv4 network'
      : `interface must have an IPv4 network with a broadcast address: ${names} has one, '${p.interface}' does not`)
  },
  twin(p) {
    const subnet = chosen(p.interface)
    return {
      file: 'udp-broadcast.py',
      constants: {
        ADDRESS: subnet ? `${formatIPv4(subnet.address)}/${subnet.prefix}` : '', TO: p.address, PORT: p.port, SEND: p.send, BROADCAST: p.broadcast, WAIT: p.wait,
      },
    }
  },

  async main(sys, p) {
    const subnet = p.address === '' ? chosen(p.interface) : undefined
    if (p.address === '' && !subnet) throw new Error('the network that it was to broadcast to is gone')
    if (subnet) {
      sys.print(row('address', subnet.address))
      sys.print(row('netmask', prefixToMask(subnet.prefix, 32)))
      sys.print(row('broadcast', subnet.broadcast))
    }
    const to = { family: 'inet', host: subnet ? formatIPv4(subnet.broadcast) : p.address, port: p.port } as const
    const sock = await sys.socket('inet', 'dgram')
    try {
      if (p.broadcast) await sock.setsockopt('SO_BROADCAST', 1)
      const data = new TextEncoder().encode(p.send)
      await sock.sendto(data, to)
      sys.print(`sent ${bytesRepr(data.subarray(0, SHOWN_BYTES))} to ${name(to)}`)
      if (p.wait > 0) await listen(sys, sock, p.wait)
    } finally {
      await sock.close()
    }
  },
})
