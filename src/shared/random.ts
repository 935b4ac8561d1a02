/**
 * Python's random.Random: MT19937 (Matsumoto and Nishimura, 1998), seeded with init_by_array and read 53 bits at a time as
 * CPython does (Modules/_randommodule.c). The same seed gives here what it gives a student's Python, so a built-in program
 * and its Python twin drop the same datagrams.
 */
const N = 624
const M = 397

export class PythonRandom {
  private readonly state = new Uint32Array(N)
  private at = N

  /** @param seed a whole number from 0 to 2 ** 53 - 1, as random.Random(seed) takes it */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed ${seed}`)
    const high = Math.floor(seed / 2 ** 32)
    this.initByArray(high > 0 ? [seed >>> 0, high] : [seed >>> 0])
  }

  /** random.random(): from 0 to before 1 */
  random(): number {
    const a = this.word() >>> 5
    const b = this.word() >>> 6
    return (a * 67_108_864 + b) / 9_007_199_254_740_992
  }

  /** The next 32 bits. */
  private word(): number {
    if (this.at >= N) this.twist()
    let y = this.state[this.at++]!
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c_5680
    y ^= (y << 15) & 0xefc6_0000
    return (y ^ (y >>> 18)) >>> 0
  }

  private twist(): void {
    const mt = this.state
    for (let k = 0; k < N; k++) {
      const y = (mt[k]! & 0x8000_0000) | (mt[(k + 1) % N]! & 0x7fff_ffff)
      mt[k] = mt[(k + M) % N]! ^ (y >>> 1) ^ (y & 1 ? 0x9908_b0df : 0)
    }
    this.at = 0
  }

  private initByArray(key: readonly number[]): void {
    const mt = this.state
    mt[0] = 19_650_218
    for (let i = 1; i < N; i++) mt[i] = Math.imul(1_812_433_253, mt[i - 1]! ^ (mt[i - 1]! >>> 30)) + i
    let i = 1
    let j = 0
    const step = (): void => {
      if (++i < N) return
      mt[0] = mt[N - 1]!
      i = 1
    }
    for (let k = Math.max(N, key.length); k > 0; k--) {
      mt[i] = (mt[i]! ^ Math.imul(mt[i - 1]! ^ (mt[i - 1]! >>> 30), 1_664_525)) + key[j]! + j
      step()
      if (++j >= key.length) j = 0
    }
    for (let k = N - 1; k > 0; k--) {
      mt[i] = (mt[i]! ^ Math.imul(mt[i - 1]! ^ (mt[i - 1]! >>> 30), 1_566_083_941)) - i
      step()
    }
    mt[0] = 0x8000_0000
  }
}
