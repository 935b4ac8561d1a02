/**
 * How EUC-KR writes a syllable that KS X 1001 has no place for (its Annex 3): a filler, then the three letters of the
 * syllable, each as its two bytes. Eight bytes for one character.
 */
const FIRST = 0xa4
const FILLER = 0xd4
const INITIALS = [0xa1, 0xa2, 0xa4, 0xa7, 0xa8, 0xa9, 0xb1, 0xb2, 0xb3, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe]
const FINALS = [
  FILLER, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf, 0xb0, 0xb1, 0xb2, 0xb4, 0xb5, 0xb6, 0xb7,
  0xb8, 0xba, 0xbb, 0xbc, 0xbd, 0xbe,
]
const VOWELS = 21

export const SEQUENCE = 8
export const beginsSequence = (lead: number, trail: number): boolean => lead === FIRST && trail === FILLER

/** The eight bytes of a syllable (U+AC00 to U+D7A3). */
export function encodeSequence(syllable: number): number[] {
  const index = syllable - 0xac00
  const vowel = Math.floor(index / FINALS.length) % VOWELS
  return [FIRST, FILLER, FIRST, INITIALS[Math.floor(index / (VOWELS * FINALS.length))]!, FIRST, 0xbf + vowel, FIRST, FINALS[index % FINALS.length]!]
}

/** The syllable of the eight bytes at `at`; undefined where they are none. */
export function decodeSequence(bytes: Uint8Array, at: number): number | undefined {
  if (bytes[at + 2] !== FIRST || bytes[at + 4] !== FIRST || bytes[at + 6] !== FIRST) return undefined
  const initial = INITIALS.indexOf(bytes[at + 3]!)
  const vowel = bytes[at + 5]! - 0xbf
  const final = FINALS.indexOf(bytes[at + 7]!)
  if (initial < 0 || vowel < 0 || vowel >= VOWELS || final < 0) return undefined
  return 0xac00 + (initial * VOWELS + vowel) * FINALS.length + final
}
