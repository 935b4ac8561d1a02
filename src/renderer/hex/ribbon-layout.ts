/** The ribbon of one direction, worked out without a browser: where the bytes are at the cursor, and what to draw of it. */
import { lastAtOrBefore, range, type Range } from '../../shared/bytes/range'
import type { ConnectionModel, Endpoint, Evidence, Side, StreamModel } from '../../shared/projections/model'
import { prefixLength, valueAt } from '../diagrams/at'

/** Where the bytes of one direction are. Offsets count from the stream's first byte. */
export interface Whereabouts {
  /** bytes that send() took; undefined when the sender is another's program */
  sent?: number
  sends: number
  /** bytes that recv() gave; undefined when the receiver is another's program */
  received?: number
  recvs: number
  /** end of the stream as far as it is known */
  length: number
  /** [0, delivered): with the receiving program */
  delivered: Range
  /** acknowledged by the machine of a receiver that is another's program: in its buffer or already taken, nobody here knows */
  acknowledged: Range
  /** acknowledged or counted, and not yet taken by the program */
  receiveBuffer: Range
  receiveBufferEvidence: Evidence
  /** with the sending kernel, or on the way: not acknowledged as far as the kernel said */
  unacknowledged: Range
  /** sent after the kernel was last asked: nobody knows where these are */
  unknown: Range
  /** the connection is over, and the receiving program had not taken these */
  notReceived: Range
}

const other = (side: Side): Side => (side === 'a' ? 'b' : 'a')
type Item = StreamModel['sends'][number]
const endOf = (items: readonly Item[], count: number): number => {
  const last = items[count - 1]
  return last ? last.offset + last.len : 0
}

/**
 * What the kernel's samples say, as a mark that only rises: bytes that had been through `items` when the sample was taken,
 * plus or minus the queue then. Only the last few samples are looked at: the newest says most.
 */
function mark(
  endpoint: Endpoint,
  cursor: number,
  items: readonly Item[],
  reading: (i: number, through: number) => number | undefined,
): { at: number; through: number } | undefined {
  const { seq } = endpoint.facts
  let best: { at: number; through: number } | undefined
  for (let i = lastAtOrBefore(seq, cursor, (s) => s), looked = 0; i >= 0 && looked < 8; i--, looked++) {
    const through = endOf(items, prefixLength(items, seq[i] as number))
    const at = reading(i, through)
    if (at !== undefined && (!best || at > best.at)) best = { at, through: best?.through ?? through }
  }
  return best
}

/** Where the bytes that `from` sent are at the cursor. */
export function whereabouts(connection: ConnectionModel, from: Side, cursor: number): Whereabouts {
  const { sends, recvs } = connection.streams[from]
  const sender = connection[from]
  const receiver = connection[other(from)]
  const sendCount = prefixLength(sends, cursor)
  const recvCount = prefixLength(recvs, cursor)
  const sent = endOf(sends, sendCount)
  const received = endOf(recvs, recvCount)
  const senderOurs = sender.sock !== undefined || sends.length > 0
  // a connection in the accept queue of a listening socket of ours will be ours
  const receiverOurs = receiver.sock !== undefined || recvs.length > 0 || (from === 'a' && connection.listener !== undefined)

  // the receiver's kernel: what its program had taken when asked, plus what still waited
  const arrived = mark(receiver, cursor, recvs, (i, through) => {
    const q = receiver.facts.value[i]?.recvq
    return q === undefined || receiver.facts.value[i]?.state === 'LISTEN' ? undefined : through + q
  })
  // the sender's kernel: what its program had given when asked, less what was not acknowledged
  const acked = mark(sender, cursor, sends, (i, through) => {
    const facts = sender.facts.value[i]
    if (facts?.sendq === undefined || facts.state === 'LISTEN') return undefined
    return Math.max(0, through - facts.sendq)
  })

  const length = Math.max(sent, received, receiverOurs ? (arrived?.at ?? 0) : 0)
  const delivered = receiverOurs ? received : 0
  if (receiverOurs && valueAt(connection.outcome, cursor) !== undefined) {
    const none = range(length, length)
    return {
      ...(senderOurs ? { sent } : {}),
      sends: sendCount,
      received,
      recvs: recvCount,
      length,
      delivered: range(0, delivered),
      acknowledged: range(0, 0),
      receiveBuffer: none,
      receiveBufferEvidence: 'kernel',
      unacknowledged: none,
      unknown: none,
      notReceived: range(delivered, length),
    }
  }
  const there = Math.min(length, Math.max(delivered, arrived?.at ?? 0, acked?.at ?? 0))
  // asked after the last send: what is not acknowledged is known to be so
  const known = Math.min(length, Math.max(there, acked?.through ?? 0))
  return {
    ...(senderOurs ? { sent } : {}),
    sends: sendCount,
    ...(receiverOurs ? { received } : {}),
    recvs: recvCount,
    length,
    delivered: range(0, delivered),
    acknowledged: range(0, receiverOurs ? 0 : there),
    receiveBuffer: range(receiverOurs ? delivered : there, there),
    receiveBufferEvidence: there <= (arrived?.at ?? 0) ? 'kernel' : 'inferred',
    unacknowledged: range(there, known),
    unknown: range(Math.max(there, known), length),
    notReceived: range(length, length),
  }
}

