/**
 * Guests: programs outside the engine (a student's Python in its web worker). Each is a run that belongs to the client that
 * opened it, and names its sockets by descriptor, as its program does. What a guest leaves behind, the lab tidies up.
 */
import { lstatSync, unlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ParamsOf } from '../shared/contract/contract'
import type { GuestCall, GuestOutcome } from '../shared/contract/guest'
import { fail, ok, type LabError, type Result } from '../shared/result'
import type { Plain, RunId, SyscallName, ThreadId } from '../shared/trace/events'
import type { Client } from './client'
import type { Engine } from './engine'
import { dup, getsockopt, recv, recvfrom, send, sendto, seqpacket, setsockopt, socketpair, type GuestReturn } from './guest-calls'
import { GuestEpolls } from './guest-epoll'
import { recvmsg, sendmsg, type Received } from './guest-messages'
import { linuxErrno } from './guest-numbers'
import { PrintBudget } from './guest-print'
import type { Kernel } from './kernel/kernel'
import type { Outcome, Run, Sock, Thread } from './kernel/objects'
import { LIMITS } from './policy/limits'
import type { MaybePromise } from './programs/program'

/** Longest time that a timer of ours can be set to, seconds (24 days); who waits longer waits for ever. */
const LONGEST = 2_000_000

export type GuestEnd = { status: 'ok' | 'failed' | 'stopped'; error?: string }

interface Guest {
  run: Run
  owner: Client | undefined
  main: Thread
  /** its sockets by descriptor */
  sockets: Map<number, Sock>
  epolls: GuestEpolls
  /** the paths that its Unix sockets were bound to, each with the inode of its file */
  paths: Map<string, number>
  /** the threads beside the main one */
  threads: number
  print: PrintBudget
  over: Promise<GuestEnd>
  /** says that it is over */
  end: (how: GuestEnd) => void
}

const gone = (what: string): { ok: false; error: LabError } => fail({ code: 'GONE', message: `${what} is no more` })

export class Guests {
  private readonly guests = new Map<RunId, Guest>()

  constructor(private readonly engine: Engine) {}

  open(client: Client | undefined, { program, file, source, args }: ParamsOf<'guest.open'>): Result<{ run: RunId; thread: ThreadId }> {
    const kernel = this.engine.ready()
    if (!kernel.ok) return kernel
    const { processes } = kernel.value
    if (processes.size >= LIMITS.runs) return fail(tooMany('runs', 'programs', LIMITS.runs))
    const run = processes.open(program, { file, args }, undefined, { file, source })
    const main = processes.begin(run, 'main', '<module>')
    let end!: Guest['end']
    const over = new Promise<GuestEnd>((resolve) => (end = resolve))
    this.guests.set(run.id, { run, owner: client, main, sockets: new Map(), epolls: new GuestEpolls(run), paths: new Map(), threads: 0, print: new PrintBudget(), over, end })
    // whoever ends the run (a person's stop, a new session) aborts it first
    run.abort.signal.addEventListener('abort', () => this.forget(run.id, { status: 'stopped' }), { once: true })
    return ok({ run: run.id, thread: main.id })
  }

  thread(client: Client | undefined, run: RunId, name: string, func: string): Result<{ thread: ThreadId }> {
    const guest = this.of(client, run)
    if (!guest) return gone('the run')
    const { processes } = this.engine.kernel!
    if (processes.threads.size >= LIMITS.threads) return fail(tooMany('threads', 'threads', LIMITS.threads))
    if (guest.threads >= LIMITS.guestThreads) return fail(tooMany('guestThreads', 'threads of one Python program', LIMITS.guestThreads))
    guest.threads++
    return ok({ thread: processes.begin(guest.run, name, func).id })
  }

  endThread(client: Client | undefined, id: ThreadId, error: string | undefined): Result<null> {
    const found = this.threadOf(client, id)
    if (!found) return gone('the thread')
    const { guest, thread } = found
    if (thread === guest.main) return fail({ code: 'INVALID', field: 'thread', message: 'the main thread ends with the run' })
    thread.cancel?.()
    guest.threads--
    this.engine.kernel!.processes.end(thread, error)
    return ok(null)
  }

