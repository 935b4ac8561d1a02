/** Settings worth trying: each brings out one thing that UDP does not promise. They set the forms; the person starts. */
import type { Knobs } from '../udp-store'

export const SCENARIOS = ['plain', 'retry', 'down', 'late', 'naive', 'duplicate', 'reorder', 'many'] as const
export type ScenarioId = (typeof SCENARIOS)[number]

interface ClientSetting { count: number; parallel: number; timeout: number; giveUp: number; naive: boolean }

const COURSE: ClientSetting = { count: 10, parallel: 1, timeout: 0.1, giveUp: 2, naive: false }
const CALM: Knobs = { loss: 0, delay: 0, duplicate: 0, reorder: 0 }
/** asks once and goes on: an answer that takes longer than the wait comes while the next question is open */
const HASTY = { timeout: 0.1, giveUp: 0.1 }

export const SETTINGS: Record<ScenarioId, { knobs: Knobs; client: ClientSetting }> = {
  plain: { knobs: CALM, client: { ...COURSE, count: 1 } },
  retry: { knobs: { ...CALM, loss: 0.5 }, client: COURSE },
  down: { knobs: { ...CALM, loss: 1 }, client: { ...COURSE, count: 1 } },
  late: { knobs: { ...CALM, delay: 150 }, client: { ...COURSE, ...HASTY } },
  naive: { knobs: { ...CALM, delay: 150 }, client: { ...COURSE, ...HASTY, naive: true } },
  duplicate: { knobs: { ...CALM, duplicate: 0.5 }, client: COURSE },
  reorder: { knobs: { ...CALM, reorder: 0.5 }, client: { ...COURSE, ...HASTY, count: 20 } },
  many: { knobs: { ...CALM, loss: 0.3 }, client: { ...COURSE, count: 10_000, parallel: 200 } },
}