/** What is drawn of a list of sends or recvs: one call, or several that are too narrow to draw apart. */
export interface RibbonSegment extends Range {
  x: number
  width: number
  /** index of the first call, and how many */
  first: number
  count: number
}

/**
 * The first `total` of `items` (in order of offset) as segments of at least `least` px, in a view of `width` px over the
 * bytes `view`. Costs the number of segments drawn, not of items: it leaps by binary search.
 */
export function layoutSegments(items: readonly Item[], total: number, view: Range, width: number, least: number): RibbonSegment[] {
  const span = view.to - view.from
  if (span <= 0 || width <= 0 || total === 0) return []
  const scale = width / span
  const segments: RibbonSegment[] = []
  const upTo = (offset: number): number => {
    let low = 0
    let high = total
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((items[middle] as Item).offset < offset) low = middle + 1
      else high = middle
    }
    return low
  }
  let i = Math.max(0, upTo(view.from) - 1)
  while (i < total) {
    const item = items[i] as Item
    if (item.offset >= view.to) break
    if (item.offset + item.len <= view.from) {
      i++
      continue
    }
    let count = 1
    if (item.len * scale < least) {
      // everything that begins within `least` px of here shares the segment
      count = Math.max(1, Math.min(total, upTo(item.offset + least / scale)) - i)
      // but a wide one behind it stands for itself
      if (count > 1 && (items[i + count - 1] as Item).len * scale >= least) count--
    }
    const last = items[i + count - 1] as Item
    const to = last.offset + last.len
    const from = item.offset
    const x = Math.max(0, (from - view.from) * scale)
    const right = Math.min(width, (to - view.from) * scale)
    segments.push({ from, to, first: i, count, x, width: Math.max(right - x, Math.min(1, width - x)) })
    i += count
  }
  return segments
}

/** Round offsets for the axis: 1, 2 or 5 times a power of ten, or of 1024 from 10 KiB on; about one every `every` px. */
export function axisTicks(view: Range, width: number, every: number): number[] {
  const span = view.to - view.from
  if (span <= 0 || width <= 0) return []
  const raw = Math.max(1, (span / width) * every)
  const base = raw < 10_000 ? 10 ** Math.floor(Math.log10(raw)) : 2 ** Math.floor(Math.log2(raw))
  const step = raw < 10_000 ? base * ([1, 2, 5, 10].find((m) => base * m >= raw) ?? 10) : base * (base >= raw ? 1 : 2)
  const ticks: number[] = []
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) ticks.push(at)
  return ticks
}
