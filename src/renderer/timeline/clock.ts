/** The arithmetic of the cursor: which event a moment, a step or a replay frame leads to. Pure, so that tests can drive it. */
import type { EventIndex } from '../lab/event-index'

export const SPEEDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10] as const

/** Where the timeline stands: the time in microseconds, and the last event that has happened by then. */
export interface Position {
  t: number
  seq: number
}

export function atTime(index: EventIndex, t: number): Position {
  const end = index.time(index.length - 1)
  const clamped = Math.min(Math.max(0, t), end)
  return { t: clamped, seq: index.seq(index.atTime(clamped)) }
}

export function atSeq(index: EventIndex, seq: number): Position {
  const position = index.atSeq(seq)
  return { t: index.time(position), seq: index.seq(position) }
}

/** One event on or back; before the first event there is a position with nothing in it (seq -1). */
export function step(index: EventIndex, from: Position, by: 1 | -1): Position {
  const next = Math.min(index.length - 1, Math.max(-1, index.atSeq(from.seq) + by))
  return { t: index.time(next), seq: index.seq(next) }
}

/** After `elapsed` milliseconds of replay at `speed`. */
export const advance = (index: EventIndex, from: Position, elapsed: number, speed: number): Position => atTime(index, from.t + elapsed * 1000 * speed)
