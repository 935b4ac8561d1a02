/** Where the packets of a capture file are: made in one pass over the file, a place every few hundred packets. */
import type { FileHandle } from 'node:fs/promises'
import { CaptureFormatError, type CapturedFrame, type CaptureFormat } from '../../shared/pcap/format'
import { CaptureReader, type ReaderPlace } from '../../shared/pcap/reader'

/** Most packets of a file that become events: what a session of the lab holds too, with room in the UI's memory. */
export const MAX_PACKETS = 1_000_000
/** A place is kept at least every so many packets and bytes: so much is read and parsed to get at any one. */
const EVERY_PACKETS = 256
const EVERY_BYTES = 1024 * 1024
const PIECE = 1024 * 1024
/** Times are spread over at most so many microseconds (71 years): what lies beyond is put at the edge. The codec writes twice a difference. */
const MAX_SPAN = 2 ** 51

export interface CapturePlace {
  /** the first packet behind it, from 0 */
  first: number
  offset: number
  /** absent: the file's beginning */
  place: ReaderPlace | undefined
  /** the latest time before it, microseconds since the base */
  t: number
}

export interface CaptureIndex {
  format: CaptureFormat
  places: CapturePlace[]
  /** packets that are events, and those past the limit */
  packets: number
  more: number
  /** end of what the places cover */
  end: number
  /** milliseconds since 1970 of the earliest packet; undefined where no packet has a time */
  base: number | undefined
  /** microseconds from the base to the latest packet */
  duration: number
  /** what ends the file too early, and where */
  damage: { offset: number; message: string } | undefined
}

/** Microseconds since the base; undefined where the packet has no time. */
export function sinceBase(frame: Pick<CapturedFrame, 'sec' | 'ns'>, base: number): number | undefined {
  if (frame.sec === undefined) return undefined
  const us = frame.sec * 1e6 - base * 1000 + Math.floor(frame.ns / 1000)
  return us < 0 ? 0 : us > MAX_SPAN ? MAX_SPAN : us
}

/** Reads the whole file once. Throws CaptureFormatError on what is no capture, and what read(2) throws. */
export async function indexCapture(file: FileHandle, size: number): Promise<CaptureIndex> {
  const reader = new CaptureReader()
  const places: CapturePlace[] = [{ first: 0, offset: 0, place: undefined, t: 0 }]
  /** the latest second and its microsecond before each place, until the base is known */
  const latest: (number | undefined)[] = [undefined]
  let packets = 0
  let more = 0
  let end = 0
  let first: number | undefined
  let last: number | undefined
  const onFrame = (frame: CapturedFrame): void => {
    if (packets === MAX_PACKETS) {
      more++
      return
    }
    packets++
    if (frame.sec !== undefined) {
      // microseconds since 1970 are exact up to the year 2255; beyond that, to the next double
      const us = frame.sec * 1e6 + Math.floor(frame.ns / 1000)
      if (first === undefined || us < first) first = us
      if (last === undefined || us > last) last = us
    }
    end = reader.offset
    const before = places[places.length - 1]!
    if (packets - before.first >= EVERY_PACKETS || end - before.offset >= EVERY_BYTES) {
      places.push({ first: packets, offset: end, place: reader.place(), t: 0 })
      latest.push(last)
    }
  }
  const piece = new Uint8Array(Math.min(PIECE, Math.max(1, size)))
  for (let at = 0; at < size && !reader.damage;) {
    const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, size - at), at)
    if (bytesRead === 0) break
    at += bytesRead
    // what is left of a piece is held until the next one: it must not be written over
    reader.push(piece.slice(0, bytesRead), onFrame)
  }
  if (reader.format === undefined) throw new CaptureFormatError('this is no capture file: it ends before its head does')
  const base = first === undefined ? undefined : Math.floor(first / 1000)
  const since = (us: number | undefined): number => (us === undefined || base === undefined ? 0 : Math.min(MAX_SPAN, us - base * 1000))
  places.forEach((place, i) => (place.t = since(latest[i])))
  return {
    format: reader.format, places, packets, more, end, base, duration: since(last),
    damage: reader.damage ?? (reader.incomplete ? { offset: reader.offset, message: 'the file ends within a packet' } : undefined),
  }
}
