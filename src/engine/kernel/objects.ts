/** The records that the dispatcher works on: sockets, threads, runs. Plain data; what happens to them is in dispatcher.ts. */
import type { CallId, Family, Plain, RunId, SockAddr, SockId, SockType, SyscallName, ThreadId, Unstamped } from '../../shared/trace/events'
import type { LabError } from '../../shared/result'
import type { ByteStore, ScratchHolder } from '../recorder/byte-store'

/** What the kernel needs of the recorder. */
export interface TraceSink {
  /** @param at when it happened, performance.now(); absent: now */
  push(event: Unstamped, at?: number): number
  readonly bytes: ByteStore
}

/** What may happen; asked before each call is made. undefined: it may. */
export interface Gate {
  bind(address: SockAddr): LabError | undefined
  connect(address: SockAddr): LabError | undefined
  sendto(address: SockAddr): LabError | undefined
  /** a name that is to be looked up; absent: every name may be */
  name?(name: string): LabError | undefined
  /** a peer that the kernel has taken already */
  accept(peer: SockAddr): LabError | undefined
  /** whether a datagram is let in although `accept` refuses its sender: the run was let reach it */
  reached?(run: Run, from: SockAddr): boolean
  /** whether a datagram to this address may go no further than this computer */
  staysHere?(address: SockAddr): boolean
  /** whether a datagram for a group (its address, 4 or 16 bytes) is let in although `accept` refuses its sender */
  hears?(from: SockAddr, group: Uint8Array): boolean
}

/** Asks the person whether a run may reach public addresses (policy/public.ts). A refusal with `detail.ask` is asked about. */
export interface Asking {
  /** what was answered for this run; undefined: nobody was asked yet */
  answer(run: Run): boolean | undefined
  /** `answered` is called once; the function takes the question back */
  ask(run: Run, call: SyscallName, address: SockAddr, answered: (allow: boolean) => void): () => void
  /** the run reaches this address now: what its host sends is let in */
  reaches(run: Run, address: SockAddr): void
}

/** Finds the line of the Python twin that a call stands for. */
export interface TwinLines {
  lineOf(func: string, call: SyscallName, previous: number | undefined): number | undefined
}

/** An open socket. `fd` is the kernel's; `id` is ours and never reused. */
export interface Sock extends ScratchHolder {
  readonly id: SockId
  readonly fd: number
  readonly family: Family
  readonly type: SockType
  readonly run: Run
  closed: boolean
  listening: boolean
  /** what its observer keeps of it */
  observed?: unknown
  local?: SockAddr
  remote?: SockAddr
  /** the lab has the kernel tell the arrival interface of each datagram (IP_PKTINFO) */
  pktinfo?: boolean
  /** and the program has asked for that itself */
  ownPktinfo?: boolean
  /** what the program set for the hop limit to groups, while the lab keeps it at 0 */
  hops?: number
  /** seconds; null blocks, 0 never waits */
  timeout: number | null
}

export interface Thread {
  readonly id: ThreadId
  readonly run: Run
  readonly name: string
  readonly func: string
  /** line of the twin of the call before; of a guest's thread: the line that it says its call is in */
  line?: number
  /** a guest's: the file of that line, where it is not the run's own */
  file?: string | undefined
  /** a guest's: how long the call in hand waits at most, instead of what its socket has; seconds, null blocks */
  timeout?: number | null
  /** a guest took the call in hand back: it returns EINTR */
  interrupted?: boolean
  /** the call made last */
  lastCall?: CallId
  /** the call in hand, and how to take it back while it waits */
  call?: CallId
  cancel?: (() => void) | undefined
}

export interface Run {
  readonly id: RunId
  readonly program: string
  readonly threads: Set<Thread>
  readonly sockets: Set<Sock>
  readonly abort: AbortController
  readonly twin?: TwinLines
  /** its program runs outside the engine (guest.ts) */
  readonly guest?: boolean
  /** what the program was started with; live parameters change in place */
  readonly params: Record<string, Plain>
  /** lines for input(), and who waits for one */
  readonly input: InputQueue
}

/** How a call ended. `value` is its result as the trace shows it; the rest is for the program. */
export interface Outcome {
  errno?: string
  value: Plain
  bytes?: Uint8Array
  /** a datagram's whole length, where it was longer than what was asked for */
  size?: number
  sock?: Sock
  address?: SockAddr
  /** the socket that has both its addresses from this call on */
  connected?: Sock
  error?: LabError
}

/** Lines that a person typed and no program has read yet. */
export class InputQueue {
  private readonly lines: string[] = []
  private ended = false
  private waiter?: (() => void) | undefined

  push(line: string): void {
    this.lines.push(line)
    this.waiter?.()
  }

  end(): void {
    this.ended = true
    this.waiter?.()
  }

  /** a line, null at the end, undefined when there is none yet */
  take(): string | null | undefined {
    if (this.lines.length) return this.lines.shift()!
    return this.ended ? null : undefined
  }

  onLine(waiter: () => void): () => void {
    this.waiter = waiter
    return () => {
      if (this.waiter === waiter) this.waiter = undefined
    }
  }
}
