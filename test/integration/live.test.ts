/** What a person changes while a program runs takes effect at once, is in the trace, and only what may change does. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/engine'
import type { RunEnd } from '../../src/engine/kernel/process'
import type { TraceEvent } from '../../src/shared/trace/events'

let engine: Engine
let events: TraceEvent[]
const watching = new Set<() => void>()

beforeEach(async () => {
  engine = await Engine.create({ version: 'test' })
  events = []
  engine.recorder.tap((more) => {
    events.push(...more)
    for (const look of [...watching]) look()
  })
})
afterEach(() => engine.close())

/** The first event from now on (or from `from` on) for which `find` answers. */
function seen<T>(find: (e: TraceEvent) => T | undefined | false, from = 0): Promise<T> {
  let at = from
  return new Promise((resolve) => {
    const look = (): void => {
      for (; at < events.length; at++) {
        const found = find(events[at]!)
        if (found === undefined || found === false) continue
        watching.delete(look)
        return resolve(found)
      }
    }
    watching.add(look)
    look()
  })
}

function start(program: string, params: Record<string, unknown>): { run: number; ended: Promise<RunEnd> } {
  const started = engine.start(program, params)
  if (!started.ok) throw new Error(started.error.message)
  return { run: started.value.run.id, ended: started.value.ended }
}
const portOf = (run: number) => seen((e) => e.k === 'print' && threadsOf(run).has(e.thread) && Number(/^listening on .*:(\d+)$/.exec(e.text)?.[1]))
const threadsOf = (run: number) => new Set(events.flatMap((e) => (e.k === 'thread' && e.run === run ? [e.thread] : [])))
/** all that were made so far: the taps hear of them a frame later */
function marks(what: string): TraceEvent[] {
  engine.recorder.flush()
  return events.filter((e) => e.k === 'mark' && e.what === what)
}

describe('a server', () => {
  it('begins and stops to lose datagrams', async () => {
    const server = start('udp-server', { port: 0 })
    const port = await portOf(server.run)
    const ask = (wait = 5) => start('udp-client', { port, timeout: wait, 'give-up': wait }).ended
    expect((await ask()).status).toBe('ok')
    expect(await engine.request('run.set', { run: server.run, params: { loss: 1 } })).toMatchObject({ ok: true })
    expect((await ask(0.02)).status).toBe('failed')
    await engine.request('run.set', { run: server.run, params: { loss: 0 } })
    expect((await ask()).status).toBe('ok')
    await seen((e) => e.k === 'run-set' && e.params.loss === 0)
    expect(marks('drop')).toHaveLength(1)
    expect(marks('done').map((e) => e.k === 'mark' && e.ok)).toEqual([true, false, true])
  })

  it.each([
    [{ loss: 2 }, 'loss'], [{ loss: 'abc' }, 'loss'], [{ port: 1 }, 'port'], [{ speed: 1 }, 'speed'],
  ])('refuses %j', async (params, field) => {
    const server = start('udp-server', { port: 0 })
    expect(await engine.request('run.set', { run: server.run, params })).toMatchObject({ ok: false, error: { code: 'INVALID', field } })
  })
})

describe('a client', () => {
  it('says of each request what became of it, about the calls that show it', async () => {
    const server = start('udp-server', { port: 0, loss: 1 })
    const client = start('udp-client', { port: await portOf(server.run), send: 'x', timeout: 0.01, 'give-up': 0.02 })
    expect((await client.ended).error?.message).toBe('no request was answered')
    const own = threadsOf(client.run)
    await seen((e) => e.k === 'run-end' && e.run === client.run)
    const said = events.flatMap((e) => (e.k === 'mark' && own.has(e.thread) ? [e] : []))
    expect(said).toMatchObject([
      { what: 'request', id: 1 }, { what: 'attempt', id: 1, n: 1, us: 10_000 }, { what: 'attempt', id: 1, n: 2, us: 20_000 },
      { what: 'give-up', id: 1, n: 2 }, { what: 'done', id: 1, n: 2, ok: false },
    ])
    const name = (call: number | undefined) => events.find((e) => e.k === 'call' && e.call === call)
    for (const m of said.filter((s) => s.what === 'attempt')) expect(name(m.call)).toMatchObject({ name: 'sendto' })
    expect(said.at(-1)!.us).toBeGreaterThan(0)
  })
})

describe('a naive client', () => {
  it('takes an answer to an earlier request for the one it waits for, and the trace says so', async () => {
    const server = start('udp-server', { port: 0, delay: 150 })
    await start('udp-client', { port: await portOf(server.run), count: 5, timeout: 0.1, 'give-up': 0.1, naive: true }).ended
    await seen((e) => e.k === 'run-end')
    const taken = marks('answer').flatMap((e) => (e.k === 'mark' && e.n !== undefined ? [[e.n, e.id!] as const] : []))
    expect(taken.length).toBeGreaterThan(0)
    for (const [really, as] of taken) expect(really).toBeLessThan(as)
  })
})

