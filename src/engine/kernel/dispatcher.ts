/** The one dispatcher: the system calls that a program can make, each with its policy, its real call and its result. */
import { fail, ok, type LabError, type Result } from '../../shared/result'
import type { Family, Plain, SockAddr, SockId, SockType } from '../../shared/trace/events'
import type { MaybePromise } from '../programs/program'
import { Descriptors, HOPS } from './descriptors'
import { Invoker, type Ret } from './invoker'
import type { Gate, Outcome, Sock, Thread, TraceSink } from './objects'
import { getOption, setOption, type OptionValue } from './options'
import type { Pacer } from './pacer'
import type { NativeSockets, Readiness } from './platform/platform'
import { describeReady, describeSet, pollNow, type PollEntry, type PollReady } from './poll-set'

export interface RecvFlags {
  /** MSG_PEEK: the bytes stay in the receive buffer */
  peek?: boolean | undefined
  /** the caller is done with the bytes before its next recv() on this socket */
  reuse?: boolean | undefined
}
export interface DispatcherOptions {
  native: NativeSockets
  readiness: Readiness
  trace: TraceSink
  gate: Gate
  pacer: Pacer
  limits: { sockets: number; recvBytes: number }
}
export class Dispatcher extends Invoker {
  readonly native: NativeSockets
  private readonly gate: Gate

  constructor(private readonly options: DispatcherOptions) {
    const { native, readiness, trace, gate, pacer, limits } = options
    super(new Descriptors(native, readiness, gate, () => trace.bytes, limits.sockets), readiness, trace, pacer)
    this.native = native
    this.gate = gate
  }

  /** the byte store of the session of now */
  get bytes(): TraceSink['bytes'] {
    return this.trace.bytes
  }

  /** every open socket of the lab */
  get sockets(): Map<SockId, Sock> {
    return this.fds.sockets
  }

  /** Why a name may not be looked up; undefined: it may. */
  refusesName(name: string): LabError | undefined {
    return this.gate.name?.(name)
  }

  /** Why this may not be sent to, or connected with; undefined: it may. */
  refusesSend(address: SockAddr): LabError | undefined {
    return this.gate.sendto(address)
  }

  refusesConnect(address: SockAddr): LabError | undefined {
    return this.gate.connect(address)
  }

  /** A descriptor that is no socket of the lab's is about to be closed: whoever waits for it looks again. */
  forgetReadiness(fd: number): void {
    this.readiness.forget(fd)
  }

  /** Whether a datagram to this address may go no further than this computer. */
  staysHere(address: SockAddr): boolean {
    return this.gate.staysHere?.(address) === true
  }

  // ---- the calls

  socket(th: Thread, family: Family, type: SockType): MaybePromise<Outcome> {
    const { table } = this.native
    return this.invoke(th, 'socket', undefined, { family, type }, this.full(), {
      attempt: () => this.native.socket(table.AF[family], table.SOCK[type], 0),
      done: (fd, ret) => {
        const sock = this.fds.adopt(th.run, fd, family, type)
        ret.sock = sock.id
        ret.fd = fd
        return { value: fd, sock }
      },
    })
  }

  bind(th: Thread, sock: Sock, address: SockAddr): MaybePromise<Outcome> {
    return this.invoke(th, 'bind', sock, { address }, this.gate.bind(address), {
      attempt: () => this.fds.withAddress(sock, address, (a, n) => this.native.bind(sock.fd, a, n)),
      done: (_, ret) => {
        ret.local = this.fds.readLocal(sock)
        return { value: null }
      },
    })
  }

  listen(th: Thread, sock: Sock, backlog: number): MaybePromise<Outcome> {
    return this.invoke(th, 'listen', sock, { backlog }, undefined, {
      attempt: () => this.native.listen(sock.fd, backlog),
      done: (_, ret) => {
        sock.listening = true
        ret.local = this.fds.readLocal(sock)
        return { value: null }
      },
    })
  }

  accept(th: Thread, sock: Sock): MaybePromise<Outcome> {
    return this.invoke(th, 'accept', sock, {}, undefined, {
      attempt: () => this.fds.accept(sock),
      want: 'readable',
      done: (fd, ret) => {
        const remote = this.fds.written() ?? { family: 'unix', path: '' }
        const conn = this.fds.adopt(th.run, fd, sock.family, sock.type)
        conn.remote = remote
        ret.sock = conn.id
        ret.fd = fd
        ret.remote = remote
        ret.local = this.fds.acceptedLocal(sock, conn)
        return { value: fd, sock: conn, address: remote, connected: conn }
      },
    })
  }

