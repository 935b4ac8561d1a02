/**
 * The two-byte character sets of Korea and Japan as tables, made at first use from the platform's own decoder and inverted
 * for encoding. What decoders disagree about is settled here the way Python's codecs have it (cp949, euc_kr, shift_jis).
 */

export interface Codepage {
  /** two bytes (lead * 256 + trail) to a code point */
  decode: ReadonlyMap<number, number>
  /** a code point to its two bytes */
  encode: ReadonlyMap<number, number>
}

function pairs(label: string, leads: Iterable<number>, firstTrail: number): Map<number, number> {
  const decoder = new TextDecoder(label)
  const table = new Map<number, number>()
  for (const lead of leads) {
    for (let trail = firstTrail; trail < 0xff; trail++) {
      if (trail === 0x7f) continue
      const text = decoder.decode(Uint8Array.of(lead, trail))
      const codePoint = text.codePointAt(0) ?? 0xfffd
      if (text.length === 1 && codePoint !== 0xfffd) table.set(lead * 256 + trail, codePoint)
    }
  }
  return table
}

const span = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

function inverted(decode: Map<number, number>): Codepage {
  return { decode, encode: new Map([...decode].map(([bytes, codePoint]) => [codePoint, bytes])) }
}

let ksx1001: Codepage | undefined
/** KS X 1001 as EUC-KR has it: both bytes from A1. Rows C9 and FE are the user's own and have no characters. */
export function ksX1001(): Codepage {
  if (ksx1001) return ksx1001
  const table = pairs('euc-kr', span(0xa1, 0xfd).filter((lead) => lead !== 0xc9), 0xa1)
  // added to the standard in 1998; some decoders are older
  table.set(0xa2e6, 0x20ac)
  table.set(0xa2e7, 0xae)
  table.delete(0xa2e8)
  return (ksx1001 = inverted(table))
}

let uhc: Codepage | undefined
/**
 * CP949, Windows' extension of EUC-KR: the 8,822 syllables that KS X 1001 leaves out, in the order of Unicode, over the
 * places that EUC-KR leaves free. Not every decoder called "euc-kr" knows them, so they are laid out here.
 */
export function cp949(): Codepage {
  if (uhc) return uhc
  const base = ksX1001()
  const table = new Map(base.decode)
  const letters = [...span(0x41, 0x5a), ...span(0x61, 0x7a)]
  const wide = [...letters, ...span(0x81, 0xfe)]
  const narrow = [...letters, ...span(0x81, 0xa0)]
  const free = span(0x81, 0xc6).flatMap((lead) => (lead < 0xa1 ? wide : narrow).map((trail) => lead * 256 + trail))
  let next = 0
  for (let syllable = 0xac00; syllable <= 0xd7a3; syllable++) {
    if (!base.encode.has(syllable)) table.set(free[next++]!, syllable)
  }
  return (uhc = inverted(table))
}

let jis: Codepage | undefined
/**
 * JIS X 0208 as Shift_JIS has it: rows 1 to 8 and 16 to 84. Decoders called "shift_jis" follow Windows (CP932); six signs
 * have other code points there than in the standard.
 */
export function jisX0208(): Codepage {
  if (jis) return jis
  const table = pairs('shift_jis', [...span(0x81, 0x84), ...span(0x88, 0x9f), ...span(0xe0, 0xea)], 0x40)
  const standard = [[0x8160, 0x301c], [0x8161, 0x2016], [0x817c, 0x2212], [0x8191, 0xa2], [0x8192, 0xa3], [0x81ca, 0xac]] as const
  for (const [bytes, codePoint] of standard) table.set(bytes, codePoint)
  return (jis = inverted(table))
}
