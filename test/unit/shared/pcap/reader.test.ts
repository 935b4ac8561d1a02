/** Capture files: golden vectors, every kind that is read, any cut, and lengths that lie. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzPcap } from '../../../fuzz/pcap'
import { CaptureFormatError, captureFormat, type CapturedFrame } from '../../../../src/shared/pcap/format'
import { MAX_BLOCK, MAX_FRAME, MAX_INTERFACES } from '../../../../src/shared/pcap/limits'
import { CaptureReader } from '../../../../src/shared/pcap/reader'
import { interfaceBlock, packetBlock, sectionHeader } from '../../../../src/shared/pcap/writer'
import { framed, pcapFile, pcapngSection, tcp, type FileFrame } from '../../../lib/pcap'

const hex = (text: string): Uint8Array => Uint8Array.from(text.replace(/\s+/g, '').match(/../g) ?? [], (pair) => parseInt(pair, 16))
const concat = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

interface Read { frames: CapturedFrame[]; reader: CaptureReader }
function read(...pieces: Uint8Array[]): Read {
  const frames: CapturedFrame[] = []
  const reader = new CaptureReader()
  for (const piece of pieces) reader.push(piece, (frame) => frames.push({ ...frame, bytes: frame.bytes.slice() }))
  return { frames, reader }
}

const bytes = Uint8Array.of(1, 2, 3, 4, 5)
const three: FileFrame[] = [
  { bytes, sec: 1_700_000_000, ns: 123_456_000 },
  { bytes: Uint8Array.of(9), sec: 1_700_000_000, ns: 999_999_000, wire: 1500 },
  { bytes: new Uint8Array(0), sec: 4_294_967_295, ns: 0, wire: 60 },
]

describe('golden vectors', () => {
  it('pcap, little-endian, microseconds', () => {
    const { frames, reader } = read(hex(`
      d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000
      00f15365 40e20100 05000000 06000000 0102030405`))
    expect(frames).toEqual([{ link: 1, interface: undefined, sec: 1_700_000_000, ns: 123_456_000, wire: 6, offset: 40, bytes }])
    expect(reader).toMatchObject({ format: 'pcap', damage: undefined, incomplete: false })
  })

  it('pcap, big-endian, nanoseconds, frames that end in a checksum', () => {
    const { frames } = read(hex(`
      a1b23c4d 0002 0004 00000000 00000000 00040000 14000065
      6553f100 3b9ac9ff 00000001 00000001 45`))
    expect(frames).toEqual([{ link: 101, interface: undefined, sec: 1_700_000_000, ns: 999_999_999, wire: 1, offset: 40, bytes: Uint8Array.of(0x45) }])
  })

  it('pcapng, as the drafts\' own example has it: a section, an interface, a packet', () => {
    const { frames, reader } = read(hex(`
      0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000
      01000000 20000000 0100 0000 00000400 09000100 06000000 00000000 20000000
      06000000 28000000 00000000 510a0600 408faf09 05000000 05000000 0102030405000000 28000000`))
    expect(reader.format).toBe('pcapng')
    expect(frames).toHaveLength(1)
    expect(frames[0]).toMatchObject({ link: 1, wire: 5, offset: 88, bytes, sec: Math.floor((0x60a51 * 2 ** 32 + 0x09af8f40) / 1e6) })
  })

  it('written: byte for byte', () => {
    expect(interfaceBlock({ link: 101, snaplen: 96, name: 'lo', resolution: 'ns' })).toEqual(hex(`
      01000000 28000000 6500 0000 60000000 0200 0200 6c6f0000 0900 0100 09000000 0000 0000 28000000`))
    expect(packetBlock({ interface: 2, sec: 1, ns: 5, resolution: 'ns', wire: 9, bytes: Uint8Array.of(7) })).toEqual(hex(`
      06000000 24000000 02000000 00000000 05ca9a3b 01000000 09000000 07000000 24000000`))
    expect(sectionHeader({ app: 'x' })).toEqual(hex(`
      0a0d0d0a 28000000 4d3c2b1a 0100 0000 ffffffffffffffff 0400 0100 78000000 0000 0000 28000000`))
  })
})

describe('pcap', () => {
  it.each([[true, false], [true, true], [false, false], [false, true]])('little %s, nanoseconds %s', (little, nano) => {
    const { frames, reader } = read(pcapFile(113, three, { little, nano }))
    expect(frames.map(({ sec, ns, wire, link, bytes: b }) => ({ sec, ns, wire, link, bytes: b }))).toEqual(
      three.map((f) => ({ sec: f.sec, ns: f.ns, wire: f.wire ?? f.bytes.length, link: 113, bytes: f.bytes })))
    expect(reader.incomplete).toBe(false)
  })

  it('a fraction of more than a second is carried over', () => {
    const file = pcapFile(1, [{ bytes, sec: 5 }], { little: true })
    new DataView(file.buffer).setUint32(28, 2_500_000, true)
    expect(read(file).frames[0]).toMatchObject({ sec: 7, ns: 500_000_000 })
  })
})

describe('pcapng', () => {
  it.each([
    ['microseconds where nothing is said', undefined, undefined, 123_456_000],
    ['nanoseconds', 9, undefined, 123_456_789],
    ['milliseconds', 3, undefined, 123_000_000],
    ['powers of two', 0x94, undefined, 123_456_001],
    ['with an offset', 6, 1_600_000_000n, 123_456_000],
    ['seconds before 1970', 6, -2_000_000_000n, 123_456_000],
  ] as const)('times: %s', (_, resolution, offset, ns) => {
    const about = { link: 1, ...(resolution === undefined ? {} : { resolution }), ...(offset === undefined ? {} : { offset }) }
    const sec = offset === -2_000_000_000n ? -1_000_000_000 : 1_700_000_000
    const { frames } = read(pcapngSection([about], [{ bytes, sec, ns: 123_456_789 }]))
    expect(frames[0]!.sec).toBe(sec)
    expect(Math.abs(frames[0]!.ns - ns)).toBeLessThan(1000)
  })

  it.each([true, false])('every kind of packet block, interfaces by number, unknown blocks between (little %s)', (little) => {
    const frames: FileFrame[] = [0, 0, 1, 0, 1].map((from, n) => ({ bytes: Uint8Array.of(n, n), sec: n, ns: 0, interface: from }))
    const file = pcapngSection([{ link: 101, snaplen: 1, name: 'lo' }, { link: 113, name: 'any' }], frames, {
      little, kinds: ['enhanced', 'simple', 'packet', 'unknown', 'enhanced'],
    })
    const got = read(file).frames
    expect(got.map((f) => [f.link, f.interface, f.sec, [...f.bytes]])).toEqual([
      [101, 'lo', 0, [0, 0]], [101, 'lo', undefined, [1]], [113, 'any', 2, [2, 2]], [113, 'any', 4, [4, 4]],
    ])
  })

  it('several sections, in both orders, each with interfaces of its own', () => {
    const one = pcapngSection([{ link: 1, name: 'eth0' }], [{ bytes, sec: 1 }], { little: true })
    const two = pcapngSection([{ link: 101, name: 'tun0' }], [{ bytes, sec: 2 }], { little: false })
    expect(read(concat(one, two, one)).frames.map((f) => [f.interface, f.link, f.sec])).toEqual([['eth0', 1, 1], ['tun0', 101, 2], ['eth0', 1, 1]])
  })

  it('a long block of another kind is skipped without being held', () => {
    const head = pcapngSection([{ link: 1 }], [])
    const length = 40_000_000
    const block = new Uint8Array(12)
    const view = new DataView(block.buffer)
    view.setUint32(0, 0xbad, true)
    view.setUint32(4, length, true)
    const frames: CapturedFrame[] = []
    const reader = new CaptureReader()
    reader.push(head, (f) => frames.push(f))
    reader.push(block, (f) => frames.push(f))
    const zeros = new Uint8Array(1_000_000)
    for (let left = length - 12; left > 0; left -= zeros.length) reader.push(zeros.subarray(0, Math.min(left, zeros.length)), (f) => frames.push(f))
    expect(reader.incomplete).toBe(false)
    reader.push(pcapngSection([{ link: 1 }], [{ bytes }]), (f) => frames.push(f))
    expect(frames).toHaveLength(1)
  })
})

const files: [string, Uint8Array][] = [
  ['pcap', pcapFile(1, three)],
  ['pcap, big-endian', pcapFile(1, three, { little: false, nano: true })],
  ['pcapng', pcapngSection([{ link: 1, name: 'lo' }], three, { kinds: ['enhanced', 'unknown', 'simple'] })],
  ['pcapng, two sections', concat(pcapngSection([{ link: 1 }], three, { little: false }), pcapngSection([{ link: 101 }], three))],
]

describe.each(files)('%s', (_, file) => {
  const whole = read(file)

  it('is the same in whatever pieces it comes', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 30 }), (sizes) => {
      const pieces: Uint8Array[] = []
      for (let at = 0, i = 0; at < file.length; i++) {
        const size = sizes[i % sizes.length]!
        pieces.push(file.subarray(at, at + size))
        at += size
      }
      expect(read(...pieces).frames).toEqual(whole.frames)
    }), { numRuns: 60 })
  })

  it('cut anywhere: what stands before the cut, and whether it is whole', () => {
    for (let end = 0; end < file.length; end++) {
      const { frames, reader } = read(file.subarray(0, end))
      expect(frames).toEqual(whole.frames.slice(0, frames.length))
      expect(reader.damage).toBeUndefined()
      // whole again: what follows does not change what was read
      reader.push(file.subarray(end), (frame) => frames.push({ ...frame, bytes: frame.bytes.slice() }))
      expect(frames).toEqual(whole.frames)
      expect(reader.incomplete).toBe(false)
    }
  })

  it('goes on from any place behind a frame', () => {
    const places: ReturnType<CaptureReader['place']>[] = []
    const reader = new CaptureReader()
    reader.push(file, () => places.push(reader.place()))
    places.forEach((place, i) => {
      const rest: CapturedFrame[] = []
      new CaptureReader(place).push(file.subarray(place.offset), (frame) => rest.push({ ...frame, bytes: frame.bytes.slice() }))
      expect(rest).toEqual(whole.frames.slice(i + 1))
    })
  })
})

describe('what is no capture, and lengths that lie', () => {
  it('is refused with a word', () => {
    expect(captureFormat(hex('89534f43'))).toBeUndefined()
    expect(captureFormat(hex('d4c3'))).toBe('short')
    expect(() => read(new TextEncoder().encode('no capture at all'))).toThrow(CaptureFormatError)
    expect(() => read(hex('d4c3b2a1 0900 0400 00000000 00000000 00000400 01000000'))).toThrow(/version 9/)
    expect(() => read(hex('0a0d0d0a 1c000000 00000000 0100 0000 ffffffffffffffff 1c000000'))).toThrow(/byte order/)
    expect(() => read(hex('0a0d0d0a 10000000 4d3c2b1a 10000000'))).toThrow(CaptureFormatError)
  })

  const damaged = (file: Uint8Array): string | undefined => read(file).reader.damage?.message

  it('a frame longer than any is refused at its head, before its bytes are waited for', () => {
    const file = pcapFile(1, [{ bytes }])
    const view = new DataView(file.buffer)
    view.setUint32(32, MAX_FRAME + 1, true)
    expect(damaged(file.subarray(0, 40))).toMatch(`a frame of ${MAX_FRAME + 1} bytes`)
    view.setUint32(32, MAX_FRAME, true)
    expect(damaged(file)).toBeUndefined()
    expect(read(file).reader.incomplete).toBe(true)
  })

  it('a block longer than any, shorter than its head, uneven, with two lengths, of an interface that is not there', () => {
    const head = pcapngSection([{ link: 1 }], [])
    const block = (length: number, type = 6): Uint8Array => {
      const out = new Uint8Array(12)
      new DataView(out.buffer).setUint32(0, type, true)
      new DataView(out.buffer).setUint32(4, length, true)
      return concat(head, out)
    }
    expect(damaged(block(MAX_BLOCK + 4))).toMatch('a block of')
    expect(damaged(block(8))).toMatch('a block of 8 bytes')
    expect(damaged(block(13))).toMatch('a block of 13 bytes')
    expect(damaged(block(0xffff_fffc, 1))).toMatch('a block of')
    expect(damaged(block(12))).toMatch('two lengths')
    const other = pcapngSection([{ link: 1 }, { link: 1 }], [{ bytes, interface: 1 }])
    const view = new DataView(other.buffer)
    view.setUint32(other.length - 32, 7, true)
    expect(damaged(other)).toMatch('interface 7')
  })

  it('more interfaces than a section may have', () => {
    expect(damaged(pcapngSection(Array.from({ length: MAX_INTERFACES + 1 }, () => ({ link: 1 })), []))).toMatch('interfaces')
  })

  it('a pcapng packet that claims more than its block holds', () => {
    const file = pcapngSection([{ link: 1 }], [{ bytes }])
    new DataView(file.buffer).setUint32(file.length - 20, 4000, true)
    expect(damaged(file)).toMatch('a frame of 4000 bytes')
  })
})

describe('the writer', () => {
  const frame = fc.record({
    bytes: fc.uint8Array({ maxLength: 300 }), sec: fc.integer({ min: 0, max: 4_000_000_000 }), ns: fc.integer({ min: 0, max: 999_999_999 }), more: fc.nat(2000),
    interface: fc.constantFrom(0, 1),
  })
  it.each(['us', 'ns'] as const)('what it writes is read as it was (%s)', (resolution) => {
    fc.assert(fc.property(fc.array(frame, { maxLength: 12 }), fc.string({ maxLength: 40, unit: 'grapheme' }), (frames, app) => {
      const file = concat(
        sectionHeader({ app, os: 'linux', comment: 'a comment' }),
        interfaceBlock({ link: 1, name: 'lo', resolution }), interfaceBlock({ link: 276, resolution }),
        ...frames.map((f) => packetBlock({ ...f, resolution, wire: f.bytes.length + f.more })),
      )
      const { frames: got, reader } = read(file)
      expect(reader).toMatchObject({ damage: undefined, incomplete: false })
      expect(got.map(({ sec, ns, wire, bytes: b, interface: name, link }) => ({ sec, ns, wire, b, name, link }))).toEqual(frames.map((f) => ({
        sec: f.sec, ns: resolution === 'ns' ? f.ns : f.ns - (f.ns % 1000), wire: f.bytes.length + f.more, b: f.bytes,
        name: f.interface === 0 ? 'lo' : undefined, link: f.interface === 0 ? 1 : 276,
      })))
    }), { numRuns: 100 })
  })

  it('writes files that a frame of a real packet survives', () => {
    const packet = framed('ethernet', tcp({ from: ['10.0.0.1', 1], to: ['10.0.0.2', 2], seq: 1 }))
    const { frames } = read(concat(sectionHeader({ app: 'x' }), interfaceBlock({ link: packet.link }), packetBlock({ interface: 0, sec: 1, ns: 0, wire: packet.bytes.length, bytes: packet.bytes })))
    expect(frames[0]!.bytes).toEqual(packet.bytes)
  })
})

it('8,000 hostile files', () => {
  const { cases, refused, damaged, read: whole, frames } = fuzzPcap(8000, 20_261_120)
  expect(refused + damaged + whole).toBe(cases)
  // the generator reaches every end
  for (const n of [refused, damaged, whole, frames]) expect(n).toBeGreaterThan(500)
})
