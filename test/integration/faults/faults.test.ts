/** Faults of the world around the lab, each one made to happen: what is said, that it goes on, and that nothing recorded is lost. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Engine } from '../../../src/engine/engine'
import { Sessions } from '../../../src/engine/recorder/sessions'
import type { Subscription } from '../../../src/engine/recorder/subscription'
import type { RunEnd } from '../../../src/engine/kernel/process'
import { decodeEvents } from '../../../src/shared/trace/codec'
import type { TraceEvent } from '../../../src/shared/trace/events'

const linux = process.platform === 'linux'
const unshare = linux && spawnSync('unshare', ['-rn', 'true']).status === 0
let dataDir: string
const children: ChildProcess[] = []

beforeEach(() => { dataDir = mkdtempSync(join(tmpdir(), 'socketscope-faults-')) })
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(dataDir, { recursive: true, force: true })
})

/** Every event of a stored session. */
async function stored(session: string): Promise<TraceEvent[]> {
  const sessions = new Sessions(dataDir)
  const info = await sessions.open(session)
  if (!info.ok) throw new Error(info.error.message)
  const events: TraceEvent[] = []
  await new Promise<void>((done) => {
    const subscription: Subscription = sessions.get(session)!.subscribe({
      from: 0,
      onBatch(batch, data) {
        events.push(...decodeEvents(data))
        if (events.length >= info.value.events) done()
        else setImmediate(() => subscription.ack(batch))
      },
    })
  })
  await sessions.close()
  return events
}

const runHere = (script: string) => ['--import', 'tsx', join(import.meta.dirname, script), dataDir]

it.runIf(linux)('without descriptors programs hear EMFILE, the lab serves on when there are some, and the session is whole', async () => {
  const run = spawnSync('sh', ['-c', `ulimit -n 64 && exec "$0" "$@"`, process.execPath, ...runHere('few-descriptors.ts')], { encoding: 'utf8', timeout: 100_000 })
  expect(run.stderr).toBe('')
  const said = JSON.parse(run.stdout) as { errno: string; again: string; session: string; count: number }
  expect(said).toMatchObject({ errno: 'EMFILE', again: 'ok' })
  const events = await stored(said.session)
  expect(events).toHaveLength(said.count)
  expect(events.some((e) => e.k === 'ret' && e.errno === 'EMFILE')).toBe(true)
})

it.runIf(unshare)('a cable that is pulled and put back: the kernel sends again, the member is told, the session is whole', async () => {
  const run = spawnSync('unshare', ['-rn', process.execPath, ...runHere('cable.ts')], { encoding: 'utf8', timeout: 100_000 })
  expect(run.stderr).toBe('')
  const said = new Map(run.stdout.trim().split('\n').map((line) => {
    const { what, value } = JSON.parse(line) as { what: string; value: unknown }
    return [what, value] as const
  }))
  expect(Object.fromEntries([...said].filter(([what]) => what !== 'session'))).toEqual({
    before: 3, send: 3, datagram: 'ENETUNREACH', after: 3, member: expect.stringContaining('the interface lab0 is gone'), interfaces: ['lo'],
  })
  const { session, count } = said.get('session') as { session: string; count: number }
  expect(await stored(session)).toHaveLength(count)
})

