/** The recorder's limits; a host may pass others. Sizes are bytes. */
export interface RecorderLimits {
  /** events of the live session held in memory (encoded: about 15 to 40 bytes each) */
  events: number
  /** memory of the encoded events */
  traceBytes: number
  /** memory of the bytes that programs sent and received */
  storeBytes: number
  /** a session's file */
  fileBytes: number
  /** stored sessions that are kept, and their files together */
  sessions: number
  sessionsBytes: number
}

const MiB = 1024 * 1024

export const RECORDER_LIMITS: RecorderLimits = {
  events: 2_000_000,
  traceBytes: 96 * MiB,
  storeBytes: 192 * MiB,
  fileBytes: 1024 * MiB,
  sessions: 40,
  sessionsBytes: 4096 * MiB,
}

/** Capture files that are open at once: each is a copy on disk until it is closed. */
export const MAX_CAPTURES = 8
/** Largest batch that a UI gets, about, bytes. */
export const BATCH_BYTES = 64 * 1024
/** Batches that a UI may leave unanswered. */
export const MAX_UNACKED = 2
/** How often events are encoded and handed on, milliseconds: a frame. */
export const FLUSH_MS = 16
/** A UI this many events behind the live end gets the structure only, until it is well within. */
export const LAG_EVENTS = 65_536
/**
 * Live events that a UI is given whole: a million at once (the most requests that a person can ask for, with all their calls),
 * then so many a second. Past that it gets the structure only, for all of it would fill its memory: nobody reads more.
 */
export const UI_ALLOWANCE = { burst: 1_200_000, perSecond: 2000 }
/** Given whole again once it may have this many. */
export const UI_RESUME = 1000
/** How often the live session is written, milliseconds, and synchronised. */
export const AUTOSAVE_MS = 250
export const SYNC_MS = 1000
/** Most content bytes that one autosave writes; what cannot keep up is left out of the file, not waited for. */
export const AUTOSAVE_BYTES = 4 * MiB