  connect(th: Thread, sock: Sock, address: SockAddr): MaybePromise<Outcome> {
    let begun = false
    const result = (): number => {
      const r = this.fds.connectResult(sock)
      if (th.timeout === null && (r >= 0 || this.fds.errno(r) !== 'EINPROGRESS')) this.fds.settleConnect(sock, address)
      return r
    }
    return this.invoke(th, 'connect', sock, { address }, this.gate.connect(address), {
      attempt: () => {
        if (begun) return result()
        const r = this.fds.withAddress(sock, address, (a, n) => this.native.connect(sock.fd, a, n))
        const name = r < 0 ? this.fds.errno(r) : ''
        if (address.family === 'unix' || !(name === 'EINPROGRESS' || name === 'EAGAIN')) return r
        // who does not wait is told so, however fast the answer is
        if (th.timeout === 0) return r
        begun = true
        return result()
      },
      want: 'writable',
      done: (_, ret) => {
        ret.local = this.fds.readLocal(sock)
        ret.remote = sock.remote = this.fds.readRemote(sock) ?? address
        return { value: null, connected: sock }
      },
    })
  }

  send(th: Thread, sock: Sock, data: Uint8Array): MaybePromise<Outcome> {
    return this.invoke(th, 'send', sock, { len: data.length }, undefined, {
      attempt: () => this.native.send(sock.fd, data, data.length, this.native.table.MSG.nosignal),
      want: 'writable',
      done: (n, ret) => {
        ret.data = this.trace.bytes.append(data, n)
        return { value: n }
      },
    })
  }

  recv(th: Thread, sock: Sock, n: number, { peek = false, reuse = false }: RecvFlags = {}): MaybePromise<Outcome> {
    const want = Math.min(n, this.options.limits.recvBytes)
    const flags = peek ? this.native.table.MSG.peek : 0
    return this.invoke(th, 'recv', sock, peek ? { len: n, flags: 'MSG_PEEK' } : { len: n }, undefined, {
      attempt: () => (sock.type === 'dgram' ? this.fds.recvfrom(sock, want, flags) : this.fds.recv(sock, want, flags, reuse)),
      want: 'readable',
      done: (whole, ret) => {
        if (whole <= want) return this.received(whole, ret)
        ret.size = whole
        return { ...this.received(want, ret), size: whole }
      },
    })
  }

  /** @param flags MSG_* besides those of the lab; `said` names them in the trace */
  sendto(th: Thread, sock: Sock, data: Uint8Array, address: SockAddr, flags = 0, said?: { flags?: string }): MaybePromise<Outcome> {
    const refused = this.gate.sendto(address)
    if (!refused && !th.run.abort.signal.aborted) this.keepHere(th, sock, address)
    return this.invoke(th, 'sendto', sock, said ? { len: data.length, address, ...said } : { len: data.length, address }, refused, {
      attempt: () => {
        const confined = this.fds.confine(sock, address)
        return confined < 0 ? confined : this.fds.withAddress(sock, address, (a, len) =>
          this.native.sendto(sock.fd, data, data.length, flags | this.native.table.MSG.nosignal, a, len))
      },
      want: 'writable',
      done: (n, ret) => {
        ret.data = this.trace.bytes.append(data, n)
        // once the kernel has given it a port, sending changes nothing about it
        ret.local = hasPort(sock.local) ? sock.local : this.fds.readLocal(sock)
        ret.remote = address
        return { value: n }
      },
    })
  }

  recvfrom(th: Thread, sock: Sock, n: number, flags = 0, said?: { flags?: string }): MaybePromise<Outcome> {
    const want = Math.min(n, this.options.limits.recvBytes)
    return this.invoke(th, 'recvfrom', sock, said ? { len: n, ...said } : { len: n }, undefined, {
      attempt: () => this.fds.recvfrom(sock, want, flags),
      want: 'readable',
      done: (whole, ret) => {
        const got = Math.min(whole, want)
        if (whole > got) ret.size = whole
        const arrival = sock.pktinfo ? this.native.arrival!() : 0
        if (arrival) ret.interface = arrival
        const remote = this.fds.written() ?? sock.remote
        if (remote) ret.remote = remote
        const outcome = this.received(got, ret)
        if (whole > got) outcome.size = whole
        if (remote) outcome.address = remote
        return outcome
      },
    })
  }

  shutdown(th: Thread, sock: Sock, how: 'RD' | 'WR' | 'RDWR'): MaybePromise<Outcome> {
    return this.invoke(th, 'shutdown', sock, { how }, undefined, {
      attempt: () => this.native.shutdown(sock.fd, this.native.table.SHUT[how]),
      done: () => ({ value: null }),
    })
  }

