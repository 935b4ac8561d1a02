/** A connected socket of the host as a stream, read and written by the engine itself: its wait is the readiness loop's. */
import { Duplex } from 'node:stream'
import type { NativeSockets, Readiness } from '../kernel/platform/platform'

const READ_BYTES = 64 * 1024

export class DescriptorStream extends Duplex {
  private readonly into = new Uint8Array(READ_BYTES)
  private forgetRead: (() => void) | undefined
  private forgetWrite: (() => void) | undefined

  /** @param done nothing touches the descriptor any more; it is the caller's to close */
  constructor(private readonly native: NativeSockets, private readonly readiness: Readiness, private readonly fd: number, private readonly done: () => void) {
    super({ allowHalfOpen: false })
  }

  override _read(): void {
    while (!this.forgetRead && !this.destroyed) {
      const n = this.native.recv(this.fd, this.into, READ_BYTES, 0)
      if (n === 0) return void this.push(null)
      if (n < 0 && !this.again(n)) return void this.destroy(this.error('recv', n))
      // less than there was room for: there is no more (epoll(7), question 9)
      if (n < READ_BYTES) this.forgetRead = this.readiness.readable(this.fd, () => { this.forgetRead = undefined; this._read() })
      if (n > 0 && !this.push(Buffer.from(this.into.subarray(0, n)))) return
    }
  }

  override _write(data: Buffer, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    const n = this.native.send(this.fd, data, data.length, this.native.table.MSG.nosignal)
    if (n === data.length) return callback()
    if (n < 0 && !this.again(n)) return callback(this.error('send', n))
    const rest = data.subarray(Math.max(0, n))
    this.forgetWrite = this.readiness.writable(this.fd, () => { this.forgetWrite = undefined; if (!this.destroyed) this._write(rest, 'binary', callback) })
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', callback)
  }

  override _final(callback: () => void): void {
    this.native.shutdown(this.fd, this.native.table.SHUT.WR)
    callback()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.forgetRead?.()
    this.forgetWrite?.()
    this.readiness.forget(this.fd)
    this.done()
    callback(error)
  }

  private again(n: number): boolean {
    return this.native.table.errno[-n] === 'EAGAIN'
  }

  private error(what: string, n: number): Error {
    return new Error(`${what}: ${this.native.table.errno[-n] ?? -n}`)
  }
}
