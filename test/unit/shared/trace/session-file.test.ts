import { crc32 as zlibCrc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeEvents } from '../../../../src/shared/trace/codec'
import { crc32 } from '../../../../src/shared/trace/crc32'
import type { TraceEvent, TraceHeader } from '../../../../src/shared/trace/events'
import {
  FRAME_HEAD, FrameWriter, MAGIC_BYTES, SessionFormatError, SessionReader, eventsOf, type Frame,
} from '../../../../src/shared/trace/session-file'
import { events } from './arbitrary'

const header: TraceHeader = {
  format: 'socketscope-session', version: 1, app: 'Socketscope 0.1.0', platform: 'linux', startedAt: '2026-01-02T03:04:05.678Z',
}
const writer = new FrameWriter()

function chunkOf(list: TraceEvent[]) {
  return { first: list[0]!.seq, last: list.at(-1)!.seq, lastT: list.at(-1)!.t, count: list.length, batch: encodeEvents(list) }
}
const concat = (parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))

const prints: TraceEvent[] = Array.from({ length: 6 }, (_, i) => ({ k: 'print', seq: i, t: i * 10, thread: 1, text: `line ${i}` }))
const frames = [
  writer.begin(header), writer.bytes(0, Uint8Array.of(1, 2, 3)), writer.events(chunkOf(prints.slice(0, 2))),
  writer.bytes(3, Uint8Array.of(4)), writer.events(chunkOf(prints.slice(2))), writer.end(6, 50),
].map(concat)
const file = concat(frames)

function read(bytes: Uint8Array, piece = bytes.length) {
  const reader = new SessionReader()
  const got: Frame[] = []
  for (let at = 0; at < bytes.length; at += Math.max(1, piece)) got.push(...reader.push(bytes.slice(at, at + Math.max(1, piece))))
  return { got, reader }
}
/** Reads, or gives the one error that is allowed. */
function readOrRefuse(bytes: Uint8Array, piece?: number) {
  try {
    const result = read(bytes, piece)
    for (const frame of result.got) if (frame.type === 'events') eventsOf(frame)
    return result
  } catch (error) {
    if (error instanceof SessionFormatError) return error
    throw error
  }
}

describe('crc32', () => {
  it('is that of ISO 3309, piecewise too', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf4_3926)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(), (bytes, cut) => {
      const at = cut % (bytes.length + 1)
      expect(crc32(bytes)).toBe(zlibCrc32(bytes))
      expect(crc32(bytes.subarray(at), crc32(bytes.subarray(0, at)))).toBe(crc32(bytes))
    }))
  })
})

describe('the session file', () => {
  it('reads what was written, in pieces of any size, with offsets into the file', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: file.length }), (piece) => {
      const { got, reader } = read(file, piece)
      expect(got.map((frame) => frame.type)).toStrictEqual(['header', 'bytes', 'events', 'bytes', 'events', 'end'])
      expect(got[0]).toStrictEqual({ type: 'header', header })
      expect(got.flatMap((frame) => frame.type === 'events' ? eventsOf(frame) : [])).toStrictEqual(prints)
      for (const frame of got) {
        if (frame.type !== 'bytes' && frame.type !== 'events') continue
        const content = frame.type === 'bytes' ? frame.bytes : frame.batch
        expect(file.slice(frame.offset, frame.offset + content.length)).toStrictEqual(new Uint8Array(content))
      }
      expect(got.at(-1)).toStrictEqual({ type: 'end', events: 6, lastT: 50 })
      expect(reader.truncated).toBe(false)
      expect(reader.whole).toBe(file.length)
    }))
  })

  it('keeps any events through a file', () => {
    fc.assert(fc.property(events, (list) => {
      if (list.length === 0) return
      const { got } = read(concat([...writer.begin(header), ...writer.events(chunkOf(list))]), 50)
      expect(got[1]?.type === 'events' && eventsOf(got[1])).toStrictEqual(list)
    }), { numRuns: 100 })
  })

  it('opens a file that is cut at any byte up to its last whole frame', () => {
    const ends: number[] = []
    frames.reduce((at, frame) => (ends.push(at + frame.length), at + frame.length), 0)
    for (let cut = 0; cut < file.length; cut++) {
      const { got, reader } = read(file.subarray(0, cut), 7)
      expect(got.length, `cut at ${cut}`).toBe(ends.filter((end) => end <= cut).length)
      expect(reader.truncated).toBe(true)
      expect(reader.whole).toBe(cut < MAGIC_BYTES ? 0 : Math.max(MAGIC_BYTES, ...ends.filter((end) => end <= cut)))
    }
  })

  it('stops at damage and never crashes, whichever byte changes', () => {
    for (let at = 0; at < file.length; at++) {
      const damaged = file.slice()
      damaged[at]! ^= 0x41
      const result = readOrRefuse(damaged, 11)
      if (result instanceof SessionFormatError) expect(at).toBeLessThan(frames[0]!.length)
      else expect(result.reader.truncated, `byte ${at}`).toBe(true)
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
      readOrRefuse(concat([frames[0]!, tail]))
      readOrRefuse(tail)
    }), { numRuns: 500 })
  })

  it('refuses other files, other versions and bad heads with a clear message', () => {
    expect(() => read(Buffer.from('GIF89a.........'))).toThrow('not a Socketscope session')
    const newer = file.slice()
    newer[7] = 9
    expect(() => read(newer)).toThrow('format 9')
    const head = (value: unknown) => concat(writer.begin(value as TraceHeader))
    expect(() => read(head({ ...header, version: 2 }))).toThrow('format 2')
    expect(() => read(head({ ...header, startedAt: 'yesterday' }))).toThrow('incomplete')
    expect(() => read(head(null))).toThrow('not a Socketscope session')
    expect(() => read(concat([file.subarray(0, MAGIC_BYTES), ...writer.end(0, 0)]))).toThrow('damaged')
  })

  it('does not wait for, or allocate, a frame that claims to be huge', () => {
    const huge = new Uint8Array(FRAME_HEAD)
    huge.set([0xff, 0xff, 0xff, 0xff, 2])
    const { reader } = read(concat([frames[0]!, huge]))
    expect(reader.truncated).toBe(true)
    expect(reader.push(file)).toStrictEqual([])
  })

  it('refuses chunks whose head lies, and frames in the wrong order', () => {
    const lying = read(concat([frames[0]!, ...writer.events({ ...chunkOf(prints), last: 9 })])).got[1]
    expect(() => lying?.type === 'events' && eventsOf(lying)).toThrow(SessionFormatError)
    const twice = read(concat([frames[0]!, frames[2]!, frames[2]!]))
    expect(twice.got.length).toBe(2)
    const back = read(concat([frames[0]!, frames[3]!, frames[1]!]))
    expect(back.got.length).toBe(2)
    expect(back.reader.truncated).toBe(true)
  })

  it('ignores what follows the end', () => {
    const { got, reader } = read(concat([file, frames[1]!]), 13)
    expect(got.length).toBe(6)
    expect(reader.truncated).toBe(false)
  })
})
