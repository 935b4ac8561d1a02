/**
 * The socket calls of a program, thread by thread, in one notation for a trace of ours and for strace of its twin:
 *
 *   s1 = socket AF_INET SOCK_STREAM | s1 bind 127.0.0.1:0 | s2 = s1 accept | s2 recv 1024 = 5 | s2 recv 1024 = ECONNRESET
 *
 * Sockets are named in the order in which they are made, because descriptor numbers differ. What is normalised:
 * - accept4(..., SOCK_CLOEXEC) is accept, socket(..., SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) is socket(..., SOCK_STREAM, 0):
 *   Python adds the flag to both (PEP 446); the lab sets it otherwise and does not show it.
 * - getsockname() on the socket that accept just made, by the same thread, is left out: the interpreter asks whether the
 *   descriptor is a socket when it builds the object (socketmodule.c, sock_initobj).
 * - sendto(..., NULL, 0) is send, recvfrom(..., NULL, NULL) is recv: that is how libc makes them.
 * - close() of a descriptor that is no socket is left out (files of the interpreter).
 * - accept() or poll() that SIGINT ended (ERESTARTSYS ...) and one that the lab took back (CANCELLED) are both `stopped`.
 * - poll() is `poll s1 s2 = s2:POLLIN`: whom it asks about, and who is ready.
 * - the port of a peer's address is the kernel's choice and is left out.
 * - recv() and recvfrom() that ran out of time are left out: Python waits in poll() and then makes no call.
 * - recvfrom() on a socket that another thread closed (EBADF) is left out: Python's daemon thread ends with the process.
 * - strace's names SOL_IP, SOL_IPV6, SOL_TCP, IPV6_ADD_MEMBERSHIP and IPV6_DROP_MEMBERSHIP are those of Linux for POSIX's; it does not
 *   show the interface of an IPv4 membership.
 */
import type { CallEvent, RetEvent, SockAddr, ThreadEvent, TraceEvent } from '../../../src/shared/trace/events'

const stopped = (errno: string): string => (errno === 'CANCELLED' || errno.startsWith('ERESTART') ? 'stopped' : errno)

/** Names sockets s1, s2 ... in the order in which they are made. */
class Names<K> {
  private readonly names = new Map<K, string>()
  private made = 0
  make(key: K): string {
    const name = `s${++this.made}`
    this.names.set(key, name)
    return name
  }
  get = (key: K): string | undefined => this.names.get(key)
  forget = (key: K): boolean => this.names.delete(key)
}

/** Lists of calls, the main thread's first, the others' in the order of their first call. */
class Threads {
  private readonly calls = new Map<string | number, string[]>()
  add(thread: string | number, call: string): void {
    const list = this.calls.get(thread) ?? []
    this.calls.set(thread, list)
    list.push(call)
  }
  last = (thread: string | number): string | undefined => this.calls.get(thread)?.at(-1)
  lists = (): string[][] => [...this.calls.values()]
}

// ---- ours

const FAMILY = { inet: 'AF_INET', inet6: 'AF_INET6', unix: 'AF_UNIX' } as const
const TYPE = { stream: 'SOCK_STREAM', dgram: 'SOCK_DGRAM' } as const
const ourAddress = (a: SockAddr): string => (a.family === 'unix' ? a.path : `${a.host}:${a.port}`)

export function callsOfTrace(events: readonly TraceEvent[]): string[][] {
  const rets = new Map(events.filter((e): e is RetEvent => e.k === 'ret').map((e) => [e.call, e]))
  const threads = new Threads()
  const sockets = new Names<number>()
  // a socket is made when the call returns: name in that order
  for (const e of events) if (e.k === 'ret' && e.sock !== undefined) sockets.make(e.sock)
  const open = new Map<number, string>()
  for (const e of events) {
    if (e.k === 'ret' && e.sock !== undefined) open.set(e.fd!, sockets.get(e.sock)!)
    if (e.k !== 'call' || e.name === 'input' || e.name === 'sleep') continue
    const ret = rets.get(e.call)!
    if (e.name === 'poll') threads.add(e.thread, ourPoll(e, ret, open))
    else if (ret.errno !== 'TIMEOUT' && !(ret.errno === 'EBADF' && e.name === 'recvfrom')) threads.add(e.thread, ourCall(e, ret, sockets))
  }
  return threads.lists()
}

