/**
 * A capture file, open as a read-only session: each packet is an event, made from the file when it is asked for, and the
 * file itself is the session's byte store. Memory: the index only.
 */
import { open, unlink, type FileHandle } from 'node:fs/promises'
import type { SessionInfo } from '../../shared/contract/contract'
import { packetEvent } from '../../shared/pcap/event'
import type { CapturedFrame } from '../../shared/pcap/format'
import { CaptureFormatError } from '../../shared/pcap/format'
import { CaptureReader } from '../../shared/pcap/reader'
import { EventEncoder } from '../../shared/trace/codec'
import type { CaptureEvent } from '../../shared/trace/events'
import { chunkAt, type Piece, type TraceSource } from './source'
import { indexCapture, sinceBase, type CaptureIndex } from './capture-index'
import { Follower } from './follower'
import type { Source, SubscribeOptions, Subscription } from './subscription'

/** The first event says that this is a capture file; packet n, from 0, is event n + 1. */
const FIRST_PACKET = 1

type Unstamped = Omit<CaptureEvent, 'seq' | 't'>

/** One event goes in whatever is asked for. */
const hasRoom = (encoder: EventEncoder, maxBytes: number): boolean => encoder.count === 0 || encoder.size < maxBytes

export class CaptureSession implements Source, TraceSource {
  private readonly followers = new Set<Follower>()
  /** of each place, the seq before the first of the next */
  private readonly lasts: { last: number }[]
  /** what stands after the last packet */
  private readonly ending: Unstamped[] = []

  private constructor(
    private readonly file: FileHandle, readonly path: string, private readonly id: string, private readonly size: number, private readonly index: CaptureIndex,
    private readonly fallback: Date, private readonly name: string | undefined,
  ) {
    this.lasts = index.places.map((_, i) => ({ last: (index.places[i + 1]?.first ?? index.packets) + FIRST_PACKET - 1 }))
    if (index.more > 0) this.ending.push({ k: 'capture', what: 'left-out', packets: index.more, why: 'limit' })
    if (index.damage) this.ending.push({ k: 'capture', what: 'left-out', why: 'damaged', error: index.damage.message, bytes: Math.max(0, size - index.damage.offset) })
  }

  /** Opens and indexes a file. Throws CaptureFormatError on what is no capture, and what open(2) and read(2) throw. */
  static async open(path: string, id: string, name?: string): Promise<CaptureSession> {
    const file = await open(path, 'r')
    try {
      const { size, mtime } = await file.stat()
      return new CaptureSession(file, path, id, size, await indexCapture(file, size), mtime, name)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get end(): number {
    return FIRST_PACKET + this.index.packets + this.ending.length
  }

  get trace(): TraceSource {
    return this
  }

  info(): SessionInfo {
    const { base, duration, damage, format, packets, more } = this.index
    return {
      session: this.id, live: false, startedAt: (base === undefined ? this.fallback : new Date(base)).toISOString(), events: this.end, size: this.size, duration,
      ...(damage ? { truncated: true } : {}), ...(this.name === undefined ? {} : { name: this.name }), capture: { format, packets, more },
    }
  }

  subscribe(options: SubscribeOptions): Subscription {
    const follower: Follower = new Follower(this, options, () => this.followers.delete(follower))
    this.followers.add(follower)
    return follower
  }

  async read(from: number, maxBytes: number): Promise<Piece | undefined> {
    const { index } = this
    if (from >= this.end) return undefined
    const encoder = new EventEncoder()
    let next = from
    if (next < FIRST_PACKET) {
      encoder.add({ k: 'capture', what: 'file', tool: index.format } as Unstamped, 0, 0)
      next = FIRST_PACKET
    }
    const afterPackets = FIRST_PACKET + index.packets
    while (next < afterPackets && hasRoom(encoder, maxBytes)) next = await this.packets(chunkAt(this.lasts, next), next, maxBytes, encoder)
    if (next >= afterPackets && hasRoom(encoder, maxBytes)) {
      for (let i = next - afterPackets; i < this.ending.length; i++) encoder.add(this.ending[i]!, next++, index.duration)
    }
    return { data: encoder.finish(), next }
  }

  async readBytes(at: number, len: number): Promise<Uint8Array> {
    const into = new Uint8Array(Math.max(0, Math.min(len, this.size - at)))
    const { bytesRead } = await this.file.read(into, 0, into.length, at)
    return into.subarray(0, bytesRead)
  }

  async close(): Promise<void> {
    for (const follower of [...this.followers]) follower.close()
    await this.file.close()
  }

  /** Closes it and deletes its file. */
  async discard(): Promise<void> {
    await this.close()
    await unlink(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }

  /** The packets behind a place from event `from` on, as many as fit; answers the seq to go on from. */
  private async packets(at: number, from: number, maxBytes: number, encoder: EventEncoder): Promise<number> {
    const { places, packets, base = 0, end } = this.index
    const here = places[at]!
    const stop = places[at + 1]?.offset ?? end
    const bytes = new Uint8Array(stop - here.offset)
    const { bytesRead } = await this.file.read(bytes, 0, bytes.length, here.offset)
    if (bytesRead < bytes.length) throw new CaptureFormatError('the capture file became shorter while it was open')
    let n = here.first
    let t = here.t
    let next = from
    const last = places[at + 1]?.first ?? packets
    const reader = new CaptureReader(here.place)
    reader.push(bytes, (frame: CapturedFrame) => {
      if (n >= last) return
      const seq = FIRST_PACKET + n++
      const passed = sinceBase(frame, base)
      if (passed !== undefined && passed > t) t = passed
      if (seq < from || !hasRoom(encoder, maxBytes)) return
      const event = packetEvent(frame, frame.offset, frame.bytes.length)
      if (passed !== undefined && passed !== t) event.at = passed
      if (frame.ns % 1000 > 0) event.ns = frame.ns % 1000
      encoder.add(event, seq, t)
      next = seq + 1
    })
    if (next === from) throw new CaptureFormatError('the capture file was changed while it was open')
    return next
  }
}
