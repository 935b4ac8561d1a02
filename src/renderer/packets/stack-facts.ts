/**
 * What calls and the kernel told of one exchange, layer by layer, each with its evidence. What stands only in the headers
 * is named, not guessed: `hidden` are keys of header fields that a capture would show. Pure.
 */
import type { NetInterface } from '../../shared/contract/contract'
import { classifyText } from '../../shared/net/address'
import { TIERS, type Tier } from '../../shared/packets/model'
import { factsAt, stateAt } from '../../shared/projections/at'
import type { ConnectionModel, Evidence, Segment, Side } from '../../shared/projections/model'
import type { SockAddr } from '../../shared/trace/events'

export interface Fact {
  /** message key below stack.fact */
  key: string
  value: string
  evidence: Evidence
  side?: Side
  /** message key below stack, for a word on the value */
  hint?: string
}

export interface TierFacts {
  tier: Tier
  facts: Fact[]
  /** keys below stack.field */
  hidden: string[]
  /** message key below stack: why there is nothing */
  note?: string
}

export interface FactsInput {
  connection: ConnectionModel
  segment: Segment | undefined
  cursor: number
  /** this machine's, in a live session; a stored one does not know them */
  interfaces: readonly NetInterface[] | undefined
  programs: Partial<Record<Side, string>>
  /** the call that sent it, as a line */
  call: string | undefined
  /** its first bytes, safe to show */
  preview: string | undefined
}

const hostOf = (address: SockAddr | undefined): string | undefined => (address && address.family !== 'unix' ? address.host : undefined)
const portOf = (address: SockAddr | undefined): string | undefined => (address && address.family !== 'unix' ? String(address.port) : undefined)
const SIDES = ['a', 'b'] as const

function application({ connection, segment, programs, call, preview }: FactsInput): TierFacts {
  const facts: Fact[] = SIDES.map((side) => {
    const program = programs[side]
    return { key: 'program', side, evidence: 'kernel', value: program ?? '', hint: program ? undefined : connection.packetsOnly ? 'unknownProgram' : 'otherProgram' }
  })
  if (call) facts.push({ key: 'call', side: segment?.from, value: call, evidence: 'kernel' })
  if (segment && segment.len > 0) facts.push({ key: 'bytes', side: segment.from, value: preview ? `${segment.len}: ${preview}` : String(segment.len), evidence: segment.evidence === 'captured' ? 'captured' : 'kernel' })
  return { tier: 'application', facts, hidden: [] }
}

function transport({ connection, segment, cursor }: FactsInput): TierFacts {
  const from = segment?.from ?? 'a'
  const to: Side = from === 'a' ? 'b' : 'a'
  const stream = connection.type === 'stream'
  const facts: Fact[] = [{ key: 'protocol', value: stream ? 'TCP' : 'UDP', evidence: 'kernel' }]
  const add = (key: string, value: string | undefined, evidence: Evidence, side?: Side) => { if (value !== undefined) facts.push({ key, value, evidence, side }) }
  add('sport', portOf(connection[from].addr), 'kernel', from)
  add('dport', portOf(connection[to].addr), 'kernel', to)
  if (!stream) return { tier: 'transport', facts, hidden: ['udp.length', 'udp.checksum'] }
  if (segment) add('flags', segment.flags, segment.evidence, from)
  for (const side of SIDES) {
    const { state, evidence } = stateAt(connection[side], cursor)
    add('state', state, evidence, side)
  }
  for (const side of SIDES) {
    const told = factsAt(connection[side], cursor)
    add('mss', told?.mss?.toString(), 'kernel', side)
    add('rtt', told?.rtt === undefined ? undefined : `${told.rtt} µs`, 'kernel', side)
    add('cwnd', told?.cwnd?.toString(), 'kernel', side)
  }
  return { tier: 'transport', facts, hidden: ['tcp.seq', 'tcp.ack', 'tcp.window', 'tcp.checksum', 'tcp.opt.other'] }
}

function internet({ connection, segment }: FactsInput): TierFacts {
  const from = segment?.from ?? 'a'
  const v6 = connection.family === 'inet6'
  const facts: Fact[] = [{ key: 'version', value: v6 ? 'IPv6' : 'IPv4', evidence: 'kernel' }]
  for (const [key, side] of [['src', from], ['dst', from === 'a' ? 'b' : 'a']] as const) {
    const host = hostOf(connection[side].addr)
    if (host === undefined) continue
    const scope = classifyText(host)
    facts.push({ key, value: host, side, evidence: 'kernel', hint: scope && `scope.${scope}` })
  }
  return { tier: 'internet', facts, hidden: v6 ? ['ipv6.hops', 'ipv6.flow', 'ipv6.length'] : ['ipv4.ttl', 'ipv4.id', 'ipv4.checksum'] }
}

/** The interface that has an address; all of 127.0.0.0/8 is loopback. */
export function interfaceOf(host: string | undefined, interfaces: readonly NetInterface[]): NetInterface | undefined {
  if (host === undefined) return undefined
  return interfaces.find((net) => net.addresses.some(({ address }) => address === host))
    ?? (classifyText(host) === 'loopback' ? interfaces.find((net) => net.loopback) : undefined)
}

function link({ connection, interfaces }: FactsInput): TierFacts {
  const facts: Fact[] = []
  if (!interfaces) return { tier: 'link', facts, hidden: [], note: 'linkNotRecorded' }
  const nets = SIDES.map((side) => ({ side, net: interfaceOf(hostOf(connection[side].addr), interfaces) }))
  const same = nets[0]!.net !== undefined && nets[0]!.net === nets[1]!.net
  for (const { side, net } of same ? [{ side: undefined, net: nets[0]!.net }] : nets) {
    if (!net) {
      if (hostOf(connection[side!].addr)) facts.push({ key: 'interface', value: '', side, evidence: 'kernel', hint: 'notHere' })
      continue
    }
    facts.push({ key: 'interface', value: net.name, side, evidence: 'kernel' })
    if (net.mtu !== undefined) facts.push({ key: 'mtu', value: String(net.mtu), side, evidence: 'kernel' })
    if (net.mac !== undefined && !net.loopback) facts.push({ key: 'mac', value: net.mac, side, evidence: 'kernel' })
    if (net.loopback) facts.push({ key: 'mac', value: '-', side, evidence: 'kernel', hint: 'meaning.mac.zero' })
  }
  return { tier: 'link', facts, hidden: facts.some((fact) => fact.key === 'mac' && fact.value !== '-') ? ['ethernet.dst', 'ethernet.type'] : [] }
}

/** The four layers, the application's first. */
export function stackFacts(input: FactsInput): TierFacts[] {
  if (input.connection.family === 'unix') {
    return TIERS.map((tier) => (tier === 'application' ? application(input) : { tier, facts: [], hidden: [], note: tier === 'transport' ? 'noNetwork' : undefined }))
  }
  return [application(input), transport(input), internet(input), link(input)]
}

/** Is the connection's local end on a card with Ethernet frames? Loopback and tunnels have headers of their own. */
export function onEthernet(connection: ConnectionModel, interfaces: readonly NetInterface[] | undefined): boolean {
  const net = interfaces && (interfaceOf(hostOf(connection.a.addr), interfaces) ?? interfaceOf(hostOf(connection.b.addr), interfaces))
  return net !== undefined && !net.loopback && net.mac !== undefined
}