describe('with an engine', () => {
  let engine: Engine
  let events: TraceEvent[]
  beforeEach(async () => {
    engine = await Engine.create({ version: '0.0.0', dataDir })
    events = []
    engine.recorder.tap((more) => { events.push(...more) })
  })
  afterEach(() => engine.close())

  function start(program: string, params: Record<string, unknown>): { run: number; ended: Promise<RunEnd> } {
    const r = engine.start(program, params)
    if (!r.ok) throw new Error(r.error.message)
    return { run: r.value.run.id, ended: r.value.ended }
  }
  const seen = (find: (e: TraceEvent) => unknown): Promise<TraceEvent> => vi.waitUntil(() => {
    engine.recorder.flush()
    return events.find(find)
  }, { timeout: 20_000, interval: 5 })
  async function serve(): Promise<number> {
    start('tcp-server', { port: 0, model: 'threads', behaviour: 'echo' })
    const said = await seen((e) => e.k === 'print' && /^listening on/.test(e.text))
    return Number(/:(\d+)$/.exec(said.k === 'print' ? said.text : '')![1])
  }
  /** a python3 process; answers once it has printed its first line */
  async function python(code: string): Promise<{ child: ChildProcess; line: string }> {
    const child = spawn('python3', ['-u', '-c', `import socket, time\n${code}`], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    return { child, line }
  }
  /** ends it as `kill -9` does */
  async function kill(child: ChildProcess): Promise<void> {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  it('a client that is killed: its kernel ends the connection in order, and the server serves the next one', async () => {
    const port = await serve()
    const { child } = await python(`s = socket.create_connection(('127.0.0.1', ${port})); s.sendall(b'x'); s.recv(10); print('there'); time.sleep(1000)`)
    await kill(child)
    const over = await seen((e) => e.k === 'ret' && e.value === 0 && events.some((c) => c.k === 'call' && c.call === e.call && c.name === 'recv'))
    expect(over).toBeDefined()
    expect((await start('tcp-client', { port, send: 'next' }).ended).status).toBe('ok')
  })

  it('a client that is killed with bytes unread: RST, ECONNRESET in the trace, and the server serves the next one', async () => {
    const port = await serve()
    // its kernel has bytes that nobody will read any more: RFC 2525, section 2.17
    const { child } = await python(`s = socket.create_connection(('127.0.0.1', ${port})); s.sendall(b'x' * 1000); print('there'); time.sleep(1000)`)
    await seen((e) => e.k === 'ret' && events.some((c) => c.k === 'call' && c.call === e.call && c.name === 'send'))
    await kill(child)
    await seen((e) => e.k === 'ret' && e.errno === 'ECONNRESET')
    expect((await start('tcp-client', { port, send: 'next' }).ended).status).toBe('ok')
  })

  it('a server that is killed: the client\'s run ends and says why', async () => {
    const { child, line } = await python(`s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); c, _ = s.accept(); time.sleep(1000)`)
    const { run } = (await engine.request('hand.open', { name: 'client' }) as { ok: true; value: { run: number; thread: number } }).value
    const thread = [...engine.kernel!.processes.threads.values()].find((t) => t.run.id === run)!
    const { dispatcher } = engine.kernel!
    const made = await dispatcher.socket(thread, 'inet', 'stream')
    await dispatcher.connect(thread, made.sock!, { family: 'inet', host: '127.0.0.1', port: Number(line) })
    await dispatcher.send(thread, made.sock!, new Uint8Array(10))
    const waiting = dispatcher.recv(thread, made.sock!, 10)
    await kill(child)
    expect((await waiting).errno).toBe('ECONNRESET')
    await engine.stopRuns()
    const client = start('tcp-client', { port: Number(line) })
    expect(await client.ended).toMatchObject({ status: 'failed', error: { errno: 'ECONNREFUSED' } })
  })

  it('the wall clock is set while it records: no time of the trace moves, and no session is lost', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const port = await serve()
      const real = performance.now()
      for (const jump of [86_400_000, -2 * 86_400_000, 365 * 86_400_000, 0]) {
        vi.setSystemTime(Date.now() + jump)
        expect((await start('tcp-client', { port, send: 'tick' }).ended).status).toBe('ok')
      }
      engine.recorder.flush()
      const times = events.map((e) => e.t)
      expect(times).toEqual([...times].sort((a, b) => a - b))
      expect(times.at(-1)! - times[0]!).toBeLessThan((performance.now() - real + 60_000) * 1000)
      const first = engine.recorder.info()
      // a new session that begins, by the clock, before the one that it follows
      vi.setSystemTime(Date.now() - 10 * 86_400_000)
      const answer = await engine.newSession()
      start('tcp-server', { port: 0 })
      await vi.waitUntil(() => engine.recorder.info().events > 5)
      expect((await engine.sessions.list(engine.recorder)).map((s) => s.session)).toEqual([answer.session, first.session])
      expect(await stored(first.session)).toHaveLength(events.length)
    } finally {
      vi.useRealTimers()
    }
  })

  it('pieces of one upload that come all at once open one file, and no more files are open than the limit says', async () => {
    const open = (): number => readdirSync('/proc/self/fd').length
    const before = linux ? open() : 0
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => engine.request('session.upload', { upload: i < 40 ? 'same' : `other ${i}`, offset: 0, bytes: new Uint8Array(9), last: false })))
    expect(answers.filter((answer) => !answer.ok && answer.error.code === 'LIMIT').length).toBeGreaterThanOrEqual(17)
    if (linux) expect(open()).toBeLessThanOrEqual(before + 4)
  })

  it('a call of a hand that is held back when its run is stopped makes no socket', async () => {
    const answer = await engine.request('hand.open', { name: 'hand' })
    if (!answer.ok) throw new Error(answer.error.message)
    engine.kernel!.dispatcher.pacer.set({ mode: 'slow', ms: 1 })
    for (let n = 0; n < 50; n++) {
      const { thread } = (await engine.request('hand.open', { name: `hand ${n}` }) as { ok: true; value: { thread: number } }).value
      await engine.request('hand.call', { thread, call: { name: 'socket', family: 'inet', type: 'stream' } })
      if (n % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      await engine.stopRuns()
    }
    engine.kernel!.dispatcher.pacer.set({ mode: 'run' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(engine.kernel!.dispatcher.sockets.size).toBe(0)
  })
})
