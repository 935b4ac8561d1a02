/** Captured packets: from the first one of a connection on, the ladder shows them and draws no inferred segment more. */
import type { PacketEvent } from '../trace/events'
import type { ConnectionModel, Segment, Side } from './model'

/** Sequence numbers wrap at 2^32 (RFC 9293, 3.4). */
const distance = (from: number, to: number): number => (to - from) >>> 0

/** What is kept per connection: the sequence number of each side's first payload byte, once its SYN was seen. */
export type FirstBytes = Partial<Record<Side, number>>

export function addPacket(connection: ConnectionModel, from: Side, e: PacketEvent, first: FirstBytes): void {
  const has = (flag: string): boolean => e.flags.includes(flag)
  connection.captured ??= { seq: e.seq, t: e.at ?? e.t, whole: has('SYN') && !has('ACK') }
  if (has('SYN') && e.seqno !== undefined) first[from] = (e.seqno + 1) >>> 0
  const start = first[from]
  const offset = e.len > 0 && start !== undefined && e.seqno !== undefined ? distance(start, e.seqno) : undefined
  const segment: Segment = {
    id: connection.segments.length, seq: e.seq, t: e.at ?? e.t, from, flags: ORDER.filter(has).join(','), len: e.len, offset, count: 1,
    fate: 'arrived', fates: undefined, retransmission: undefined, evidence: 'captured', call: undefined,
    seqno: e.seqno, ackno: e.ackno, window: e.window, frame: e.frame, link: e.link, interface: e.interface,
  }
  connection.segments.push(segment)
}

const ORDER = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG']
