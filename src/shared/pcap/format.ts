/** What both capture formats share: their magic numbers, what a frame read from them is, and what is no capture at all. */

/** Magic numbers of pcap as a big-endian u32, with the order and the unit that each stands for (draft-ietf-opsawg-pcap, 4). */
export const PCAP_MAGIC: Readonly<Record<number, { little: boolean; nano: boolean }>> = {
  0xa1b2c3d4: { little: false, nano: false },
  0xd4c3b2a1: { little: true, nano: false },
  0xa1b23c4d: { little: false, nano: true },
  0x4d3cb2a1: { little: true, nano: true },
}

/** pcapng blocks (draft-ietf-opsawg-pcapng, 4). The section's type reads the same in both orders. */
export const BLOCK = { section: 0x0a0d0d0a, interface: 1, packet: 2, simple: 3, enhanced: 6 } as const
export const BYTE_ORDER = 0x1a2b3c4d

export type CaptureFormat = 'pcap' | 'pcapng'

/** Which format the first bytes begin; 'short' where more are needed, undefined where it is neither. */
export function captureFormat(bytes: Uint8Array): CaptureFormat | 'short' | undefined {
  if (bytes.length < 4) return 'short'
  const magic = ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0
  if (magic === BLOCK.section) return 'pcapng'
  return PCAP_MAGIC[magic] ? 'pcap' : undefined
}

/** A frame as captured. */
export interface CapturedFrame {
  /** LINKTYPE_ number of what it begins with */
  link: number
  /** name of the interface, where the file has it */
  interface: string | undefined
  /** seconds since 1970 and nanoseconds; undefined where the file has no time of it */
  sec: number | undefined
  ns: number
  /** bytes that passed; never less than were captured */
  wire: number
  /** where its bytes lie in the file */
  offset: number
  /** what was captured: a view, valid until the next piece is pushed */
  bytes: Uint8Array
}

/** This is no capture file, or one of a kind that the lab does not read. Damage further on is no error: see `CaptureReader.damage`. */
export class CaptureFormatError extends Error {
  override name = 'CaptureFormatError'
}

/** Seconds beyond which a time is nonsense: the range of a Date. */
export const MAX_SECONDS = 8_640_000_000_000
