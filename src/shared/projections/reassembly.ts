/**
 * A byte stream from captured segments, in order and each byte once: what was sent again is left out, what came early
 * waits, and what the capture never saw is a hole. The bytes stay where they are: only ranges are kept.
 */
import type { ByteRef } from '../trace/events'
import { NO_CALL, type StreamModel } from './model'

/** Segments that wait for earlier bytes, and their bytes together: more than any receiver's window lets be out of order. */
const MOST_WAITING = 512
const MOST_WAITING_BYTES = 16 * 1024 * 1024

interface Part {
  t: number
  offset: number
  len: number
  data: ByteRef | undefined
}

export interface Assembly {
  /** bytes up to here are in the stream, or known to be missing */
  next: number
  /** ascending by offset */
  waiting: Part[]
  held: number
}

export const newAssembly = (): Assembly => ({ next: 0, waiting: [], held: 0 })

/** Takes a segment's payload in. `seq` is the event by which it became known. */
export function addBytes(stream: StreamModel, into: Assembly, seq: number, part: Part): void {
  if (part.offset > into.next) {
    let at = into.waiting.length
    while (at > 0 && into.waiting[at - 1]!.offset > part.offset) at--
    into.waiting.splice(at, 0, part)
    into.held += part.len
    if (into.waiting.length > MOST_WAITING || into.held > MOST_WAITING_BYTES) passOver(stream, into, seq, into.waiting[0]!.offset)
    return
  }
  append(stream, into, seq, part)
  drain(stream, into, seq)
}

/** The receiver has acknowledged bytes up to `acked`: what of them did not come by now passed the capture unseen. */
export function acknowledged(stream: StreamModel, into: Assembly, seq: number, acked: number): void {
  while (into.waiting.length > 0 && into.waiting[0]!.offset < acked) passOver(stream, into, seq, into.waiting[0]!.offset)
}

function passOver(stream: StreamModel, into: Assembly, seq: number, to: number): void {
  into.next = Math.max(into.next, to)
  drain(stream, into, seq)
}

function drain(stream: StreamModel, into: Assembly, seq: number): void {
  while (into.waiting.length > 0 && into.waiting[0]!.offset <= into.next) {
    const part = into.waiting.shift()!
    into.held -= part.len
    append(stream, into, seq, part)
  }
}

/** The bytes of the first to come stay: a later segment adds only what is new. */
function append(stream: StreamModel, into: Assembly, seq: number, { t, offset, len, data }: Part): void {
  const skip = into.next - offset
  if (skip >= len) return
  const rest = len - skip
  const ref = data && skip > 0 ? { at: data.at + skip, len: data.len - skip, kept: Math.max(0, data.kept - skip) } : data
  stream.sends.push({ seq, t, call: NO_CALL, offset: into.next, len: rest, asked: rest, data: ref })
  into.next += rest
}
