/**
 * What one captured segment is beside those before it: where its bytes stand in the stream, whether they came before, out
 * of order or after a hole, and what an empty one is for. Sequence numbers wrap at 2^32 (RFC 9293, 3.4); offsets do not.
 */
import type { Segment, SegmentRemark } from '../projections/model'
import type { PacketEvent } from '../trace/events'

/** One direction of a connection, as the wire has it so far. Offsets count payload bytes; the SYN stands at -1. */
export interface WireFlow {
  /** the SYN of this side was seen; else offset 0 is the first number that was */
  syn: boolean
  /** its initial sequence number, or the first number seen */
  first: number
  /** the highest number sent so far (the next one due) and the offset it stands for */
  next: number
  nextOffset: number
  /** what this side acknowledges: offset in the other side's stream */
  acked: number | undefined
  window: number | undefined
  /** the window's shift of its SYN; absent: it had none */
  shift: number | undefined
  /** offset of its FIN */
  fin: number | undefined
  /** bytes that were passed over and have not come since, [from, to), ascending */
  holes: [number, number][]
}

export interface WireFlows {
  a?: WireFlow
  b?: WireFlow
}

/** Holes that are remembered: more are the capture's own losses, not the network's order. */
const MOST_HOLES = 64

export interface Placed {
  /** of the first payload byte */
  offset: number
  seqRel: number
  ackRel?: number
  windowBytes?: number
  remark?: SegmentRemark
  /** its bytes, SYN or FIN were sent before */
  again: boolean
  /** what it acknowledges, as an offset in the other side's stream */
  acks?: number
}

const has = (e: Pick<PacketEvent, 'flags'>, flag: string): boolean => e.flags.includes(flag)

/** Places a segment of `from` and remembers it. `e` must have a sequence number. */
export function place(flows: WireFlows, from: 'a' | 'b', e: PacketEvent): Placed {
  const syn = has(e, 'SYN')
  const seq = e.seqno!
  let mine = flows[from]
  if (!mine) {
    mine = flows[from] = {
      syn, first: seq, next: seq, nextOffset: syn ? -1 : 0, acked: undefined, window: undefined, shift: undefined, fin: undefined, holes: [],
    }
  }
  if (syn) mine.shift = e.options?.ws
  const peer = flows[from === 'a' ? 'b' : 'a']
  const begin = mine.nextOffset + ((seq - mine.next) | 0)
  const length = e.len + (syn ? 1 : 0) + (has(e, 'FIN') ? 1 : 0)
  const end = begin + length
  const placed: Placed = { offset: syn ? begin + 1 : begin, seqRel: begin + (mine.syn ? 1 : 0), again: false }
  if (has(e, 'ACK') && e.ackno !== undefined && peer) {
    placed.acks = peer.nextOffset + ((e.ackno - peer.next) | 0)
    placed.ackRel = placed.acks + (peer.syn ? 1 : 0)
  }
  if (e.window !== undefined) {
    // RFC 7323, 2.2: the SYN's own window is never scaled, and both sides must have offered to
    if (syn) placed.windowBytes = e.window
    else if (mine.syn && peer?.syn) placed.windowBytes = e.window * 2 ** (mine.shift !== undefined && peer.shift !== undefined ? Math.min(14, mine.shift) : 0)
  }
  if (!has(e, 'RST')) {
    placed.remark = length > 0 ? withBytes(mine, peer, begin, end, e, placed) : empty(mine, peer, begin, e, placed)
    if (has(e, 'FIN') && placed.remark !== 'hole') mine.fin ??= end - 1
    if (end > mine.nextOffset) {
      mine.next = (seq + length) >>> 0
      mine.nextOffset = end
    }
    if (placed.acks !== undefined && (mine.acked === undefined || placed.acks > mine.acked)) mine.acked = placed.acks
    if (e.window !== undefined) mine.window = e.window
  }
  return placed
}

function withBytes(mine: WireFlow, peer: WireFlow | undefined, begin: number, end: number, e: PacketEvent, placed: Placed): SegmentRemark | undefined {
  if (begin > mine.nextOffset) {
    if (mine.holes.length < MOST_HOLES) mine.holes.push([mine.nextOffset, begin])
    return 'hole'
  }
  if (begin === mine.nextOffset || end > mine.nextOffset) return peer?.window === 0 && e.len === 1 ? 'probe' : undefined
  if (peer?.acked !== undefined && end <= peer.acked) {
    placed.again = true
    // RFC 9293, 3.8.4: a keep-alive may carry one garbage byte from before the window
    return e.len === 1 && begin === mine.nextOffset - 1 ? 'keep-alive' : 'duplicate'
  }
  if (fill(mine, begin, end)) return 'out-of-order'
  placed.again = true
  return undefined
}

function empty(mine: WireFlow, peer: WireFlow | undefined, begin: number, e: PacketEvent, placed: Placed): SegmentRemark | undefined {
  if (begin === mine.nextOffset - 1 && mine.fin !== begin && mine.acked !== undefined) return peer?.window === 0 ? 'probe' : 'keep-alive'
  if (!has(e, 'ACK')) return undefined
  if (e.window === 0) return mine.window === 0 ? undefined : 'window-closed'
  if (mine.acked === undefined || placed.acks !== mine.acked) return undefined
  if (e.window !== mine.window) return 'window-update'
  // RFC 5681, 2: the same number again while the sender has bytes out
  return peer && peer.nextOffset > mine.acked ? 'duplicate-ack' : undefined
}

/** Whether a part of [begin, end) had been passed over; it is there now. */
function fill(mine: WireFlow, begin: number, end: number): boolean {
  let filled = false
  const left: [number, number][] = []
  for (const [from, to] of mine.holes) {
    if (end <= from || begin >= to) {
      left.push([from, to])
      continue
    }
    filled = true
    if (from < begin) left.push([from, begin])
    if (end < to) left.push([end, to])
  }
  if (filled) mine.holes = left.slice(0, MOST_HOLES)
  return filled
}

const ORDER = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG']

/** The arrow of the ladder for a captured segment. */
export function wireSegment(id: number, from: 'a' | 'b', e: PacketEvent, placed: Placed | undefined): Segment {
  return {
    id, seq: e.seq, t: e.at ?? e.t, from, flags: ORDER.filter((flag) => has(e, flag)).join(','), len: e.len,
    offset: placed && e.len > 0 ? placed.offset : undefined, count: 1, fate: 'arrived', fates: undefined,
    retransmission: placed?.again ? true : undefined, evidence: 'captured', call: undefined, seqno: e.seqno, ackno: e.ackno, window: e.window,
    seqRel: placed?.seqRel, ackRel: placed?.ackRel, windowBytes: placed?.windowBytes, options: e.options, checksum: e.checksum, remark: placed?.remark,
    frame: e.frame, link: e.link, interface: e.interface,
  }
}
