/**
 * A frame taken apart: its layers from the outside in, each with the fields of its header. Plain data; names and
 * explanations are message keys, so that a view says them in the reader's language.
 */
import type { Range } from '../bytes/range'

/** The four layers of the TCP/IP model (RFC 1122, section 1.1.3). */
export type Tier = 'link' | 'internet' | 'transport' | 'application'
export const TIERS: readonly Tier[] = ['application', 'transport', 'internet', 'link']

export type LayerKind =
  | 'ethernet' | 'vlan' | 'sll' | 'sll2' | 'loopback' | 'raw' | 'padding'
  | 'arp' | 'ipv4' | 'ipv6' | 'ipv6ext' | 'icmp' | 'icmpv6'
  | 'tcp' | 'udp' | 'data'

/** A sentence about a value: message key (below stack.meaning) and what stands in it. */
export interface Meaning {
  key: string
  params?: Record<string, string | number>
}

export interface Field extends Range {
  /** 'tcp.seq': message key of its name, below stack.field */
  key: string
  value: number | string
  /** as people write it ('0x0800', 'SYN, ACK'); absent: the number in decimal */
  text?: string
  /** a technical name that is the same in every language: 'IPv4', 'http' */
  name?: string
  meaning?: Meaning
  /** of a field smaller than its bytes: its first bit, counted from the most significant bit of the range, and how many */
  bits?: { at: number; len: number }
  /** single flags, the parts of an option */
  fields?: Field[]
}

/**
 * Something that is not as it should be, or that the bytes do not say. `note`: normal, but worth a word (cut by the
 * snapshot length, left to the network card); `error`: the bytes break the protocol's rules.
 */
export interface Problem {
  key: string
  level: 'note' | 'error'
  params?: Record<string, string | number>
}

/**
 * What a checksum says. `partial`: the sender left it to the network card, which on loopback never sees it; what stands
 * there is only the pseudo-header's sum. `none`: UDP over IPv4 sent without one. `unknown`: not all of its bytes are here.
 */
export interface Checksum {
  state: 'correct' | 'wrong' | 'partial' | 'none' | 'unknown'
  stored: number
  /** what the bytes give; absent where unknown */
  computed?: number
}

/** One header and what it carries: `from`..`to` the header, `end` where its payload ends (all within the captured bytes). */
export interface Layer extends Range {
  kind: LayerKind
  tier: Tier
  end: number
  fields: Field[]
  problems: Problem[]
  checksum?: Checksum
  /** part of the packet that an ICMP error quotes */
  quoted?: boolean
}

export interface Frame {
  bytes: Uint8Array
  /** LINKTYPE_ number (shared/pcap/link-types) */
  linkType: number
  /** bytes on the wire; more than `bytes` holds where the capture cut it */
  length: number
  layers: Layer[]
}
