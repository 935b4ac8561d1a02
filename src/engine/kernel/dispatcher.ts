/**
 * The one dispatcher: every system call of every program goes through `invoke`, which does in this order:
 * policy (may it happen?), pace (run, slow, step), execute (the real call, waiting where it would block), trace.
 *
 * A call that can finish at once finishes synchronously; only a call that waits makes a promise. Results and failures are
 * values (Outcome); an exception out of here is a bug.
 */
import type { Plain, SockAddr, SockId, SyscallName, Family, SockType, CallId, Unstamped } from '../../shared/trace/events'
import { fail, ok, type LabError, type Result } from '../../shared/result'
import type { NativeSockets, Readiness } from './platform/platform'
import type { Gate, Outcome, Run, Sock, Thread, TraceSink } from './objects'
import { decodeSockAddr, encodeSockAddr, SOCKADDR_STORAGE } from './sockaddr'
import { getOption, setOption, type OptionValue } from './options'
import type { Pacer } from './pacer'
import { describeReady, describeSet, pollNow, type PollEntry, type PollReady } from './poll-set'
import { Turn } from './turn'

/** A Unix connect() finds the backlog full without a way to wait for room (connect(2), EAGAIN): try again this often. */
const UNIX_CONNECT_RETRY_MS = 5

export interface RecvFlags {
  /** MSG_PEEK: the bytes stay in the receive buffer */
  peek?: boolean | undefined
  /** the caller is done with the bytes before its next recv() on this socket */
  reuse?: boolean | undefined
}

export type MaybePromise<T> = T | Promise<T>

/** Watches what the calls do to the kernel's own state (engine/observe/sampler.ts). */
export interface Observer {
  /** a call on `sock` returned or began to wait; a closed socket's connection may live on in the kernel */
  touched(sock: Sock): void
  /** the socket has both its addresses now */
  connected(sock: Sock): void
}

/** The error of a native call as its name. */
interface Step {
  /** makes the call: a result >= 0, or minus errno */
  attempt: () => number
  /** what to wait for when it would block; absent: it never waits */
  want?: 'readable' | 'writable'
  /** builds the outcome of a success, and what the `ret` event says besides */
  done: (result: number, ret: RetFields) => Outcome
}

interface RetFields {
  /** the socket that has both its addresses from this call on; the observer hears of it once the call has returned */
  connected?: Sock
  size?: number
  interface?: number
  data?: Extract<Unstamped, { k: 'ret' }>['data']
  sock?: SockId
  fd?: number
  local?: SockAddr
  remote?: SockAddr
}

/** how many links a datagram to a group may go (ip(7), ipv6(7)) */
const HOPS: Readonly<Record<Family, string>> = { inet: 'IP_MULTICAST_TTL', inet6: 'IPV6_MULTICAST_HOPS', unix: '' }

/** options whose setting is tidying up, as close() is */
const LEAVING: ReadonlySet<Plain | undefined> = new Set(['IP_DROP_MEMBERSHIP', 'IPV6_LEAVE_GROUP'])

const WOULD_BLOCK = new Set(['EAGAIN', 'EINPROGRESS', 'EALREADY'])

export interface DispatcherOptions {
  native: NativeSockets
  readiness: Readiness
  trace: TraceSink
  gate: Gate
  pacer: Pacer
  limits: { sockets: number; recvBytes: number }
}

export class Dispatcher {
  private readonly native: NativeSockets
  private readonly readiness: Readiness
  private readonly trace: TraceSink
  private readonly gate: Gate
  readonly pacer: Pacer
  private readonly turn = new Turn()
  private readonly address = new Uint8Array(SOCKADDR_STORAGE)
  private calls = 0
  private ids = 0
  readonly sockets = new Map<SockId, Sock>()
  observer: Observer = { touched: () => {}, connected: () => {} }

  constructor(private readonly options: DispatcherOptions) {
    this.native = options.native
    this.readiness = options.readiness
    this.trace = options.trace
    this.gate = options.gate
    this.pacer = options.pacer
  }

  /** the id of the call begun last */
  get lastCall(): CallId {
    return this.calls
  }

  // ---- the calls

