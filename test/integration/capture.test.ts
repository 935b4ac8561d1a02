/** A real capture beside real programs: what it keeps, what it leaves out, how it ends, and what can be saved and opened again. */
import { execFileSync } from 'node:child_process'
import { createServer, connect, type Server } from 'node:net'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/engine'
import { createLab, fold, segmentsAt, streamsAt } from '../../src/shared/projections'
import type { LabState } from '../../src/shared/projections/model'
import type { Method, ParamsOf, ResultOf } from '../../src/shared/contract/contract'
import { decodeEvents } from '../../src/shared/trace/codec'
import type { CaptureEvent, PacketEvent, TraceEvent } from '../../src/shared/trace/events'

let engine: Engine

beforeEach(async () => {
  engine = await Engine.create({ version: '1' })
})
afterEach(async () => {
  await engine.close()
})

async function ask<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
  const r = await engine.request(method, params)
  if (!r.ok) throw new Error(`${method}: ${r.error.code} ${r.error.message}`)
  return r.value
}

async function events(session?: string): Promise<TraceEvent[]> {
  const source = engine.source(session)
  if (!source.ok) throw new Error(source.error.message)
  const out: TraceEvent[] = []
  for (let next = 0; ;) {
    const piece = await source.value.trace.read(next, 65_536)
    if (!piece) return out
    out.push(...decodeEvents(piece.data))
    next = piece.next
  }
}
const packetsOf = (list: TraceEvent[]): PacketEvent[] => list.filter((e) => e.k === 'packet')
const capturesOf = (list: TraceEvent[]): CaptureEvent[] => list.filter((e) => e.k === 'capture')
function folded(list: readonly TraceEvent[]): LabState {
  const lab = createLab()
  for (const e of list) fold(lab, e)
  return lab
}

/** Resolves with the first event that fits. */
function happens(fits: (e: TraceEvent) => boolean): Promise<TraceEvent> {
  return new Promise((resolve) => {
    const stop = engine.recorder.tap((list) => {
      const found = list.find(fits)
      if (!found) return
      setImmediate(stop)
      resolve(found)
    })
  })
}

/** A server and a client of the lab; settles when both have ended. */
async function exchange(): Promise<void> {
  const bound = happens((e) => e.k === 'ret' && e.local?.family === 'inet' && e.local.port > 0)
  const server = engine.start('tcp-server', { port: 0 })
  if (!server.ok) throw new Error(server.error.message)
  const e = await bound
  const port = e.k === 'ret' && e.local?.family === 'inet' ? e.local.port : 0
  const client = engine.start('tcp-client', { port })
  if (!client.ok) throw new Error(client.error.message)
  await client.value.ended
  engine.kernel!.processes.stop(server.value.run)
  await server.value.ended
}

