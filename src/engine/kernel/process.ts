/** Runs: a program with its threads, from its first call to its last descriptor. */
import type { Plain, RunId, ThreadId, Family, SockType } from '../../shared/trace/events'
import { OsError, type Socket, type Sys, type ThreadHandle } from '../programs/program'
import { resolveHost } from '../programs/resolve'
import type { Dispatcher } from './dispatcher'
import { InputQueue, type Run, type Thread, type TraceSink, type TwinLines } from './objects'
import { LabSocket, expect, recordOf } from './socket'

/** The program of a run whose threads do what a person says. */
export const BY_HAND = 'by-hand'

export interface RunOptions {
  program: string
  params: Record<string, Plain>
  twin?: TwinLines
  main: (sys: Sys) => Promise<void>
}

export interface RunEnd {
  status: 'ok' | 'failed' | 'stopped'
  error?: OsError | Error
}

export class Processes {
  private runIds = 0
  private threadIds = 0
  private readonly runs = new Map<RunId, Run>()
  private readonly lives = new Set<Promise<RunEnd>>()
  readonly threads = new Map<ThreadId, Thread>()

  constructor(
    private readonly kernel: Dispatcher,
    private readonly trace: TraceSink,
    /** most threads of all runs together */
    private readonly mostThreads: number,
  ) {}

  get(run: RunId): Run | undefined {
    return this.runs.get(run)
  }

  get size(): number {
    return this.runs.size
  }

  /** Starts a program. `ended` settles when its last thread is gone and its descriptors are closed; it never rejects. */
  start(options: RunOptions): { run: Run; ended: Promise<RunEnd> } {
    const run = this.open(options.program, options.params, options.twin)
    const main = this.begin(run, 'main', 'main')
    const ended = this.live(run, main, options.main)
    this.lives.add(ended)
    void ended.then(() => this.lives.delete(ended))
    return { run, ended }
  }

  /**
   * A run without a program of its own: its threads do what a person says (by hand) or a guest asks, of whom `guest` tells the
   * text of the program.
   */
  open(program: string, params: Record<string, Plain>, twin?: TwinLines, guest?: { file: string; source: string }): Run {
    const run: Run = {
      id: ++this.runIds, program, params, threads: new Set(), sockets: new Set(), abort: new AbortController(), input: new InputQueue(),
      ...(twin ? { twin } : {}),
      ...(guest ? { guest: true } : {}),
    }
    this.runs.set(run.id, run)
    this.trace.push({ k: 'run', run: run.id, program, params: { ...params }, ...guest })
    return run
  }

  begin(run: Run, name: string, func: string): Thread {
    const thread: Thread = { id: ++this.threadIds, run, name, func }
    run.threads.add(thread)
    this.threads.set(thread.id, thread)
    this.trace.push({ k: 'thread', run: run.id, thread: thread.id, name, func })
    return thread
  }

  end(thread: Thread, error?: string): void {
    thread.run.threads.delete(thread)
    this.threads.delete(thread.id)
    this.trace.push(error === undefined ? { k: 'thread-end', thread: thread.id } : { k: 'thread-end', thread: thread.id, error })
  }

  /** Changes parameters of a running program in place. They are validated already. */
  set(run: Run, params: Record<string, Plain>): void {
    Object.assign(run.params, params)
    this.trace.push({ k: 'run-set', run: run.id, params })
  }

  /** Takes back every call that waits; the program unwinds, and its descriptors are closed. */
  stop(run: Run): void {
    run.abort.abort()
    for (const thread of [...run.threads]) thread.cancel?.()
    if (run.program === BY_HAND || run.guest) this.finish(run, { status: 'stopped' })
  }

  /** Stops every run; settles when each has ended. A run by hand ends at once. */
  async stopAll(): Promise<void> {
    for (const run of [...this.runs.values()]) this.stop(run)
    await Promise.all([...this.lives])
  }

