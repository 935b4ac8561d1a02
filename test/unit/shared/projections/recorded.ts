/** What Linux did, recorded by test/fixtures/inference/record.py: traces as the engine writes them, with their captures. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { TraceEvent } from '../../../../src/shared/trace/events'

export interface Recorded {
  name: string
  events: TraceEvent[]
  packets: { t: number; from: number; to: number; flags: string; len: number }[]
}

const folder = fileURLToPath(new URL('../../../fixtures/inference/', import.meta.url))

export const recorded: Recorded[] = readdirSync(folder).filter((name) => name.endsWith('.json')).sort().map((name) => ({
  name: name.slice(0, -'.json'.length),
  ...(JSON.parse(readFileSync(folder + name, 'utf8')) as Omit<Recorded, 'name'>),
}))
