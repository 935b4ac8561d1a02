/**
 * A guest's send() and recv() as flat frames: they are what its programs do thousands of times a second, and an object that is
 * encoded, cloned, validated and decoded on its way costs more than the call. A frame stands beside ToEngine and FromEngine, on
 * the same connection, and says what guest.call says; whatever does not fit is asked and answered in the general form.
 * Numbers are little-endian.
 *
 *   question  u8 FRAME, u32 id, u32 thread, u8 call (1 send, 2 recv), i32 fd, i32 line (-1: none), u8 flags (bits in the
 *             order of FLAGS), f64 timeout (NaN: none), u32 n (recv), u16 length of file; file; send: the data
 *   answer    u8 FRAME, u32 id, u32 value; recv: the bytes. Any other outcome comes as FromEngine, with the same id.
 */
import type { GuestCall, GuestOutcome } from './guest'
import { MAX_HAND_PAYLOAD } from './contract-parts'

/** The first byte: one that no msgpack value begins with (the format's "never used"). */
export const FRAME = 0xc1
const FLAGS = ['PEEK', 'DONTWAIT', 'WAITALL', 'OOB', 'TRUNC', 'NOSIGNAL'] as const
/** Where question and answer have their id, and the question its thread. */
const ID = 1
const THREAD = 5
const HEAD = 33
const ANSWER_HEAD = 9
const MAX_FILE = 255

export interface FramedCall {
  id: number
  thread: number
  call: Extract<GuestCall, { name: 'send' | 'recv' }>
  timeout?: number
  file?: string
  line?: number
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

export const isFrame = (message: unknown): message is Uint8Array => message instanceof Uint8Array && message.length >= ANSWER_HEAD && message[0] === FRAME

/** The number by which question and answer find each other. */
export const frameId = (frame: Uint8Array): number => viewOf(frame).getUint32(ID, true)

/** Puts the id and the lab's name of the thread into a question. */
export function address(frame: Uint8Array, id: number, thread: number): void {
  const view = viewOf(frame)
  view.setUint32(ID, id, true)
  view.setUint32(THREAD, thread, true)
}

export const threadOf = (frame: Uint8Array): number => viewOf(frame).getUint32(THREAD, true)

/** A question; undefined: it is none that the contract allows. Its data is a view of the frame. */
export function readFrame(frame: Uint8Array): FramedCall | undefined {
  if (frame.length < HEAD || frame[0] !== FRAME) return undefined
  const view = viewOf(frame)
  const fileLength = view.getUint16(31, true)
  const bits = view.getUint8(18)
  const fd = view.getInt32(10, true)
  const line = view.getInt32(14, true)
  const timeout = view.getFloat64(19, true)
  const n = view.getUint32(27, true)
  if (fileLength > MAX_FILE || HEAD + fileLength > frame.length || bits >= 1 << FLAGS.length || fd < -1 || line < -1 || timeout < 0 || timeout > 1e10) return undefined
  let file = ''
  try {
    if (fileLength > 0) file = utf8.decode(frame.subarray(HEAD, HEAD + fileLength))
  } catch {
    return undefined
  }
  const flags = bits === 0 ? {} : { flags: FLAGS.filter((_, i) => bits & 1 << i) }
  const data = frame.subarray(HEAD + fileLength) as Uint8Array<ArrayBuffer>
  let call: FramedCall['call']
  switch (view.getUint8(9)) {
    case 1:
      if (data.length > MAX_HAND_PAYLOAD) return undefined
      call = { name: 'send', fd, data, ...flags }
      break
    case 2:
      if (data.length > 0 || n > MAX_HAND_PAYLOAD) return undefined
      call = { name: 'recv', fd, n, ...flags }
      break
    default: return undefined
  }
  const framed: FramedCall = { id: view.getUint32(ID, true), thread: view.getUint32(THREAD, true), call }
  if (!Number.isNaN(timeout)) framed.timeout = timeout
  if (file !== '') framed.file = file
  if (line >= 0) framed.line = line
  return framed
}

/** The answer to a question; undefined: it needs the general form. */
export function answerFrame(id: number, { value, errno, bytes, size }: GuestOutcome): Uint8Array | undefined {
  if (errno !== undefined || size !== undefined || typeof value !== 'number') return undefined
  const frame = new Uint8Array(ANSWER_HEAD + (bytes?.length ?? 0))
  frame[0] = FRAME
  const view = viewOf(frame)
  view.setUint32(ID, id, true)
  view.setUint32(THREAD, value, true)
  if (bytes) frame.set(bytes, ANSWER_HEAD)
  return frame
}

/** What an answer says: the value (u32), then the bytes. */
export const answerOf = (frame: Uint8Array): Uint8Array => frame.subarray(THREAD)