  /** The end of a run that was opened: closes what is left of it. Nothing where it is over already. */
  finish(run: Run, end: RunEnd): void {
    if (!this.runs.has(run.id)) return
    if (run.sockets.size) {
      const reaper = [...run.threads][0] ?? this.begin(run, 'exit', 'exit')
      for (const sock of [...run.sockets]) this.kernel.reap(reaper, sock)
    }
    for (const thread of [...run.threads]) this.end(thread)
    this.runs.delete(run.id)
    this.trace.push(end.error ? { k: 'run-end', run: run.id, status: end.status, error: end.error.message } : { k: 'run-end', run: run.id, status: end.status })
  }

  private async live(run: Run, main: Thread, body: (sys: Sys) => Promise<void>): Promise<RunEnd> {
    const others = new Set<Promise<void>>()
    const error = await this.runThread(main, (sys) => body(sys), others)
    // as Python: the process lives until its last thread ends
    while (others.size > 0) await Promise.all(others)
    const end: RunEnd = run.abort.signal.aborted ? { status: 'stopped' } : error ? { status: 'failed', error } : { status: 'ok' }
    this.finish(run, end)
    return end
  }

  private async runThread(thread: Thread, body: (sys: Sys) => Promise<void>, others: Set<Promise<void>>): Promise<OsError | Error | undefined> {
    let failure: OsError | Error | undefined
    try {
      await body(this.sysOf(thread, others))
    } catch (e) {
      failure = e instanceof Error ? e : new Error(String(e))
      if (failure instanceof OsError && failure.errno === 'CANCELLED') failure = undefined
    }
    this.end(thread, failure?.message)
    return failure
  }

  private sysOf(thread: Thread, others: Set<Promise<void>>): Sys {
    const { kernel, trace } = this
    const begin = (run: Run, name: string, func: string): Thread => {
      if (this.threads.size >= this.mostThreads) {
        throw new OsError('LIMIT', 'thread', { message: `the lab has at most ${this.mostThreads} threads at once`, limit: 'threads', most: this.mostThreads })
      }
      return this.begin(run, name, func)
    }
    const runThread = this.runThread.bind(this)
    return {
      signal: thread.run.abort.signal,
      async socket(family: Family, type: SockType): Promise<Socket> {
        return new LabSocket(kernel, thread, (await expect('socket', kernel.socket(thread, family, type))).sock!)
      },
      resolve: (host, port, family) => resolveHost(host, port, family, (name) => kernel.refusesName(name)),
      thread<A extends unknown[]>(target: (sys: Sys, ...args: A) => Promise<void>, options: { name: string; args: A }): ThreadHandle {
        // a bundler writes serve$1 where two modules have a function serve
        const child = begin(thread.run, options.name, target.name.replace(/\$\d+$/, '') || 'target')
        const args = options.args.map((a) => (a instanceof LabSocket ? a.handTo(child) : a)) as A
        const done = runThread(child, (sys) => target(sys, ...args), others).then((error) => {
          if (error) trace.push({ k: 'print', thread: child.id, text: `${options.name}: ${error.message}`, err: true })
        })
        others.add(done)
        void done.then(() => others.delete(done))
        return { name: options.name, join: () => done }
      },
      async poll(entries, seconds) {
        const outcome = await kernel.poll(thread, entries.map(({ socket, read = false, write = false }) => ({ sock: recordOf(socket), read, write })), seconds)
        await expect('poll', outcome)
        return outcome.ready!.map(({ sock, ...state }) => ({ socket: entries.find(({ socket }) => recordOf(socket) === sock)!.socket, ...state }))
      },
      mark(what, { about, ...fields } = {}): void {
        const call = about ?? thread.lastCall
        trace.push({ k: 'mark', thread: thread.id, what, ...(call === undefined ? {} : { call }), ...fields })
      },
      get lastCall() {
        return thread.lastCall
      },
      take(socket: Socket): Socket {
        return socket instanceof LabSocket ? socket.handTo(thread) : socket
      },
      print(text: string): void {
        trace.push({ k: 'print', thread: thread.id, text })
      },
      async sleep(seconds: number): Promise<void> {
        await expect('sleep', kernel.sleep(thread, seconds))
      },
      async input(prompt = ''): Promise<string | null> {
        return (await expect('input', kernel.input(thread, prompt))).value as string | null
      },
    }
  }
}
