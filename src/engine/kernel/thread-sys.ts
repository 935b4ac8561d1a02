/** The system-call interface as one thread of a built-in program has it. A class: a server makes one for every client. */
import type { CallId, Family, MarkKind, SockAddr, SockType } from '../../shared/trace/events'
import type { MarkFields, Ready, Socket, Sys, ThreadHandle } from '../programs/program'
import { resolveHost } from '../programs/resolve'
import type { Dispatcher } from './dispatcher'
import type { Thread, TraceSink } from './objects'
import { LabSocket, expect, recordOf } from './socket'

/** What a thread needs of the process that it runs in. */
export interface Home {
  readonly kernel: Dispatcher
  readonly trace: TraceSink
  /** Begins a thread that runs `body`; `done` settles at its end. Throws an OsError where there are too many. */
  spawn(name: string, func: string, body: (sys: Sys, thread: Thread) => Promise<void>): { done: Promise<void> }
}

export class ThreadSys implements Sys {
  constructor(private readonly home: Home, private readonly own: Thread) {}

  get signal(): AbortSignal {
    return this.own.run.abort.signal
  }

  async socket(family: Family, type: SockType): Promise<Socket> {
    const { kernel } = this.home
    return new LabSocket(kernel, this.own, (await expect('socket', kernel.socket(this.own, family, type))).sock!)
  }

  resolve(host: string, port: number, family?: 'inet' | 'inet6'): Promise<SockAddr> {
    return resolveHost(host, port, family, (name) => this.home.kernel.refusesName(name))
  }

  thread<A extends unknown[]>(target: (sys: Sys, ...args: A) => Promise<void>, { name, args }: { name: string; args: A }): ThreadHandle {
    // a bundler writes serve$1 where two modules have a function serve
    const { done } = this.home.spawn(name, target.name.replace(/\$\d+$/, '') || 'target', (sys, thread) =>
      target(sys, ...args.map((a) => (a instanceof LabSocket ? a.handTo(thread) : a)) as A))
    return { name, join: () => done }
  }

  async poll(entries: { socket: Socket; read?: boolean; write?: boolean }[], seconds: number | null): Promise<Ready[]> {
    const set = entries.map(({ socket, read = false, write = false }) => ({ sock: recordOf(socket), read, write }))
    const outcome = await this.home.kernel.poll(this.own, set, seconds)
    await expect('poll', outcome)
    return outcome.ready!.map(({ sock, ...state }) => ({ socket: entries.find(({ socket }) => recordOf(socket) === sock)!.socket, ...state }))
  }

  mark(what: MarkKind, { about, ...fields }: Omit<MarkFields, 'call'> & { about?: CallId } = {}): void {
    const call = about ?? this.own.lastCall
    this.home.trace.push({ k: 'mark', thread: this.own.id, what, ...(call === undefined ? {} : { call }), ...fields })
  }

  get lastCall(): CallId | undefined {
    return this.own.lastCall
  }

  take(socket: Socket): Socket {
    return socket instanceof LabSocket ? socket.handTo(this.own) : socket
  }

  print(text: string): void {
    this.home.trace.push({ k: 'print', thread: this.own.id, text })
  }

  async sleep(seconds: number): Promise<void> {
    await expect('sleep', this.home.kernel.sleep(this.own, seconds))
  }

  async input(prompt = ''): Promise<string | null> {
    return (await expect('input', this.home.kernel.input(this.own, prompt))).value as string | null
  }
}
