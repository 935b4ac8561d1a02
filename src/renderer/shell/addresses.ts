/** This machine's addresses as choices, and what a person types as an address. */
import type { NetInterface } from '../../shared/contract/contract'
import { formatEndpoint, parseAddress, scopeIdOf } from '../../shared/net/address'
import type { SockAddr } from '../../shared/trace/events'

/** Keys of the texts `address.kind.<kind>` that say what binding to an address means. */
export type AddressKind = 'loopback4' | 'loopback6' | 'any4' | 'any6' | 'machine' | 'linkLocal'
export type ChoiceGroup = 'computer' | 'all' | 'network'

export interface AddressChoice {
  value: string
  kind: AddressKind
  group: ChoiceGroup
  net?: string
}

/** What a server may be bound to: loopback first, because that is safe, then all addresses, then each one. */
export function bindChoices(interfaces: readonly NetInterface[]): AddressChoice[] {
  const machine = interfaces
    .filter((net) => net.up && !net.loopback)
    .flatMap((net) => net.addresses.map((address): AddressChoice => {
      const linkLocal = address.family === 'inet6' && address.scope === 'link-local'
      return { value: linkLocal ? `${address.address}%${net.name}` : address.address, kind: linkLocal ? 'linkLocal' : 'machine', group: 'network', net: net.name }
    }))
  return [
    { value: '127.0.0.1', kind: 'loopback4', group: 'computer' },
    { value: '::1', kind: 'loopback6', group: 'computer' },
    { value: '0.0.0.0', kind: 'any4', group: 'all' },
    { value: '::', kind: 'any6', group: 'all' },
    ...machine,
  ]
}

/** An address as typed: IPv4, IPv6 with an optional %interface, localhost, or a path (AF_UNIX). undefined: none of these. */
export function toSockAddr(host: string, port: number, interfaces: readonly NetInterface[]): SockAddr | undefined {
  const text = host.trim()
  if (text.startsWith('/') || text.startsWith('@')) return { family: 'unix', path: text.startsWith('@') ? `\0${text.slice(1)}` : text }
  const address = parseAddress(text === 'localhost' ? '127.0.0.1' : text)
  if (!address) return undefined
  if (address.family === 'inet') return { family: 'inet', host: text === 'localhost' ? '127.0.0.1' : text, port }
  const percent = text.indexOf('%')
  if (address.zone === undefined) return { family: 'inet6', host: text, port }
  const scope = scopeIdOf(address.zone, interfaces)
  return scope === undefined ? undefined : { family: 'inet6', host: text.slice(0, percent), port, scope }
}

/** Where a client dials to reach a socket bound to `bound`: a wildcard is no destination. */
export function dialled(bound: SockAddr): SockAddr {
  if (bound.family === 'inet' && bound.host === '0.0.0.0') return { ...bound, host: '127.0.0.1' }
  if (bound.family === 'inet6' && bound.host === '::') return { ...bound, host: '::1' }
  return bound
}

/** The host and port that a program was asked for, as one writes an endpoint: '127.0.0.1:9999', '[::1]:9999', or one of them alone. */
export function askedText({ host, port }: Readonly<Record<string, unknown>>): string {
  const name = typeof host === 'string' && host.includes(':') && port !== undefined ? `[${host}]` : host
  return [name, port].filter((part) => part !== undefined && part !== '').join(':')
}

export const endpointText = (address: SockAddr | undefined): string => (address ? formatEndpoint(address) : '')

/** A port as typed: a whole number from `min` to 65535. */
export const isPort = (value: number, min = 1): boolean => Number.isInteger(value) && value >= min && value <= 65_535
