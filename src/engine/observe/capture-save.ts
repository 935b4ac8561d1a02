/**
 * The captured packets of a session as a pcapng file: written to a temporary file in one go, then given out piece by piece.
 * Events and bytes are read a stretch at a time, so that a session of any length costs no memory.
 */
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { interfaceBlock, packetBlock, sectionHeader } from '../../shared/pcap/writer'
import { fail, type Result } from '../../shared/result'
import { decodeEvents } from '../../shared/trace/codec'
import type { ByteRef, PacketEvent } from '../../shared/trace/events'
import { attempt } from '../recorder/attempt'
import type { Source } from '../recorder/subscription'

/** Bytes of events read at a time, and of the file written at a time. */
const EVENTS_AT_ONCE = 256 * 1024
const WRITE_AT_ONCE = 1024 * 1024

/** How many packets a file got, and how many of them without their bytes: those were not kept. */
export interface Saved {
  packets: number
  bare: number
}

/** Writes the packets of a session. Throws what the file system throws. */
export async function writeCapture(from: Source, app: string, write: (bytes: Uint8Array) => Promise<void>): Promise<Saved> {
  const began = Date.parse(from.info().startedAt)
  const interfaces = new Map<string, number>()
  const saved: Saved = { packets: 0, bare: 0 }
  let parts: Uint8Array[] = [sectionHeader({ app, os: process.platform })]
  let gathered = 0
  const put = async (bytes: Uint8Array): Promise<void> => {
    parts.push(bytes)
    gathered += bytes.length
    if (gathered >= WRITE_AT_ONCE) await flush()
  }
  const flush = async (): Promise<void> => {
    const all = Buffer.concat(parts)
    parts = []
    gathered = 0
    await write(all)
  }
  for (let next = 0; ;) {
    const piece = await from.trace.read(next, EVENTS_AT_ONCE)
    if (!piece) break
    next = piece.next
    for (const e of decodeEvents(piece.data)) {
      if (e.k !== 'packet' || !e.frame || e.link === undefined) continue
      const key = `${e.link} ${e.interface ?? ''}`
      let at = interfaces.get(key)
      if (at === undefined) {
        interfaces.set(key, (at = interfaces.size))
        await put(interfaceBlock({ link: e.link, ...(e.interface ? { name: e.interface } : {}), resolution: 'ns' }))
      }
      const bytes = await bytesOf(from, e.frame)
      saved.packets++
      if (bytes.length === 0 && e.frame.len > 0) saved.bare++
      await put(packetBlock({ interface: at, ...timeOf(e, began), resolution: 'ns', wire: e.frame.len, bytes }))
    }
  }
  await flush()
  return saved
}

function timeOf(e: PacketEvent, began: number): { sec: number; ns: number } {
  const us = began * 1000 + (e.at ?? e.t)
  const sec = Math.floor(us / 1e6)
  return { sec, ns: Math.round(us - sec * 1e6) * 1000 + (e.ns ?? 0) }
}

/** The first of a frame's bytes, as far as they are still there: a page of the store at a time. */
async function bytesOf(from: Source, { at, kept }: ByteRef): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (let got = 0; got < kept;) {
    const piece = await from.readBytes(at + got, kept - got)
    if (piece.length === 0) break
    parts.push(piece)
    got += piece.length
  }
  return parts.length === 1 ? parts[0]! : new Uint8Array(Buffer.concat(parts))
}

/** The file of the session that was saved last. */
export class CaptureFiles {
  private dir: Promise<string> | undefined
  private file: { session: string; handle: FileHandle; size: number } | undefined
  private turn: Promise<unknown> = Promise.resolve()

  constructor(private readonly app: string) {}

  read(from: Source, offset: number, len: number): Promise<Result<{ size: number; bytes: Uint8Array }>> {
    const mine = this.turn.then(() => this.piece(from, offset, len))
    this.turn = mine.catch(() => {})
    return mine
  }

  async close(): Promise<void> {
    await this.turn
    await this.file?.handle.close()
    this.file = undefined
    if (this.dir) await rm(await this.dir, { recursive: true, force: true })
    this.dir = undefined
  }

  private async piece(from: Source, offset: number, len: number): Promise<Result<{ size: number; bytes: Uint8Array }>> {
    const { session } = from.info()
    if (offset === 0) {
      const made = await attempt(() => this.make(from, session))
      if (!made.ok) return made
      if (made.value.packets === 0) return fail({ code: 'GONE', message: 'this session has no captured packets' })
    }
    const { file } = this
    if (!file || file.session !== session) return fail({ code: 'GONE', message: 'this file is being saved no more: begin again' })
    return attempt(async () => {
      const into = new Uint8Array(Math.max(0, Math.min(len, file.size - offset)))
      const { bytesRead } = await file.handle.read(into, 0, into.length, offset)
      return { size: file.size, bytes: into.subarray(0, bytesRead) }
    })
  }

  private async make(from: Source, session: string): Promise<Saved> {
    await this.file?.handle.close()
    this.file = undefined
    this.dir ??= mkdtemp(join(tmpdir(), 'socketscope-capture-'))
    const handle = await open(join(await this.dir, 'packets.pcapng'), 'w+', 0o600)
    let size = 0
    try {
      const saved = await writeCapture(from, this.app, async (bytes) => {
        for (let at = 0; at < bytes.length;) {
          const { bytesWritten } = await handle.write(bytes, at)
          at += bytesWritten
          size += bytesWritten
        }
      })
      this.file = { session, handle, size }
      return saved
    } catch (error) {
      await handle.close()
      throw error
    }
  }
}

