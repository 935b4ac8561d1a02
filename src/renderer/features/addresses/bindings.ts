/** What a server could be bound to on this machine, and the Python that binds it so. */
import type { NetInterface } from '../../../shared/contract/contract'
import { parseAddress } from '../../../shared/net/address'
import type { Bound } from '../../../shared/net/reach'
import type { Cursor, LabState } from '../../../shared/projections/model'
import { valueAt } from '../../../shared/projections/history'

/** Keys of the texts `addresses.bind.<kind>`. */
export type BindKind = 'loopback4' | 'loopback6' | 'any4' | 'any6' | 'any6only' | 'one' | 'link'

export interface Binding extends Bound {
  /** tells choices apart: '::' is there twice */
  id: string
  kind: BindKind
  /** the interface that has the address */
  net?: string
  port: number
}

/** The port that the courses' server listens on. */
const PORT = 9999

export function bindings(interfaces: readonly NetInterface[]): Binding[] {
  const binding = (kind: BindKind, family: Bound['family'], host: string, more: Partial<Binding> = {}): Binding =>
    ({ id: `${kind} ${host} ${more.net ?? ''}`, kind, family, host, port: PORT, ...more })
  const own = interfaces.filter((net) => net.up && !net.loopback).flatMap((net) => net.addresses.map((a) =>
    a.scope === 'link-local' && a.family === 'inet6'
      ? binding('link', a.family, a.address, { net: net.name, ...(a.scopeId === undefined ? {} : { scope: a.scopeId }) })
      : binding('one', a.family, a.address, { net: net.name })))
  return [
    binding('loopback4', 'inet', '127.0.0.1'),
    binding('loopback6', 'inet6', '::1'),
    binding('any4', 'inet', '0.0.0.0'),
    binding('any6', 'inet6', '::', { v6only: false }),
    binding('any6only', 'inet6', '::', { v6only: true }),
    ...own,
  ]
}

/** The lines of the course's Python that make such a socket. */
export function pythonOf(b: Pick<Binding, 'family' | 'host' | 'scope' | 'v6only' | 'port'>): string[] {
  const lines = [`s = socket.socket(${b.family === 'inet' ? 'AF_INET' : 'AF_INET6'}, SOCK_STREAM)`]
  if (b.host === '::') lines.push(`s.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, ${b.v6only ? 1 : 0})`)
  const scope = b.scope ? `, 0, ${b.scope}` : ''
  return [...lines, `s.bind(('${b.host}', ${b.port}${scope}))`, 's.listen(5)']
}

export interface ListeningSocket extends Binding {
  sock: number
  program: string
}

/** The lab's own listening sockets at a moment of the trace. `v6onlyDefault`: what this platform does where nobody asked. */
export function listeningAt(lab: LabState, cursor: Cursor, v6onlyDefault: boolean): ListeningSocket[] {
  const found: ListeningSocket[] = []
  for (const sock of lab.sockets.values()) {
    if (sock.seq > cursor || (sock.closed && sock.closed.seq <= cursor)) continue
    if (valueAt(sock.state, cursor)?.state !== 'LISTEN') continue
    const local = valueAt(sock.local, cursor)
    if (!local || local.family === 'unix') continue
    let v6only = v6onlyDefault
    for (let i = 0; i < sock.options.seq.length && sock.options.seq[i]! <= cursor; i++) {
      const option = sock.options.value[i]!
      if (option.name === 'IPV6_V6ONLY') v6only = option.value !== 0
    }
    const wildcard = parseAddress(local.host)?.bytes.every((byte) => byte === 0) ?? false
    found.push({
      id: `sock ${sock.sock}`, sock: sock.sock, program: lab.calls.runs.get(sock.run)?.program ?? '', kind: kindOf(local.host, local.family, wildcard, v6only),
      family: local.family, host: local.host, port: local.port, v6only,
      ...(local.family === 'inet6' && local.scope !== undefined ? { scope: local.scope } : {}),
    })
  }
  return found
}

function kindOf(host: string, family: Bound['family'], wildcard: boolean, v6only: boolean): BindKind {
  if (wildcard) return family === 'inet' ? 'any4' : v6only ? 'any6only' : 'any6'
  if (host === '::1') return 'loopback6'
  if (host.startsWith('127.')) return 'loopback4'
  return host.toLowerCase().startsWith('fe80:') ? 'link' : 'one'
}
