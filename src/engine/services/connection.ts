/**
 * A connection of the lab as a stream that Node's HTTP server can serve: what the library reads was received by the lab's own
 * recv(), what it writes goes out by the lab's own send(), so every byte of a request and of its answer is a system call of
 * the trace. One thread does both in turn, as a thread of Python's http.server does: it receives while a request is not
 * whole, and sends while an answer is not.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'
import type { SockAddr } from '../../shared/trace/events'
import type { Socket, Sys } from '../programs/program'
import { LIMITS } from '../policy/limits'

type Done = (error?: Error | null) => void

/** What a library's server sees of a connection. */
export class Connection extends Duplex {
  /** requests whose answer is not over */
  private readonly open = new Map<ServerResponse, IncomingMessage>()
  private readonly outgoing: { chunk: Uint8Array; done: Done }[] = []
  private wake: () => void = () => {}
  private receivedAll = false

  constructor(readonly sys: Sys, readonly peer: SockAddr) {
    super({ allowHalfOpen: true })
    // what fails here failed in a call of the thread, which tells
    this.on('error', () => {})
    this.once('finish', () => this.wake())
  }

  /** The library has begun to answer a request of this connection. */
  answering(request: IncomingMessage, response: ServerResponse): void {
    this.open.set(response, request)
    response.once('close', () => {
      this.open.delete(response)
      this.wake()
    })
  }

  /** The next thing for the thread to do. */
  next(): { send: Uint8Array; done: Done } | 'receive' | 'wait' | 'over' {
    const first = this.outgoing.shift()
    if (first) return { send: first.chunk, done: first.done }
    if (this.destroyed || this.writableFinished || this.sys.signal.aborted) return 'over'
    // the library has said its last word, and is about to finish
    if (this.writableEnded) return 'wait'
    const unread = [...this.open.values()].some((request) => !request.complete)
    return this.open.size === 0 || unread ? (this.receivedAll ? 'wait' : 'receive') : 'wait'
  }

  /** Hands on what was received; an empty array is the end. Settles when the library has seen it. */
  async received(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) {
      this.receivedAll = true
      this.push(null)
    } else this.push(bytes)
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Settles when there may be something to do. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        this.sys.signal.removeEventListener('abort', go)
        this.wake = () => {}
        resolve()
      }
      this.sys.signal.addEventListener('abort', go, { once: true })
      this.wake = go
    })
  }

  override _read(): void {
    // the thread receives when it is a request's turn
  }
  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    // an empty write marks the end of a body: nothing of it is sent
    if (chunk.length === 0) return done()
    this.outgoing.push({ chunk, done })
    this.wake()
  }
  override _destroy(error: Error | null, done: Done): void {
    for (const { done: drop } of this.outgoing.splice(0)) drop(error ?? new Error('the connection is closed'))
    this.wake()
    done(error)
  }
}

/**
 * Serves one connection until either side ends it. `server` is not listening: it only speaks HTTP. Throws the OsError of the
 * call that failed; the socket stays the caller's to close.
 */
export async function serveConnection(sys: Sys, conn: Socket, peer: SockAddr, server: Server): Promise<void> {
  const stream = new Connection(sys, peer)
  conn.settimeout(LIMITS.httpIdleSeconds)
  server.emit('connection', stream)
  try {
    for (;;) {
      const next = stream.next()
      if (next === 'over') return
      if (next === 'wait') await stream.changed()
      else if (next === 'receive') await stream.received(await conn.recv(LIMITS.httpRecvBytes))
      else await send(conn, next.send, next.done)
    }
  } finally {
    stream.destroy()
  }
}

async function send(conn: Socket, bytes: Uint8Array, done: Done): Promise<void> {
  try {
    await conn.sendall(bytes)
  } catch (error) {
    done(error as Error)
    throw error
  }
  done()
}

/** The connection of a request that came through `serveConnection`. */
export const connectionOf = (request: IncomingMessage): Connection => request.socket as unknown as Connection
