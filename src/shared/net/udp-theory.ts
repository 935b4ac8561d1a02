/**
 * What is to be expected of a client that sends, waits, and sends again over a network that loses datagrams. Times are
 * seconds. Each datagram is lost on its own: a request with probability `loss`, its answer with `answerLoss`.
 */

export interface Wire {
  /** probability that a request is lost */
  loss: number
  /** probability that an answer is lost */
  answerLoss?: number
  /** from the request's way there to its answer's way back, seconds */
  delay?: number
}

/**
 * How long each attempt waits: `first`, doubled as long as it does not pass `giveUp`. 0.1 to 2.0 gives 0.1, 0.2, 0.4, 0.8
 * and 1.6: the sixth would wait 3.2 s, so the client gives up instead.
 */
export function waitSchedule(first: number, giveUp: number): number[] {
  const waits: number[] = []
  if (!(first > 0)) return waits
  for (let wait = first; wait <= giveUp && waits.length < 64; wait *= 2) waits.push(wait)
  return waits
}

/** The probability that one attempt is answered: its request and its answer must both pass. */
export const passes = ({ loss, answerLoss = 0 }: Wire): number => (1 - loss) * (1 - answerLoss)

/** The probability of an answer within k attempts where nothing is late: 1 - (1 - q)^k; of loss p of the request alone, 1 - p^k. */
export const successWithin = (wire: Wire, k: number): number => 1 - (1 - passes(wire)) ** k

export interface Expected {
  /** the probability of an answer by attempt k or before it, index k - 1 */
  success: number[]
  /** the probability that the client makes exactly k attempts, answered or not, index k - 1 */
  attempts: number[]
  /** expected time of a request, seconds: until its answer, or until the client gives up */
  time: number
  /** and of one that is answered; undefined when none can be */
  answeredTime: number | undefined
  /** the probability that the client gives up */
  givesUp: number
  /** expected number of attempts */
  meanAttempts: number
}

/**
 * What is to be expected with these waits. An answer that takes longer than its attempt waits comes during a later one
 * and ends the request then; one that comes after the last wait comes too late.
 */
export function expected(wire: Wire, waits: readonly number[]): Expected {
  const q = passes(wire)
  const delay = Math.max(0, wire.delay ?? 0)
  const starts: number[] = []
  let total = 0
  for (const wait of waits) {
    starts.push(total)
    total += wait
  }
  const success = waits.map(() => 0)
  const attempts = waits.map(() => 0)
  let none = 1
  let time = 0
  for (const start of starts) {
    const at = start + delay
    if (at >= total) break
    // the attempt during which the answer comes: the last one that had begun
    const during = starts.findLastIndex((begun) => begun <= at)
    const first = none * q
    attempts[during]! += first
    time += first * at
    for (let k = during; k < success.length; k++) success[k]! += first
    none *= 1 - q
  }
  const answered = 1 - none
  const answeredTime = answered > 0 ? time / answered : undefined
  if (attempts.length > 0) attempts[attempts.length - 1]! += none
  return {
    success, attempts, time: time + none * total, answeredTime, givesUp: none,
    meanAttempts: attempts.reduce((sum, share, k) => sum + share * (k + 1), 0),
  }
}
