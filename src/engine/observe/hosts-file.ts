/** The hosts file: names that this computer knows without asking anybody (hosts(5)). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatAddress, parseAddress } from '../../shared/net/address'

export interface HostsFile {
  /** lower case */
  names: Set<string>
  /** in their canonical text form */
  addresses: Set<string>
}

export function parseHosts(text: string): HostsFile {
  const file: HostsFile = { names: new Set(), addresses: new Set() }
  for (const line of text.split(/\r?\n/)) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    const parsed = address ? parseAddress(address) : undefined
    if (!parsed || !names.length) continue
    file.addresses.add(formatAddress(parsed))
    for (const name of names) file.names.add(name.toLowerCase())
  }
  return file
}

export const hostsPath = (): string =>
  process.platform === 'win32' ? join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts') : '/etc/hosts'

/** The file as it is now; a machine without one knows no names. */
export function readHosts(path: string = hostsPath()): HostsFile {
  try {
    return parseHosts(readFileSync(path, 'utf8'))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'EACCES') return parseHosts('')
    throw error
  }
}
