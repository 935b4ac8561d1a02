/**
 * Every limit of the lab, in one place and shown in the app. Reaching one is a LIMIT error that names it (or, for the trace,
 * a `gap` event that counts what was left out), never a crash. Sizes are bytes.
 */
import { MAX_BYTES_PULL, MAX_HAND_PAYLOAD, MAX_UPLOAD_PIECE } from '../../shared/contract/contract'
import { RPC_LIMITS } from '../../shared/rpc/limits'
import { MAX_PACKETS } from '../recorder/capture-index'
import { MAX_CAPTURES, RECORDER_LIMITS } from '../recorder/limits'

export const LIMITS = {
  /** open sockets of all programs together: 10,000 connections with both their ends here, and room */
  sockets: 24_000,
  /** threads of all programs together: one for each of 10,000 clients, and room */
  threads: 12_000,
  /** programs that run at once */
  runs: 64,
  /** programs outside the engine (Python): the threads of one, and what one may print in a second: characters and pieces */
  guestThreads: 512,
  guestPrint: 512 * 1024,
  guestPrints: 2000,
  /** look-ups of names that wait for their turn */
  lookups: 32,
  /** most that one recv() may ask for */
  recvBytes: MAX_HAND_PAYLOAD,
  /** most that one send() by hand may carry */
  handPayload: MAX_HAND_PAYLOAD,
  /** most content that a UI may pull at once, and the largest piece of an uploaded session */
  bytesPull: MAX_BYTES_PULL,
  uploadPiece: MAX_UPLOAD_PIECE,
  /** the live session in memory: events, their encoded size, and the bytes that were sent and received */
  traceEvents: RECORDER_LIMITS.events,
  traceBytes: RECORDER_LIMITS.traceBytes,
  contentBytes: RECORDER_LIMITS.storeBytes,
  /** a session's file; the sessions that are kept, and their files together */
  sessionBytes: RECORDER_LIMITS.fileBytes,
  sessions: RECORDER_LIMITS.sessions,
  sessionsBytes: RECORDER_LIMITS.sessionsBytes,
  /** capture files that are open at once, and packets of each that are shown */
  captures: MAX_CAPTURES,
  capturePackets: MAX_PACKETS,
  /** HTTP: a request's head; what one recv() of a server takes; how long a connection may say nothing, seconds */
  httpHeadBytes: 16 * 1024,
  httpRecvBytes: 64 * 1024,
  httpIdleSeconds: 60,
  /** entries of one folder that are listed */
  listedEntries: 2000,
  /** XML-RPC: a message, how deep its values nest, how many values it has */
  rpcBytes: RPC_LIMITS.bytes,
  rpcDepth: RPC_LIMITS.depth,
  rpcValues: RPC_LIMITS.values,
} as const satisfies Record<string, number>

export type LimitName = keyof typeof LIMITS
