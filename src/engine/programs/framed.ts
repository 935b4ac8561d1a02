/** Frames over a socket: what the framing programs share. A broken frame is a FrameFailure, which ends its connection. */
import type { Param, ParamValues } from '../../shared/contract/params'
import type { LabError } from '../../shared/result'
import {
  concat, decodeFrame, encodeFrame, frameErrorText, longestBody, type FrameError, type Framing,
} from '../../shared/bytes/framing'
import type { Socket } from './program'

export const framingParams = {
  framing: { kind: 'choice', default: 'length', choices: ['fixed', 'length', 'delimiter'] },
  /** of a fixed frame's body, bytes */
  size: { kind: 'integer', default: 16, min: 1, max: 65_536 },
  /** of the length field */
  'header-bytes': { kind: 'choice', default: '4', choices: ['1', '2', '4'] },
  'byte-order': { kind: 'choice', default: 'big', choices: ['big', 'little'] },
  /** the longest body that is taken, bytes */
  max: { kind: 'integer', default: 4096, min: 1, max: 1_048_576 },
} as const satisfies Record<string, Param>
export type FramingValues = ParamValues<typeof framingParams>

const NEWLINE = Uint8Array.of(0x0a)
const none: Uint8Array = new Uint8Array()
/** the most that one recv() takes while it looks for a delimiter, bytes */
const BUFSIZE = 1024

export function framingOf(p: FramingValues): Framing {
  switch (p.framing) {
    case 'fixed': return { kind: 'fixed', header: none, size: p.size }
    case 'length': return { kind: 'length', header: none, lengthBytes: Number(p['header-bytes']) as 1 | 2 | 4, byteOrder: p['byte-order'], max: p.max }
    case 'delimiter': return { kind: 'delimiter', header: none, delimiter: NEWLINE, max: p.max }
    default: return p.framing satisfies never
  }
}

/** The constants of a twin: only those of its framing. */
export function framingConstants(p: FramingValues): Record<string, string | number> {
  const code = { 1: 'B', 2: 'H', 4: 'I' }[p['header-bytes']]!
  return p.framing === 'fixed' ? { SIZE: p.size }
    : p.framing === 'length' ? { LENGTH: `${p['byte-order'] === 'big' ? '!' : '<'}${code}`, MAX: p.max }
    : { MAX: p.max }
}

export function checkFraming(p: FramingValues): LabError | undefined {
  const most = longestBody(Number(p['header-bytes']) as 1 | 2 | 4)
  if (p.framing !== 'length' || p.max <= most) return undefined
  return { code: 'INVALID', field: 'max', message: `max must be at most ${most} with a length field of ${p['header-bytes']} byte(s), not ${p.max}` }
}

/** A broken frame, as its twin's ValueError or EOFError. */
export class FrameFailure extends Error {
  constructor(readonly why: FrameError) {
    super(frameErrorText(why))
    this.name = 'FrameFailure'
  }
}

/** Exactly n bytes; fewer only at the end of the stream. */
export async function recvall(conn: Socket, n: number): Promise<Uint8Array> {
  let data: Uint8Array = none
  while (data.length < n) {
    const part = await conn.recv(n - data.length)
    if (part.length === 0) break
    data = concat(data, part)
  }
  return data
}

/** Receives the frames of one connection. */
export class FrameReader {
  private buffer: Uint8Array = none

  constructor(private readonly conn: Socket, private readonly framing: Framing) {}

  /** The next body; undefined at the end of the stream, where no frame was begun. Throws a FrameFailure. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const decoded = decodeFrame(this.framing, this.buffer)
      if (decoded.kind === 'invalid') throw new FrameFailure(decoded.error)
      if (decoded.kind === 'frame') {
        const { body, whole } = decoded.frame
        const taken = this.buffer.slice(body.from, body.to)
        this.buffer = this.buffer.slice(whole.to)
        return taken
      }
      const { have, need } = decoded
      const part = need === undefined ? await this.conn.recv(BUFSIZE) : await recvall(this.conn, need - have)
      this.buffer = concat(this.buffer, part)
      if (part.length > 0 && (need === undefined || part.length === need - have)) continue
      if (this.buffer.length === 0) return undefined
      throw new FrameFailure({ code: 'eof', have: this.buffer.length, ...(need !== undefined && { need }) })
    }
  }
}

/** The body as a frame. Throws a FrameFailure where it cannot be one. */
export function framed(framing: Framing, body: Uint8Array): Uint8Array {
  const frame = encodeFrame(framing, body)
  if (!frame.ok) throw new FrameFailure(frame.error)
  return frame.value
}
