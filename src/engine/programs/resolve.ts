/**
 * From what a person types as a host to the address a call takes. Python does this inside bind() and connect(); the
 * programs do it at the same place, so that a wrong name fails there, with the socket already open.
 */
import { lookup } from 'node:dns/promises'
import { isIPv4 } from 'node:net'
import { parseIPv6 } from '../../shared/net/address'
import type { LabError } from '../../shared/result'
import type { SockAddr } from '../../shared/trace/events'
import { listInterfaces } from '../observe/interfaces'
import { OsError } from './program'

/** The family a program opens its socket with. A name means IPv4, as AF_INET does in the course's Python. */
export const familyOf = (host: string): 'inet' | 'inet6' => (parseIPv6(host) ? 'inet6' : 'inet')

/** The same as Python's constant, for a twin. */
export const pythonFamily = (host: string): string => (familyOf(host) === 'inet6' ? 'socket.AF_INET6' : 'socket.AF_INET')

/**
 * The address of `host` (an IPv4 or IPv6 address, the latter with %scope where it is link-local, or a name, of which
 * `family` is wanted).
 * `refused` says why a name may not be looked up (policy/names.ts); it is asked before anybody else is.
 * Throws an OsError of 'getaddrinfo', named as gai_strerror(3) names it, where there is none: Python's socket.gaierror; and
 * of POLICY where it was not looked up.
 */
export async function resolveHost(
  host: string, port: number, family: 'inet' | 'inet6' = 'inet', refused: (name: string) => LabError | undefined = () => undefined,
): Promise<SockAddr> {
  const ipv6 = parseIPv6(host)
  if (ipv6) {
    const address = host.split('%')[0]!
    return { family: 'inet6', host: address, port, ...(ipv6.zone !== undefined && { scope: scopeId(ipv6.zone, host) }) }
  }
  const no = isIPv4(host) ? undefined : refused(host)
  if (no) throw new OsError(no.code, 'getaddrinfo', { host, message: no.message, ...no.detail })
  try {
    // lookup() hands an IPv4 address back as it is, and asks the system's resolver for a name
    const { address } = await lookup(host, { family: family === 'inet6' ? 6 : 4 })
    return { family, host: address, port }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    throw new OsError(code === 'EAI_AGAIN' ? 'EAI_AGAIN' : 'EAI_NONAME', 'getaddrinfo', { host })
  }
}

/** The numeric scope id of a zone, which is an interface's name or already a number (RFC 4007, section 11). */
function scopeId(zone: string, host: string): number {
  if (/^\d{1,10}$/.test(zone)) return Number(zone)
  const index = listInterfaces().find((i) => i.name === zone)?.index
  if (!index) throw new OsError('EAI_NONAME', 'getaddrinfo', { host, interface: zone })
  return index
}
