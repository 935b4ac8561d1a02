/** The course's multicast chat: joins a group, says what is typed, shows what the others say. */
import type { ParamValues } from '../../shared/contract/params'
import type { SockAddr } from '../../shared/trace/events'
import { listInterfaces, watchInterfaces } from '../observe/interfaces'
import { errnoOf } from './errors'
import { chooseGroup, type ChosenGroup } from './group'
import { OsError, program, type Socket, type Sys } from './program'
import { name, printable } from './python'
import { MAX_DATAGRAM } from './udp-server'

/** How often the bot speaks, seconds; how often we look whether it was switched on, or a membership was, milliseconds. */
const BOT_EVERY = 3
const LOOK_MS = 200

/** The same sentences are in the twin. */
const SENTENCES = ['Hello, everybody.', 'Is anybody there?', '안녕하세요.', 'こんにちは。', 'One datagram for all of you.', 'Bonjour à tous.']

const params = {
  /** empty: the usual group of the family */
  group: { kind: 'text', default: '', maxBytes: 64, optional: true },
  port: { kind: 'port', default: 5007 },
  name: { kind: 'text', default: 'anonymous', maxBytes: 256 },
  family: { kind: 'choice', default: 'inet6', choices: ['inet6', 'inet'] },
  /** empty: the first that can */
  interface: { kind: 'text', default: '', maxBytes: 255, optional: true },
  /** IPv4's TTL, IPv6's hop limit: how many links a datagram may go; 0 stays on this machine */
  ttl: { kind: 'integer', default: 1, min: 0, max: 255 },
  /** whether members on this machine hear what this one says */
  loopback: { kind: 'flag', default: true },
  /** said at once; then it ends with its input */
  send: { kind: 'text', default: '', maxBytes: 65_536, optional: true },
  bot: { kind: 'flag', default: false },
  /** a member of the group; live, so that one may leave and join again while the socket stays */
  joined: { kind: 'flag', default: true },
} as const
type Params = ParamValues<typeof params>

/** The names of the options of each family. */
const OPTIONS = {
  inet: { join: 'IP_ADD_MEMBERSHIP', leave: 'IP_DROP_MEMBERSHIP', out: 'IP_MULTICAST_IF', ttl: 'IP_MULTICAST_TTL', loop: 'IP_MULTICAST_LOOP' },
  inet6: { join: 'IPV6_JOIN_GROUP', leave: 'IPV6_LEAVE_GROUP', out: 'IPV6_MULTICAST_IF', ttl: 'IPV6_MULTICAST_HOPS', loop: 'IPV6_MULTICAST_LOOP' },
} as const

/** A member as all its threads know it. */
interface Member {
  chosen: ChosenGroup
  to: SockAddr
  p: Params
  /** TTL and loopback as the kernel has them; the parameters may have changed since */
  ttl?: number
  loopback?: boolean
  /** what was asked of the kernel last */
  joined: boolean
  ended: boolean
}

/** Sets what a person has changed. */
async function configure(sock: Socket, m: Member): Promise<void> {
  const option = OPTIONS[m.chosen.family]
  const { ttl, loopback } = m.p
  if (m.ttl !== ttl) await sock.setsockopt(option.ttl, (m.ttl = ttl))
  if (m.loopback !== loopback) await sock.setsockopt(option.loop, Number((m.loopback = loopback)))
}

async function say(sock: Socket, m: Member, text: string): Promise<void> {
  await configure(sock, m)
  await sock.sendto(new TextEncoder().encode(`${m.p.name}: ${text}`), m.to)
}

/** Says it, or says why not: a chat goes on. */
async function trySay(sys: Sys, sock: Socket, m: Member, text: string): Promise<void> {
  try {
    await say(sock, m, text)
  } catch (error) {
    const errno = errnoOf(error)
    const message = error instanceof OsError ? error.detail.message : undefined
    sys.print(`not sent: ${errno}${typeof message === 'string' ? `: ${message}` : ''}`)
  }
}

async function receive(sys: Sys, sock: Socket, m: Member): Promise<void> {
  const decoder = new TextDecoder()
  for (;;) {
    try {
      const [data, from] = await sock.recvfrom(MAX_DATAGRAM)
      sys.print(`${name(from)} ${printable(decoder.decode(data))}`)
    } catch (error) {
      // main closed the socket: the chat is over
      if (errnoOf(error) === 'EBADF' && m.ended) return
      throw error
    }
  }
}

async function speak(sys: Sys, sock: Socket, m: Member): Promise<void> {
  for (let n = 0; await botOn(sys, m); n++) {
    await trySay(sys, sock, m, SENTENCES[n % SENTENCES.length]!)
    await sys.sleep(BOT_EVERY)
  }
}

/** Waits until the bot is switched on; false when the member has left. No call is made meanwhile. */
function botOn(sys: Sys, m: Member): Promise<boolean> {
  return new Promise((resolve) => {
    const look = (): void => {
      const over = m.ended || sys.signal.aborted
      if (!over && !m.p.bot) return
      clearInterval(timer)
      resolve(!over)
    }
    const timer = setInterval(look, LOOK_MS)
    look()
  })
}

