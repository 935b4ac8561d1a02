/**
 * Linux's struct tcp_info (linux/tcp.h, tcp(7)) as offsets, and the kernel's numbering of the TCP states.
 *
 * The struct only ever grows at its end, and the kernel answers as much of it as it knows and the caller asked for. So
 * a field past the answered length is "not available here", and its fact stays absent. Little-endian, as every machine is
 * that Node's Linux builds for desktops run on.
 */
import type { TcpFacts, TcpState } from '../../../shared/trace/events'
import type { StateNumbers } from './platform'

/** More than what is read here, of any kernel; getsockopt answers the length that it filled. */
export const TCP_INFO_BYTES = 256

/** include/net/tcp_states.h. 12 is a request socket: SYN received, kept apart from full sockets inside the kernel only. */
export const LINUX_TCP_STATES: StateNumbers = {
  1: 'ESTABLISHED',
  2: 'SYN_SENT',
  3: 'SYN_RCVD',
  4: 'FIN_WAIT_1',
  5: 'FIN_WAIT_2',
  6: 'TIME_WAIT',
  7: 'CLOSED',
  8: 'CLOSE_WAIT',
  9: 'LAST_ACK',
  10: 'LISTEN',
  11: 'CLOSING',
  12: 'SYN_RCVD',
}

/** Byte offsets in struct tcp_info. u8 below 8, u64 where said, u32 elsewhere. */
export const TCP_INFO = {
  state: 0,
  retransmits: 2,
  sndMss: 16,
  /** on a LISTEN socket: connections in the accept queue */
  unacked: 24,
  /** on a LISTEN socket: the accept queue's limit, min(backlog, net.core.somaxconn) */
  sacked: 28,
  /** microseconds */
  rtt: 68,
  rttvar: 72,
  /** segments */
  sndCwnd: 80,
  totalRetrans: 100,
  /** u64. Sequence space acknowledged, so the SYN of an active open and the FIN count one each. */
  bytesAcked: 120,
  /** u64. As above: the peer's FIN counts one. */
  bytesReceived: 128,
  segsOut: 136,
  segsIn: 140,
  dataSegsIn: 152,
  dataSegsOut: 156,
} as const

/** The state's name; CLOSED for a number that no kernel of today has. */
export const linuxTcpState = (number: number): TcpState => LINUX_TCP_STATES[number] ?? 'CLOSED'

/**
 * Reads the facts out of a struct tcp_info that starts at `at` and of which `length` bytes are filled.
 * Queue lengths are there for LISTEN only: for the other states SIOCINQ, SIOCOUTQ or the connection table tell them.
 * A round trip that was never measured (0) is left out, not shown as zero.
 */
export function parseTcpInfo(bytes: Uint8Array, at = 0, length = bytes.length - at): TcpFacts {
  const u32 = (offset: number): number => {
    const i = at + offset
    return (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)) >>> 0
  }
  const u64 = (offset: number): number => u32(offset + 4) * 0x1_0000_0000 + u32(offset)
  if (length < 1) return { state: 'CLOSED' }
  const state = linuxTcpState(bytes[at + TCP_INFO.state]!)
  const facts: TcpFacts = { state }
  if (state === 'LISTEN') {
    if (length >= TCP_INFO.sacked + 4) {
      facts.recvq = u32(TCP_INFO.unacked)
      facts.sendq = u32(TCP_INFO.sacked)
    }
    return facts
  }
  if (length >= TCP_INFO.totalRetrans + 4) {
    facts.backoff = bytes[at + TCP_INFO.retransmits]!
    facts.mss = u32(TCP_INFO.sndMss)
    const rtt = u32(TCP_INFO.rtt)
    if (rtt > 0) {
      facts.rtt = rtt
      facts.rttvar = u32(TCP_INFO.rttvar)
    }
    facts.cwnd = u32(TCP_INFO.sndCwnd)
    facts.retrans = u32(TCP_INFO.totalRetrans)
  }
  if (length >= TCP_INFO.segsIn + 4) {
    facts.bytesAcked = u64(TCP_INFO.bytesAcked)
    facts.bytesReceived = u64(TCP_INFO.bytesReceived)
    facts.segsOut = u32(TCP_INFO.segsOut)
    facts.segsIn = u32(TCP_INFO.segsIn)
  }
  if (length >= TCP_INFO.dataSegsOut + 4) {
    facts.dataSegsIn = u32(TCP_INFO.dataSegsIn)
    facts.dataSegsOut = u32(TCP_INFO.dataSegsOut)
  }
  return facts
}

/**
 * The kernel counts queues in sequence space, where a SYN and a FIN take one number each. These are the bytes alone.
 * Ours (SYN or FIN) is counted in the send queue until it is acknowledged; the peer's FIN is counted in the receive queue
 * until the program has read up to it.
 */
export function bytesInQueues(state: TcpState, recvq: number, sendq: number): { recvq: number; sendq: number } {
  const oursPending = state === 'SYN_SENT' || state === 'FIN_WAIT_1' || state === 'CLOSING' || state === 'LAST_ACK'
  const peersPending = state === 'CLOSE_WAIT' || state === 'CLOSING' || state === 'LAST_ACK'
  return {
    recvq: peersPending && recvq > 0 ? recvq - 1 : recvq,
    sendq: oursPending && sendq > 0 ? sendq - 1 : sendq,
  }
}
