/** docs/LIMITS.md says what the constants say: every row is compared, and no limit of policy/limits.ts is missing. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/engine/policy/limits'
import { MAX_HAND_PAYLOAD } from '../../../src/shared/contract/contract'

const ROOT = resolve(import.meta.dirname, '../../..')
const page = readFileSync(join(ROOT, 'docs/LIMITS.md'), 'utf8')
const rows = [...page.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(([, name, value, reason, effect]) => ({ name: name!, value: value!.trim(), reason: reason!.trim(), effect: effect!.trim() }))

const UNITS: Record<string, number> = { '': 1, 'KiB': 2 ** 10, 'MiB': 2 ** 20, 'GiB': 2 ** 30, 's': 1 }

/** '16 MiB' as a number; seconds are those of a constant in milliseconds where its file counts so. */
function written(value: string): { number: number; unit: string } {
  const [, digits, unit = ''] = /^([\d,.]+)(?: (\w+))?$/.exec(value) ?? []
  if (digits === undefined || !(unit in UNITS)) throw new Error(`what is ${JSON.stringify(value)}?`)
  return { number: Number(digits.replaceAll(',', '')) * UNITS[unit]!, unit }
}

/** The value of a constant, read from its source: a product or sum of numbers and of other limits. */
function constant(name: string): number {
  const [file, id] = name.split(' ') as [string, string]
  const source = readFileSync(join(ROOT, file), 'utf8')
  const text = new RegExp(`^(?:export )?const ${id} = (.+)$`, 'm').exec(source)?.[1]
  if (text === undefined) throw new Error(`${file} has no ${id}`)
  const factor = (part: string): number => {
    const word = part.trim()
    if (/^[\d_]+$/.test(word)) return Number(word.replaceAll('_', ''))
    if (word === 'MiB') return 2 ** 20
    if (word === 'MAX_HAND_PAYLOAD') return MAX_HAND_PAYLOAD
    const limit = /^LIMITS\.(\w+)$/.exec(word)?.[1]
    if (limit !== undefined && limit in LIMITS) return LIMITS[limit as keyof typeof LIMITS]
    throw new Error(`what is ${word}?`)
  }
  return text.split('+').reduce((sum, term) => sum + term.split('*').map(factor).reduce((a, b) => a * b, 1), 0)
}

describe('docs/LIMITS.md', () => {
  it('has every limit of the policy', () => {
    expect(rows.flatMap(({ name }) => /^LIMITS\.(\w+)$/.exec(name)?.[1] ?? []).sort()).toEqual(Object.keys(LIMITS).sort())
  })
  it.each(rows)('$name is $value', ({ name, value, reason, effect }) => {
    const limit = /^LIMITS\.(\w+)$/.exec(name)?.[1] as keyof typeof LIMITS | undefined
    const { number, unit } = written(value)
    const real = limit ? LIMITS[limit] : constant(name)
    expect(real).toBe(unit === 's' && !limit ? number * 1000 : number)
    expect(reason.length).toBeGreaterThan(5)
    expect(effect.length).toBeGreaterThan(3)
  })
})
