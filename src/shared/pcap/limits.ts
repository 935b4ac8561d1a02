/** What a capture file may hold. A length past its limit is damage: it is refused before a byte of it is waited for. */

/** Largest frame, bytes: libpcap's own MAXIMUM_SNAPLEN and Wireshark's WTAP_MAX_PACKET_SIZE_STANDARD. */
export const MAX_FRAME = 262_144
/** Options of one pcapng block, bytes: each has at most 65,535, and what the lab reads of them is short. */
export const MAX_OPTIONS = 128 * 1024
/** Largest block that is read whole (interfaces, sections, packets), bytes. Blocks of other types are skipped, not held. */
export const MAX_BLOCK = MAX_FRAME + MAX_OPTIONS
/** Interfaces of one section: a machine has dozens, and each costs memory. */
export const MAX_INTERFACES = 1024
/** A longer interface name is cut, bytes. */
export const MAX_NAME = 256