  close(th: Thread, sock: Sock): MaybePromise<Outcome> {
    // the last look: what the peer acknowledged up to here is told apart from what the close makes it send
    this.observer.touched(sock)
    return this.invoke(th, 'close', sock, {}, undefined, { attempt: () => this.fds.release(sock), done: () => ({ value: null }) })
  }

  /** SO_LINGER with a time of 0, then close: the connection ends with a RST (RFC 9293, ABORT). */
  abort(th: Thread, sock: Sock): MaybePromise<Outcome> {
    this.observer.touched(sock)
    return this.invoke(th, 'abort', sock, {}, undefined, {
      attempt: () => {
        const r = setOption(this.native, sock.fd, 'SO_LINGER', 0)
        return typeof r === 'number' && r < 0 ? r : this.fds.release(sock)
      },
      done: () => ({ value: null }),
    })
  }

  setsockopt(th: Thread, sock: Sock, option: string, value: OptionValue): MaybePromise<Outcome> {
    const known = this.native.table.options[option]
    const refused = known ? undefined : unknownOption(option)
    return this.invoke(th, 'setsockopt', sock, { level: known?.levelName ?? '', option, value }, refused, {
      attempt: () => {
        const r = setOption(this.native, sock.fd, option, value)
        return typeof r === 'number' ? r : this.fds.errnoNumber('ENOPROTOOPT')
      },
      done: () => {
        if (known?.shape === 'membership') this.fds.askArrival(sock)
        if (option === HOPS[sock.family]) delete sock.hops
        return { value: null }
      },
    })
  }

  getsockopt(th: Thread, sock: Sock, option: string): MaybePromise<Outcome> {
    let value = 0
    const known = this.native.table.options[option]
    const refused = known ? undefined : unknownOption(option)
    return this.invoke(th, 'getsockopt', sock, { level: known?.levelName ?? '', option }, refused, {
      attempt: () => {
        const r = getOption(this.native, sock.fd, option)
        if (r === 'unknown') return this.fds.errnoNumber('ENOPROTOOPT')
        if ('errno' in r) return -r.errno
        value = r.value
        return 0
      },
      done: () => ({ value }),
    })
  }

  getsockname(th: Thread, sock: Sock): MaybePromise<Outcome> {
    return this.addressCall(th, sock, 'getsockname')
  }

  getpeername(th: Thread, sock: Sock): MaybePromise<Outcome> {
    return this.addressCall(th, sock, 'getpeername')
  }

  /** Waits until any of the sockets is ready; `seconds`: null waits for ever. At the end of the time: none. */
  async poll(th: Thread, entries: readonly PollEntry[], seconds: number | null): Promise<Outcome & { ready?: PollReady[] }> {
    let ready: PollReady[] = []
    const outcome = await this.pollSet(th, { nfds: entries.length, fds: describeSet(entries) }, entries, seconds, () => {
      const found = pollNow(this.native, entries)
      if (typeof found === 'number') return found
      ready = found
      return describeReady(ready)
    })
    return outcome.errno === undefined ? { ...outcome, ready } : outcome
  }

  /**
   * As poll(2), for a set of any kind.
   * @param entries what to wait for before it is worth while to look again
   * @param look what is ready now, as the trace shows it; or minus errno
   */
  async pollSet(th: Thread, shown: Record<string, Plain>, entries: readonly PollEntry[], seconds: number | null, look: () => Plain[] | number): Promise<Outcome> {
    const call = this.begin(th, 'poll', undefined, { ...shown, timeout: seconds })
    const stopped = th.run.abort.signal.aborted
    if (stopped) await this.turn.next()
    if (stopped || !(await this.paced(th, call))) return this.cancelled(th, call)
    if (this.turn.due(performance.now())) await this.turn.next()
    const deadline = seconds === null ? Infinity : performance.now() + seconds * 1000
    for (let blocked = false; ; blocked = true) {
      const ready = look()
      if (typeof ready === 'number') return this.fail(th, call, this.fds.errno(ready))
      if (ready.length || performance.now() >= deadline) return this.end(th, call, { value: ready })
      if (!blocked) this.trace.push({ k: 'block', call, why: entries.length ? 'readable' : 'timer' })
      if ((await this.waitAny(th, entries, deadline - performance.now())) === 'cancelled') return this.cancelled(th, call)
    }
  }

