/**
 * How much of a capture is kept: packets and bytes per second, with room for a burst. A lab's exchanges never come near;
 * a bulk transfer would otherwise fill the trace with nothing else, and cost the programs their processor.
 */

/** Packets that are kept per second, and at once: a burst of 1,000 connections has 10,000. */
const PACKETS_PER_S = 20_000
const PACKETS_BURST = 40_000
const MiB = 1024 * 1024
/** Their bytes that are kept, and at once. Past that the headers are. */
const BYTES_PER_S = 8 * MiB
const BYTES_BURST = 32 * MiB
/** Link, IP and TCP headers with all their options: 20 + 60 + 60 at most without IPv6 extensions. */
const HEADERS = 160

export class PacketRation {
  private packets = PACKETS_BURST
  private bytes = BYTES_BURST
  private at = 0

  /** How many bytes of a packet may be kept; undefined: not even the packet. `now` in microseconds. */
  take(size: number, now: number): number | undefined {
    const seconds = Math.max(0, now - this.at) / 1e6
    this.at = now
    this.packets = Math.min(PACKETS_BURST, this.packets + seconds * PACKETS_PER_S)
    this.bytes = Math.min(BYTES_BURST, this.bytes + seconds * BYTES_PER_S)
    if (this.packets < 1) return undefined
    this.packets -= 1
    const kept = size <= this.bytes ? size : Math.min(size, HEADERS)
    this.bytes -= kept
    return kept
  }
}
