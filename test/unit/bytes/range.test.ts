import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  contains,
  intersect,
  IntervalSet,
  isEmpty,
  lastAtOrBefore,
  lengthOf,
  overlaps,
  range,
  rangeOf,
  shift,
  subtract,
  union,
} from '../../../src/shared/bytes/range'

const SIZE = 40
const arbRange = fc.tuple(fc.nat(SIZE), fc.nat(SIZE)).map(([a, b]) => range(Math.min(a, b), Math.max(a, b)))
const members = (r: { from: number; to: number }): number[] => Array.from({ length: SIZE }, (_, i) => i).filter((i) => contains(r, i))

describe('range', () => {
  it('is half-open', () => {
    expect(lengthOf(rangeOf(10, 5))).toBe(5)
    expect(contains(range(10, 15), 10)).toBe(true)
    expect(contains(range(10, 15), 15)).toBe(false)
    expect(isEmpty(range(7, 7))).toBe(true)
    expect(range(9, 3)).toEqual({ from: 9, to: 9 })
    expect(shift(range(1, 3), 10)).toEqual({ from: 11, to: 13 })
    expect(overlaps(range(0, 5), range(5, 9))).toBe(false)
  })

  it('joins neighbours, not strangers', () => {
    expect(union(range(0, 5), range(5, 9))).toEqual({ from: 0, to: 9 })
    expect(union(range(0, 4), range(5, 9))).toBeUndefined()
    expect(union(range(3, 3), range(5, 9))).toEqual({ from: 5, to: 9 })
  })

  it('agrees with sets of numbers', () => {
    fc.assert(
      fc.property(arbRange, arbRange, (a, b) => {
        const both = members(a).filter((i) => contains(b, i))
        const common = intersect(a, b)
        expect(common ? members(common) : []).toEqual(both)
        expect(overlaps(a, b)).toBe(both.length > 0)
        expect(subtract(a, b).flatMap(members)).toEqual(members(a).filter((i) => !contains(b, i)))
        const joined = union(a, b)
        if (joined) expect(members(joined)).toEqual([...new Set([...members(a), ...members(b)])].sort((x, y) => x - y))
      }),
    )
  })

  it('finds the last at or before', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50)), fc.nat(60), (keys, value) => {
        const sorted = keys.sort((a, b) => a - b)
        expect(lastAtOrBefore(sorted, value, (k) => k)).toBe(sorted.findLastIndex((k) => k <= value))
      }),
    )
  })
})

describe('IntervalSet', () => {
  it('agrees with a set of numbers, whatever is added and taken', () => {
    const step = fc.record({ add: fc.boolean(), r: arbRange })
    fc.assert(
      fc.property(fc.array(step), arbRange, (steps, probe) => {
        const set = new IntervalSet()
        const model = new Set<number>()
        for (const { add, r } of steps) {
          if (add) set.add(r)
          else set.delete(r)
          for (const i of members(r))
            if (add) model.add(i)
            else model.delete(i)
        }
        const all = Array.from({ length: SIZE }, (_, i) => i)
        expect(all.filter((i) => set.has(i))).toEqual(all.filter((i) => model.has(i)))
        expect(set.size).toBe(model.size)
        expect(set.covers(probe)).toBe(members(probe).every((i) => model.has(i)))
        expect(set.within(probe).flatMap(members)).toEqual(members(probe).filter((i) => model.has(i)))
        expect(set.gaps(probe).flatMap(members)).toEqual(members(probe).filter((i) => !model.has(i)))
        // sorted, none empty, none touching the next
        set.ranges.forEach((r, i) => {
          expect(isEmpty(r)).toBe(false)
          const next = set.ranges[i + 1]
          if (next) expect(r.to).toBeLessThan(next.from)
        })
      }),
    )
  })
})
