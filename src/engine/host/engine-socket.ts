/** One WebSocket client of the engine: frames to messages and back, with every queue bounded. */
import { Packr } from 'msgpackr'
import type { WebSocket } from 'ws'
import { MAX_HAND_PAYLOAD, type FromEngine, type ToEngine } from '../../shared/contract/contract'
import { frameId, isFrame } from '../../shared/contract/guest-frame'
import { LIMITS } from '../policy/limits'

/** The largest frame a page may send, bytes: the largest payload and room for its envelope. */
export const MAX_FRAME = MAX_HAND_PAYLOAD + 64 * 1024
/**
 * Requests of one client that the engine has not answered, and their bytes; past that its socket is not read. Each thread of
 * a Python program may wait in one (guestThreads), and what would let it go on must still be heard.
 */
const MAX_IN_FLIGHT = 4 * LIMITS.guestThreads
const MAX_IN_FLIGHT_BYTES = 4 * MAX_HAND_PAYLOAD
/** Bytes that wait for a page that does not read; past that it is cut off, and comes back with a fresh snapshot. */
const MAX_UNSENT = 64 * 1024 * 1024

// RFC 6455 section 7.4.1
const CLOSE_UNSUPPORTED = 1003
const CLOSE_INVALID = 1007
const CLOSE_RESTART = 1012
const CLOSE_TRY_LATER = 1013

const codec = new Packr({ useRecords: false, copyBuffers: true })

/** The envelope only: the engine validates method and parameters itself. */
function isRequest(message: unknown): message is ToEngine {
  if (typeof message !== 'object' || message === null) return false
  const { id, method } = message as Record<string, unknown>
  return Number.isSafeInteger(id) && typeof method === 'string'
}

/** Decodes one frame; undefined when it is no request. */
export function decodeRequest(frame: Buffer): ToEngine | undefined {
  let message: unknown
  try {
    message = codec.unpack(frame)
  } catch {
    // whatever the decoder says about bytes that a page made up, the answer is the same
    return undefined
  }
  return isRequest(message) ? message : undefined
}

export const encodeAnswer = (message: FromEngine): Buffer => codec.pack(message)

/** A client's end of a port to the engine: of another thread (MessagePort), or of this one (door.ts). */
export interface EnginePort {
  postMessage(message: ToEngine | Uint8Array): void
  on(event: 'message', listener: (message: FromEngine | Uint8Array) => void): void
  on(event: 'close', listener: () => void): void
  close(): void
}

/** Joins a WebSocket and an engine port until either closes. */
export function joinEngine(socket: WebSocket, port: EnginePort): void {
  /** the sizes of the requests that are not answered */
  const inFlight = new Map<number, number>()
  let bytesInFlight = 0
  const full = (): boolean => inFlight.size >= MAX_IN_FLIGHT || bytesInFlight >= MAX_IN_FLIGHT_BYTES

  socket.on('message', (received, isBinary) => {
    if (!isBinary) return socket.close(CLOSE_UNSUPPORTED, 'binary frames only')
    const data = received as Buffer
    // a copy of its own: a clone of the view would take all that came with it along
    const request = isFrame(data) ? new Uint8Array(data) : decodeRequest(data)
    if (!request) return socket.close(CLOSE_INVALID, 'not a request')
    const id = request instanceof Uint8Array ? frameId(request) : request.id
    const { length } = data
    // one number for two requests is the page's own mistake: it is counted once
    bytesInFlight += length - (inFlight.get(id) ?? 0)
    inFlight.set(id, length)
    try {
      port.postMessage(request)
    } catch {
      // a decoded value that cannot be cloned is none that the contract knows
      return socket.close(CLOSE_INVALID, 'not a request')
    }
    if (full()) socket.pause()
  })

  function answered(id: number): void {
    bytesInFlight -= inFlight.get(id) ?? 0
    inFlight.delete(id)
    if (socket.isPaused && !full()) socket.resume()
  }

  port.on('message', (message: FromEngine | Uint8Array) => {
    if (isFrame(message)) answered(frameId(message))
    else if ('id' in message) answered(message.id)
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > MAX_UNSENT) {
      socket.close(CLOSE_TRY_LATER, 'the page does not read')
      socket.terminate()
      return
    }
    socket.send(isFrame(message) ? message : encodeAnswer(message), { binary: true })
  })

  socket.on('close', () => port.close())
  // ws reports a frame that is too large or malformed here and closes with the fitting code itself
  socket.on('error', () => port.close())
  port.on('close', () => {
    socket.resume()
    socket.close(CLOSE_RESTART, 'the engine ended')
  })
}
