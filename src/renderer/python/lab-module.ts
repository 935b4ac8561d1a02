/**
 * The module `_lab`: all that Python has of the world. Its users are resources/python/labcore.py and labrun.py.
 *
 * What has to be waited for answers a number, a slot: labcore.wait(slot) waits and gives the result. The wait itself is a
 * recv() on a socket of C's own that is none (`bell`): WebAssembly's C library suspends the stack there for a promise of ours.
 * pyodide's run_sync() would go through an event loop of asyncio's, at more than ten times the cost.
 *
 *   call(thread, call, timeout, file, line)  slot: a GuestOutcome; `call` a dict in the contract's shape. timeout: None
 *                                            waits for ever, 0 never waits
 *   post(thread, call)                       a call whose outcome nobody wants
 *   lookup(kind, question)                   slot; kind 'getaddrinfo', 'getnameinfo', 'host': the answer of names.*;
 *                                            'interfaces': a list of {index, name}; or {error, errno, message}
 *   print(thread, text, err)                 False: too much at once, wait for drained()
 *   drained()                                slot
 *   thread_begin(thread, name, func)         slot: None, or why the lab has no more threads
 *   thread_end(thread, error)
 *   spawn(callable)                          runs it on a stack of its own, after the caller has waited next
 *   park(token, ms)                          slot: True when wake(token) has come, False after ms (< 0: never)
 *   wake(token)
 *   turn()                                   slot: everybody else who can go on has done so
 *   interrupt(thread)                        its waiting call returns EINTR
 *   halt(thread, file, line, func, why, locals, text)  tells of a stop; locals a list of dicts, text an exception's or None
 *   resume()                                 slot: how to go on: 'continue', 'line', 'over', 'out'
 *   go_on()                                  what is halted goes on
 *   sync()                                   slot: the files of the workspace are written
 *   ended(status, error)                     the program is over
 *   bell(fd), take(slot)                     labcore.wait's own
 *
 * send() and recv() of a program's sockets go another way, without a conversion of anything: a frame (shared/contract/
 * guest-frame.ts) is sent into the bell, and its recv(n) then gives the answer, or, in three bytes, the slot of a GuestOutcome.
 *
 * `thread` is Python's own number of a thread; 1 is the main one. Values of Python arrive as proxies that are let go of when
 * the function returns; what is kept of them is copied.
 */
import type { GuestCall, GuestLocal, GuestOutcome } from '../../shared/contract/guest'
import type { RunId, ThreadId } from '../../shared/trace/events'
import type { LabError, Result } from '../../shared/result'
import type { PyCallable, PyProxy } from 'pyodide/ffi'
import { threadOf } from '../../shared/contract/guest-frame'
import type { Bell } from './bell'
import type { Link } from './link'
import type { Onward, PythonEnd } from './program'

export interface LabModuleHooks {
  ended(end: PythonEnd): void
  /** makes this descriptor the bell */
  bell(fd: number, bell: Bell): void
  /** writes the files of the workspace */
  sync(): Promise<void>
  /** the interpreter itself broke */
  broken(e: unknown): void
}

type Lookup = 'names.lookup' | 'names.reverse' | 'names.host'
const LOOKUPS: Record<string, Lookup> = { getaddrinfo: 'names.lookup', getnameinfo: 'names.reverse', host: 'names.host' }

/** The main thread's number for Python. */
const MAIN = 1
const NOTHING = new Uint8Array(0)

export class LabModule {
  private readonly threads = new Map<number, ThreadId>()
  private readonly beginning = new Set<Promise<unknown>>()
  private readonly parked = new Map<number, (woken: boolean) => void>()
  private readonly turns: (() => void)[] = []
  private readonly turnChannel = new MessageChannel()
  private onward: ((how: Onward) => void)[] = []
  private lookups = 0
  /** what is waited for, and what has come of it; a slot is a small number, from 1, and is used again */
  private readonly waits: (Promise<void> | undefined)[] = []
  private readonly results: unknown[] = []
  private readonly free: number[] = []
  private slots = 0
  /** the answer to the frame that was sent last: the next recv() of the bell is for it */
  private framed: Promise<Uint8Array> | undefined

