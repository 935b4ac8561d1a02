/**
 * Which names may be looked up. A look-up is a question to somebody else as soon as this computer does not know the answer
 * itself, so in scope `computer` only what it knows is asked: numeric addresses, localhost, the names and addresses of its
 * hosts file, and its own name and addresses. (Where a file has no address of the family asked for, the system may still ask
 * its configured resolver, which learns such a name of this computer and nothing else.) In scope `lab` every name may be
 * looked up: that reaches the resolver which the machine uses for everything anyway, and no peer; connecting to the answer
 * is judged by policy.ts.
 */
import { hostname } from 'node:os'
import type { NetInterface, Scope } from '../../shared/contract/contract'
import { classify, formatAddress, parseAddress } from '../../shared/net/address'
import { fail, ok, type Result } from '../../shared/result'
import type { HostsFile } from '../observe/hosts-file'

export interface NamesKnown {
  scope: Scope
  hosts: HostsFile
  interfaces: readonly Pick<NetInterface, 'addresses'>[]
  /** this machine's name */
  self?: string
}

const ALLOWED: Result<null> = ok(null)

const refuse = (syscall: string, name: string): Result<null> => fail({
  code: 'POLICY', syscall,
  message: `look up ${JSON.stringify(name)}: this computer does not know it, so the network would be asked. Switch the scope to the lab network first.`,
  detail: { host: name, address: name, reason: 'asks-network' },
})

/** A name that is not numeric (the resolver itself tells). */
export function checkName(known: NamesKnown, name: string, syscall: string): Result<null> {
  if (known.scope === 'lab' || name === '') return ALLOWED
  // exactly these: 'localhost.' and 'a.localhost' are other names to the hosts file, and would be asked for outside
  const plain = name.toLowerCase()
  if (plain === 'localhost' || plain === (known.self ?? hostname()).toLowerCase() || known.hosts.names.has(plain)) return ALLOWED
  return refuse(syscall, name)
}

/** An address whose name is asked for. */
export function checkReverse(known: NamesKnown, address: Uint8Array, syscall: string): Result<null> {
  if (known.scope === 'lab') return ALLOWED
  const kind = classify(address)
  if (kind === 'loopback' || kind === 'unspecified') return ALLOWED
  const text = formatAddress({ family: address.length === 4 ? 'inet' : 'inet6', bytes: address })
  if (known.hosts.addresses.has(text)) return ALLOWED
  const own = known.interfaces.some((i) => i.addresses.some((a) => {
    const parsed = parseAddress(a.address)
    return parsed !== undefined && formatAddress({ family: parsed.family, bytes: parsed.bytes }) === text
  }))
  return own ? ALLOWED : refuse(syscall, text)
}