describe('a relay', () => {
  it('turns bad while it runs', async () => {
    const server = start('udp-server', { port: 0 })
    const wire = start('relay', { 'listen-port': 0, 'to-port': await portOf(server.run) })
    const port = await portOf(wire.run)
    const ask = (wait = 5) => start('udp-client', { port, timeout: wait, 'give-up': wait }).ended
    expect((await ask()).status).toBe('ok')
    await seen((e) => e.k === 'run-end')
    expect(marks('forward').map((e) => e.k === 'mark' && e.from)).toEqual(['client', 'server'])
    await engine.request('run.set', { run: wire.run, params: { delay: 5, duplicate: 1 } })
    expect((await ask()).status).toBe('ok')
    await engine.request('run.set', { run: wire.run, params: { loss: 1 } })
    expect((await ask(0.03)).status).toBe('failed')
    await seen((e) => e.k === 'mark' && e.what === 'drop')
    expect(marks('delay').length).toBeGreaterThanOrEqual(2)
    expect(marks('duplicate').length).toBeGreaterThanOrEqual(2)
  })

  it('stopped with sessions open leaves no socket and no thread behind', async () => {
    const before = engine.kernel!.dispatcher.sockets.size
    const server = start('udp-server', { port: 0 })
    const wire = start('relay', { 'listen-port': 0, 'to-port': await portOf(server.run), delay: 20 })
    await start('udp-client', { port: await portOf(wire.run), count: 20, parallel: 5, timeout: 1 }).ended
    await engine.request('run.stop', { run: wire.run })
    await engine.request('run.stop', { run: server.run })
    expect(await Promise.all([wire.ended, server.ended])).toEqual([{ status: 'stopped' }, { status: 'stopped' }])
    expect(engine.kernel!.dispatcher.sockets.size).toBe(before)
    expect(engine.kernel!.processes.threads.size).toBe(0)
  })
})

describe('a member', () => {
  it('leaves the group and joins it again while its socket stays, and leaves no more at its end than it has joined', async () => {
    const member = start('multicast-member', { family: 'inet', interface: 'lo', port: 5278 })
    const memberships = (): unknown[] => events.flatMap((e) => (e.k === 'call' && e.name === 'setsockopt' && /MEMBERSHIP/.test(String(e.args.option)) ? [e.args.option] : []))
    const said = (text: string) => events.filter((e) => e.k === 'print' && e.text.startsWith(text)).length
    await seen((e) => e.k === 'print' && e.text.startsWith('joined'))
    await engine.request('run.set', { run: member.run, params: { joined: false } })
    await seen((e) => e.k === 'print' && e.text.startsWith('left'))
    await engine.request('run.set', { run: member.run, params: { joined: true } })
    await expect.poll(() => said('joined'), { timeout: 5000 }).toBe(2)
    await engine.request('run.set', { run: member.run, params: { joined: false } })
    await expect.poll(() => said('left'), { timeout: 5000 }).toBe(2)
    await engine.request('run.stop', { run: member.run })
    expect(await member.ended).toEqual({ status: 'stopped' })
    await seen((e) => e.k === 'run-end')
    expect(memberships()).toEqual(['IP_ADD_MEMBERSHIP', 'IP_DROP_MEMBERSHIP', 'IP_ADD_MEMBERSHIP', 'IP_DROP_MEMBERSHIP'])
  })

  it('its bot speaks when it is switched on; what it sets is set again when it changes', async () => {
    const member = start('multicast-member', { family: 'inet', interface: 'lo', port: 5277 })
    await seen((e) => e.k === 'print' && e.text.startsWith('joined'))
    await engine.request('run.set', { run: member.run, params: { bot: true, ttl: 3 } })
    expect(await seen((e) => e.k === 'print' && / anonymous: .+/.exec(e.text)?.[0])).toBe(' anonymous: Hello, everybody.')
    const hops = (by: string | undefined) => events.flatMap((e) => (e.k === 'call' && e.name === 'setsockopt' && e.args.option === 'IP_MULTICAST_TTL' && e.args.by === by ? [e.args.value] : []))
    expect(hops(undefined)).toEqual([1, 3])
    // the scope keeps what is said on this computer, and the trace tells of it before the datagram
    expect(hops('scope')).toEqual([0])
    const at = events.findIndex((e) => e.k === 'call' && e.args.by === 'scope')
    expect(events.slice(at).find((e) => e.k === 'call' && e.args.by !== 'scope')).toMatchObject({ name: 'sendto' })
    await engine.request('run.stop', { run: member.run })
    expect(await member.ended).toEqual({ status: 'stopped' })
    await seen((e) => e.k === 'run-end')
    const calls = events.flatMap((e) => (e.k === 'call' && e.name !== 'recvfrom' ? [e] : [])).slice(-2)
    expect(calls).toMatchObject([{ name: 'setsockopt', args: { option: 'IP_DROP_MEMBERSHIP' } }, { name: 'close' }])
  })
})
