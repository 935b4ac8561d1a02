/** The groups that this machine's interfaces have joined, from /proc/net/igmp and /proc/net/igmp6. Elsewhere: not available. */
import { readFileSync } from 'node:fs'
import type { Membership } from '../../shared/contract/contract'
import { formatIPv4, formatIPv6 } from '../../shared/net/address'

/**
 * /proc/net/igmp: an interface's line ("4\teth0 : 1 V3"), then a line a group, the address in the machine's byte order
 * ("\t\t\t\t010000E0     1 0:00000000\t\t0"): here little-endian.
 */
export function parseIgmp(text: string): Membership[] {
  const found: Membership[] = []
  let on = { index: 0, interface: '' }
  for (const line of text.split('\n').slice(1)) {
    const device = /^(\d+)\s+(\S+)\s*:/.exec(line)
    if (device) {
      on = { index: Number(device[1]), interface: device[2]! }
      continue
    }
    const group = /^\s+([0-9A-F]{8})\s+(\d+)/.exec(line)
    if (!group) continue
    const bytes = Uint8Array.from(group[1]!.match(/../g)!, (pair) => parseInt(pair, 16)).reverse()
    found.push({ family: 'inet', group: formatIPv4(bytes), ...on, users: Number(group[2]) })
  }
  return found
}

/** /proc/net/igmp6: "4    eth0   ff02000000000000000000000000fb   1 0000000C 0" */
export function parseIgmp6(text: string): Membership[] {
  const found: Membership[] = []
  for (const line of text.split('\n')) {
    const m = /^(\d+)\s+(\S+)\s+([0-9a-f]{32})\s+(\d+)/.exec(line)
    if (!m) continue
    const bytes = Uint8Array.from(m[3]!.match(/../g)!, (pair) => parseInt(pair, 16))
    found.push({ family: 'inet6', group: formatIPv6(bytes), interface: m[2]!, index: Number(m[1]), users: Number(m[4]) })
  }
  return found
}

export function readMemberships(): Membership[] {
  if (process.platform !== 'linux') return []
  return [...parseIgmp(readFileSync('/proc/net/igmp', 'utf8')), ...parseIgmp6(readFileSync('/proc/net/igmp6', 'utf8'))]
}