  constructor(private readonly link: Link, private readonly run: RunId, main: ThreadId, private readonly hooks: LabModuleHooks) {
    this.threads.set(MAIN, main)
    this.turnChannel.port1.onmessage = () => this.turns.shift()?.()
  }

  /** The halted program goes on. */
  go(how: Onward): void {
    for (const resolve of this.onward.splice(0)) resolve(how)
  }

  interruptMain(): void {
    this.interrupt(MAIN)
  }

  private interrupt(thread: number): void {
    const id = this.threads.get(thread)
    if (id !== undefined) void this.link.request('guest.interrupt', { thread: id })
  }

  /** The object that Python imports. It has no prototype, so nothing else of JavaScript hangs on it. */
  exports(): object {
    const { link } = this
    return Object.assign(Object.create(null) as object, {
      call: (thread: number, call: PyProxy, timeout: number | undefined, file: string | undefined, line: number | undefined) =>
        this.slot(this.call(thread, plain(call) as GuestCall, timeout, file, line)),
      post: (thread: number, call: PyProxy) => { void this.call(thread, plain(call) as GuestCall, undefined, undefined, undefined) },
      lookup: (kind: string, question: PyProxy) => this.slot(this.lookup(kind, plain(question) as object)),
      print: (thread: number, text: string, err: boolean) => link.prints.print(this.threads.get(thread) ?? this.threads.get(MAIN)!, text, err),
      drained: () => this.slot(link.prints.drained()),
      thread_begin: (thread: number, name: string, func: string) => this.slot(this.threadBegin(thread, name, func)),
      thread_end: (thread: number, error: string | undefined) => this.threadEnd(thread, error),
      spawn: (callable: PyProxy) => { void this.spawn(callable.copy() as PyCallable) },
      park: (token: number, ms: number) => this.slot(this.park(token, ms)),
      wake: (token: number) => this.parked.get(token)?.(true),
      turn: () => this.slot(this.turn()),
      interrupt: (thread: number) => this.interrupt(thread),
      halt: (thread: number, file: string, line: number, func: string, why: 'step', locals: PyProxy, text: string | undefined) => {
        const id = this.threads.get(thread)
        if (id !== undefined) void link.request('guest.halt', { thread: id, file, line, func, why, locals: plain(locals) as GuestLocal[], ...(text === undefined ? {} : { text }) })
      },
      resume: () => this.slot(new Promise<Onward>((resolve) => this.onward.push(resolve))),
      go_on: () => this.go('continue'),
      sync: () => this.slot(this.hooks.sync()),
      ended: (status: PythonEnd['status'], error: string | undefined) => { void this.ended({ status, ...(error ? { error } : {}) }) },
      bell: (fd: number) => this.hooks.bell(fd, { send: (frame) => this.ask(frame), recv: (n) => this.answer(n) }),
      take: (slot: number) => this.take(slot),
    })
  }

  /** None of these promises is ever rejected. */
  private slot(promise: Promise<unknown>): number {
    const slot = this.newSlot()
    this.waits[slot] = promise.then((value) => { this.results[slot] = value })
    return slot
  }

  private newSlot(): number {
    return this.free.pop() ?? ++this.slots
  }

  private take(slot: number): unknown {
    const value = this.results[slot]
    this.results[slot] = this.waits[slot] = undefined
    this.free.push(slot)
    return value
  }

  private ask(frame: Uint8Array): void {
    const id = this.threads.get(threadOf(frame)) ?? this.threads.get(MAIN)!
    this.framed = this.link.requestFrame(frame.slice(), id).then((answer) => {
      if (answer instanceof Uint8Array) return answer
      const slot = this.newSlot()
      this.results[slot] = answer.ok ? forPython(answer.value) : { errno: answer.error.code, message: answer.error.message }
      return new Uint8Array([slot & 0xff, slot >> 8 & 0xff, slot >> 16])
    })
  }

