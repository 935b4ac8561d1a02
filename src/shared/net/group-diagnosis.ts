/**
 * Why nothing arrives: everything that must hold for a group's datagram to get from one member to another, each checked
 * against what is known. Pure: the facts come from the trace, the interface list and the kernel's membership table.
 *
 * What "the same machine" changes (Linux ip(7), ipv6(7)): a copy for members on the sender's own machine is made by the
 * loopback option, whatever the TTL; other machines depend on the TTL, never on that option.
 */
import type { Membership, NetInterface, Scope } from '../contract/contract'
import { classifyText } from './address'
import { parseGroup } from './groups'

/** A member as its program set it up. `interface`: an index, 0 where the kernel was left to choose. */
export interface MemberFacts {
  family: 'inet' | 'inet6'
  group: string
  port: number
  interface: number
  ttl: number
  loopback: boolean
  joined: boolean
  /** the error of its last send, where that failed */
  failed?: string
}

export interface DiagnosisInput {
  /** absent: a program outside the lab, of which nothing is known */
  sender?: MemberFacts
  receiver: MemberFacts
  sameMachine: boolean
  scope: Scope
  interfaces: readonly NetInterface[]
  /** the kernel's table; absent: not available here */
  memberships?: readonly Membership[]
}

export type CheckId =
  | 'scope' | 'group' | 'family' | 'same-group' | 'port' | 'joined' | 'kernel' | 'exists' | 'up' | 'carries' | 'same-interface' | 'ttl' | 'loopback' | 'sent'
  | 'firewall'

/** `bad`: this alone stops the datagram. `warn`: it may. `unknown`: nobody here can tell. */
export type CheckState = 'ok' | 'bad' | 'warn' | 'unknown'

export interface Check {
  id: CheckId
  state: CheckState
  /** which of the check's texts tells it: `<id>.<why>` */
  why: string
  /** what the text names */
  facts: Record<string, string | number>
}

const check = (id: CheckId, state: CheckState, why: string, facts: Check['facts'] = {}): Check => ({ id, state, why, facts })

/** Every check that applies, in the order in which a datagram meets them: the sender, the way, the receiver. */
export function diagnose(input: DiagnosisInput): Check[] {
  return [
    ...group(input), scopeOf(input), ...between(input), ...way(input), ...receiving(input),
    check('firewall', 'unknown', input.sameMachine ? 'here' : 'there'),
  ]
}

/** The first thing that alone explains the silence; else the first that may. */
export function cause(checks: readonly Check[]): Check | undefined {
  return checks.find((c) => c.state === 'bad') ?? checks.find((c) => c.state === 'warn')
}

function group({ receiver, sender }: DiagnosisInput): Check[] {
  return [receiver, ...(sender && sender.group !== receiver.group ? [sender] : [])].map(({ group: text }) => {
    const parsed = parseGroup(text)
    if (parsed.ok) return check('group', 'ok', 'yes', { group: parsed.value.text })
    return check('group', 'bad', 'no', { group: text, kind: classifyText(text) ?? '' })
  })
}

/** The lab's own rule: in the scope "this computer" what is said to a group goes with a hop limit of 0, and nobody else's is taken in. */
function scopeOf({ scope, sameMachine }: DiagnosisInput): Check {
  if (scope === 'lab') return check('scope', 'ok', 'lab')
  return sameMachine ? check('scope', 'ok', 'here') : check('scope', 'bad', 'computer')
}

/** What sender and receiver must have in common. Nothing is known of a sender outside the lab. */
function between({ sender, receiver }: DiagnosisInput): Check[] {
  const { family, group: text, port } = receiver
  if (!sender) return [check('same-group', 'unknown', 'other', { group: text, port })]
  if (sender.family !== family) return [check('family', 'bad', 'differs', { sender: ip(sender.family), receiver: ip(family) })]
  return [
    check('family', 'ok', 'same', { sender: ip(family) }),
    sameText(sender.group, text)
      ? check('same-group', 'ok', 'same', { group: text }) : check('same-group', 'bad', 'differs', { sender: sender.group, receiver: text }),
    sender.port === port ? check('port', 'ok', 'same', { port }) : check('port', 'bad', 'differs', { sender: sender.port, receiver: port }),
  ]
}

const ip = (family: 'inet' | 'inet6'): string => (family === 'inet' ? 'IPv4' : 'IPv6')

function sameText(a: string, b: string): boolean {
  const [x, y] = [parseGroup(a), parseGroup(b)]
  return x.ok && y.ok && x.value.text === y.value.text
}

