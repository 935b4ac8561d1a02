/**
 * Hostile capture files: whole ones with bytes, lengths and ends changed, and noise behind a real head. Whatever comes,
 * reading gives frames within the file or says what is wrong; it never throws anything else, never waits for more than a
 * block, and what it gives folds into a lab.
 */
import { CaptureFormatError, type CapturedFrame } from '../../src/shared/pcap/format'
import { packetEvent } from '../../src/shared/pcap/event'
import { MAX_BLOCK, MAX_FRAME } from '../../src/shared/pcap/limits'
import { CaptureReader } from '../../src/shared/pcap/reader'
import { createLab, fold, segmentsAt } from '../../src/shared/projections'
import { decodeEvents, encodeEvents } from '../../src/shared/trace/codec'
import type { TraceEvent } from '../../src/shared/trace/events'
import { framed, pcapFile, pcapngSection, tcp, udp, type FileFrame } from '../lib/pcap'

export interface PcapFuzz {
  cases: number
  /** files that were refused as no captures, that were damaged further on, and that were read to their end */
  refused: number
  damaged: number
  read: number
  frames: number
}

/** A small generator of its own: the same cases for the same seed, everywhere. */
function dice(seed: number): (n: number) => number {
  let s = seed >>> 0 || 1
  return (n) => {
    s ^= s << 13
    s >>>= 0
    s ^= s >>> 17
    s ^= s << 5
    s >>>= 0
    return s % n
  }
}

const A: [string, number] = ['192.0.2.1', 1000]
const B: [string, number] = ['192.0.2.2', 80]
const A6: [string, number] = ['2001:db8::1', 1000]
const B6: [string, number] = ['2001:db8::2', 80]
const text = (s: string): Uint8Array => new TextEncoder().encode(s)

const packets = [
  tcp({ from: A, to: B, seq: 100, flags: 'SYN', options: [2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0] }),
  tcp({ from: B, to: A, seq: 500, ack: 101, flags: 'SYN,ACK', options: [2, 4, 5, 180] }),
  tcp({ from: A, to: B, seq: 101, ack: 501, flags: 'PSH,ACK', payload: text('hello') }),
  tcp({ from: B, to: A, seq: 501, ack: 106, flags: 'FIN,ACK', options: [1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9] }),
  tcp({ from: A6, to: B6, seq: 4_294_967_290, flags: 'PSH,ACK', payload: text('round the corner') }),
  udp(A, B, text('datagram')), udp(A6, B6, text('six')),
]
const LINKS = ['ethernet', 'vlan', 'raw', 'null', 'null-be', 'loop', 'sll', 'sll2'] as const

const seeds: Uint8Array[] = LINKS.flatMap((link, i) => {
  const all: FileFrame[] = packets.map((p, n) => ({ bytes: framed(link, p).bytes, sec: 1_700_000_000 + n, ns: 1000 * n }))
  const { link: number } = framed(link, packets[0]!)
  return [
    pcapFile(number, all, { little: i % 2 === 0, nano: i % 3 === 0 }),
    pcapngSection([{ link: number, name: 'lo', resolution: i % 2 ? 9 : 0x94 }], all, {
      little: i % 2 === 1, kinds: packets.map((_, n) => (['enhanced', 'simple', 'packet', 'unknown'] as const)[n % 4]!),
    }),
  ]
})
/** Numbers that lengths are made of. */
const NASTY = [0, 1, 3, 4, 11, 12, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, MAX_FRAME, MAX_FRAME + 1, MAX_BLOCK, MAX_BLOCK + 4, 65_535, 65_536]

function mutate(roll: (n: number) => number): Uint8Array {
  const file = seeds[roll(seeds.length)]!.slice()
  switch (roll(6)) {
    case 0: return file.subarray(0, roll(file.length + 1))
    case 1: {
      // noise behind a real head
      const keep = 4 + roll(40)
      for (let i = keep; i < file.length; i++) file[i] = roll(256)
      return file
    }
    case 2: {
      // two files in a row, or a piece of one in another
      const other = seeds[roll(seeds.length)]!
      const joined = new Uint8Array(file.length + other.length)
      const cut = roll(file.length + 1)
      joined.set(file.subarray(0, cut))
      joined.set(other.subarray(roll(other.length)), cut)
      return joined.subarray(0, cut + other.length)
    }
    default: {
      for (let n = 1 + roll(4); n > 0; n--) {
        const at = roll(file.length)
        if (roll(2) === 0) file[at] = roll(256)
        else if (at + 4 <= file.length) new DataView(file.buffer).setUint32(at, NASTY[roll(NASTY.length)]!, roll(2) === 0)
      }
      return file
    }
  }
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what)
}

/** Reads one file in pieces of random sizes; throws where a promise is broken. */
function readOne(file: Uint8Array, roll: (n: number) => number): { end: 'refused' | 'damaged' | 'read'; frames: number } {
  const reader = new CaptureReader()
  const events: TraceEvent[] = []
  const onFrame = (frame: CapturedFrame): void => {
    check(frame.bytes.length <= frame.wire && frame.bytes.length <= MAX_FRAME, 'a frame is larger than it can be')
    check(frame.offset + frame.bytes.length <= file.length, 'a frame lies outside of the file')
    check(frame.bytes.every((byte, i) => byte === file[frame.offset + i]), 'a frame is not what stands in the file')
    check(frame.sec === undefined || Number.isSafeInteger(frame.sec), 'a time is no number')
    check(frame.ns >= 0 && frame.ns < 1e9 && Number.isInteger(frame.ns), 'a fraction is none')
    const event = packetEvent(frame, frame.offset, frame.bytes.length)
    check(event.len >= 0, 'a length is negative')
    if (event.data) check(event.data.at + event.data.kept <= frame.offset + frame.bytes.length && event.data.kept <= event.data.len, 'a payload lies outside of its frame')
    if (events.length < 64) events.push({ ...event, seq: events.length, t: events.length } as TraceEvent)
  }
  let end: 'refused' | 'damaged' | 'read' = 'read'
  try {
    for (let at = 0; at < file.length;) {
      const size = 1 + roll(roll(4) === 0 ? 8 : 4096)
      reader.push(file.subarray(at, at + size), onFrame)
      at += size
    }
    if (reader.damage) end = 'damaged'
  } catch (error) {
    if (!(error instanceof CaptureFormatError)) throw error
    end = 'refused'
  }
  const lab = createLab()
  const again = decodeEvents(encodeEvents([{ k: 'capture', what: 'file', seq: 0, t: 0 }, ...events.map((e) => ({ ...e, seq: e.seq + 1 }))]))
  for (const e of again) fold(lab, e)
  for (const c of lab.connections) segmentsAt(c, Infinity)
  return { end, frames: events.length }
}

/** Throws, with the case's number and its file in hex, where a case breaks a promise. */
export function fuzzPcap(cases: number, seed = 1): PcapFuzz {
  const total: PcapFuzz = { cases, refused: 0, damaged: 0, read: 0, frames: 0 }
  for (let i = 0; i < cases; i++) {
    const roll = dice(Math.imul(seed, 0x9e37_79b1) ^ (i + 1))
    roll(2)
    const file = mutate(roll)
    try {
      const { end, frames } = readOne(file, roll)
      total[end]++
      total.frames += frames
    } catch (error) {
      const hex = Array.from(file, (byte) => byte.toString(16).padStart(2, '0')).join('')
      throw new Error(`case ${i} of seed ${seed}: ${(error as Error).message}\n${hex}`, { cause: error })
    }
  }
  return total
}
