/** What is to be expected of a client that asks again: against closed forms, and against a simulation of the client. */
import { describe, expect, it } from 'vitest'
import { expected, successWithin, waitSchedule } from '../../../src/shared/net/udp-theory'

describe('the schedule', () => {
  it('doubles from 0.1 s and stops before it passes 2.0 s', () => {
    expect(waitSchedule(0.1, 2)).toEqual([0.1, 0.2, 0.4, 0.8, 1.6])
    expect(waitSchedule(0.5, 2)).toEqual([0.5, 1, 2])
    expect(waitSchedule(3, 2)).toEqual([])
    expect(waitSchedule(0, 2)).toEqual([])
  })
})

const WAITS = waitSchedule(0.1, 2)

describe('what is expected', () => {
  it.each([0, 0.1, 0.3, 0.5, 0.9, 1])('of success with loss %d of requests: 1 - p^k', (p) => {
    const { success, givesUp } = expected({ loss: p }, WAITS)
    success.forEach((value, i) => expect(value).toBeCloseTo(1 - p ** (i + 1), 12))
    expect(givesUp).toBeCloseTo(p ** 5, 12)
  })

  it('counts the loss of the answer like that of the request', () => {
    const { success } = expected({ loss: 0.3, answerLoss: 0.2 }, WAITS)
    success.forEach((value, i) => {
      expect(value).toBeCloseTo(1 - (1 - 0.7 * 0.8) ** (i + 1), 12)
      expect(value).toBeCloseTo(successWithin({ loss: 0.3, answerLoss: 0.2 }, i + 1), 12)
    })
  })

  it('is the sum of the waits before the answer: half lost, 0.9 s on average in closed form', () => {
    // sum of p^(j-1) (1-p) S_j with S = 0, .1, .3, .7, 1.5, and p^5 times 3.1
    const byHand = 0.25 * 0.1 + 0.125 * 0.3 + 0.0625 * 0.7 + 0.03125 * 1.5 + 0.03125 * 3.1
    expect(expected({ loss: 0.5 }, WAITS).time).toBeCloseTo(byHand, 12)
  })

  it('is certain at both ends: no loss takes no wait; all lost takes every wait and five attempts', () => {
    expect(expected({ loss: 0 }, WAITS)).toMatchObject({ time: 0, givesUp: 0, meanAttempts: 1 })
    const lost = expected({ loss: 1 }, WAITS)
    expect(lost.time).toBeCloseTo(3.1, 12)
    expect(lost.meanAttempts).toBe(5)
    expect(lost.answeredTime).toBeUndefined()
  })

  it('of a delay past the first wait: the answer comes during the second attempt', () => {
    const late = expected({ loss: 0, delay: 0.15 }, WAITS)
    expect(late.success).toEqual([0, 1, 1, 1, 1])
    expect(late.time).toBeCloseTo(0.15, 12)
    expect(expected({ loss: 0, delay: 4 }, WAITS)).toMatchObject({ givesUp: 1, answeredTime: undefined })
  })

  it.each([[0.3, 0, 0], [0.5, 0.2, 0.05], [0.2, 0.1, 0.25], [0.9, 0, 0.8]])('agrees with a simulated client: loss %d and %d, delay %d', (loss, answerLoss, delay) => {
    let seed = 12_345
    const random = () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
    const runs = 100_000
    const won = WAITS.map(() => 0)
    let time = 0
    for (let i = 0; i < runs; i++) {
      let begin = 0
      let first = Infinity
      let done = false
      for (const [k, wait] of WAITS.entries()) {
        if (random() >= loss && random() >= answerLoss) first = Math.min(first, begin + delay)
        if (first < begin + wait) {
          won[k]!++
          time += first
          done = true
          break
        }
        begin += wait
      }
      if (!done) time += begin
    }
    const said = expected({ loss, answerLoss, delay }, WAITS)
    let sum = 0
    won.forEach((count, k) => expect((sum += count) / runs).toBeCloseTo(said.success[k]!, 2))
    expect(time / runs).toBeCloseTo(said.time, 1.5)
  })
})