/** Says when the interface of the membership goes away: the kernel tells no member. */
function watch(sys: Sys, { chosen }: Member, signal: AbortSignal): void {
  let there = true
  watchInterfaces((interfaces) => {
    const now = interfaces.some((i) => i.index === chosen.index)
    if (there && !now) sys.print(`the interface ${chosen.interface} is gone, and the membership with it: nothing arrives any more`)
    there = now
  }, signal, (error) => sys.print(`the interfaces could not be read: ${String(error)}`))
}

/** What is typed, line by line, to the end of the input. */
async function converse(sys: Sys, sock: Socket, m: Member): Promise<void> {
  for (;;) {
    const line = await sys.input()
    if (line === null) return
    if (line !== '') await trySay(sys, sock, m, line)
  }
}

export const multicastMember = program({
  id: 'multicast-member',
  params,
  live: ['bot', 'ttl', 'loopback', 'joined'],
  check(p) {
    const chosen = chooseGroup(p.family, p.group, p.interface, listInterfaces())
    if (!chosen.ok) return chosen.error
    return p.name.trim() === '' ? { code: 'INVALID', field: 'name', message: 'name must not be empty' } : undefined
  },
  twin(p) {
    const chosen = chooseGroup(p.family, p.group, p.interface, listInterfaces())
    const { group, interface: on } = chosen.ok ? chosen.value : { group: p.group, interface: p.interface }
    return {
      file: `multicast-member-${p.family}.py`,
      constants: { GROUP: group, PORT: p.port, NAME: p.name, INTERFACE: on, TTL: p.ttl, LOOPBACK: p.loopback, SEND: p.send, BOT: p.bot, JOINED: p.joined },
    }
  },

  async main(sys, p) {
    const found = chooseGroup(p.family, p.group, p.interface, listInterfaces())
    if (!found.ok) throw new Error(found.error.message)
    const chosen = found.value
    const { family, group, index } = chosen
    const option = OPTIONS[family]
    const to: SockAddr = family === 'inet6' ? { family, host: group, port: p.port, ...(index && { scope: index }) } : { family, host: group, port: p.port }
    const m: Member = { chosen, to, p, joined: false, ended: false }
    const sock = await sys.socket(family, 'dgram')
    const watching = new AbortController()
    try {
      await sock.setsockopt('SO_REUSEADDR', 1)
      // several members on one machine: BSD wants this one
      if (process.platform === 'darwin') await sock.setsockopt('SO_REUSEPORT', 1)
      await sock.bind({ family, host: family === 'inet6' ? '::' : '0.0.0.0', port: p.port })
      if (p.joined) await join(sys, sock, m)
      try {
        if (index) await sock.setsockopt(option.out, index)
        await configure(sock, m)
        attend(sys, sock, m, AbortSignal.any([watching.signal, sys.signal]))
        sys.thread(receive, { name: 'receive', args: [sock, m] })
        sys.thread(speak, { name: 'bot', args: [sock, m] })
        if (index) watch(sys, m, AbortSignal.any([watching.signal, sys.signal]))
        if (p.send !== '') await say(sock, m, p.send)
        await converse(sys, sock, m)
        if (p.send === '' || p.bot) await stopped(sys)
      } finally {
        if (m.joined) await leave(sys, sock, m)
      }
    } finally {
      m.ended = true
      watching.abort()
      await sock.close()
    }
  },
})

/** A member without more to say is there to listen. */
const stopped = (sys: Sys): Promise<void> => new Promise((resolve) => {
  if (sys.signal.aborted) resolve()
  else sys.signal.addEventListener('abort', () => resolve(), { once: true })
})

/** The kernel leaves by itself at close; a program says so. A membership that went with its interface cannot be left. */
async function leave(sys: Sys, sock: Socket, m: Member): Promise<void> {
  const { chosen } = m
  m.joined = false
  try {
    await sock.setsockopt(OPTIONS[chosen.family].leave, { group: chosen.group, interface: chosen.index })
  } catch (error) {
    errnoOf(error)
  }
  sys.print(`left ${chosen.group}`)
}

async function join(sys: Sys, sock: Socket, m: Member): Promise<void> {
  const { chosen, p } = m
  m.joined = true
  await sock.setsockopt(OPTIONS[chosen.family].join, { group: chosen.group, interface: chosen.index })
  sys.print(`joined ${chosen.group} port ${p.port}${chosen.interface && ` on ${chosen.interface}`}`)
}

/** Leaves and joins as the person says, each in a thread of its own: the others wait in their calls. */
function attend(sys: Sys, sock: Socket, m: Member, signal: AbortSignal): void {
  let busy = false
  const timer = setInterval(() => {
    if (busy || m.ended || m.joined === m.p.joined) return
    busy = true
    const change = m.p.joined ? join : leave
    void sys.thread(change, { name: m.p.joined ? 'join' : 'leave', args: [sock, m] }).join().finally(() => { busy = false })
  }, LOOK_MS)
  signal.addEventListener('abort', () => clearInterval(timer), { once: true })
}
