/** The relay's parameters. Its impairments may change while it runs. */
import type { ParamValues } from '../../shared/contract/params'
import type { MarkEvent } from '../../shared/trace/events'

export const relayParams = {
  'listen-host': { kind: 'host', default: '127.0.0.1' },
  'listen-port': { kind: 'port', default: 9998, allowZero: true },
  'to-host': { kind: 'host', default: '127.0.0.1' },
  'to-port': { kind: 'port', default: 9999 },
  proto: { kind: 'choice', default: 'udp', choices: ['udp', 'tcp'] },
  /** probabilities, for UDP */
  loss: { kind: 'number', default: 0, min: 0, max: 1 },
  duplicate: { kind: 'number', default: 0, min: 0, max: 1 },
  reorder: { kind: 'number', default: 0, min: 0, max: 1 },
  /** milliseconds; jitter is the most that is added to the delay */
  delay: { kind: 'number', default: 0, min: 0, max: 60_000 },
  jitter: { kind: 'number', default: 0, min: 0, max: 60_000 },
  /** bytes a second in each direction; 0: as fast as it goes */
  rate: { kind: 'integer', default: 0, min: 0, max: 1_000_000_000 },
} as const

export type RelayParams = ParamValues<typeof relayParams> & { seed: number }

/** The end from which something comes. */
export type From = NonNullable<MarkEvent['from']>

/** Each direction has a generator of its own, so that the fates of one do not depend on the other's traffic. */
export const seedOf = (seed: number, from: From): number => 2 * seed + (from === 'client' ? 0 : 1)

/** How long `bytes` take at `rate` bytes a second, milliseconds. */
export const transmission = (bytes: number, rate: number): number => (rate > 0 ? (bytes / rate) * 1000 : 0)