  socket(th: Thread, family: Family, type: SockType): MaybePromise<Outcome> {
    const { table } = this.native
    return this.invoke(th, 'socket', undefined, { family, type }, this.sockets.size >= this.options.limits.sockets ? this.full() : undefined, {
      attempt: () => this.native.socket(table.AF[family], table.SOCK[type], 0),
      done: (fd, ret) => {
        const sock = this.adopt(th.run, fd, family, type)
        ret.sock = sock.id
        ret.fd = fd
        return { value: fd, sock }
      },
    })
  }

  bind(th: Thread, sock: Sock, address: SockAddr): MaybePromise<Outcome> {
    return this.invoke(th, 'bind', sock, { address }, this.gate.bind(address), {
      attempt: () => this.withAddress(sock, address, (a, n) => this.native.bind(sock.fd, a, n)),
      done: (_, ret) => {
        ret.local = this.readLocal(sock)
        return { value: null }
      },
    })
  }

  listen(th: Thread, sock: Sock, backlog: number): MaybePromise<Outcome> {
    return this.invoke(th, 'listen', sock, { backlog }, undefined, {
      attempt: () => this.native.listen(sock.fd, backlog),
      done: (_, ret) => {
        sock.listening = true
        ret.local = this.readLocal(sock)
        return { value: null }
      },
    })
  }

  accept(th: Thread, sock: Sock): MaybePromise<Outcome> {
    return this.invoke(th, 'accept', sock, {}, undefined, {
      attempt: () => this.acceptAllowed(sock),
      want: 'readable',
      done: (fd, ret) => {
        const remote = decodeSockAddr(this.address, this.native.addrLength(), this.native.table) ?? { family: 'unix', path: '' }
        const conn = this.adopt(th.run, fd, sock.family, sock.type)
        conn.remote = remote
        ret.sock = conn.id
        ret.fd = fd
        ret.remote = remote
        ret.local = this.readLocal(conn)
        ret.connected = conn
        return { value: fd, sock: conn, address: remote }
      },
    })
  }