/** Out of the sender and along the link. */
function way({ sender, receiver, sameMachine, interfaces }: DiagnosisInput): Check[] {
  const checks: Check[] = []
  if (sender) {
    const name = nameOf(interfaces, sender.interface)
    if (sender.failed !== undefined) checks.push(check('sent', 'bad', 'failed', { errno: sender.failed }))
    if (sameMachine) {
      checks.push(sender.loopback ? check('loopback', 'ok', 'on') : check('loopback', 'bad', 'off'))
      if (sender.interface !== 0 && receiver.interface !== 0) {
        checks.push(sender.interface === receiver.interface ? check('same-interface', 'ok', 'same', { name })
          : check('same-interface', 'bad', 'differs', { sender: name, receiver: nameOf(interfaces, receiver.interface) }))
      } else if (sender.interface !== receiver.interface) {
        checks.push(check('same-interface', 'warn', 'kernel', { name: nameOf(interfaces, sender.interface || receiver.interface) }))
      }
    }
    checks.push(ttlOf(sender, sameMachine))
  } else {
    checks.push(check('ttl', 'unknown', 'other'))
  }
  return checks
}

function ttlOf({ ttl }: MemberFacts, sameMachine: boolean): Check {
  if (ttl === 0) return check('ttl', sameMachine ? 'ok' : 'bad', sameMachine ? 'zeroHere' : 'zero')
  return check('ttl', 'ok', ttl === 1 ? 'one' : 'more', { ttl })
}

/** Into the receiver: joined, on an interface that is there, up, and carries groups. */
function receiving(input: DiagnosisInput): Check[] {
  const { receiver, interfaces } = input
  if (!receiver.joined) return [check('joined', 'bad', 'no', { group: receiver.group })]
  const checks = [check('joined', 'ok', 'yes', { group: receiver.group })]
  if (receiver.interface === 0) return [...checks, check('exists', 'warn', 'kernel'), ...kernelSays(input)]
  const net = interfaces.find((one) => one.index === receiver.interface)
  if (!net) return [...checks, check('exists', 'bad', 'gone', { index: receiver.interface }), ...kernelSays(input)]
  const facts = { name: net.name }
  checks.push(check('exists', 'ok', 'there', facts))
  if (!net.up) checks.push(check('up', 'bad', 'down', facts))
  else checks.push(net.running === false ? check('up', input.sameMachine ? 'warn' : 'bad', 'noCarrier', facts) : check('up', 'ok', 'up', facts))
  checks.push(...carries(input, net))
  return [...checks, ...kernelSays(input)]
}

/** The loopback carries IPv4 groups on Linux though it lacks the flag, no IPv6 ones, and nothing to other machines. */
function carries({ receiver, sameMachine }: DiagnosisInput, net: NetInterface): Check[] {
  const facts = { name: net.name, family: ip(receiver.family) }
  if (net.loopback) {
    if (!sameMachine) return [check('carries', 'bad', 'loopbackOthers', facts)]
    return [receiver.family === 'inet6' ? check('carries', 'bad', 'loopback6', facts) : check('carries', 'ok', 'loopback4', facts)]
  }
  const own = net.addresses.some((address) => address.family === receiver.family)
  if (!own) return [check('carries', 'bad', 'noAddress', facts)]
  if (net.multicast === false) return [check('carries', 'warn', 'noFlag', facts)]
  return [net.multicast === undefined ? check('carries', 'unknown', 'flagUnknown', facts) : check('carries', 'ok', 'flag', facts)]
}

/** The kernel's own table beside what the program asked for. */
function kernelSays({ receiver, memberships, interfaces }: DiagnosisInput): Check[] {
  if (!memberships) return [check('kernel', 'unknown', 'unavailable')]
  const parsed = parseGroup(receiver.group)
  const wanted = parsed.ok ? parsed.value.text : receiver.group
  const found = memberships.filter((one) => one.group === wanted && (receiver.interface === 0 || one.index === receiver.interface))
  if (found.length) return [check('kernel', 'ok', 'listed', { names: [...new Set(found.map((one) => one.interface))].join(', ') })]
  const elsewhere = memberships.filter((one) => one.group === wanted)
  return elsewhere.length
    ? [check('kernel', 'bad', 'elsewhere', { names: elsewhere.map((one) => one.interface).join(', '), name: nameOf(interfaces, receiver.interface) })]
    : [check('kernel', 'bad', 'missing', { group: wanted })]
}

const nameOf = (interfaces: readonly NetInterface[], index: number): string => interfaces.find((one) => one.index === index)?.name ?? String(index)
