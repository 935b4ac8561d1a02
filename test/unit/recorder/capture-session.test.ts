/** A capture file as a session: every stretch of it, whatever its times and wherever it is cut. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CaptureSession } from '../../../src/engine/recorder/capture-session'
import { Sessions } from '../../../src/engine/recorder/sessions'
import { CaptureFormatError } from '../../../src/shared/pcap/format'
import { decodeEvents } from '../../../src/shared/trace/codec'
import type { PacketEvent, TraceEvent } from '../../../src/shared/trace/events'
import { framed, pcapFile, pcapngSection, tcp, type FileFrame } from '../../lib/pcap'

let dir: string
let files = 0
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'socketscope-captures-'))
})
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})

async function open(file: Uint8Array): Promise<CaptureSession> {
  const path = join(dir, `${++files}.pcap`)
  writeFileSync(path, file)
  return CaptureSession.open(path, `capture-${files}`)
}

async function all(session: CaptureSession, from = 0, maxBytes = 4096): Promise<TraceEvent[]> {
  const out: TraceEvent[] = []
  for (let next = from; ;) {
    const piece = await session.read(next, maxBytes)
    if (!piece) return out
    expect(piece.next).toBeGreaterThan(next)
    out.push(...decodeEvents(piece.data))
    next = piece.next
  }
}
const packetsOf = (events: TraceEvent[]): PacketEvent[] => events.filter((e) => e.k === 'packet')

const segment = (n: number, payload = 0): Uint8Array =>
  framed('ethernet', tcp({ from: ['10.0.0.1', 1000], to: ['10.0.0.2', 80], seq: n, payload: new Uint8Array(payload).fill(n) })).bytes
const frames = (n: number, more: (i: number) => Partial<FileFrame> = () => ({})): FileFrame[] =>
  Array.from({ length: n }, (_, i) => ({ bytes: segment(i, i % 7), sec: 1_700_000_000, ns: i * 1_000_000, ...more(i) }))

describe('a capture file as a session', () => {
  it('has one event a packet, in the file\'s order, with its bytes where they are in the file', async () => {
    const session = await open(pcapFile(1, frames(700)))
    expect(session.info()).toMatchObject({
      live: false, events: 701, startedAt: '2023-11-14T22:13:20.000Z', duration: 699_000, capture: { format: 'pcap', packets: 700, more: 0 },
    })
    const events = await all(session)
    expect(events.map((e) => e.seq)).toEqual(events.map((_, i) => i))
    expect(events[0]).toMatchObject({ k: 'capture', what: 'file' })
    const packets = packetsOf(events)
    expect(packets.map((p) => p.seqno)).toEqual(packets.map((_, i) => i))
    expect(packets.map((p) => p.t)).toEqual(packets.map((_, i) => i * 1000))
    const six = packets[6]!
    expect(await session.readBytes(six.data!.at, 6)).toEqual(new Uint8Array(6).fill(6))
    expect(await session.readBytes(six.frame!.at, six.frame!.kept)).toEqual(segment(6, 6))
    await session.close()
  })

  it('gives the same from any event on, in pieces of any size', async () => {
    const session = await open(pcapngSection([{ link: 1, name: 'lo' }], frames(600), { kinds: frames(600).map((_, i) => (i % 50 === 3 ? 'unknown' : 'enhanced')) }))
    const whole = await all(session)
    await fc.assert(fc.asyncProperty(fc.nat(whole.length), fc.integer({ min: 1, max: 20_000 }), async (from, size) => {
      expect(await all(session, from, size)).toEqual(whole.slice(from))
    }), { numRuns: 40 })
    await session.close()
  })

  it('times that run backwards, start late or are missing: `t` never falls, `at` is the packet\'s own', async () => {
    const times = [5, 3, 9, 8, 10].map((ms) => ms * 1_000_000 + 7)
    const session = await open(pcapngSection([{ link: 1, resolution: 9 }], [
      ...times.map((ns, i) => ({ bytes: segment(i), sec: 1_700_000_000, ns })), { bytes: segment(9) },
    ], { kinds: [...times.map(() => 'enhanced' as const), 'simple'] }))
    const packets = packetsOf(await all(session))
    expect(session.info()).toMatchObject({ startedAt: '2023-11-14T22:13:20.003Z', duration: 7000 })
    expect(packets.map((p) => p.t)).toEqual([2000, 2000, 6000, 6000, 7000, 7000])
    expect(packets.map((p) => p.at)).toEqual([undefined, 0, undefined, 5000, undefined, undefined])
    expect(packets.map((p) => p.ns)).toEqual([7, 7, 7, 7, 7, undefined])
    await session.close()
  })

  it('an empty one, and one whose packets have no times', async () => {
    const empty = await open(pcapFile(1, []))
    expect(empty.info()).toMatchObject({ events: 1, duration: 0, capture: { packets: 0 } })
    expect(await all(empty)).toHaveLength(1)
    await empty.close()
    const simple = await open(pcapngSection([{ link: 1 }], frames(3), { kinds: ['simple', 'simple', 'simple'] }))
    expect(packetsOf(await all(simple)).map((p) => p.t)).toEqual([0, 0, 0])
    await simple.close()
  })

  it('times at both ends of what can be written', async () => {
    const session = await open(pcapngSection([{ link: 1, offset: -8_000_000_000_000n }], [{ bytes: segment(1), sec: -8_000_000_000_000 }, { bytes: segment(2), sec: 1_700_000_000 }]))
    const packets = packetsOf(await all(session))
    expect(packets[0]!.t).toBe(0)
    expect(packets[1]!.t).toBe(2 ** 51)
    await session.close()
  })

  it('cut anywhere: what is whole, and a word that it was cut', async () => {
    const file = pcapFile(1, frames(4))
    const ends = [24]
    for (const f of frames(4)) ends.push(ends.at(-1)! + 16 + f.bytes.length)
    for (let size = 24; size < file.length; size += 5) {
      const session = await open(file.subarray(0, size))
      const events = await all(session)
      const whole = ends.filter((end) => end <= size).length - 1
      expect(packetsOf(events)).toHaveLength(whole)
      expect(session.info().truncated ?? false).toBe(!ends.includes(size))
      if (!ends.includes(size)) expect(events.at(-1)).toMatchObject({ k: 'capture', what: 'left-out', why: 'damaged' })
      await session.close()
    }
  })

  it('damaged in the middle', async () => {
    const file = pcapFile(1, frames(4))
    new DataView(file.buffer).setUint32(24 + 16 + frames(1)[0]!.bytes.length + 8, 0xffff_ffff, true)
    const session = await open(file)
    expect(await all(session)).toMatchObject([{ k: 'capture', what: 'file' }, { k: 'packet' }, { k: 'capture', why: 'damaged', error: expect.stringContaining('4294967295') as string }])
    await session.close()
  })

  it('what is no capture is refused; one that became shorter is said to be so', async () => {
    await expect(open(new TextEncoder().encode('a text of no interest at all'))).rejects.toThrow(CaptureFormatError)
    await expect(open(new Uint8Array(0))).rejects.toThrow(CaptureFormatError)
    const session = await open(pcapFile(1, frames(600)))
    truncateSync(session.path, 30_000)
    await expect(all(session)).rejects.toThrow(/shorter/)
    await session.close()
  })
})

describe('bringing one in', () => {
  it('in pieces, whatever the first one holds; it is listed while it is open, and gone after that', async () => {
    const sessions = new Sessions(join(dir, 'data'))
    const file = pcapFile(1, frames(5))
    expect(await sessions.upload('u', 0, file.subarray(0, 1), false)).toEqual({ ok: true, value: null })
    const done = await sessions.upload('u', 1, file.subarray(1), true)
    if (!done.ok || !done.value) throw new Error('not taken')
    expect(done.value).toMatchObject({ events: 6, capture: { format: 'pcap', packets: 5 } })
    expect(await sessions.open(done.value.session)).toEqual(done)
    const again = await sessions.readFile(done.value.session, 0, file.length, { id: 'live' } as never)
    expect(again).toMatchObject({ ok: true, value: { size: file.length, bytes: file } })
    expect(await sessions.delete(done.value.session, { id: 'live' } as never)).toEqual({ ok: true, value: null })
    expect(sessions.get(done.value.session)).toBeUndefined()
    await sessions.close()
  })

  it('a damaged head is INVALID, and leaves nothing behind', async () => {
    const sessions = new Sessions(join(dir, 'data2'))
    const bad = Uint8Array.of(0xd4, 0xc3, 0xb2, 0xa1, 9, 0, 4, 0, ...new Uint8Array(16))
    expect(await sessions.upload('u', 0, bad, true)).toMatchObject({ ok: false, error: { code: 'INVALID', message: expect.stringContaining('version 9') as string } })
    await sessions.close()
  })

  it('at most eight at once', async () => {
    const sessions = new Sessions(join(dir, 'data3'))
    for (let i = 0; i < 8; i++) expect((await sessions.upload(`u${i}`, 0, pcapFile(1, frames(1)), true)).ok).toBe(true)
    expect(await sessions.upload('u9', 0, pcapFile(1, frames(1)), true)).toMatchObject({ ok: false, error: { code: 'LIMIT', limit: 'captures' } })
    await sessions.close()
  })
})
