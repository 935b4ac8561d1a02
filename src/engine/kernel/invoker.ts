/**
 * How every system call is made, in this order: policy (may it happen?), pace (run, slow, step), execute (the real call,
 * waiting where it would block), trace.
 *
 * A call that can finish at once finishes synchronously; only a call that waits makes a promise. Results and failures are
 * values (Outcome); an exception out of here is a bug.
 */
import type { LabError } from '../../shared/result'
import type { CallId, Plain, SockAddr, SyscallName, Unstamped } from '../../shared/trace/events'
import type { MaybePromise } from '../programs/program'
import type { Descriptors } from './descriptors'
import type { Asking, Outcome, Sock, Thread, TraceSink } from './objects'
import type { Pacer } from './pacer'
import type { Readiness } from './platform/platform'
import type { PollEntry } from './poll-set'
import { Turn } from './turn'

/** A Unix connect() finds the backlog full without a way to wait for room (connect(2), EAGAIN): try again this often. */
const UNIX_CONNECT_RETRY_MS = 5

/** poll() for neither reading nor writing wakes for an error only, which the loop does not tell apart: look this often. */
const IDLE_LOOK_MS = 20

/** Watches what the calls do to the kernel's own state (engine/observe/sampler.ts). */
export interface Observer {
  /**
   * A call on `sock` returned or began to wait; a closed socket's connection may live on in the kernel.
   * @param at performance.now(), where the caller has just looked
   */
  touched(sock: Sock, at?: number): void
  /** the socket has both its addresses now */
  connected(sock: Sock): void
}

/** One call, ready to be made. */
export interface Step {
  /** makes the call: a result >= 0, or minus errno */
  attempt: () => number
  /** what to wait for when it would block; absent: it never waits */
  want?: 'readable' | 'writable'
  /** builds the outcome of a success, and what the `ret` event says besides */
  done: (result: number, ret: Ret) => Outcome
}

/** The `ret` event of a call, before the result is in it. */
export type Ret = Extract<Unstamped, { k: 'ret' }>

/** options whose setting is tidying up, as close() is */
const LEAVING: ReadonlySet<Plain | undefined> = new Set(['IP_DROP_MEMBERSHIP', 'IPV6_LEAVE_GROUP'])

const WOULD_BLOCK = new Set(['EAGAIN', 'EINPROGRESS', 'EALREADY'])
export class Invoker {
  protected readonly turn = new Turn()
  private calls = 0
  observer: Observer = { touched: () => {}, connected: () => {} }
  /** absent: nobody is asked about public addresses, they are refused */
  asking: Asking | undefined

  constructor(
    readonly fds: Descriptors,
    protected readonly readiness: Readiness,
    protected readonly trace: TraceSink,
    readonly pacer: Pacer,
  ) {}

  /** the id of the call begun last */
  get lastCall(): CallId {
    return this.calls
  }

  invoke(
    th: Thread, name: SyscallName, sock: Sock | undefined, args: Record<string, Plain>, refused: LabError | undefined, step: Step,
  ): MaybePromise<Outcome> {
    const now = performance.now()
    const call = this.begin(th, name, sock, args, now)
    const stopped = th.run.abort.signal.aborted
    // a stopped program may still tidy up; anything else fails, a turn later, so that a loop around it cannot freeze the lab
    const tidies = name === 'close' || name === 'abort' || LEAVING.has(args.option)
    if (stopped && !tidies) return this.turn.next().then(() => this.cancelled(th, call))
    if (refused) return refused.detail?.ask === 'public' ? this.asked(th, call, name, sock, args.address as SockAddr, refused, step) : this.refuse(th, call, refused)
    // no turn for a close(): a server that answers and closes at once is the first to close, so that TIME_WAIT is its own
    const due = name !== 'close' && this.turn.due(now)
    if ((!this.pacer.running && !stopped) || due) return this.later(th, call, sock, step, tidies)
    const done = this.attempt(th, call, sock, step)
    return done ?? this.waitFor(th, call, sock!, step)
  }

