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
 * - accept() that SIGINT ended (ERESTARTSYS) and one that the lab took back (CANCELLED) are both `stopped`.
 * - the port of a peer's address is the kernel's choice and is left out.
 */
import type { CallEvent, RetEvent, SockAddr, ThreadEvent, TraceEvent } from '../../../src/shared/trace/events'

const stopped = (errno: string): string => (errno === 'CANCELLED' || errno === 'ERESTARTSYS' ? 'stopped' : errno)

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
  for (const e of events) {
    if (e.k !== 'call' || e.name === 'input' || e.name === 'sleep') continue
    threads.add(e.thread, ourCall(e, rets.get(e.call)!, sockets))
  }
  return threads.lists()
}

function ourCall(e: CallEvent, ret: RetEvent, sockets: Names<number>): string {
  const made = ret.sock === undefined ? '' : `${sockets.get(ret.sock)} = `
  const on = e.sock === undefined ? '' : `${sockets.get(e.sock)} `
  const failed = ret.errno === undefined ? '' : ` = ${stopped(ret.errno)}`
  return `${made}${on}${e.name}${ourArguments(e)}${failed || (e.name === 'send' || e.name === 'recv' ? ` = ${Number(ret.value)}` : '')}`
}

function ourArguments({ name, args }: CallEvent): string {
  switch (name) {
    case 'socket': return ` ${FAMILY[args.family as keyof typeof FAMILY]} ${TYPE[args.type as keyof typeof TYPE]}`
    case 'bind': case 'connect': return ` ${ourAddress(args.address as SockAddr)}`
    case 'listen': return ` ${Number(args.backlog)}`
    case 'setsockopt': return ` ${String(args.level)} ${String(args.option)} ${Number(args.value)}`
    case 'send': case 'recv': return ` ${Number(args.len)}`
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
    if (name === 'socket') {
      const [family, type] = args.split(', ')
      threads.add(pid, `${error ? '' : `${sockets.make(result)} = `}socket ${family} ${type!.replace('|SOCK_CLOEXEC', '')}${failed}`)
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
      threads.add(pid, `${on} ${called}${given}${failed || (called === 'send' || called === 'recv' ? ` = ${result}` : '')}`)
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
      const [, level, option, value] = /^\d+, (\w+), (\w+), \[(\d+)\], 4$/.exec(args) ?? []
      return [name, ` ${level} ${option} ${value}`]
    }
    // the data may hold anything: count from the end
    case 'sendto': return [/, NULL, 0$/.test(args) ? 'send' : name, ` ${/, (\d+), \w+, NULL, 0$/.exec(args)?.[1] ?? args}`]
    case 'recvfrom': return [/, NULL, NULL$/.test(args) ? 'recv' : name, ` ${/, (\d+), \w+, NULL, NULL$/.exec(args)?.[1] ?? args}`]
    default: return [name, '']
  }
}
