/** Port numbers: the three ranges of RFC 6335, section 6. */
export type PortRange = 'well-known' | 'registered' | 'dynamic'

export const PORT_RANGES: readonly { range: PortRange; from: number; to: number }[] = [
  { range: 'well-known', from: 0, to: 1023 },
  { range: 'registered', from: 1024, to: 49_151 },
  { range: 'dynamic', from: 49_152, to: 65_535 },
]

/** The range a port belongs to; undefined where it is no port. */
export function portRange(port: number): PortRange | undefined {
  if (!Number.isInteger(port)) return undefined
  return PORT_RANGES.find((r) => port >= r.from && port <= r.to)?.range
}

/** The services that the courses name, by their port (IANA). */
export const SERVICES: readonly { name: string; port: number; transport: 'tcp' | 'udp' }[] = [
  { name: 'echo', port: 7, transport: 'tcp' },
  { name: 'ftp-data', port: 20, transport: 'tcp' },
  { name: 'ftp', port: 21, transport: 'tcp' },
  { name: 'ssh', port: 22, transport: 'tcp' },
  { name: 'telnet', port: 23, transport: 'tcp' },
  { name: 'smtp', port: 25, transport: 'tcp' },
  { name: 'domain', port: 53, transport: 'udp' },
  { name: 'finger', port: 79, transport: 'tcp' },
  { name: 'http', port: 80, transport: 'tcp' },
  { name: 'pop3', port: 110, transport: 'tcp' },
  { name: 'nntp', port: 119, transport: 'tcp' },
  { name: 'imap', port: 143, transport: 'tcp' },
  { name: 'https', port: 443, transport: 'tcp' },
]

/** The service that usually answers on a port. */
export const serviceAt = (port: number): string | undefined => SERVICES.find((s) => s.port === port)?.name
