/**
 * What a built-in program is, and the API it is written in. A program reads like the course's Python: `await` where
 * Python blocks, an OsError where Python raises OSError.
 */
import type { CallId, Family, MarkEvent, MarkKind, Plain, SockAddr, SockType } from '../../shared/trace/events'
import type { LabError } from '../../shared/result'
import type { ParamsSchema, ParamValues } from '../../shared/contract/params'

/** A call that could finish at once has its answer already, or has thrown its OsError; only one that waits is a promise. */
export type MaybePromise<T> = T | Promise<T>

/** The fields of a mark besides what it is. */
export type MarkFields = Pick<MarkEvent, 'call' | 'id' | 'n' | 'us' | 'ok' | 'from'>

/** The system-call interface as one thread of a program sees it. */
export interface Sys {
  /** aborted when the run is stopped; every call then fails with CANCELLED */
  readonly signal: AbortSignal
  /** Python: socket.socket(AF_INET, SOCK_STREAM) */
  socket(family: Family, type: SockType): Promise<Socket>
  /**
   * The address of a host as a person types it (resolve.ts): Python does this inside bind() and connect(), so programs do it
   * there. A name that the policy does not let be looked up fails as one that nobody knows: an OsError of 'getaddrinfo'.
   */
  resolve(host: string, port: number, family?: 'inet' | 'inet6'): Promise<SockAddr>
  /** Python: threading.Thread(target=target, args=args).start(). Sockets among args are handed to the new thread. */
  thread<A extends unknown[]>(target: (sys: Sys, ...args: A) => Promise<void>, options: { name: string; args: A }): ThreadHandle
  /** the same socket in the hands of this thread, when another one hands it over (a queue) */
  take(socket: Socket): Socket
  /** Python: print(text) */
  print(text: string): void
  /** Python: select.poll().poll(): waits until any is ready; seconds null waits for ever, at the end of the time: none */
  poll(entries: { socket: Socket; read?: boolean; write?: boolean }[], seconds: number | null): Promise<Ready[]>
  /** says what no call shows (MarkEvent); `about` is the call that this thread made last */
  mark(what: MarkKind, fields?: Omit<MarkFields, 'call'> & { about?: CallId }): void
  /** the id of the call that this thread made last: what a later `mark` can be about */
  readonly lastCall: CallId | undefined
  /** Python: time.sleep(seconds) */
  sleep(seconds: number): Promise<void>
  /** Python: input(prompt); null at end of input */
  input(prompt?: string): Promise<string | null>
}

/** A socket that poll() found ready. `hangup`: the peer closed or reset it; `error`: it failed, or is closed here. */
export interface Ready {
  socket: Socket
  readable: boolean
  writable: boolean
  error: boolean
  hangup: boolean
}

export interface ThreadHandle {
  readonly name: string
  join(): Promise<void>
}

/**
 * One open socket in the hands of one thread. Every method is one system call of the trace unless it says otherwise; to be
 * awaited, whether it had to wait or not.
 */
export interface Socket {
  readonly fd: number
  bind(address: SockAddr): Promise<void>
  listen(backlog: number): Promise<void>
  accept(): MaybePromise<[Socket, SockAddr]>
  connect(address: SockAddr): Promise<void>
  /** how many bytes the kernel took */
  send(data: Uint8Array): MaybePromise<number>
  /** Python's sendall: as many send calls as it takes */
  sendall(data: Uint8Array): MaybePromise<void>
  /**
   * Up to n bytes; empty at end of stream. The bytes are the caller's to keep; with `reuse` only until its next recv on this
   * socket, which saves a bulk transfer an allocation a call.
   */
  recv(n: number, flags?: { peek?: boolean; reuse?: boolean }): MaybePromise<Uint8Array>
  sendto(data: Uint8Array, address: SockAddr): MaybePromise<number>
  recvfrom(n: number): MaybePromise<[Uint8Array, SockAddr]>
  shutdown(how: 'RD' | 'WR' | 'RDWR'): Promise<void>
  close(): MaybePromise<void>
  /** SO_LINGER 0 then close: the peer gets a RST */
  abort(): Promise<void>
  /** joining and leaving a group take its address and the interface's index (0: the kernel chooses) */
  setsockopt(name: string, value: number | { group: string; interface: number }): Promise<void>
  getsockopt(name: string): Promise<number>
  getsockname(): Promise<SockAddr>
  getpeername(): Promise<SockAddr>
  /** seconds; null blocks for ever; 0 is non-blocking (EAGAIN). Not a system call, as in Python. */
  settimeout(seconds: number | null): void
}

/** A failed system call, as Python's OSError. `errno` is the name ('ECONNRESET'). */
export class OsError extends Error {
  constructor(
    readonly errno: string,
    readonly syscall: string,
    readonly detail: Record<string, Plain> = {},
  ) {
    super(`${syscall}: ${errno}`)
    this.name = 'OsError'
  }
}

export interface TwinChoice {
  file: string
  constants: Record<string, string | number | boolean>
  /** its form for a path (AF_UNIX) instead of a host and a port: see twin-unix.ts */
  unix?: boolean
}

export interface Program<P extends ParamsSchema = ParamsSchema> {
  /** 'tcp-server': the CLI's name for it and the base name of its Python twin */
  id: string
  params: P
  /** the parameters that a person may change while it runs; `main` reads them from its params object each time */
  live?: readonly (keyof P & string)[]
  /** what no parameter shows alone: why these together cannot be (INVALID, with the `field`) */
  check?(params: ParamValues<P>): LabError | undefined
  /** the twin's file in resources/programs for these parameters, and what stands for its constants */
  twin(params: ParamValues<P>): TwinChoice
  main(sys: Sys, params: ParamValues<P>): Promise<void>
}

/** Declares a program; only there to infer the type of its parameters. */
export const program = <const P extends ParamsSchema>(p: Program<P>): Program<P> => p
