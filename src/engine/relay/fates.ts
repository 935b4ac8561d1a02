/**
 * What a bad network does to each datagram. The n-th datagram's fate follows from the seed and n alone, not from when it
 * comes and not from the fates before it: every datagram draws the same three numbers, whether they are used or not.
 */
import { PythonRandom } from '../../shared/random'

/** Probabilities, 0 to 1. They may change between two datagrams. */
export interface Odds {
  loss: number
  duplicate: number
  reorder: number
}

export interface Fate {
  drop: boolean
  duplicate: boolean
  /** held back until a later datagram has passed */
  reorder: boolean
}

/** Largest seed: twice it and one more still seeds a generator with one word. */
export const MAX_SEED = 2_147_483_647

export class Fates {
  private readonly generator: PythonRandom

  constructor(seed: number) {
    this.generator = new PythonRandom(seed)
  }

  next(odds: Odds): Fate {
    const drop = this.generator.random() < odds.loss
    const duplicate = this.generator.random() < odds.duplicate
    const reorder = this.generator.random() < odds.reorder
    return { drop, duplicate, reorder }
  }

  /** One more number, from 0 to before 1: draw it for every datagram or for none. */
  draw(): number {
    return this.generator.random()
  }
}