function ourPoll(e: CallEvent, ret: RetEvent, open: ReadonlyMap<number, string>): string {
  const asked = (e.args.fds as [number, string][]).map(([fd]) => open.get(fd)).join(' ')
  const ready = ret.errno === undefined ? (ret.value as [number, string][]).map(([fd, events]) => `${open.get(fd)}:${events}`).join(' ') : stopped(ret.errno)
  return `poll ${asked} = ${ready}`
}

function ourCall(e: CallEvent, ret: RetEvent, sockets: Names<number>): string {
  const made = ret.sock === undefined ? '' : `${sockets.get(ret.sock)} = `
  const on = e.sock === undefined ? '' : `${sockets.get(e.sock)} `
  const failed = ret.errno === undefined ? '' : ` = ${stopped(ret.errno)}`
  return `${made}${on}${e.name}${ourArguments(e)}${failed || (COUNTING.has(e.name) ? ` = ${Number(ret.value)}` : '')}`
}

/** calls whose result is a number of bytes */
const COUNTING: ReadonlySet<string> = new Set(['send', 'recv', 'sendto', 'recvfrom'])

function ourArguments({ name, args }: CallEvent): string {
  switch (name) {
    case 'socket': return ` ${FAMILY[args.family as keyof typeof FAMILY]} ${TYPE[args.type as keyof typeof TYPE]}`
    case 'bind': case 'connect': return ` ${ourAddress(args.address as SockAddr)}`
    case 'listen': return ` ${Number(args.backlog)}`
    case 'setsockopt': return ` ${String(args.level)} ${String(args.option)} ${typeof args.value === 'object' ? (args.value as { group: string }).group : Number(args.value)}`
    case 'send': case 'recv': case 'recvfrom': return ` ${Number(args.len)}`
    case 'sendto': return ` ${Number(args.len)} ${ourAddress(args.address as SockAddr)}`
    default: return ''
  }
}

/** The names of a trace's threads, as their functions are called. */
export const functionsOf = (events: readonly TraceEvent[]): string[] =>
  events.filter((e): e is ThreadEvent => e.k === 'thread').map((e) => e.func)

// ---- strace

/** One finished call: 'name(args) = result'. */
interface Line { pid: string; name: string; args: string; result: string }

/** Puts the two halves of a call that another thread interrupted together again. */
function finishedCalls(output: string): Line[] {
  const halves = new Map<string, string>()
  const lines: Line[] = []
  for (const text of output.split('\n')) {
    const line = /^(\d+) +(.*)$/.exec(text)
    if (!line) continue
    const pid = line[1]!
    let call = line[2]!
    if (call.startsWith('+++') || call.startsWith('---')) continue
    const unfinished = /^(.*) <unfinished \.\.\.>$/.exec(call)
    if (unfinished) {
      halves.set(pid, unfinished[1]!)
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(call)
    if (resumed) call = `${halves.get(pid) ?? ''}${resumed[1]!}`
    const whole = /^(\w+)\((.*)\) += (.*)$/.exec(call)
    if (whole) lines.push({ pid, name: whole[1]!, args: whole[2]!, result: whole[3]! })
  }
  return lines
}

const straceAddress = (args: string): string => {
  const v4 = /sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)/.exec(args)
  if (v4) return `${v4[2]}:${v4[1]}`
  const path = /sun_path="([^"]*)"/.exec(args)
  if (path) return path[1]!
  const v6 = /sin6_port=htons\((\d+)\).*inet_pton\(AF_INET6, "([^"]+)"/.exec(args)
  return v6 ? `${v6[2]}:${v6[1]}` : args
}

