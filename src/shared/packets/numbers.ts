/** Numbers that headers carry, and their names (IANA and IEEE registries; only what a lab meets). */

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd, qinq: 0x88a8 } as const
const ETHERTYPES: Readonly<Record<number, string>> = {
  0x0800: 'IPv4', 0x0806: 'ARP', 0x8035: 'RARP', 0x8100: '802.1Q', 0x86dd: 'IPv6', 0x8847: 'MPLS', 0x8863: 'PPPoE', 0x8864: 'PPPoE',
  0x888e: '802.1X', 0x88a8: '802.1ad', 0x88cc: 'LLDP', 0x88e5: 'MACsec', 0x9000: 'Loopback test',
}
export const etherTypeName = (n: number): string | undefined => ETHERTYPES[n]

export const PROTOCOL = {
  hopopts: 0, icmp: 1, igmp: 2, ipip: 4, tcp: 6, udp: 17, ipv6: 41, routing: 43, fragment: 44, esp: 50, ah: 51, icmpv6: 58, none: 59,
  dstopts: 60, mobility: 135, hip: 139, shim6: 140,
} as const
const PROTOCOLS: Readonly<Record<number, string>> = {
  0: 'Hop-by-Hop Options', 1: 'ICMP', 2: 'IGMP', 4: 'IPv4', 6: 'TCP', 17: 'UDP', 33: 'DCCP', 41: 'IPv6', 43: 'Routing', 44: 'Fragment', 47: 'GRE',
  50: 'ESP', 51: 'AH', 58: 'ICMPv6', 59: 'No Next Header', 60: 'Destination Options', 89: 'OSPF', 103: 'PIM', 112: 'VRRP', 132: 'SCTP',
  135: 'Mobility', 136: 'UDP-Lite', 139: 'HIP', 140: 'Shim6',
}
export const protocolName = (n: number): string | undefined => PROTOCOLS[n]

/** DSCP (RFC 2474, 2597, 3246, 5865, 8622). */
export function dscpName(n: number): string | undefined {
  if (n === 46) return 'EF'
  if (n === 44) return 'VOICE-ADMIT'
  if (n === 1) return 'LE'
  if (n % 8 === 0) return `CS${n / 8}`
  const [group, drop] = [n >> 3, (n & 7) / 2]
  return group >= 1 && group <= 4 && Number.isInteger(drop) ? `AF${group}${drop}` : undefined
}

/** ECN (RFC 3168, section 5). */
export const ECN = ['Not-ECT', 'ECT(1)', 'ECT(0)', 'CE'] as const

const ICMP: Readonly<Record<number, string>> = {
  0: 'Echo Reply', 3: 'Destination Unreachable', 4: 'Source Quench', 5: 'Redirect', 8: 'Echo', 9: 'Router Advertisement', 10: 'Router Solicitation',
  11: 'Time Exceeded', 12: 'Parameter Problem', 13: 'Timestamp', 14: 'Timestamp Reply',
}
export const icmpName = (n: number): string | undefined => ICMP[n]
/** Codes that a lab meets (RFC 792, 1122): message keys below stack.meaning.icmp. */
const ICMP_CODES: Readonly<Record<string, string>> = {
  '3/0': 'net', '3/1': 'host', '3/2': 'protocol', '3/3': 'port', '3/4': 'fragNeeded', '3/9': 'prohibited', '3/10': 'prohibited', '3/13': 'prohibited',
  '11/0': 'ttl', '11/1': 'reassembly',
}
export const icmpCodeKey = (type: number, code: number): string | undefined => ICMP_CODES[`${type}/${code}`]

const ICMPV6: Readonly<Record<number, string>> = {
  1: 'Destination Unreachable', 2: 'Packet Too Big', 3: 'Time Exceeded', 4: 'Parameter Problem', 128: 'Echo Request', 129: 'Echo Reply',
  130: 'Multicast Listener Query', 131: 'Multicast Listener Report', 132: 'Multicast Listener Done', 133: 'Router Solicitation',
  134: 'Router Advertisement', 135: 'Neighbor Solicitation', 136: 'Neighbor Advertisement', 137: 'Redirect', 143: 'Multicast Listener Report v2',
}
export const icmpv6Name = (n: number): string | undefined => ICMPV6[n]
const ICMPV6_CODES: Readonly<Record<string, string>> = {
  '1/0': 'net', '1/1': 'prohibited', '1/3': 'host', '1/4': 'port', '3/0': 'ttl', '3/1': 'reassembly',
}
export const icmpv6CodeKey = (type: number, code: number): string | undefined => ICMPV6_CODES[`${type}/${code}`]

/** ARP hardware types that Linux cooked captures name (if_arp.h). */
const HARDWARE: Readonly<Record<number, string>> = {
  1: 'Ethernet', 512: 'PPP', 768: 'IP tunnel', 769: 'IPv6 tunnel', 772: 'Loopback', 776: 'SIT', 778: 'GRE', 801: 'IEEE 802.11', 803: 'IEEE 802.11 radiotap', 824: 'Netlink', 65534: 'None',
}
export const hardwareName = (n: number): string | undefined => HARDWARE[n]