  /** Makes a call; settles when it has returned. */
  async call(client: Client | undefined, params: ParamsOf<'guest.call'>): Promise<Result<GuestOutcome>> {
    return this.makeCall(client, params)
  }

  /** A call that need not wait has its outcome at once. */
  makeCall(client: Client | undefined, { thread: id, call, timeout, file, line }: ParamsOf<'guest.call'>): MaybePromise<Result<GuestOutcome>> {
    const found = this.threadOf(client, id)
    if (!found) return gone('the thread')
    const { guest, thread } = found
    if (thread.call !== undefined) return fail({ code: 'BUSY', message: 'this thread is still in another call', detail: { call: thread.call } })
    if (line === undefined) delete thread.line
    else thread.line = line
    thread.file = file
    thread.timeout = timeout === undefined || timeout === null || timeout > LONGEST ? null : timeout
    thread.interrupted = false
    const kernel = this.engine.kernel!
    const finish = (r: GuestReturn): Result<GuestOutcome> => {
      const outcome = outcomeOf(kernel, call as GuestCall, guest, r)
      if (call.name === 'bind' && call.address.family === 'unix' && outcome.errno === undefined) keepPath(guest, call.address.path)
      return ok(outcome)
    }
    const made = this.make(kernel, guest, thread, call as GuestCall)
    return made instanceof Promise ? made.then(finish) : finish(made)
  }

  /** The call in which the thread waits, if it waits, returns EINTR. */
  interrupt(client: Client | undefined, id: ThreadId): Result<null> {
    const found = this.threadOf(client, id)
    if (!found) return gone('the thread')
    if (found.thread.cancel) {
      found.thread.interrupted = true
      found.thread.cancel()
    }
    return ok(null)
  }

  async print(client: Client | undefined, id: ThreadId, text: string, err: boolean): Promise<Result<null>> {
    const found = this.threadOf(client, id)
    if (!found) return gone('the thread')
    const { recorder } = this.engine
    const { guest } = found
    const fate = guest.print.take(text.length, guest.run.abort.signal)
    if (fate === 'left-out') {
      recorder.push({ k: 'gap', events: 1, bytes: text.length, why: 'limit' })
      return ok(null)
    }
    if (fate !== 'now') await fate
    // it may have ended while it waited, or another session begun
    if (!this.threadOf(client, id)) return gone('the thread')
    this.engine.recorder.push({ k: 'print', thread: id, text, ...(err ? { err } : {}) })
    return ok(null)
  }

  halt(client: Client | undefined, { thread, ...where }: ParamsOf<'guest.halt'>): Result<null> {
    if (!this.threadOf(client, thread)) return gone('the thread')
    this.engine.recorder.push({ k: 'halt', thread, ...where })
    return ok(null)
  }

  end(client: Client | undefined, run: RunId, end: GuestEnd): Result<null> {
    const guest = this.of(client, run)
    if (!guest) return gone('the run')
    this.finish(guest, end)
    return ok(null)
  }

  /** Settles when the run is over, whoever ends it. Any client may ask. */
  async over(run: RunId): Promise<Result<GuestEnd>> {
    const guest = this.guests.get(run)
    return guest ? ok(await guest.over) : gone('the run')
  }

  /** A client is gone: its guests with it. */
  leave(client: Client): void {
    for (const guest of [...this.guests.values()]) if (guest.owner === client) this.finish(guest, { status: 'stopped' })
  }

  private finish(guest: Guest, end: GuestEnd): void {
    this.forget(guest.run.id, end)
    const { processes } = this.engine.kernel!
    if (end.status === 'stopped') return processes.stop(guest.run)
    for (const thread of [...guest.run.threads]) thread.cancel?.()
    processes.finish(guest.run, { status: end.status, ...(end.error === undefined ? {} : { error: new Error(end.error) }) })
  }

