/**
 * One fuzz target: every file of its corpus (test/fixtures/fuzz/<name>: what was found once), then so many generated inputs.
 * `npm test` makes a few thousand, `npm run test:long` a million: FUZZ_CASES, FUZZ_SEED. What fails is told with its seed,
 * its number and its bytes, which belong into the corpus.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, it } from 'vitest'
import { Random } from './random'

const CORPUS = resolve(import.meta.dirname, '../../fixtures/fuzz')
export const SEED = Number(process.env.FUZZ_SEED ?? 20_260_101)
/** of a target whose cases are cheap; a dearer one takes a part */
export const casesOf = (short: number, part = 1): number => (process.env.FUZZ_CASES ? Math.max(1, Math.ceil(Number(process.env.FUZZ_CASES) * part)) : short)
/** so long may a long run of one target take */
const LIMIT = 3_600_000

export interface Target<T extends Uint8Array | string> {
  name: string
  /** cases in `npm test` */
  short: number
  /** 1: as many as are asked for; less: a part of them, because a case costs more */
  part?: number
  make(r: Random, round: number): T
  /** throws where the code does what it must not */
  check(input: T): void | Promise<void>
}

export function fuzz<T extends Uint8Array | string>(target: Target<T>): void {
  describe(target.name, () => {
    const folder = join(CORPUS, target.name)
    for (const file of existsSync(folder) ? readdirSync(folder).sort() : []) {
      it(`corpus: ${file}`, async () => {
        const bytes = readFileSync(join(folder, file))
        const first = target.make(new Random(SEED), 0)
        await target.check((typeof first === 'string' ? bytes.toString('utf8') : new Uint8Array(bytes)) as T)
      })
    }
    const cases = casesOf(target.short, target.part)
    it(`${cases} generated cases`, async () => {
      const began = performance.now()
      for (let round = 0; round < cases; round++) {
        const input = target.make(new Random(SEED, round), round)
        try {
          const waiting = target.check(input)
          if (waiting) await waiting
        } catch (error) {
          const bytes = Buffer.from(input as Uint8Array)
          throw new Error(`seed ${SEED}, case ${round}, ${bytes.length} bytes, base64 ${bytes.subarray(0, 6000).toString('base64')}`, { cause: error })
        }
      }
      if (process.env.FUZZ_CASES) console.log(`${target.name}: ${cases} cases in ${((performance.now() - began) / 1000).toFixed(1)} s`)
    }, LIMIT)
  })
}
