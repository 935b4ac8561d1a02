/** Control messages as Linux lays them out (cmsg(3)): golden bytes, round trips, every truncated prefix. */
import { describe, expect, it } from 'vitest'
import { cmsgSpace, packControl, unpackControl, type ControlMessage } from '../../../src/engine/kernel/cmsg'

const RIGHTS: ControlMessage = { level: 1, type: 1, data: Uint8Array.of(7, 0, 0, 0) }
const HOPS: ControlMessage = { level: 41, type: 52, data: Uint8Array.of(64, 0, 0, 0, 1, 2, 3, 4) }

describe('packControl', () => {
  it('writes struct cmsghdr, the data and the padding', () => {
    expect([...packControl([RIGHTS])]).toEqual([20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0])
  })
  it('puts nothing where there is none', () => expect(packControl([])).toHaveLength(0))
})

describe('cmsgSpace', () => {
  it.each([[0, 16], [1, 24], [4, 24], [8, 24], [9, 32]])('of %d bytes is %d', (length, space) => expect(cmsgSpace(length)).toBe(space))
})

describe('unpackControl', () => {
  it('reads what packControl wrote', () => expect(unpackControl(packControl([RIGHTS, HOPS]))).toEqual([RIGHTS, HOPS]))

  it('gives the messages that have come whole, and the beginning of the one that has not', () => {
    const whole = packControl([RIGHTS, HOPS])
    for (let n = 0; n < whole.length; n++) {
      const got = unpackControl(whole.subarray(0, n))
      expect(got).toHaveLength(n < 16 ? 0 : n < 40 ? 1 : 2)
      for (const [i, { level, type, data }] of got.entries()) {
        const sent = [RIGHTS, HOPS][i]!
        expect({ level, type }).toEqual({ level: sent.level, type: sent.type })
        expect([...data]).toEqual([...sent.data.subarray(0, data.length)])
      }
    }
  })

  it('stops at a length that is none', () => expect(unpackControl(new Uint8Array(64))).toEqual([]))
})