  private forget(run: RunId, end: GuestEnd): void {
    const guest = this.guests.get(run)
    if (!guest) return
    this.guests.delete(run)
    removePaths(guest)
    guest.epolls.end(this.engine.kernel!.dispatcher)
    guest.end(end)
  }

  private of(client: Client | undefined, run: RunId): Guest | undefined {
    const guest = this.guests.get(run)
    return guest && guest.owner === client ? guest : undefined
  }

  private threadOf(client: Client | undefined, id: ThreadId): { guest: Guest; thread: Thread } | undefined {
    const thread = this.engine.kernel?.processes.threads.get(id)
    const guest = thread && this.of(client, thread.run.id)
    return guest && { guest, thread }
  }

  private make(kernel: Kernel, guest: Guest, th: Thread, call: GuestCall): MaybePromise<GuestReturn> {
    const k = kernel.dispatcher
    const context = { dispatcher: k, interfaces: this.engine.interfaces, recvBytes: LIMITS.recvBytes }
    const on = (fd: number, make: (sock: Sock) => MaybePromise<GuestReturn>): MaybePromise<GuestReturn> => {
      const sock = guest.sockets.get(fd)
      return sock && !sock.closed ? make(sock) : badDescriptor(k, th, call, fd)
    }
    switch (call.name) {
      case 'socket': return call.type === 'seqpacket' ? seqpacket(k, th, call.family) : k.socket(th, call.family, call.type)
      case 'socketpair': return socketpair(k, th, call.type)
      case 'dup': return on(call.fd, (sock) => dup(k, th, sock))
      case 'bind': return on(call.fd, (sock) => k.bind(th, sock, call.address))
      case 'listen': return on(call.fd, (sock) => k.listen(th, sock, call.backlog))
      case 'accept': return on(call.fd, (sock) => k.accept(th, sock))
      case 'connect': return on(call.fd, (sock) => k.connect(th, sock, call.address))
      case 'send': return on(call.fd, (sock) => send(k, th, sock, call))
      case 'sendto': return on(call.fd, (sock) => sendto(k, th, sock, call))
      case 'recv': return on(call.fd, (sock) => recv(k, th, sock, call, LIMITS.recvBytes))
      case 'recvfrom': return on(call.fd, (sock) => recvfrom(k, th, sock, call))
      case 'sendmsg': return on(call.fd, (sock) => sendmsg(k, th, sock, call, (fd) => guest.sockets.get(fd)))
      case 'recvmsg': return on(call.fd, (sock) => recvmsg(k, th, sock, call, LIMITS.recvBytes))
      case 'shutdown': return on(call.fd, (sock) => k.shutdown(th, sock, call.how))
      case 'close': if (guest.epolls.closed(k, call.fd)) return { value: null }
        return on(call.fd, (sock) => {
        guest.sockets.delete(call.fd)
        return k.close(th, sock)
      })
      case 'setsockopt': return on(call.fd, (sock) => setsockopt(context, th, sock, call))
      case 'getsockopt': return on(call.fd, (sock) => getsockopt(context, th, sock, call))
      case 'getsockname': return on(call.fd, (sock) => k.getsockname(th, sock))
      case 'getpeername': return on(call.fd, (sock) => k.getpeername(th, sock))
      case 'poll': {
        const entries = []
        for (const { fd, read, write } of call.fds) {
          const sock = guest.sockets.get(fd) ?? guest.epolls.sockOf(fd)
          if (!sock || sock.closed) return badDescriptor(k, th, call, fd)
          entries.push({ sock, read, write })
        }
        return k.poll(th, entries, th.timeout ?? null)
      }
      case 'epoll_create': return guest.epolls.create(k)
      case 'epoll_ctl': return guest.epolls.change(call.fd, call.changes, (fd) => guest.sockets.has(fd))
      case 'epoll_wait': {
        const changed = guest.epolls.change(call.fd, call.changes, (fd) => guest.sockets.has(fd))
        return changed.errno === undefined ? guest.epolls.wait(k, th, call.fd, call.max) : changed
      }
      case 'sleep': return k.sleep(th, Math.min(call.seconds, LONGEST))
      case 'input': return k.input(th, call.prompt)
      default: return call satisfies never
    }
  }
}

