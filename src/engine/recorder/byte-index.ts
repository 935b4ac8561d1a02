/** Where in a session's file the bytes of its byte store are. */
import type { FileHandle } from 'node:fs/promises'

export class ByteIndex {
  /** ascending; columns, because there may be a hundred thousand */
  private readonly at: number[] = []
  private readonly len: number[] = []
  private readonly offset: number[] = []

  /** Bytes at..at+len of the store begin at `offset` in the file. In ascending order. */
  add(at: number, len: number, offset: number): void {
    const last = this.at.length - 1
    if (len === 0) return
    if (last >= 0 && this.at[last]! + this.len[last]! > at) throw new RangeError('bytes must be added in order')
    this.at.push(at)
    this.len.push(len)
    this.offset.push(offset)
  }

  /** Up to `len` bytes from `at` on: as far as they go without a hole. Empty when there are none at `at`. */
  async read(file: FileHandle, at: number, len: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let next = at
    for (let i = this.find(at); i < this.at.length && next < at + len; i++) {
      const skip = next - this.at[i]!
      if (skip < 0) break
      const want = Math.min(at + len - next, this.len[i]! - skip)
      const into = new Uint8Array(want)
      const { bytesRead } = await file.read(into, 0, want, this.offset[i]! + skip)
      parts.push(into.subarray(0, bytesRead))
      next += bytesRead
      // the file became shorter than it was: what is gone is a hole
      if (bytesRead < want) break
    }
    return parts.length === 1 ? parts[0]! : new Uint8Array(Buffer.concat(parts))
  }

  /** The first run that ends after `at`. */
  private find(at: number): number {
    let lo = 0
    let hi = this.at.length
    while (lo < hi) {
      const mid = (lo + hi) >> 1
      if (this.at[mid]! + this.len[mid]! <= at) lo = mid + 1
      else hi = mid
    }
    return lo
  }
}
