/**
 * Public addresses in the scope lab: the person is asked once for each run. Nothing here leaves the computer: where a call
 * is let go, the gate of the test calls a loopback address public.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/engine'
import type { Gate, Run } from '../../src/engine/kernel/objects'
import { PublicReach, type PublicMode } from '../../src/engine/policy/public'
import type { EngineStatus, FromEngine } from '../../src/shared/contract/contract'
import type { SockAddr, TraceEvent } from '../../src/shared/trace/events'
import { sockOf, testKernel, type TestKernel } from '../lib/kernel'

let k: TestKernel | undefined
let engine: Engine | undefined
let ui: MessagePort | undefined
afterEach(async () => {
  await k?.end()
  await engine?.close()
  ui?.close()
  k = engine = ui = undefined
})

/** every loopback address but 127.0.0.1 is public to this kernel */
const isPublic = (address: SockAddr): boolean => address.family === 'inet' && address.host !== '127.0.0.1'
const REFUSAL = { code: 'POLICY', message: 'a public address', detail: { reason: 'public', ask: 'public' } }

async function kernelThatAsks(mode: PublicMode = 'ask', heard = true): Promise<{ kernel: TestKernel; reach: PublicReach }> {
  const reach = new PublicReach({ mode, heard: () => heard, changed: () => {} })
  const outward = (address: SockAddr) => (isPublic(address) ? REFUSAL : undefined)
  const gate: Partial<Gate> = { connect: outward, sendto: outward, accept: outward, reached: (run: Run, from) => reach.reached(run, from) }
  const kernel = k = await testKernel({ gate })
  kernel.dispatcher.asking = reach
  return { kernel, reach }
}

describe('a call to a public address', () => {
  it('waits for the person, goes on when allowed, and is not asked about again in that run', async () => {
    const { kernel, reach } = await kernelThatAsks()
    const th = kernel.thread()
    const peer = sockOf(await kernel.dispatcher.socket(th, 'inet', 'dgram'))
    await kernel.dispatcher.bind(th, peer, { family: 'inet', host: '127.0.0.9', port: 0 })
    const own = sockOf(await kernel.dispatcher.socket(th, 'inet', 'dgram'))
    await kernel.dispatcher.bind(th, own, { family: 'inet', host: '127.0.0.1', port: 0 })
    const sent = kernel.dispatcher.sendto(th, own, new Uint8Array([1]), peer.local!)
    await expect.poll(() => reach.asks.length).toBe(1)
    expect(reach.asks[0]).toMatchObject({ program: 'by-hand', call: 'sendto', address: peer.local })
    expect(kernel.events.at(-1)).toMatchObject({ k: 'block', why: 'permission' })
    expect(reach.settle(reach.asks[0]!.run, true)).toMatchObject({ ok: true })
    expect(await sent).toEqual({ value: 1 })
    expect(reach.asks).toEqual([])
    expect((await kernel.dispatcher.sendto(th, own, new Uint8Array([2]), peer.local!)).value).toBe(1)
    // what the peer answers is let in, because the run was let reach it
    await kernel.dispatcher.sendto(th, peer, new Uint8Array([3]), own.local!)
    expect((await kernel.dispatcher.recvfrom(th, own, 10)).value).toBe(1)
    // another socket of the same run reaches the peer's host without a question, and its own answer is remembered for that host
    expect(reach.reached(th.run, { family: 'inet', host: '127.0.0.9', port: 1 })).toBe(true)
    expect(reach.reached(th.run, { family: 'inet', host: '127.0.0.10', port: 1 })).toBe(false)
  })

  it('is refused when the person says so, and the run is not asked again', async () => {
    const { kernel, reach } = await kernelThatAsks()
    const th = kernel.thread()
    const sock = sockOf(await kernel.dispatcher.socket(th, 'inet', 'stream'))
    const connecting = kernel.dispatcher.connect(th, sock, { family: 'inet', host: '127.0.0.9', port: 9 })
    await expect.poll(() => reach.asks.length).toBe(1)
    reach.settle(th.run.id, false)
    expect(await connecting).toMatchObject({ errno: 'POLICY' })
    expect(await kernel.dispatcher.connect(th, sock, { family: 'inet', host: '127.0.0.8', port: 9 })).toMatchObject({ errno: 'POLICY' })
    expect(reach.asks).toEqual([])
    expect(reach.settle(th.run.id, true)).toMatchObject({ ok: false, error: { code: 'GONE' } })
  })

  it('asks once for several threads of a run, and a call that is taken back takes its question back', async () => {
    const { kernel, reach } = await kernelThatAsks()
    const [one, two] = [kernel.thread('one'), kernel.thread('two')]
    const socks = [sockOf(await kernel.dispatcher.socket(one, 'inet', 'stream')), sockOf(await kernel.dispatcher.socket(two, 'inet', 'stream'))]
    const to: SockAddr = { family: 'inet', host: '127.0.0.9', port: 9 }
    const first = kernel.dispatcher.connect(one, socks[0]!, to)
    const second = kernel.dispatcher.connect(two, socks[1]!, to)
    await expect.poll(() => kernel.events.filter((e) => e.k === 'block' && e.why === 'permission').length).toBe(2)
    expect(reach.asks).toHaveLength(1)
    one.cancel?.()
    expect(await first).toMatchObject({ errno: 'CANCELLED' })
    expect(reach.asks).toHaveLength(1)
    two.cancel?.()
    expect(await second).toMatchObject({ errno: 'CANCELLED' })
    expect(reach.asks).toEqual([])
  })

  it('is answered without a question where nobody can be asked, or where it was said beforehand', async () => {
    const to: SockAddr = { family: 'inet', host: '127.0.0.9', port: 9 }
    for (const [mode, heard, errno] of [['ask', false, 'POLICY'], ['refuse', true, 'POLICY'], ['allow', true, 'ECONNREFUSED']] as const) {
      const { kernel } = await kernelThatAsks(mode, heard)
      const th = kernel.thread()
      const sock = sockOf(await kernel.dispatcher.socket(th, 'inet', 'stream'))
      expect(await kernel.dispatcher.connect(th, sock, to), mode).toMatchObject({ errno })
      await kernel.end()
    }
    k = undefined
  })
})

