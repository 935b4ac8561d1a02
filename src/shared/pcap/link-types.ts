/**
 * What a captured frame begins with: the LINKTYPE_ numbers of the registry that pcap and pcapng files use
 * (draft-ietf-opsawg-pcaplinktype). Only those that the lab reads.
 */
export const LINK = {
  /** BSD loopback: the address family in the byte order of the machine that captured */
  null: 0,
  ethernet: 1,
  /** IPv4 or IPv6 without a link header. Files of some systems have the DLT_ numbers 12 and 14 instead of the registry's 101. */
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  /** OpenBSD loopback: as `null`, in network byte order */
  loop: 108,
  /** Linux cooked capture, versions 1 and 2: what the interface "any" gives */
  sll: 113,
  /** IPv4 and IPv6 alone, told by the number itself */
  ipv4: 228,
  ipv6: 229,
  sll2: 276,
} as const

const NAMES: Record<number, string> = {
  [LINK.null]: 'BSD loopback', [LINK.ethernet]: 'Ethernet', [LINK.rawBsd]: 'raw IP', [LINK.rawOpenBsd]: 'raw IP', [LINK.raw]: 'raw IP',
  [LINK.loop]: 'OpenBSD loopback', [LINK.sll]: 'Linux cooked', [LINK.ipv4]: 'raw IPv4', [LINK.ipv6]: 'raw IPv6', [LINK.sll2]: 'Linux cooked v2',
}

/** A person's name for it; undefined where the lab cannot read what follows. */
export const linkName = (link: number): string | undefined => NAMES[link]
