/** Files that somebody gives: sessions and captures, cut, changed and lying; and what the page folds from them. */
import { crc32 } from 'node:zlib'
import { CaptureReader } from '../../src/shared/pcap/reader'
import { CaptureFormatError } from '../../src/shared/pcap/format'
import { summarize } from '../../src/shared/pcap/summary'
import { interfaceBlock, packetBlock, sectionHeader } from '../../src/shared/pcap/writer'
import { createLab, fold } from '../../src/shared/projections'
import { EventEncoder, decodeEvents, TraceFormatError } from '../../src/shared/trace/codec'
import { EVENT_FIELDS, type FieldType } from '../../src/shared/trace/fields'
import type { TraceEvent } from '../../src/shared/trace/events'
import { eventsOf, FRAME_HEAD, FrameWriter, MAGIC_BYTES, SessionFormatError, SessionReader, type Frame } from '../../src/shared/trace/session-file'
import { fuzz } from './lib/fuzz'
import { concat, mutate, type Random } from './lib/random'
import { sampleEvents } from './lib/sample'

// ---- sessions

const list = sampleEvents()
const chunk = (part: TraceEvent[]) => {
  const encoder = new EventEncoder()
  for (const { seq, t, ...event } of part) encoder.add(event as never, seq, t)
  return { first: part[0]!.seq, last: part.at(-1)!.seq, lastT: part.at(-1)!.t, count: part.length, batch: encoder.finish() }
}
const writer = new FrameWriter()
const half = Math.floor(list.length / 2)
const frames = [
  writer.begin({ format: 'socketscope-session', version: 1, app: '0.1.0', platform: 'linux', startedAt: '2026-01-02T03:04:05.678Z' }),
  writer.bytes(0, new Uint8Array(100)), writer.events(chunk(list.slice(0, half))), writer.events(chunk(list.slice(half))), writer.end(list.length, list.at(-1)!.t),
].map((parts) => concat(...parts))
const session = concat(...frames)

/** Changes what is inside the frames and makes their checksums right again: damage that a checksum does not tell. */
function lying(r: Random): Uint8Array {
  const out: Uint8Array[] = [frames[0]!.subarray(0, MAGIC_BYTES)]
  for (const [i, frame] of frames.entries()) {
    const from = i === 0 ? MAGIC_BYTES : 0
    const payload = frame.subarray(from + FRAME_HEAD)
    const changed = r.chance(0.4) ? mutate(r, payload) : payload
    const head = new Uint8Array(FRAME_HEAD)
    const view = new DataView(head.buffer)
    head[4] = r.chance(0.03) ? r.below(6) : frame[from + 4]!
    view.setUint32(0, r.chance(0.02) ? r.word() : changed.length, true)
    view.setUint32(5, crc32(changed, crc32(head.subarray(4, 5))), true)
    out.push(head, changed)
  }
  return concat(...out)
}

function foldAll(events: readonly TraceEvent[]): void {
  const lab = createLab()
  for (const event of events) fold(lab, event)
}

function readSession(bytes: Uint8Array): void {
  try {
    const reader = new SessionReader((piece, crc) => crc32(piece, crc))
    const got: Frame[] = []
    for (let at = 0; at < bytes.length; at += 700) got.push(...reader.push(bytes.slice(at, at + 700)))
    for (const frame of got) if (frame.type === 'events') foldAll(eventsOf(frame))
  } catch (error) {
    if (!(error instanceof SessionFormatError)) throw error
  }
  if (({} as Record<string, unknown>).polluted !== undefined) throw new Error('a prototype was changed')
}

fuzz<Uint8Array>({ name: 'session-cut', short: 3000, make: (r) => mutate(r, session), check: readSession })
fuzz<Uint8Array>({ name: 'session-lying', short: 3000, make: lying, check: readSession })

const batch = chunk(list).batch
fuzz<Uint8Array>({
  name: 'trace', short: 5000,
  make: (r) => mutate(r, batch),
  check(bytes) {
    try {
      foldAll(decodeEvents(bytes))
    } catch (error) {
      if (!(error instanceof TraceFormatError)) throw error
    }
  },
})

// ---- events that are well formed and make no sense: in any order, about anything