async function saved(session?: string): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = []
  for (let offset = 0; ;) {
    const { size, bytes } = await ask('capture.save', { ...(session ? { session } : {}), offset, len: 4096 })
    parts.push(bytes)
    offset += bytes.length
    if (offset >= size) return new Uint8Array(Buffer.concat(parts))
  }
}
const opened = async (file: Uint8Array<ArrayBuffer>) => {
  const half = file.length >> 1
  expect(await ask('session.upload', { upload: 'f', offset: 0, bytes: file.subarray(0, half), last: false })).toBeNull()
  return (await ask('session.upload', { upload: 'f', offset: half, bytes: file.subarray(half), last: true }))!
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
/** The processes that capture below one of ours. */
const children = (pid: number): number[] =>
  execFileSync('ps', ['-e', '-o', 'pid=,ppid=']).toString().trim().split('\n').map((l) => l.trim().split(/\s+/).map(Number)).filter(([, parent]) => parent === pid).map(([p]) => p!)

describe('where this user may capture', () => {
  it('says so after a real try, with the tool and the interfaces', async () => {
    const status = await ask('capture.status', {})
    expect(status).toMatchObject({ available: true, tool: { name: 'tcpdump', version: expect.stringMatching(/^\d+\.\d+/) as string } })
    expect(status.interfaces[0]).toMatchObject({ name: 'lo', loopback: true, allowed: true })
    expect(status.interfaces.filter((i) => !i.loopback).every((i) => !i.allowed)).toBe(true)
    expect(status.running).toBeUndefined()
    expect(capturesOf(await events())).toEqual([])
  })

  it('captures the lab\'s packets and nobody else\'s, with their numbers, bytes and times', async () => {
    let other: Server | undefined
    try {
      expect((await ask('capture.start', {})).running).toMatchObject({ interface: 'lo', until: 'stop' })
      // somebody else on this machine
      other = createServer((socket) => socket.end('nothing of the lab'))
      other.listen(0, '127.0.0.1')
      await once(other, 'listening')
      const stranger = connect((other.address() as { port: number }).port, '127.0.0.1')
      stranger.resume()
      await once(stranger, 'close')
      await exchange()
      const before = engine.captures.state!
      const status = await ask('capture.stop', {})
      expect(status.running).toBeUndefined()
      expect(before.leftOut.others).toBeGreaterThanOrEqual(6)
      const list = await events()
      const packets = packetsOf(list)
      const ports = new Set(list.flatMap((e) => (e.k === 'ret' && e.local && e.local.family !== 'unix' ? [e.local.port] : [])))
      for (const p of packets) {
        expect(p.from.family !== 'unix' && p.to.family !== 'unix' && (ports.has(p.from.port) || ports.has(p.to.port))).toBe(true)
        expect(p.at).toBeLessThanOrEqual(p.t)
        expect(p.link).toBe(1)
      }
      expect(packets.length).toBe(before.packets)
      // a machine that is flooded by somebody else may lose some, and says so
      expect(capturesOf(list).filter((e) => e.why !== 'kernel').map((e) => e.what)).toEqual(['start', 'stop'])
      const syn = packets[0]!
      expect(syn).toMatchObject({ flags: ['SYN'], len: 0, options: { mss: 65_495, sackOk: true }, interface: 'lo' })
      // the SYN passed while connect() was made, as the session's own clock has it
      const call = list.find((e) => e.k === 'call' && e.name === 'connect')!
      const ret = list.find((e) => e.k === 'ret' && call.k === 'call' && e.call === call.call)!
      expect(syn.at!).toBeGreaterThan(call.t - 2000)
      expect(syn.at!).toBeLessThan(ret.t + 2000)
      const hello = packets.find((p) => p.len === 5)!
      expect(new TextDecoder().decode(await engine.recorder.readBytes(hello.data!.at, 5))).toBe('hello')
    } finally {
      other?.close()
    }
  })

  it('shows the captured segments in the place of the inferred ones', async () => {
    await ask('capture.start', {})
    await exchange()
    await ask('capture.stop', {})
    const list = await events()
    const inferred = folded(list.filter((e) => e.k !== 'packet' && e.k !== 'capture'))
    const both = folded(list)
    expect(both.connections).toHaveLength(1)
    const shown = segmentsAt(both.connections[0]!, Infinity)
    expect(shown.every((s) => s.evidence === 'captured')).toBe(true)
    const line = (s: { from: string; flags: string; len: number }) => `${s.from} ${s.flags} ${s.len}`
    expect(shown.map(line)).toEqual(segmentsAt(inferred.connections[0]!, Infinity).map(line))
    expect(shown.map((s) => s.seqRel).slice(0, 4)).toEqual([0, 0, 1, 1])
    expect(shown.map((s) => s.ackRel).slice(0, 4)).toEqual([undefined, 1, 1, 1])
    expect(shown[3]!.windowBytes).toBe(shown[3]!.window! * 2 ** shown[0]!.options!.ws!)
  })

  it('ends with the run, and leaves no process behind', async () => {
    await ask('capture.start', { until: 'run' })
    const mine = children(process.pid)
    expect(mine.length).toBeGreaterThan(0)
    const tools = mine.flatMap(children)
    const stopped = happens((e) => e.k === 'capture' && e.what === 'stop')
    await exchange()
    await stopped
    expect((await ask('capture.status', {})).running).toBeUndefined()
    expect(tools.filter(alive)).toEqual([])
    expect(packetsOf(await events()).length).toBeGreaterThan(0)
  })

  it('says when the tool ends by itself', async () => {
    await ask('capture.start', {})
    const [guard] = children(process.pid).filter((pid) => children(pid).length > 0)
    const stopped = happens((e) => e.k === 'capture' && e.what === 'stop')
    for (const pid of children(guard!)) process.kill(pid, 'SIGKILL')
    expect(await stopped).toMatchObject({ error: expect.stringContaining('tcpdump') as string })
    expect((await ask('capture.status', {})).running).toBeUndefined()
    await ask('capture.start', {})
  })

  it('in the scope "this computer" only loopback; leaving the lab network ends what reaches further', async () => {
    expect(await engine.request('capture.start', { interface: 'any' })).toMatchObject({ ok: false, error: { code: 'POLICY' } })
    expect(await engine.request('capture.start', { interface: 'nothing0' })).toMatchObject({ ok: false, error: { code: 'INVALID', field: 'interface' } })
    await ask('scope.set', { scope: 'lab' })
    await ask('capture.start', { interface: 'any' })
    expect(await engine.request('capture.start', {})).toMatchObject({ ok: false, error: { code: 'INVALID' } })
    await exchange()
    const stopped = happens((e) => e.k === 'capture' && e.what === 'stop')
    await ask('scope.set', { scope: 'computer' })
    await stopped
    const packets = packetsOf(await events())
    expect(packets.length).toBeGreaterThanOrEqual(9)
    expect([113, 276]).toContain(packets[0]!.link)
    // each packet of loopback once, not once out and once in
    expect(packets.filter((p) => p.flags.join() === 'SYN')).toHaveLength(1)
  })

  it('a new session ends it', async () => {
    await ask('capture.start', {})
    await ask('session.new', {})
    expect((await ask('capture.status', {})).running).toBeUndefined()
    expect(await events()).toEqual([])
  })

  it('saves pcapng that opens again as a session of the same packets', async () => {
    expect(await engine.request('capture.save', { offset: 0, len: 100 })).toMatchObject({ ok: false, error: { code: 'GONE' } })
    await ask('capture.start', {})
    await exchange()
    await ask('capture.stop', {})
    const live = packetsOf(await events())
    const file = await saved()
    const info = await opened(file)
    expect(info).toMatchObject({ live: false, capture: { format: 'pcapng', packets: live.length, more: 0 }, events: live.length + 1, size: file.length })
    const list = await events(info.session)
    expect(list[0]).toMatchObject({ k: 'capture', what: 'file' })
    const again = packetsOf(list)
    const plain = ({ from, to, flags, seqno, ackno, len, options }: PacketEvent) => ({ from, to, flags, seqno, ackno, len, options })
    expect(again.map(plain)).toEqual(live.map(plain))
    // microseconds between packets stay what they were
    expect(again.map((p) => (p.at ?? p.t) - (again[0]!.at ?? again[0]!.t))).toEqual(live.map((p) => p.at! - live[0]!.at!))
    expect((await ask('session.list', {})).some((s) => s.session === info.session)).toBe(true)
    const lab = folded(list)
    expect(lab.connections).toHaveLength(1)
    const c = lab.connections[0]!
    expect(c.packetsOnly).toBe(true)
    expect(c.outcome.value).toEqual(['closed'])
    const bytes = await ask('trace.bytes', { session: info.session, at: streamsAt(c, Infinity).a.sends[0]!.data!.at, len: 5 })
    expect(new TextDecoder().decode(bytes.bytes)).toBe('hello')
    expect(await saved(info.session)).toEqual(file)
    await ask('session.delete', { session: info.session })
    expect(await engine.request('trace.bytes', { session: info.session, at: 0, len: 1 })).toMatchObject({ ok: false, error: { code: 'GONE' } })
  })
})