export function callsOfStrace(output: string): string[][] {
  const threads = new Threads()
  const sockets = new Names<string>()
  for (const { pid, name, args, result } of finishedCalls(output)) {
    const fd = args.split(',')[0]!.trim()
    const error = /^(?:-1|\?) (\w+)/.exec(result)?.[1]
    const failed = error === undefined ? '' : ` = ${stopped(error)}`
    // if_nametoindex(3) asks through a socket of its own
    if (name === 'socket' && args.startsWith('AF_UNIX, SOCK_DGRAM')) continue
    // and the names of hosts from a cache daemon, where there is one
    if (name === 'socket' && args.startsWith('AF_UNIX') && args.includes('SOCK_NONBLOCK')) continue
    if (name === 'socket') {
      const [family, type] = args.split(', ')
      threads.add(pid, `${error ? '' : `${sockets.make(result)} = `}socket ${family} ${type!.replace('|SOCK_CLOEXEC', '')}${failed}`)
      continue
    }
    if (name === 'poll') {
      const fds = (list: string) => [...list.matchAll(/\{fd=(\d+), (?:events=\w+|revents=([\w|]+))\}/g)]
      const asked = fds(args).map(([, of]) => sockets.get(of!))
      // the interpreter's own files are no sockets
      if (asked.length > 0 && asked.every((s) => s !== undefined)) {
        threads.add(pid, `poll ${asked.join(' ')} = ${error ? stopped(error) : fds(result).map(([, of, events]) => `${sockets.get(of!)}:${events}`).join(' ')}`)
      }
      continue
    }
    const on = sockets.get(fd)
    if (on === undefined) continue
    if (name === 'accept4') {
      threads.add(pid, error ? `${on} accept${failed}` : `${sockets.make(result)} = ${on} accept`)
    } else if (name === 'getsockname' && threads.last(pid)?.startsWith(`${on} = `) && threads.last(pid)!.endsWith(' accept')) {
      continue
    } else {
      const [called, given] = straceCall(name, args)
      threads.add(pid, `${on} ${called}${given}${failed || (COUNTING.has(called) ? ` = ${result}` : '')}`)
    }
    if (name === 'close') sockets.forget(fd)
  }
  return threads.lists()
}

function straceCall(name: string, args: string): [name: string, args: string] {
  switch (name) {
    case 'bind': case 'connect': return [name, ` ${straceAddress(args)}`]
    case 'listen': return [name, ` ${args.split(', ')[1]}`]
    case 'setsockopt': {
      const [, level, option, given] = /^\d+, (\w+), (\w+), (.*), \d+$/.exec(args) ?? []
      return [name, ` ${level!.replace(/^SOL_(IP|IPV6|TCP)$/, 'IPPROTO_$1')} ${POSIX[option!] ?? option!} ${straceValue(given!)}`]
    }
    // the data may hold anything: count from the end
    case 'sendto': {
      const to = /, (\d+), \w+, (\{.*\}), \d+$/.exec(args)
      if (to) return [name, ` ${to[1]} ${straceAddress(to[2]!)}`]
      return ['send', ` ${/, (\d+), \w+, NULL, 0$/.exec(args)?.[1] ?? args}`]
    }
    case 'recvfrom': {
      const from = /, (\d+), \w+, (?:\{.*\}|0x\w+), \[\d+(?: => \d+)?\]$/.exec(args)
      if (from) return [name, ` ${from[1]}`]
      return ['recv', ` ${/, (\d+), \w+, NULL, NULL$/.exec(args)?.[1] ?? args}`]
    }
    default: return [name, '']
  }
}

const POSIX: Readonly<Record<string, string>> = { IPV6_ADD_MEMBERSHIP: 'IPV6_JOIN_GROUP', IPV6_DROP_MEMBERSHIP: 'IPV6_LEAVE_GROUP' }

/** A number, the group of a membership, or the index of an interface. */
function straceValue(given: string): string {
  // struct ip_mreqn as strace shows it, a C string with octal escapes: its last four bytes are the index
  const mreqn = /^"((?:\\[0-7]{1,3}){12})"$/.exec(given)?.[1]?.split('\\').slice(1).map((octal) => parseInt(octal, 8))
  if (mreqn) return String(new DataView(Uint8Array.from(mreqn).buffer).getInt32(8, true))
  return /^\[(\d+)\]$/.exec(given)?.[1] ?? /imr_multiaddr=inet_addr\("(?!0\.0\.0\.0)([^"]+)"/.exec(given)?.[1] ?? /inet_pton\(AF_INET6, "([^"]+)"/.exec(given)?.[1] ?? given
}
