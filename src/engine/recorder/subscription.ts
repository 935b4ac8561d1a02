/** What a UI can follow: the live recorder or a stored session, by the same means. */
import type { SessionInfo } from '../../shared/contract/contract'
import type { TraceSource } from './source'

export interface SubscribeOptions {
  /** first event wanted */
  from: number
  /** Of what is there, about the last so many events are handed on whole, and before them the structure only; absent: all of it. */
  whole?: number
  /** live events that are handed on whole, at once and then per second; absent: as limits.ts says */
  allowance?: { burst: number; perSecond: number }
  /** a batch of events, encoded by shared/trace/codec; must be acknowledged by its number */
  onBatch: (batch: number, data: Uint8Array) => void
}

export interface Subscription {
  ack(batch: number): void
  close(): void
}

export interface Source {
  info(): SessionInfo
  /** its events, encoded, as far as they are there now */
  readonly trace: TraceSource
  subscribe(options: SubscribeOptions): Subscription
  /** up to `len` bytes of the byte store from `at` on; shorter or empty where they are not kept any more */
  readBytes(at: number, len: number): Uint8Array | Promise<Uint8Array>
}
