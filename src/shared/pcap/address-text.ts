/** Addresses of packets as text: the same few come again and again, so the last ones are remembered. */
import { formatIPv4, formatIPv6 } from '../net/address'

const SLOTS = 1024
const words = new Uint32Array(SLOTS * 4)
const texts: string[] = []

/** The IPv6 address at `at`. */
export function textOfIPv6(bytes: Uint8Array, at: number): string {
  const a = word(bytes, at)
  const b = word(bytes, at + 4)
  const c = word(bytes, at + 8)
  const d = word(bytes, at + 12)
  const slot = (Math.imul(a ^ b ^ c ^ d, 2_654_435_761) >>> 22) % SLOTS
  const i = slot * 4
  const known = texts[slot]
  if (known !== undefined && words[i] === a && words[i + 1] === b && words[i + 2] === c && words[i + 3] === d) return known
  words.set([a, b, c, d], i)
  return (texts[slot] = formatIPv6(bytes, at))
}

const word = (bytes: Uint8Array, at: number): number => ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0

const v4Texts: string[] = []
const v4Words = new Uint32Array(SLOTS)

/** The IPv4 address at `at`. */
export function textOfIPv4(bytes: Uint8Array, at: number): string {
  const a = word(bytes, at)
  const slot = (Math.imul(a, 2_654_435_761) >>> 22) % SLOTS
  const known = v4Texts[slot]
  if (known !== undefined && v4Words[slot] === a) return known
  v4Words[slot] = a
  return (v4Texts[slot] = formatIPv4(bytes, at))
}