  private async answer(n: number): Promise<Uint8Array> {
    const { framed } = this
    this.framed = undefined
    // never more than C has room for
    if (framed) return (await framed).subarray(0, n)
    await this.waits[n]
    return NOTHING
  }

  private async call(thread: number, call: GuestCall, timeout: number | undefined, file: string | undefined, line: number | undefined): Promise<object> {
    const id = this.threads.get(thread) ?? this.threads.get(MAIN)!
    const answer = await this.link.request('guest.call', {
      thread: id, call, ...(timeout === undefined ? {} : { timeout }), ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }),
    })
    return answer.ok ? forPython(answer.value) : { errno: answer.error.code, message: answer.error.message }
  }

  private async lookup(kind: string, question: object): Promise<unknown> {
    if (kind === 'interfaces') {
      const found = await this.link.request('machine.interfaces', {})
      return found.ok ? found.value.map(({ index, name }) => ({ index, name })) : lookupError(found.error)
    }
    const method = LOOKUPS[kind]
    if (!method) return { error: `no look-up ${kind}`, errno: 'INVALID', message: '' }
    const lookup = `python ${this.run} ${++this.lookups}`
    const answer = await this.link.request(method, { lookup, ...question } as never) as Result<unknown>
    return answer.ok ? answer.value : lookupError(answer.error)
  }

  private threadBegin(thread: number, name: string, func: string): Promise<string | undefined> {
    const begun = this.link.request('guest.thread', { run: this.run, name: name.slice(0, 200), func: func.slice(0, 200) }).then((answer) => {
      this.beginning.delete(begun)
      if (!answer.ok) return answer.error.message
      this.threads.set(thread, answer.value.thread)
      return undefined
    })
    this.beginning.add(begun)
    return begun
  }

  private threadEnd(thread: number, error: string | undefined): void {
    const id = this.threads.get(thread)
    if (id === undefined || thread === MAIN) return
    this.threads.delete(thread)
    void this.link.request('guest.thread.end', { thread: id, ...(error ? { error } : {}) })
  }

  /** A thread's own stack: its calls and text need the lab's name of it, so it runs when the lab has given it. */
  private async spawn(callable: PyCallable): Promise<void> {
    await Promise.all([...this.beginning])
    await this.turn()
    try {
      const result: unknown = await callable.callPromising()
      if (result && typeof (result as PyProxy).destroy === 'function') (result as PyProxy).destroy()
      callable.destroy()
    } catch (e) {
      // what a thread's function raises is caught in Python
      this.hooks.broken(e)
    }
  }

  private park(token: number, ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      let timer: ReturnType<typeof setTimeout> | undefined
      const settle = (woken: boolean): void => {
        if (this.parked.get(token) !== settle) return
        this.parked.delete(token)
        clearTimeout(timer)
        resolve(woken)
      }
      this.parked.set(token, settle)
      if (ms === 0) void this.turn().then(() => settle(false))
      else if (ms > 0) timer = setTimeout(() => settle(false), Math.min(ms, 0x7fff_ffff))
    })
  }

  /** A macrotask, which timers are not: they come after 4 ms at the earliest. */
  private turn(): Promise<void> {
    this.link.prints.flush()
    return new Promise((resolve) => {
      this.turns.push(resolve)
      this.turnChannel.port2.postMessage(0)
    })
  }

  private async ended(end: PythonEnd): Promise<void> {
    await this.link.prints.settled()
    await this.link.request('guest.end', { run: this.run, ...end })
    this.hooks.ended(end)
  }
}

/** A dict or a list of Python's as plain JavaScript: bytes are copied, None is null. */
function plain(value: PyProxy): unknown {
  return value.toJs({ dict_converter: Object.fromEntries, create_pyproxies: false })
}

/** JavaScript's null would become another thing than None. */
function forPython(outcome: GuestOutcome): object {
  return outcome.value === null ? { ...outcome, value: undefined } : outcome
}

function lookupError(error: LabError): object {
  return { error: error.message, errno: error.code, message: error.message, ...(error.detail ? { detail: error.detail } : {}) }
}
