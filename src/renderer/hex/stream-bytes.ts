/** The bytes of one direction's stream, put together from what its calls left in the byte store. */
import { lastAtOrBefore, type Range } from '../../shared/bytes/range'
import type { StreamModel } from '../../shared/projections/model'
import type { ByteRef } from '../../shared/trace/events'
import type { ByteSource, HoledBytes } from './bytes'

/** A piece of a stream and where its bytes are. */
export interface Piece {
  offset: number
  len: number
  data?: ByteRef
}

/**
 * Reads stream offsets through the byte store's source (absolute offsets). `pieces` are in order and without overlap: the
 * sends, or the recvs where the sender is another's program. What no piece kept is a hole.
 */
export function streamSource(pieces: () => readonly Piece[], store: ByteSource): ByteSource {
  return (offset, len) => {
    const list = pieces()
    const bytes = new Uint8Array(len)
    const holes: Range[] = []
    const waits: Promise<void>[] = []
    let here = true
    let at = offset
    const put = (position: number, want: number, answer: Uint8Array | HoledBytes | undefined): void => {
      const got = answer instanceof Uint8Array ? { bytes: answer, holes: [] } : answer ?? { bytes: new Uint8Array(), holes: [] }
      bytes.set(got.bytes.subarray(0, want), position)
      for (const hole of got.holes) holes.push({ from: position + hole.from, to: position + hole.to })
      if (got.bytes.length < want) holes.push({ from: position + got.bytes.length, to: position + want })
    }
    for (let i = Math.max(0, lastAtOrBefore(list, offset, (p) => p.offset)); i < list.length && at < offset + len; i++) {
      const piece = list[i] as Piece
      const from = Math.max(at, piece.offset)
      const to = Math.min(offset + len, piece.offset + piece.len)
      if (to <= from) continue
      if (from > at) holes.push({ from: at - offset, to: from - offset })
      const keptTo = Math.min(to, piece.offset + (piece.data?.kept ?? 0))
      if (piece.data && keptTo > from) {
        const answer = store(piece.data.at + (from - piece.offset), keptTo - from)
        const position = from - offset
        if (answer instanceof Promise) waits.push(answer.then((got) => put(position, keptTo - from, got)))
        else if (answer === undefined) here = false
        else put(position, keptTo - from, answer)
      }
      if (keptTo < to) holes.push({ from: Math.max(from, keptTo) - offset, to: to - offset })
      at = to
    }
    const whole: HoledBytes = { bytes: at < offset + len ? bytes.subarray(0, at - offset) : bytes, holes }
    if (!here) return undefined
    return waits.length > 0 ? Promise.all(waits).then(() => whole) : whole
  }
}

/** The pieces that hold a stream's bytes: what was sent; what was received where the sender is not ours. */
export const piecesOf = (stream: StreamModel): readonly Piece[] => (stream.sends.length > 0 ? stream.sends : stream.recvs)
