/** The async Socket that programs use: the dispatcher's outcomes as Python has them, with OsError where Python raises. */
import type { SockAddr } from '../../shared/trace/events'
import { OsError, type Socket } from '../programs/program'
import type { Dispatcher, RecvFlags } from './dispatcher'
import type { MaybePromise } from './invoker'
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

/** The same for a call that may still wait; one that has ended costs no turn of the promise queue. */
export async function expect(call: string, outcome: MaybePromise<Outcome>): Promise<Outcome> {
  return checked(call, outcome instanceof Promise ? await outcome : outcome)
}

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

  async accept(): Promise<[Socket, SockAddr]> {
    const begun = this.kernel.accept(this.thread, this.sock)
    const o = checked('accept', begun instanceof Promise ? await begun : begun)
    return [new LabSocket(this.kernel, this.thread, o.sock!), o.address!]
  }

  async connect(address: SockAddr): Promise<void> {
    await expect('connect', this.kernel.connect(this.thread, this.sock, address))
  }

  async send(data: Uint8Array): Promise<number> {
    const o = this.kernel.send(this.thread, this.sock, data)
    return checked('send', o instanceof Promise ? await o : o).value as number
  }

  async sendall(data: Uint8Array): Promise<void> {
    let sent = 0
    do {
      const o = this.kernel.send(this.thread, this.sock, sent === 0 ? data : data.subarray(sent))
      sent += checked('send', o instanceof Promise ? await o : o).value as number
    } while (sent < data.length)
  }

  async recv(n: number, flags?: RecvFlags): Promise<Uint8Array> {
    const o = this.kernel.recv(this.thread, this.sock, n, flags)
    return checked('recv', o instanceof Promise ? await o : o).bytes!
  }

  async sendto(data: Uint8Array, address: SockAddr): Promise<number> {
    const o = this.kernel.sendto(this.thread, this.sock, data, address)
    return checked('sendto', o instanceof Promise ? await o : o).value as number
  }

  async recvfrom(n: number): Promise<[Uint8Array, SockAddr]> {
    const begun = this.kernel.recvfrom(this.thread, this.sock, n)
    const o = checked('recvfrom', begun instanceof Promise ? await begun : begun)
    return [o.bytes!, o.address ?? { family: 'unix', path: '' }]
  }

  async shutdown(how: 'RD' | 'WR' | 'RDWR'): Promise<void> {
    await expect('shutdown', this.kernel.shutdown(this.thread, this.sock, how))
  }

  /** Closing a closed socket is allowed and does nothing, as in Python. */
  async close(): Promise<void> {
    if (this.sock.closed) return
    const o = this.kernel.close(this.thread, this.sock)
    checked('close', o instanceof Promise ? await o : o)
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
}
