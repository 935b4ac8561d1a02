/** Runs: a program with its threads, from its first call to its last descriptor. */
import type { Plain, RunId, ThreadId } from '../../shared/trace/events'
import { OsError, type Sys } from '../programs/program'
import type { Dispatcher } from './dispatcher'
import { InputQueue, type Run, type Thread, type TraceSink, type TwinLines } from './objects'
import { ThreadSys, type Home } from './thread-sys'

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
    const home: Home = { kernel: this.kernel, trace: this.trace, spawn: (name, func, target) => this.spawn(home, run, others, name, func, target) }
    const error = await this.runThread(home, main, body)
    // as Python: the process lives until its last thread ends
    while (others.size > 0) await Promise.all(others)
    const end: RunEnd = run.abort.signal.aborted ? { status: 'stopped' } : error ? { status: 'failed', error } : { status: 'ok' }
    this.finish(run, end)
    return end
  }

  private spawn(
    home: Home, run: Run, others: Set<Promise<void>>, name: string, func: string, body: (sys: Sys, thread: Thread) => Promise<void>,
  ): { done: Promise<void> } {
    if (this.threads.size >= this.mostThreads) {
      throw new OsError('LIMIT', 'thread', { message: `the lab has at most ${this.mostThreads} threads at once`, limit: 'threads', most: this.mostThreads })
    }
    const thread = this.begin(run, name, func)
    const done = this.runThread(home, thread, body).then((error) => {
      if (error) this.trace.push({ k: 'print', thread: thread.id, text: `${name}: ${error.message}`, err: true })
      others.delete(done)
    })
    others.add(done)
    return { done }
  }

  private async runThread(home: Home, thread: Thread, body: (sys: Sys, thread: Thread) => Promise<void>): Promise<OsError | Error | undefined> {
    let failure: OsError | Error | undefined
    try {
      await body(new ThreadSys(home, thread), thread)
    } catch (e) {
      failure = e instanceof Error ? e : new Error(String(e))
      if (failure instanceof OsError && failure.errno === 'CANCELLED') failure = undefined
    }
    this.end(thread, failure?.message)
    return failure
  }
}