/** An abstract path has no file. */
function keepPath(guest: Guest, path: string): void {
  const file = path === '' || path.startsWith('\0') ? undefined : lstatSync(path, { throwIfNoEntry: false })
  if (file) guest.paths.set(resolve(path), file.ino)
}

/** Its program could not: what it sees of the machine's files is one folder. */
function removePaths({ paths }: Guest): void {
  for (const [path, inode] of paths) if (lstatSync(path, { throwIfNoEntry: false })?.ino === inode) unlinkSync(path)
}

const TRACED_AS = { sendmsg: 'sendto', recvmsg: 'recvfrom' } as const

/** A number that is no socket of this run: the call is in the trace all the same, as it is under strace. */
function badDescriptor(k: Kernel['dispatcher'], th: Thread, call: GuestCall, fd: number): MaybePromise<Outcome> {
  const args: Record<string, Plain> = call.name === 'poll' ? { nfds: call.fds.length, fds: [[fd, '']], timeout: th.timeout ?? null } : { fd }
  const name = TRACED_AS[call.name as keyof typeof TRACED_AS] ?? call.name as SyscallName
  return k.invoke(th, name, undefined, args, undefined, { attempt: () => k.fds.errnoNumber('EBADF'), done: () => ({ value: null }) })
}

/** What the guest is told: plain values, and bytes of its own (a view of the store would take the whole page along). */
function outcomeOf(kernel: Kernel, call: GuestCall, guest: Guest, r: GuestReturn): GuestOutcome {
  if (r.sock) guest.sockets.set(r.sock.fd, r.sock)
  if (r.second) guest.sockets.set(r.second.fd, r.second)
  const plain = typeof r.value === 'number' || typeof r.value === 'string' ? r.value : null
  const out: GuestOutcome = { value: r.errno === undefined ? plain : null }
  if (r.errno !== undefined) {
    out.errno = r.errno
    const number = -kernel.dispatcher.fds.errnoNumber(r.errno)
    if (kernel.native.table.errno[number] === r.errno) out.errnoNumber = linuxErrno(kernel.native.table, number)
    if (r.error) out.message = r.error.message
    return out
  }
  if (r.sock) {
    if (r.second) out.fds = [r.sock.fd, r.second.fd]
    else out.fd = r.sock.fd
  }
  if (r.bytes) out.bytes = new Uint8Array(r.bytes)
  if (r.raw) getOptionValue(call, r.raw, out)
  if (r.address) out.address = r.address
  if (r.size !== undefined) out.size = r.size
  if (call.name === 'recvmsg') receivedMessage(guest, r, out)
  if (r.events) out.events = r.events
  if (r.ready) {
    out.ready = r.ready.map(({ sock, readable, writable, hangup, error }) => ({ fd: sock.fd, read: readable, write: writable, hangup, error, ...(sock.closed ? { invalid: true } : {}) }))
  }
  return out
}

function receivedMessage(guest: Guest, { control, flags, passed }: Received, out: GuestOutcome): void {
  if (control) out.control = control
  if (flags !== undefined) out.flags = flags
  if (!passed) return
  for (const { sock } of passed) guest.sockets.set(sock.fd, sock)
  out.passed = passed.map(({ sock, type, protocol }) => ({ fd: sock.fd, family: sock.family, type, protocol }))
}

/** An int where an int was asked for (one byte counts as one: ip(7), IP_MULTICAST_TTL), else the bytes. */
function getOptionValue(call: GuestCall, raw: Uint8Array, out: GuestOutcome): void {
  if (call.name !== 'getsockopt') return
  if (call.len > 0) {
    out.value = null
    out.bytes = raw
    return
  }
  out.value = raw.length >= 4 ? new DataView(raw.buffer, raw.byteOffset).getInt32(0, true) : (raw[0] ?? 0)
}

const tooMany = (limit: string, what: string, most: number): LabError =>
  ({ code: 'LIMIT', limit, message: `the lab has at most ${most} ${what} at once: end some first`, detail: { limit: most } })