  /** Python's time.sleep(): a wait that a person sees and can take back. */
  async sleep(th: Thread, seconds: number): Promise<Outcome> {
    const call = this.begin(th, 'sleep', undefined, { seconds })
    if (!(await this.paced(th, call)) || th.run.abort.signal.aborted) return this.cancelled(th, call)
    this.trace.push({ k: 'block', call, why: 'timer' })
    const how = await new Promise<'go' | 'cancelled'>((resolve) => {
      const timer = setTimeout(() => resolve('go'), seconds * 1000)
      th.cancel = () => {
        clearTimeout(timer)
        resolve('cancelled')
      }
    })
    th.cancel = undefined
    return how === 'go' ? this.end(th, call, { value: null }) : this.cancelled(th, call)
  }

  /** Python's input(): the next line typed, null at the end. */
  async input(th: Thread, prompt: string): Promise<Outcome> {
    const call = this.begin(th, 'input', undefined, { prompt })
    if (!(await this.paced(th, call)) || th.run.abort.signal.aborted) return this.cancelled(th, call)
    let line = th.run.input.take()
    if (line === undefined) {
      this.trace.push({ k: 'block', call, why: 'input' })
      const how = await new Promise<'go' | 'cancelled'>((resolve) => {
        const forget = th.run.input.onLine(() => {
          forget()
          resolve('go')
        })
        th.cancel = () => {
          forget()
          resolve('cancelled')
        }
      })
      th.cancel = undefined
      if (how === 'cancelled') return this.cancelled(th, call)
      line = th.run.input.take() ?? null
    }
    return this.end(th, call, { value: line })
  }
  // ---- outside of any call

  /** Closes a socket that its program left open, as the kernel does at exit. */
  reap(th: Thread, sock: Sock): void {
    const call = this.begin(th, 'close', sock, { by: 'exit' })
    const r = this.fds.release(sock)
    this.trace.push(r < 0 ? { k: 'ret', call, value: null, errno: this.fds.errno(r) } : { k: 'ret', call, value: null })
    this.observer.touched(sock)
  }

  /** What waits in the receive buffer, taken from nobody (MSG_PEEK); never traced, never waits. */
  peek(sock: Sock, max: number): Result<Uint8Array> {
    if (sock.closed) return fail({ code: 'GONE', message: 'the socket is closed' })
    const into = new Uint8Array(max)
    const r = this.native.recv(sock.fd, into, max, this.native.table.MSG.peek | this.native.table.MSG.dontwait)
    if (r >= 0) return ok(into.subarray(0, r))
    const code = this.fds.errno(r)
    return code === 'EAGAIN' ? ok(new Uint8Array(0)) : fail({ code, message: `recv(MSG_PEEK): ${code}`, syscall: 'recv' })
  }
  /** The hop limit that the scope sets, or gives back, before a datagram to a group: the lab's own call, told as one. */
  private keepHere(th: Thread, sock: Sock, address: SockAddr): void {
    const before = sock.hops
    const r = this.fds.confine(sock, address)
    // a failure is the sendto()'s own: it tries again
    if (r < 0 || sock.hops === before || sock.family === 'unix') return
    const option = HOPS[sock.family]
    const value = sock.hops === undefined ? before ?? 0 : 0
    this.note(th, 'setsockopt', sock, { level: this.native.table.options[option]?.levelName ?? '', option, value, by: 'scope' })
  }

  private addressCall(th: Thread, sock: Sock, name: 'getsockname' | 'getpeername'): MaybePromise<Outcome> {
    return this.invoke(th, name, sock, {}, undefined, {
      attempt: () => this.native[name](sock.fd, this.fds.address),
      done: () => {
        const address = this.fds.written()
        return address ? { value: address, address } : { value: null }
      },
    })
  }

  private received(got: number, ret: Ret): Outcome {
    ret.data = this.trace.bytes.commit(got)
    return { value: got, bytes: this.trace.bytes.taken }
  }

  /** why `more` sockets cannot be had; undefined: they can */
  full(more = 1): LabError | undefined {
    const limit = this.options.limits.sockets
    if (this.fds.sockets.size + more <= limit) return undefined
    return { code: 'LIMIT', limit: 'sockets', message: `the lab holds at most ${limit} open sockets: close some first`, syscall: 'socket', detail: { limit } }
  }
}

const unknownOption = (option: string): LabError => ({
  code: 'INVALID', field: 'option', syscall: 'setsockopt', message: `this platform has no socket option ${option}`, detail: { option },
})

const hasPort = (address: SockAddr | undefined): boolean => address !== undefined && address.family !== 'unix' && address.port !== 0
