/** The Internet checksum (RFC 1071) and what a stored one says. */
import type { Checksum } from './model'

/** The one's complement sum of 16-bit words, folded; an odd last byte is the high half of a word. */
export function sum16(bytes: Uint8Array, from: number, to: number, start = 0): number {
  let sum = start
  let at = from
  for (; at + 1 < to; at += 2) {
    sum += (bytes[at]! << 8) | bytes[at + 1]!
    if (sum > 0xffff_0000) sum = fold(sum)
  }
  if (at < to) sum += bytes[at]! << 8
  return fold(sum)
}

export function fold(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000)
  return folded
}

/** The sum of the pseudo-header (RFC 9293, 3.1; RFC 8200, 8.1): both addresses, the length, the protocol's number. */
export const pseudoSum = (addresses: number, length: number, protocol: number): number =>
  fold(addresses + Math.floor(length / 0x1_0000) + (length & 0xffff) + protocol)

/** A checksum over [from, to) that lies at `at`. `pseudo`: the pseudo-header's sum, where there is one. */
export function verify(bytes: Uint8Array, from: number, to: number, at: number, pseudo?: number): Checksum {
  const stored = (bytes[at]! << 8) | bytes[at + 1]!
  const sum = sum16(bytes, from, to, pseudo ?? 0)
  // the sum without the stored one; in one's complement 0xffff is zero
  const computed = ~fold(sum + (~stored & 0xffff)) & 0xffff
  const same = (x: number, y: number): boolean => x === y || ((x === 0 || x === 0xffff) && (y === 0 || y === 0xffff))
  if (same(computed, stored)) return { state: 'correct', stored, computed }
  // CHECKSUM_PARTIAL: the kernel put the pseudo-header's sum there for the card to go on from
  if (pseudo !== undefined && same(stored, pseudo)) return { state: 'partial', stored, computed }
  return { state: 'wrong', stored, computed }
}
