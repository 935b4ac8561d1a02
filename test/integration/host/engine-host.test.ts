/** The keeper of the engine's worker, with a worker that dies on demand. */
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EngineHost } from '../../../src/engine/host/engine-host'

const script = join(import.meta.dirname, 'crashing-engine.mjs')
let dataDir: string
let host: EngineHost
let lines: string[]

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'socketscope-host-'))
  lines = []
  host = new EngineHost(script, { dataDir, resourcesDir: dataDir, version: '1.2.3' }, (line) => lines.push(line))
})
afterEach(async () => {
  await host.shutdown()
  await rm(dataDir, { recursive: true, force: true })
})

interface Answer { order: string; thread: number; version: string }

/** Asks as a page does: when the port closes before the answer, with another port. */
async function tell(order: string): Promise<Answer> {
  for (;;) {
    const port = host.connect()
    const answer = await new Promise<Answer | undefined>((done) => {
      port.on('message', done)
      port.once('close', () => done(undefined))
      port.postMessage(order)
    })
    port.close()
    if (answer) return answer
  }
}

it('gives every client a port to one worker, which knows its data', async () => {
  const [first, second] = await Promise.all([tell('a'), tell('b')])
  expect(first).toMatchObject({ order: 'a', version: '1.2.3' })
  expect(second).toMatchObject({ order: 'b', thread: first.thread })
})

it.each([['throw', /thrown on purpose/], ['exit', /ended with code 3/]])('closes the ports of a worker that dies (%s), says why, and starts another', async (order, why) => {
  const { thread } = await tell('hello')
  const port = host.connect()
  const closed = once(port, 'close')
  port.start() // a port that does not read does not learn of its end
  port.postMessage(order)
  await closed
  expect((await tell('again')).thread).not.toBe(thread)
  expect(lines.join('\n')).toMatch(why)
})

it('lets the worker close everything on shutdown, once', async () => {
  await tell('hello')
  await Promise.all([host.shutdown(), host.shutdown()])
  expect(await readFile(join(dataDir, 'log'), 'utf8')).toBe('closed\n')
  expect(lines).toEqual([])
})

it('ends a worker that does not end by itself', async () => {
  await tell('hang')
  await host.shutdown()
  expect(lines.join('\n')).toMatch(/did not end within/)
})

it('gives a closed port after shutdown, and ends what never started', async () => {
  await host.shutdown()
  const port = host.connect()
  await once(port, 'close')
})