function valueOf(r: Random, type: FieldType): unknown {
  switch (type) {
    case 'uint': return r.below(r.chance(0.9) ? 8 : 2 ** 31)
    case 'number': return r.chance(0.9) ? r.below(100) : r.number()
    case 'text': return r.text(3, ['recv', 'connect', 'LISTEN', 'x', 'SO_LINGER'])
    case 'flag': return r.chance(0.5)
    case 'plain': return r.pick([null, 1, 'a', true, [1, [2]], { a: { b: 1 } }])
    case 'record': return { port: r.below(9), host: '127.0.0.1', level: 'x', option: r.pick(['SO_LINGER', 'IP_ADD_MEMBERSHIP']), value: r.pick([1, null, { group: '239.1.1.1', interface: 1 }]) }
    case 'addr': return r.chance(0.1) ? { family: 'unix', path: r.text(3) } : { family: r.pick(['inet', 'inet6']), host: r.pick(['127.0.0.1', '::1', '10.0.0.1', '', '239.1.2.3']), port: r.below(3) }
    case 'bytes': {
      const len = r.below(50)
      return { at: r.below(100), len, kept: len }
    }
    case 'texts': return Array.from({ length: r.below(3) }, () => r.text(2))
    default: return r.pick(type as readonly string[])
  }
}
const KINDS = Object.entries(EVENT_FIELDS)
fuzz<Uint8Array>({
  name: 'senseless-trace', short: 500, part: 0.02,
  make(r) {
    const encoder = new EventEncoder()
    let seq = 0
    let t = 0
    for (let n = 1 + r.below(60); n > 0; n--) {
      const [k, { required, optional }] = r.pick(KINDS)
      const event: Record<string, unknown> = { k }
      for (const [name, type] of Object.entries(required)) event[name] = valueOf(r, type)
      for (const [name, type] of Object.entries(optional ?? {})) if (r.chance(0.5)) event[name] = valueOf(r, type)
      encoder.add(event as never, seq, t)
      seq += 1 + r.below(2)
      t += r.below(1000)
    }
    return encoder.finish().slice()
  },
  check: (bytes) => foldAll(decodeEvents(bytes)),
})

// ---- captures

const frame = Uint8Array.from(Buffer.from('00000000000000000000000008004500003c1c4640004006b1e6c0a80068c0a80001d43101bb000000010000000050022000e57b0000020405b40402080a00000001000000000103030700', 'hex'))
const six = Uint8Array.from(Buffer.from(`60000000002806400000000000000000000000000000000100000000000000000000000000000001${'d43101bb00000001000000005002200000000000020405b40402080a'.padEnd(80, '0')}`, 'hex'))
const pcapng = concat(
  sectionHeader({ app: 'Socketscope' }), interfaceBlock({ link: 1, name: 'lo', snaplen: 65_535 }), interfaceBlock({ link: 101, resolution: 'ns' }),
  packetBlock({ interface: 0, sec: 1, ns: 5, wire: frame.length, bytes: frame }), packetBlock({ interface: 1, sec: 1, ns: 6, wire: 4000, bytes: six, resolution: 'ns' }),
)
function pcap(magic: number, link: number, body: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(40))
  head.setUint32(0, magic)
  const little = (magic >>> 24) !== 0xa1
  head.setUint16(4, 2, little)
  head.setUint16(6, 4, little)
  head.setUint32(16, 65_535, little)
  head.setUint32(20, link, little)
  head.setUint32(32, body.length, little)
  head.setUint32(36, body.length, little)
  return concat(new Uint8Array(head.buffer), body)
}
const captures = [pcapng, pcap(0xa1b2_c3d4, 1, frame), pcap(0xd4c3_b2a1, 101, six), pcap(0x4d3c_b2a1, 0, concat(Uint8Array.of(2, 0, 0, 0), frame.subarray(14))), pcap(0xa1b2_3c4d, 113, concat(new Uint8Array(14), Uint8Array.of(8, 0), frame.subarray(14)))]

fuzz<Uint8Array>({
  name: 'pcap', short: 10_000,
  make: (r) => mutate(r, r.pick(captures), r.pick(captures)),
  check(bytes) {
    try {
      const reader = new CaptureReader()
      for (let at = 0; at < bytes.length; at += 97) {
        reader.push(bytes.slice(at, at + 97), (one) => {
          const summary = summarize(one.link, one.bytes, one.wire)
          if (!(summary.len >= 0) || !Number.isFinite(summary.len)) throw new Error(`a length of ${summary.len}`)
        })
      }
      if (reader.offset > bytes.length) throw new Error('read past the end')
    } catch (error) {
      if (!(error instanceof CaptureFormatError)) throw error
    }
  },
})
fuzz<Uint8Array>({
  name: 'packet', short: 20_000,
  make: (r) => mutate(r, r.pick([frame, six]), frame),
  check(bytes) {
    for (const link of [0, 1, 12, 101, 108, 113, 228, 276, 999]) {
      const { len } = summarize(link, bytes, bytes.length)
      if (!(len >= 0)) throw new Error(`a length of ${len}`)
    }
  },
})
