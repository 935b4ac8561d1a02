/** The options of a TCP header that a connection is understood by. */
import type { TcpOptions } from '../trace/events'

const KIND = { end: 0, nop: 1, mss: 2, ws: 3, sackOk: 4, sack: 5, ts: 8 } as const

const u16 = (b: Uint8Array, at: number): number => (b[at]! << 8) | b[at + 1]!
const u32 = (b: Uint8Array, at: number): number => ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0

/** Those between `at` and `end`; undefined where there are none. What follows a damaged one is not read. */
export function readTcpOptions(b: Uint8Array, at: number, end: number): TcpOptions | undefined {
  let found: TcpOptions | undefined
  while (at < end) {
    const kind = b[at]!
    if (kind === KIND.end) break
    if (kind === KIND.nop) {
      at++
      continue
    }
    const length = at + 1 < end ? b[at + 1]! : 0
    if (length < 2 || at + length > end) break
    if (kind === KIND.mss && length === 4) (found ??= {}).mss = u16(b, at + 2)
    else if (kind === KIND.ws && length === 3) (found ??= {}).ws = b[at + 2]!
    else if (kind === KIND.sackOk && length === 2) (found ??= {}).sackOk = true
    else if (kind === KIND.ts && length === 10) (found ??= {}).ts = [u32(b, at + 2), u32(b, at + 6)]
    else if (kind === KIND.sack && length >= 10 && length % 8 === 2) {
      const sack: [number, number][] = []
      for (let p = at + 2; p < at + length; p += 8) sack.push([u32(b, p), u32(b, p + 4)])
      ;(found ??= {}).sack = sack
    }
    at += length
  }
  return found
}
