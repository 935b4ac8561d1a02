/** The golden values are CPython's: random.Random(seed).random(), the first three numbers and the thousandth. */
import { describe, expect, it } from 'vitest'
import { PythonRandom } from '../../../src/shared/random'
import { Fates } from '../../../src/engine/relay/fates'

const GOLDEN: [seed: number, first: number[], thousandth: number][] = [
  [0, [0.8444218515250481, 0.7579544029403025, 0.420571580830845], 0.4804125346981437],
  [1, [0.13436424411240122, 0.8474337369372327, 0.763774618976614], 0.7062615472551386],
  [42, [0.6394267984578837, 0.025010755222666936, 0.27502931836911926], 0.8554501933059546],
  [5489, [0.7876110167997803, 0.0972674640914375, 0.9735995707790809], 0.2831617288159318],
  [2 ** 31 - 1, [0.3177580158172969, 0.8173550078299876, 0.1963472909507713], 0.7494061723935715],
  [2 ** 32 - 1, [0.6353574441341173, 0.20319993954407756, 0.6073666030347188], 0.3214643568909129],
  [2 ** 32, [0.11299430095636409, 0.41782886486292836, 0.0166763664992291], 0.04156870367167198],
  [2 ** 53 - 1, [0.09425040007102303, 0.22287455761867403, 0.19135148760372034], 0.8922787796807302],
]

describe('PythonRandom', () => {
  it.each(GOLDEN)('seed %d gives what Python gives', (seed, first, thousandth) => {
    const generator = new PythonRandom(seed)
    const numbers = Array.from({ length: 1000 }, () => generator.random())
    expect(numbers.slice(0, 3)).toEqual(first)
    expect(numbers[999]).toBe(thousandth)
  })
  it.each([-1, 0.5, 2 ** 53, NaN])('%d is no seed', (seed) => {
    expect(() => new PythonRandom(seed)).toThrow(RangeError)
  })
})

describe('fates', () => {
  const odds = { loss: 0.3, duplicate: 0.1, reorder: 0.2 }
  const fatesOf = (seed: number, n: number, change?: (i: number) => typeof odds) => {
    const fates = new Fates(seed)
    return Array.from({ length: n }, (_, i) => fates.next(change?.(i) ?? odds))
  }

  it('are the same again for the same seed, and others for another', () => {
    expect(fatesOf(7, 500)).toEqual(fatesOf(7, 500))
    expect(fatesOf(8, 500)).not.toEqual(fatesOf(7, 500))
  })
  it('of the n-th datagram do not hang on what the odds were before', () => {
    const turned = fatesOf(7, 500, (i) => (i < 250 ? { loss: 1, duplicate: 0, reorder: 1 } : odds))
    expect(turned.slice(250)).toEqual(fatesOf(7, 500).slice(250))
  })
  it('0 never happens, 1 always', () => {
    for (const fate of fatesOf(1, 1000, () => ({ loss: 0, duplicate: 1, reorder: 0 }))) expect(fate).toEqual({ drop: false, duplicate: true, reorder: false })
  })
  it('come as often as the odds say: within four standard deviations over 100,000', () => {
    const all = fatesOf(1, 100_000)
    const share = (f: (typeof all)[number]) => [f.drop, f.duplicate, f.reorder].map(Number)
    const sums = all.reduce((sum, f) => share(f).map((x, i) => x + sum[i]!), [0, 0, 0])
    for (const [i, p] of [odds.loss, odds.duplicate, odds.reorder].entries()) {
      expect(Math.abs(sums[i]! / all.length - p)).toBeLessThan(4 * Math.sqrt(p * (1 - p) / all.length))
    }
  })
})
