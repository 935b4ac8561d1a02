/** A small seeded generator (mulberry32): one case is told by its seed and number, and made again from them. */
export class Random {
  private state: number

  constructor(seed: number, round = 0) {
    this.state = (Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(round + 1, 0xc2b2_ae35)) >>> 0
  }

  /** 32 bits */
  word(): number {
    this.state = (this.state + 0x6d2b_79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }

  /** from 0 to below n */
  below(n: number): number {
    return Math.floor((this.word() / 2 ** 32) * n)
  }

  chance(p: number): boolean {
    return this.word() / 2 ** 32 < p
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!
  }

  /** small numbers most of the time, edges and anything some of the time */
  number(): number {
    switch (this.below(6)) {
      case 0: return this.pick(EDGES)
      case 1: return this.word()
      case 2: return this.word() / 2 ** 32
      default: return this.below(300)
    }
  }

  bytes(most: number): Uint8Array {
    const out = new Uint8Array(this.below(most + 1))
    for (let i = 0; i < out.length; i++) out[i] = this.word()
    return out
  }

  /** pieces of `words` and single characters of any kind */
  text(most: number, words: readonly string[] = []): string {
    let out = ''
    for (let left = this.below(most + 1); left > 0; left--) {
      out += words.length > 0 && this.chance(0.7) ? this.pick(words) : this.character()
    }
    return out
  }

  private character(): string {
    switch (this.below(5)) {
      case 0: return String.fromCharCode(this.below(32))
      case 1: return this.pick(STRANGE)
      case 2: return String.fromCharCode(this.below(0x1_0000))
      default: return String.fromCharCode(32 + this.below(95))
    }
  }
}

const EDGES = [0, -0, -1, 1, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), Infinity, -Infinity, NaN, 1e308, 5e-324]
const STRANGE = ['\0', '\x1b', '\u202e', '\u2066', '\ufeff', '\u2028', '\ud800', '\udc00', '😀', '한', '日', 'é', 'e\u0301', '\x7f', '\x85', '\u200b']

/** What breaks parsers: a byte changed, cut, doubled, moved, a run inserted, an edge written over. */
export function mutate(r: Random, bytes: Uint8Array, other: Uint8Array = bytes): Uint8Array {
  // a copy, and no Buffer, whose slice() is none
  let out: Uint8Array = Uint8Array.from(bytes)
  for (let times = 1 + r.below(4); times > 0; times--) {
    const at = r.below(out.length + 1)
    switch (r.below(8)) {
      case 0: if (out.length > 0) out[Math.min(at, out.length - 1)] = r.word(); break
      case 1: if (out.length > 0) out[Math.min(at, out.length - 1)]! ^= 1 << r.below(8); break
      case 2: out = out.slice(0, at); break
      case 3: out = concat(out.subarray(0, at), r.bytes(12), out.subarray(at)); break
      case 4: out = concat(out.subarray(0, at), out.subarray(Math.min(out.length, at + r.below(16)))); break
      case 5: out = concat(out.subarray(0, at), other.subarray(r.below(other.length + 1)).subarray(0, 200), out.subarray(at)); break
      case 6: {
        const edge = r.pick([0, 1, 0x7f, 0x80, 0xff])
        out.fill(edge, at, at + 1 + r.below(8))
        break
      }
      default: out = concat(out, out.subarray(at).subarray(0, 500))
    }
  }
  return out
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