  connect(th: Thread, sock: Sock, address: SockAddr): MaybePromise<Outcome> {
    let begun = false
    return this.invoke(th, 'connect', sock, { address }, this.gate.connect(address), {
      attempt: () => {
        if (begun) return this.connectResult(sock)
        const r = this.withAddress(sock, address, (a, n) => this.native.connect(sock.fd, a, n))
        const name = r < 0 ? this.errno(r) : ''
        if (address.family === 'unix' || !(name === 'EINPROGRESS' || name === 'EAGAIN')) return r
        begun = true
        return this.connectResult(sock)
      },
      want: 'writable',
      done: (_, ret) => {
        ret.local = this.readLocal(sock)
        ret.remote = sock.remote = this.readRemote(sock) ?? address
        ret.connected = sock
        return { value: null }
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
      attempt: () => (sock.type === 'dgram' ? this.recvfromAllowed(sock, want, flags) : this.receive(sock, want, flags, reuse)),
      want: 'readable',
      done: (whole, ret) => {
        if (whole > want) ret.size = whole
        return this.received(Math.min(whole, want), ret)
      },
    })
  }

  sendto(th: Thread, sock: Sock, data: Uint8Array, address: SockAddr): MaybePromise<Outcome> {
    return this.invoke(th, 'sendto', sock, { len: data.length, address }, this.gate.sendto(address), {
      attempt: () => {
        const confined = this.confine(sock, address)
        return confined < 0 ? confined : this.withAddress(sock, address, (a, len) =>
          this.native.sendto(sock.fd, data, data.length, this.native.table.MSG.nosignal, a, len))
      },
      want: 'writable',
      done: (n, ret) => {
        ret.data = this.trace.bytes.append(data, n)
        ret.local = this.readLocal(sock)
        ret.remote = address
        return { value: n }
      },
    })
  }

  recvfrom(th: Thread, sock: Sock, n: number): MaybePromise<Outcome> {
    const want = Math.min(n, this.options.limits.recvBytes)
    return this.invoke(th, 'recvfrom', sock, { len: n }, undefined, {
      attempt: () => this.recvfromAllowed(sock, want),
      want: 'readable',
      done: (whole, ret) => {
        const got = Math.min(whole, want)
        if (whole > got) ret.size = whole
        const arrival = sock.pktinfo ? this.native.arrival!() : 0
        if (arrival) ret.interface = arrival
        const remote = decodeSockAddr(this.address, this.native.addrLength(), this.native.table) ?? sock.remote
        if (remote) ret.remote = remote
        const outcome = this.received(got, ret)
        return remote ? { ...outcome, address: remote } : outcome
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
    return this.invoke(th, 'close', sock, {}, undefined, { attempt: () => this.release(sock), done: () => ({ value: null }) })
  }

  /** SO_LINGER with a time of 0, then close: the connection ends with a RST (RFC 9293, ABORT). */
  abort(th: Thread, sock: Sock): MaybePromise<Outcome> {
    this.observer.touched(sock)
    return this.invoke(th, 'abort', sock, {}, undefined, {
      attempt: () => {
        const r = setOption(this.native, sock.fd, 'SO_LINGER', 0)
        return typeof r === 'number' && r < 0 ? r : this.release(sock)
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
        return typeof r === 'number' ? r : this.errnoNumber('ENOPROTOOPT')
      },
      done: () => {
        if (known?.shape === 'membership') this.askArrival(sock)
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
        if (r === 'unknown') return this.errnoNumber('ENOPROTOOPT')
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
    const call = this.begin(th, 'poll', undefined, { nfds: entries.length, fds: describeSet(entries), timeout: seconds })
    const stopped = th.run.abort.signal.aborted
    if (stopped) await this.turn.next()
    if (stopped || !(await this.paced(th, call))) return this.cancelled(th, call)
    if (this.turn.due(performance.now())) await this.turn.next()
    const deadline = seconds === null ? Infinity : performance.now() + seconds * 1000
    for (let blocked = false; ; blocked = true) {
      const ready = pollNow(this.native, entries)
      if (typeof ready === 'number') return this.finish(th, call, { value: null, errno: this.errno(ready) }, {})
      if (ready.length || performance.now() >= deadline) return { ...this.finish(th, call, { value: describeReady(ready) }, {}), ready }
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
    return how === 'go' ? this.finish(th, call, { value: null }, {}) : this.cancelled(th, call)
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
    return this.finish(th, call, { value: line }, {})
  }

  // ---- outside of any call

  /** Closes a socket that its program left open, as the kernel does at exit. */
  reap(th: Thread, sock: Sock): void {
    const call = this.begin(th, 'close', sock, { by: 'exit' })
    const r = this.release(sock)
    this.trace.push(r < 0 ? { k: 'ret', call, value: null, errno: this.errno(r) } : { k: 'ret', call, value: null })
    this.observer.touched(sock)
  }

  /** What waits in the receive buffer, taken from nobody (MSG_PEEK); never traced, never waits. */
  peek(sock: Sock, max: number): Result<Uint8Array> {
    if (sock.closed) return fail({ code: 'GONE', message: 'the socket is closed' })
    const into = new Uint8Array(max)
    const r = this.native.recv(sock.fd, into, max, this.native.table.MSG.peek | this.native.table.MSG.dontwait)
    if (r >= 0) return ok(into.subarray(0, r))
    const code = this.errno(r)
    return code === 'EAGAIN' ? ok(new Uint8Array(0)) : fail({ code, message: `recv(MSG_PEEK): ${code}`, syscall: 'recv' })
  }

  // ---- policy, pace, execute, trace

  private invoke(
    th: Thread, name: SyscallName, sock: Sock | undefined, args: Record<string, Plain>, refused: LabError | undefined, step: Step,
  ): MaybePromise<Outcome> {
    const call = this.begin(th, name, sock, args)
    const stopped = th.run.abort.signal.aborted
    // a stopped program may still tidy up; anything else fails, a turn later, so that a loop around it cannot freeze the lab
    if (stopped && name !== 'close' && name !== 'abort' && !LEAVING.has(args.option)) return this.turn.next().then(() => this.cancelled(th, call))
    if (refused) return this.refuse(th, call, refused)
    if ((!this.pacer.running && !stopped) || this.turn.due(performance.now())) return this.later(th, call, sock, step)
    const done = this.attempt(th, call, sock, step)
    return done ?? this.waitFor(th, call, sock!, step)
  }

  private begin(th: Thread, name: SyscallName, sock: Sock | undefined, args: Record<string, Plain>): CallId {
    const call = ++this.calls
    th.call = call
    th.lastCall = call
    const event: Extract<Unstamped, { k: 'call' }> = { k: 'call', call, thread: th.id, name, args }
    if (sock) {
      event.sock = sock.id
      event.fd = sock.fd
    }
    if (th.run.twin) {
      const line = th.run.twin.lineOf(th.func, name, th.line)
      if (line !== undefined) event.line = th.line = line
    }
    this.trace.push(event)
    return call
  }

  /** the way of a call that is held back first */
  private async later(th: Thread, call: CallId, sock: Sock | undefined, step: Step): Promise<Outcome> {
    if (!(await this.paced(th, call))) return this.cancelled(th, call)
    await this.turn.next()
    return this.attempt(th, call, sock, step) ?? this.waitFor(th, call, sock!, step)
  }

  private async paced(th: Thread, call: CallId): Promise<boolean> {
    if (this.pacer.running || th.run.abort.signal.aborted) return true
    this.trace.push({ k: 'block', call, why: this.pacer.current.mode === 'step' ? 'step' : 'slow' })
    const how = await this.pacer.hold(call, (cancel) => (th.cancel = cancel))
    th.cancel = undefined
    return how === 'go'
  }

  /** makes the call once; undefined: it would block, and may wait */
  private attempt(th: Thread, call: CallId, sock: Sock | undefined, step: Step): Outcome | undefined {
    if (sock?.closed) return this.finish(th, call, { value: null, errno: 'EBADF' }, {})
    const r = step.attempt()
    if (r >= 0) {
      const ret: RetFields = {}
      const outcome = step.done(r, ret)
      return this.finish(th, call, outcome, ret, sock ?? outcome.sock)
    }
    const errno = this.errno(r)
    if (step.want && WOULD_BLOCK.has(errno) && sock!.timeout !== 0) return undefined
    const ret: RetFields = {}
    // a non-blocking connect has begun all the same: say from where
    if (errno === 'EINPROGRESS') ret.local = this.readLocal(sock!)
    return this.finish(th, call, { value: null, errno }, ret, sock)
  }

  /**
   * Waits until the call can be made, and makes it as soon as the loop says so: no promise stands between the kernel's
   * event and the call.
   */
  private waitFor(th: Thread, call: CallId, sock: Sock, step: Step): Promise<Outcome> {
    const local = step.want === 'writable' && !sock.remote && sock.type === 'stream' ? this.readLocal(sock) : undefined
    this.trace.push(local ? { k: 'block', call, why: step.want!, local } : { k: 'block', call, why: step.want! })
    this.observer.touched(sock)
    return new Promise((resolve) => {
      const end = (outcome: Outcome) => {
        if (timer) clearTimeout(timer)
        th.cancel = undefined
        resolve(outcome)
      }
      const again = () => {
        const done = this.attempt(th, call, sock, step)
        if (done) end(done)
        else forget = this.arm(sock, step.want!, again)
      }
      const timer = sock.timeout === null ? undefined : setTimeout(() => {
        forget()
        end(this.finish(th, call, { value: null, errno: 'TIMEOUT' }, {}, sock))
      }, sock.timeout * 1000)
      let forget = this.arm(sock, step.want!, again)
      th.cancel = () => {
        forget()
        end(this.cancelled(th, call, sock))
      }
    })
  }

  private waitAny(th: Thread, entries: readonly PollEntry[], ms: number): Promise<'ready' | 'timeout' | 'cancelled'> {
    return this.until(th, ms, (ready) => {
      const armed: (() => void)[] = []
      for (const { sock, read, write } of entries) {
        if (sock.closed) continue
        // an error or a hang-up wakes either waiter
        if (read || !write) armed.push(this.readiness.readable(sock.fd, ready))
        if (write) armed.push(this.readiness.writable(sock.fd, ready))
      }
      return () => armed.forEach((forget) => forget())
    })
  }

  /** Waits for what `arm` arms, for the time, or for the person who takes the call back; whichever comes first ends the others. */
  private until(th: Thread, ms: number, arm: (ready: () => void) => () => void): Promise<'ready' | 'timeout' | 'cancelled'> {
    return new Promise((resolve) => {
      const settle = (how: 'ready' | 'timeout' | 'cancelled') => {
        clearTimeout(timer)
        forget()
        th.cancel = undefined
        resolve(how)
      }
      const timer = ms === Infinity ? undefined : setTimeout(() => settle('timeout'), Math.max(0, ms))
      const forget = arm(() => settle('ready'))
      th.cancel = () => settle('cancelled')
    })
  }

  private arm(sock: Sock, want: 'readable' | 'writable', wake: () => void): () => void {
    if (sock.family === 'unix' && want === 'writable' && !sock.remote) {
      const timer = setTimeout(wake, UNIX_CONNECT_RETRY_MS)
      return () => clearTimeout(timer)
    }
    return this.readiness[want](sock.fd, wake)
  }

  private finish(th: Thread, call: CallId, outcome: Outcome, ret: RetFields, sock?: Sock): Outcome {
    th.call = undefined
    const event: Extract<Unstamped, { k: 'ret' }> = { k: 'ret', call, value: outcome.value }
    if (outcome.errno !== undefined) event.errno = outcome.errno
    if (ret.data) event.data = ret.data
    if (ret.sock !== undefined) event.sock = ret.sock
    if (ret.fd !== undefined) event.fd = ret.fd
    if (ret.size !== undefined) event.size = ret.size
    if (ret.interface !== undefined) event.interface = ret.interface
    if (ret.local) event.local = ret.local
    if (ret.remote) event.remote = ret.remote
    this.trace.push(event)
    if (ret.connected) this.observer.connected(ret.connected)
    if (sock) this.observer.touched(sock)
    if (outcome.sock && outcome.sock !== sock) this.observer.touched(outcome.sock)
    return outcome
  }

  private cancelled(th: Thread, call: CallId, sock?: Sock): Outcome {
    return this.finish(th, call, { value: null, errno: 'CANCELLED' }, {}, sock)
  }

  private refuse(th: Thread, call: CallId, error: LabError): Outcome {
    return this.finish(th, call, { value: error.message, errno: error.code, error }, {})
  }

  // ---- pieces

  private adopt(run: Run, fd: number, family: Family, type: SockType): Sock {
    const sock: Sock = { id: ++this.ids, fd, family, type, run, closed: false, listening: false, timeout: null }
    this.sockets.set(sock.id, sock)
    run.sockets.add(sock)
    return sock
  }

  private release(sock: Sock): number {
    sock.closed = true
    this.sockets.delete(sock.id)
    sock.run.sockets.delete(sock)
    // wakes every thread that waits on it: they find it closed (EBADF)
    this.readiness.forget(sock.fd)
    return this.native.close(sock.fd)
  }

  /** accept(), but a peer outside the scope is reset and never handed to a program */
  private acceptAllowed(sock: Sock): number {
    if (this.sockets.size >= this.options.limits.sockets) return this.errnoNumber('EMFILE')
    for (;;) {
      const fd = this.native.accept(sock.fd, this.address)
      if (fd < 0) return fd
      const peer = decodeSockAddr(this.address, this.native.addrLength(), this.native.table)
      if (!peer || !this.gate.accept(peer)) return fd
      setOption(this.native, fd, 'SO_LINGER', 0)
      this.native.close(fd)
    }
  }

  /** recvfrom(), but a datagram from outside the scope is dropped unseen */
  private recvfromAllowed(sock: Sock, want: number, flags = 0): number {
    const { trunc, peek } = this.native.table.MSG
    const into = this.trace.bytes.reserve(want)
    for (;;) {
      const r = sock.pktinfo ? this.native.recvmsg!(sock.fd, into, want, flags | trunc, this.address)
        : this.native.recvfrom(sock.fd, into, want, flags | trunc, this.address)
      if (r < 0 || sock.type === 'stream') return r
      const from = decodeSockAddr(this.address, this.native.addrLength(), this.native.table)
      if (!from || !this.gate.accept(from)) return r
      const group = sock.pktinfo ? this.native.arrivedFor?.() : undefined
      if (group && this.gate.hears?.(from, group)) return r
      // one that was only looked at is still there
      if (flags & peek) this.native.recv(sock.fd, into, want, 0)
    }
  }

  /**
   * A datagram to a group that must stay on this computer goes with a hop limit of 0: the kernel hands copies to the members
   * here and puts nothing on a link (RFC 1112, section 6.1; ip(7)). What the program had set holds again when it may leave.
   */
  private confine(sock: Sock, address: SockAddr): number {
    const here = this.gate.staysHere?.(address) === true && address.family === sock.family
    if (!here && sock.hops === undefined) return 0
    const now = getOption(this.native, sock.fd, HOPS[sock.family])
    if (now === 'unknown') return this.errnoNumber('ENOPROTOOPT')
    if ('errno' in now) return -now.errno
    if (here === (now.value === 0)) return 0
    const r = setOption(this.native, sock.fd, HOPS[sock.family], here ? 0 : sock.hops!)
    if (here) sock.hops = now.value
    else delete sock.hops
    return typeof r === 'number' ? r : this.errnoNumber('ENOPROTOOPT')
  }

  /** how a connect() that has begun stands: 0, minus the errno it failed with, or minus EINPROGRESS */
  private connectResult(sock: Sock): number {
    const error = getOption(this.native, sock.fd, 'SO_ERROR')
    if (typeof error === 'object' && 'value' in error && error.value !== 0) return -error.value
    const r = this.native.getpeername(sock.fd, this.address)
    return r >= 0 ? 0 : this.errno(r) === 'ENOTCONN' ? this.errnoNumber('EINPROGRESS') : r
  }

  private receive(sock: Sock, want: number, flags: number, reuse: boolean): number {
    return this.native.recv(sock.fd, this.trace.bytes.reserve(want, reuse ? sock : undefined), want, flags)
  }

  private received(got: number, ret: RetFields): Outcome {
    ret.data = this.trace.bytes.commit(got)
    return { value: got, bytes: this.trace.bytes.taken }
  }

  /** a member of a group wants to know where each datagram came in; asked for behind the program's back, it changes nothing else */
  private askArrival(sock: Sock): void {
    if (sock.pktinfo || !this.native.recvmsg) return
    const r = setOption(this.native, sock.fd, sock.family === 'inet6' ? 'IPV6_RECVPKTINFO' : 'IP_PKTINFO', 1)
    sock.pktinfo = r === 0
  }

  private addressCall(th: Thread, sock: Sock, name: 'getsockname' | 'getpeername'): MaybePromise<Outcome> {
    return this.invoke(th, name, sock, {}, undefined, {
      attempt: () => this.native[name](sock.fd, this.address),
      done: () => {
        const address = decodeSockAddr(this.address, this.native.addrLength(), this.native.table)
        return address ? { value: address, address } : { value: null }
      },
    })
  }

  private withAddress(sock: Sock, address: SockAddr, op: (a: Uint8Array, length: number) => number): number {
    if (address.family !== sock.family) return this.errnoNumber('EAFNOSUPPORT')
    const length = encodeSockAddr(address, this.native.table, this.address)
    if (length < 0) return this.errnoNumber(length === -2 ? 'ENAMETOOLONG' : 'EINVAL')
    return op(this.address, length)
  }

  private readLocal(sock: Sock): SockAddr | undefined {
    if (this.native.getsockname(sock.fd, this.address) < 0) return undefined
    const local = decodeSockAddr(this.address, this.native.addrLength(), this.native.table)
    if (local) sock.local = local
    return local
  }

  private readRemote(sock: Sock): SockAddr | undefined {
    if (this.native.getpeername(sock.fd, this.address) < 0) return undefined
    return decodeSockAddr(this.address, this.native.addrLength(), this.native.table)
  }

  private errno(r: number): string {
    return this.native.table.errno[-r] ?? `E${-r}`
  }

  /** minus the number of a name on this platform */
  private errnoNumber(name: string): number {
    for (const [number, known] of Object.entries(this.native.table.errno)) if (known === name) return -Number(number)
    return -22
  }

  private full(): LabError {
    const limit = this.options.limits.sockets
    return { code: 'LIMIT', limit: 'sockets', message: `the lab holds at most ${limit} open sockets: close some first`, syscall: 'socket', detail: { limit } }
  }
}

const unknownOption = (option: string): LabError => ({
  code: 'INVALID', field: 'option', syscall: 'setsockopt', message: `this platform has no socket option ${option}`, detail: { option },
})
