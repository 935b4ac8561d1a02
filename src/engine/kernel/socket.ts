/** The async Socket that programs use: the dispatcher's outcomes as Python has them, with OsError where Python raises. */
import type { SockAddr } from '../../shared/trace/events'
import { OsError, type MaybePromise, type Socket } from '../programs/program'
import type { Dispatcher, RecvFlags } from './dispatcher'
import type { Outcome, Sock, Thread } from './objects'
import type { OptionValue } from './options'

/** The record of a socket that came from here. */
export function recordOf(socket: Socket): Sock {
  if (socket instanceof LabSocket) return socket.record
  throw new TypeError('not a socket of the lab')
}

/** The outcome of a call that succeeded; throws the OsError of one that failed. */
export function checked(call: string, o: Outcome): Outcome {
  if (o.errno === undefined) return o
  throw new OsError(o.errno, call, o.error ? { message: o.error.message, ...o.error.detail } : {})
}

/** The same for a call that may still wait. */
export async function expect(call: string, outcome: MaybePromise<Outcome>): Promise<Outcome> {
  return checked(call, await outcome)
}

/** What a call answers, at once where it has ended: it costs no promise then. */
function answer<T>(call: string, outcome: MaybePromise<Outcome>, pick: (outcome: Outcome) => T): MaybePromise<T> {
  return outcome instanceof Promise ? outcome.then((o) => pick(checked(call, o))) : pick(checked(call, outcome))
}

const count = (o: Outcome): number => o.value as number
const bytes = (o: Outcome): Uint8Array => o.bytes!
const datagram = (o: Outcome): [Uint8Array, SockAddr] => [o.bytes!, o.address ?? { family: 'unix', path: '' }]
const nothing = (): void => {}

export class LabSocket implements Socket {
  constructor(
    private readonly kernel: Dispatcher,
    private readonly thread: Thread,
    private readonly sock: Sock,
  ) {}

  get fd(): number {
    return this.sock.fd
  }

  /** its record, for the calls that take several sockets */
  get record(): Sock {
    return this.sock
  }

  /** the same socket in the hands of another thread */
  handTo(thread: Thread): LabSocket {
    return new LabSocket(this.kernel, thread, this.sock)
  }

  async bind(address: SockAddr): Promise<void> {
    await expect('bind', this.kernel.bind(this.thread, this.sock, address))
  }

  async listen(backlog: number): Promise<void> {
    await expect('listen', this.kernel.listen(this.thread, this.sock, backlog))
  }

  accept(): MaybePromise<[Socket, SockAddr]> {
    return answer('accept', this.kernel.accept(this.thread, this.sock), (o) => [new LabSocket(this.kernel, this.thread, o.sock!), o.address!])
  }

  async connect(address: SockAddr): Promise<void> {
    await expect('connect', this.kernel.connect(this.thread, this.sock, address))
  }

  send(data: Uint8Array): MaybePromise<number> {
    return answer('send', this.kernel.send(this.thread, this.sock, data), count)
  }

  sendall(data: Uint8Array): MaybePromise<void> {
    const first = this.kernel.send(this.thread, this.sock, data)
    if (!(first instanceof Promise) && count(checked('send', first)) >= data.length) return
    return this.sendRest(data, first)
  }

  recv(n: number, flags?: RecvFlags): MaybePromise<Uint8Array> {
    return answer('recv', this.kernel.recv(this.thread, this.sock, n, flags), bytes)
  }

  sendto(data: Uint8Array, address: SockAddr): MaybePromise<number> {
    return answer('sendto', this.kernel.sendto(this.thread, this.sock, data, address), count)
  }

  recvfrom(n: number): MaybePromise<[Uint8Array, SockAddr]> {
    return answer('recvfrom', this.kernel.recvfrom(this.thread, this.sock, n), datagram)
  }

  async shutdown(how: 'RD' | 'WR' | 'RDWR'): Promise<void> {
    await expect('shutdown', this.kernel.shutdown(this.thread, this.sock, how))
  }

  /** Closing a closed socket is allowed and does nothing, as in Python. */
  close(): MaybePromise<void> {
    if (this.sock.closed) return
    return answer('close', this.kernel.close(this.thread, this.sock), nothing)
  }

  async abort(): Promise<void> {
    await expect('abort', this.kernel.abort(this.thread, this.sock))
  }

  async setsockopt(name: string, value: OptionValue): Promise<void> {
    await expect('setsockopt', this.kernel.setsockopt(this.thread, this.sock, name, value))
  }

  async getsockopt(name: string): Promise<number> {
    return (await expect('getsockopt', this.kernel.getsockopt(this.thread, this.sock, name))).value as number
  }

  async getsockname(): Promise<SockAddr> {
    return (await expect('getsockname', this.kernel.getsockname(this.thread, this.sock))).address!
  }

  async getpeername(): Promise<SockAddr> {
    return (await expect('getpeername', this.kernel.getpeername(this.thread, this.sock))).address!
  }

  settimeout(seconds: number | null): void {
    this.sock.timeout = seconds
  }

  private async sendRest(data: Uint8Array, first: MaybePromise<Outcome>): Promise<void> {
    let sent = count(checked('send', await first))
    while (sent < data.length) sent += count(checked('send', await this.kernel.send(this.thread, this.sock, data.subarray(sent))))
  }
}