  protected begin(th: Thread, name: SyscallName, sock: Sock | undefined, args: Record<string, Plain>, now = performance.now()): CallId {
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
    } else if (th.line !== undefined) {
      event.line = th.line
      if (th.file !== undefined) event.file = th.file
    }
    this.trace.push(event, now)
    return call
  }

  /** the way of a call that is held back first */
  private async later(th: Thread, call: CallId, sock: Sock | undefined, step: Step, tidies: boolean): Promise<Outcome> {
    if (!(await this.paced(th, call))) return this.cancelled(th, call)
    await this.turn.next()
    // stopped meanwhile: a run by hand is over, and nobody would close what this call makes
    if (!tidies && th.run.abort.signal.aborted) return this.cancelled(th, call, sock)
    return this.attempt(th, call, sock, step) ?? this.waitFor(th, call, sock!, step)
  }

  protected async paced(th: Thread, call: CallId): Promise<boolean> {
    if (this.pacer.running || th.run.abort.signal.aborted) return true
    this.trace.push({ k: 'block', call, why: this.pacer.current.mode === 'step' ? 'step' : 'slow' })
    const how = await this.pacer.hold(call, th.run.abort.signal, (cancel) => (th.cancel = cancel))
    th.cancel = undefined
    return how === 'go'
  }

  /** makes the call once; undefined: it would block, and may wait */
  private attempt(th: Thread, call: CallId, sock: Sock | undefined, step: Step): Outcome | undefined {
    if (sock?.closed) return this.fail(th, call, 'EBADF')
    const r = step.attempt()
    if (r >= 0) {
      const ret: Ret = { k: 'ret', call, value: null }
      const outcome = step.done(r, ret)
      return this.finish(th, ret, outcome, sock ?? outcome.sock)
    }
    const errno = this.fds.errno(r)
    if (step.want && WOULD_BLOCK.has(errno) && patience(th, sock!) !== 0) return undefined
    const ret: Ret = { k: 'ret', call, value: null }
    // a non-blocking connect has begun all the same: say from where
    if (errno === 'EINPROGRESS') ret.local = this.fds.readLocal(sock!)
    return this.finish(th, ret, { value: null, errno }, sock)
  }

  /**
   * Waits until the call can be made, and makes it as soon as the loop says so: no promise stands between the kernel's
   * event and the call.
   */
  private waitFor(th: Thread, call: CallId, sock: Sock, step: Step): Promise<Outcome> {
    // stopped while the call was held back: nobody would take it back any more
    if (th.run.abort.signal.aborted) return Promise.resolve(this.cancelled(th, call, sock))
    const local = step.want === 'writable' && !sock.remote && sock.type === 'stream' ? this.fds.readLocal(sock) : undefined
    this.trace.push(local ? { k: 'block', call, why: step.want!, local } : { k: 'block', call, why: step.want! })
    this.observer.touched(sock)
    const seconds = patience(th, sock)
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
      const timer = seconds === null ? undefined : setTimeout(() => {
        forget()
        end(this.fail(th, call, 'TIMEOUT', sock))
      }, seconds * 1000)
      let forget = this.arm(sock, step.want!, again)
      th.cancel = () => {
        forget()
        end(this.cancelled(th, call, sock))
      }
    })
  }

  protected waitAny(th: Thread, entries: readonly PollEntry[], ms: number): Promise<'ready' | 'timeout' | 'cancelled'> {
    return this.until(th, ms, (ready) => {
      const armed: (() => void)[] = []
      for (const { sock, read, write } of entries) {
        if (sock.closed) continue
        // an error or a hang-up wakes either waiter; who waits for nothing else looks now and then
        if (read) armed.push(this.readiness.readable(sock.fd, ready))
        if (!read && !write) armed.push(later(ready))
        if (write) armed.push(this.readiness.writable(sock.fd, ready))
      }
      return () => armed.forEach((forget) => forget())
    })
  }

  /** Waits for what `arm` arms, for the time, or for the person who takes the call back; whichever comes first ends the others. */
  private until(th: Thread, ms: number, arm: (ready: () => void) => () => void): Promise<'ready' | 'timeout' | 'cancelled'> {
    if (th.run.abort.signal.aborted) return Promise.resolve('cancelled')
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

  private finish(th: Thread, ret: Ret, outcome: Outcome, sock?: Sock): Outcome {
    th.call = undefined
    ret.value = outcome.value
    if (outcome.errno !== undefined) ret.errno = outcome.errno
    const now = performance.now()
    this.trace.push(ret, now)
    if (outcome.connected) this.observer.connected(outcome.connected)
    if (sock) this.observer.touched(sock, now)
    if (outcome.sock && outcome.sock !== sock) this.observer.touched(outcome.sock, now)
    return outcome
  }

  /** The end of a call whose `ret` says no more than its outcome. */
  protected end(th: Thread, call: CallId, outcome: Outcome, sock?: Sock): Outcome {
    return this.finish(th, { k: 'ret', call, value: null }, outcome, sock)
  }

  protected fail(th: Thread, call: CallId, errno: string, sock?: Sock): Outcome {
    return this.end(th, call, { value: null, errno }, sock)
  }

  /** A call that the lab made by itself beside the program's: in the trace as any other, and by whom (`args.by`). */
  note(th: Thread, name: SyscallName, sock: Sock | undefined, args: Record<string, Plain>, made: Pick<Ret, 'sock' | 'fd' | 'local' | 'remote'> = {}): void {
    const call = ++this.calls
    this.trace.push({ k: 'call', call, thread: th.id, name, ...(sock ? { sock: sock.id, fd: sock.fd } : {}), args })
    this.trace.push({ k: 'ret', call, value: null, ...made })
  }

  protected cancelled(th: Thread, call: CallId, sock?: Sock): Outcome {
    return this.fail(th, call, th.interrupted ? 'EINTR' : 'CANCELLED', sock)
  }

  /** A public address: the person is asked, once for each run, before anything else happens to the call. */
  private async asked(
    th: Thread, call: CallId, name: SyscallName, sock: Sock | undefined, address: SockAddr, refused: LabError, step: Step,
  ): Promise<Outcome> {
    const { asking } = this
    let allowed = asking ? asking.answer(th.run) : false
    if (asking && allowed === undefined) {
      this.trace.push({ k: 'block', call, why: 'permission' })
      allowed = await new Promise<boolean | undefined>((resolve) => {
        const forget = asking.ask(th.run, name, address, resolve)
        th.cancel = () => {
          forget()
          resolve(undefined)
        }
      })
      th.cancel = undefined
      if (allowed === undefined) return this.cancelled(th, call)
    }
    if (!asking || !allowed) return this.refuse(th, call, refused)
    asking.reaches(th.run, address)
    return this.later(th, call, sock, step, false)
  }

  private refuse(th: Thread, call: CallId, error: LabError): Outcome {
    return this.end(th, call, { value: error.message, errno: error.code, error })
  }
}

/** how long a call waits at most: a guest says it with each call (each of its threads may have another) */
const patience = (th: Thread, sock: Sock): number | null => (th.timeout === undefined ? sock.timeout : th.timeout)

const later = (wake: () => void): (() => void) => {
  const timer = setTimeout(wake, IDLE_LOOK_MS)
  return () => clearTimeout(timer)
}