describe('the engine', () => {
  /** TEST-NET-3 (RFC 5737): nobody's */
  const PUBLIC = '203.0.113.9'

  async function start(scope: 'computer' | 'lab'): Promise<{ asks: () => EngineStatus['asks']; ended: Promise<unknown>; events: TraceEvent[]; run: number }> {
    const events: TraceEvent[] = []
    engine = await Engine.create({ version: 'test', scope })
    engine.recorder.tap((some) => { events.push(...some) })
    const { port1, port2 } = new MessageChannel()
    let status: EngineStatus | undefined
    port2.on('message', (message: FromEngine) => { if ('push' in message && message.push === 'status') status = message.status })
    ui = port2
    engine.connect(port1)
    const started = engine.start('tcp-client', { host: PUBLIC })
    if (!started.ok) throw new Error(started.error.message)
    return { asks: () => status?.asks, ended: started.value.ended, events, run: started.value.run.id }
  }

  it('tells a UI of the question, and takes the answer by the contract', async () => {
    const { asks, ended, run } = await start('lab')
    await expect.poll(asks).toEqual([{ run, program: 'tcp-client', call: 'connect', address: { family: 'inet', host: PUBLIC, port: 9999 } }])
    expect(await engine!.request('run.reach', { run, allow: false })).toEqual({ ok: true, value: null })
    expect(await ended).toMatchObject({ status: 'failed', error: { errno: 'POLICY', syscall: 'connect' } })
    await expect.poll(asks).toBeUndefined()
  })
  it('answers no for the person when the scope is narrowed meanwhile', async () => {
    const { asks, ended } = await start('lab')
    await expect.poll(asks).toHaveLength(1)
    engine!.setScope('computer')
    expect(await ended).toMatchObject({ status: 'failed', error: { errno: 'POLICY' } })
  })
  it('a stopped program asks no longer', async () => {
    const { asks, ended, run } = await start('lab')
    await expect.poll(asks).toHaveLength(1)
    await engine!.request('run.stop', { run })
    expect(await ended).toMatchObject({ status: 'stopped' })
    await expect.poll(asks).toBeUndefined()
  })
  it('refuses in the scope computer without a question', async () => {
    const { ended, events } = await start('computer')
    expect(await ended).toMatchObject({ status: 'failed', error: { errno: 'POLICY' } })
    await expect.poll(() => events.some((e) => e.k === 'run-end')).toBe(true)
    expect(events.some((e) => e.k === 'block' && e.why === 'permission')).toBe(false)
  })
})
