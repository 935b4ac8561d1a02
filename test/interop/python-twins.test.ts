/**
 * The built-in programs' Python twins, unmodified, in the lab's Python: they print what they print under python3, and make
 * the same socket calls in the same order as strace shows of python3. Lab Python talks with python3 outside, both ways.
 */
import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TraceEvent } from '../../src/shared/trace/events'
import { launchChromium } from '../lib/chromium'
import { callsOfTrace } from './lib/calls'
import { exchange } from './lib/clients'
import type { Peer } from './lib/peer'
import { openPython, type LabProgram, type PythonPage } from './lib/python-page'
import { ofTwin } from './lib/same'
import { startTwin, twinFile, type Given } from './lib/twin'

let browser: Browser
let page: PythonPage
beforeAll(async () => {
  browser = await launchChromium()
  page = await openPython(browser)
})
afterAll(async () => {
  await page?.lab.leave()
  await browser?.close()
})

/** What a scenario needs of a program, wherever it runs. */
interface Running { port(): Promise<number>; line(pattern: RegExp, from?: number): Promise<RegExpExecArray> }
/** Resolves when the program has ended, or is to be stopped. */
type Scenario = (program: Running) => Promise<'ends' | 'stop'>

const PORTS = /(127\.0\.0\.1|\[::1\]|localhost)(:| port )\d+/g
/** Ports that the kernel chose are not part of what is the same; nor is what Python says of Ctrl-C. */
const normal = (lines: string[]): string[] => {
  const end = lines.findIndex((line) => line.startsWith('Traceback '))
  return (end < 0 ? lines : lines.slice(0, end)).map((line) => line.replace(PORTS, '$1$2PORT')).filter((line) => line !== '')
}
/** A call that Ctrl-C took back ends as one that the lab took back. */
const taken = (events: TraceEvent[]): TraceEvent[] => events.map((e) => (e.k === 'ret' && e.errno === 'EINTR' ? { ...e, errno: 'CANCELLED' } : e))

async function inLab(program: string, given: Given, scenario: Scenario): Promise<{ calls: string[][]; printed: string[] }> {
  const running: LabProgram = await page.run(`${program}-${++made}.py`, readFileSync(twinFile(program, given), 'utf8'))
  const how = await scenario({ line: running.line, port: async () => Number((await running.line(/^listening on .*:(\d+)$/))[1]) })
  if (how === 'stop') await running.interrupt()
  const printed = await running.ended()
  return { calls: callsOfTrace(taken(page.events())), printed: normal(printed) }
}
let made = 0

async function expectSame(program: string, given: Given, scenario: Scenario, { calls = true } = {}): Promise<void> {
  const there = await ofTwin(program, given, async (peer: Peer, stop) => ((await scenario(peer)) === 'stop' ? stop() : peer.finish()))
  const here = await inLab(program, given, scenario)
  expect(here.printed).toEqual(normal(there.printed))
  if (calls) expect(here.calls).toEqual(there.calls)
  expect(here.calls.flat().length).toBeGreaterThan(1)
}

const answers: Record<string, [text: string, length: number]> = { ack: ["b'ACK'", 3], echo: ["b'hello'", 5], upper: ["b'HELLO'", 5], sum: ["b'error: send two numbers, such as 1 2\\n'", 37] }

describe('servers, to clients in python3', () => {
  it.each(Object.keys(answers).flatMap((behaviour) => ['iterative', 'threads', 'pool', 'poll'].map((model) => [behaviour, model] as const)))('tcp-server %s %s', { timeout: 600_000 }, async (behaviour, model) => {
    await expectSame('tcp-server', { behaviour, model, port: 0 }, async (server) => {
      const port = await server.port()
      for (const n of [1, 2]) {
        expect(await exchange('127.0.0.1', port, 'hello', answers[behaviour]![1])).toBe(answers[behaviour]![0])
        await server.line(behaviour === 'ack' ? / sent / : / closed/, 2 * n)
      }
      return 'stop'
    }, { calls: model !== 'pool' })
  })

  it.each(['delimiter', 'fixed', 'length'])('frame-server %s', { timeout: 600_000 }, async (framing) => {
    const server = await page.run(`frames-${framing}.py`, readFileSync(twinFile('frame-server', { framing, port: 0 }), 'utf8'))
    const port = Number((await server.line(/^listening on .*:(\d+)$/))[1])
    const client = startTwin('frame-client', { framing, port })
    expect(await client.finish(), client.err).toMatchObject({ code: 0 })
    const reference = startTwin('frame-server', { framing, port: 0 })
    const second = startTwin('frame-client', { framing, port: await reference.port() })
    await second.finish()
    expect(normal(client.lines)).toEqual(normal(second.lines))
    await server.interrupt()
    await server.ended()
  })
})

describe('clients, to servers in python3', () => {
  const ends: Scenario = async () => 'ends'

  it('tcp-client', { timeout: 600_000 }, async () => {
    const port = await startTwin('tcp-server', { port: 0 }).port()
    await expectSame('tcp-client', { host: '127.0.0.1', port }, ends)
  })

  it('tcp-client that is refused', { timeout: 600_000 }, async () => {
    await expectSame('tcp-client', { host: '127.0.0.1', port: 1 }, ends)
  })

  it('udp-client', { timeout: 600_000 }, async () => {
    const port = await startTwin('udp-server', { port: 0 }).port()
    await expectSame('udp-client', { port }, ends)
  })

  it.each(['delimiter', 'fixed', 'length'])('frame-client %s', { timeout: 600_000 }, async (framing) => {
    const port = await startTwin('frame-server', { framing, port: 0 }).port()
    // how a stream is cut into pieces is the network's choice
    await expectSame('frame-client', { framing, port }, ends, { calls: false })
  })

  it('xmlrpc-client', { timeout: 600_000 }, async () => {
    const port = await startTwin('xmlrpc-server', { port: 0 }).port()
    await expectSame('xmlrpc-client', { url: `http://127.0.0.1:${port}/RPC2`, method: 'system.listMethods', params: '[]' }, ends, { calls: false })
  })

  it('echo-client: the lines that are typed', { timeout: 600_000 }, async () => {
    const port = await startTwin('tcp-server', { port: 0, behaviour: 'echo' }).port()
    const client = await page.run('echo-client.py', readFileSync(twinFile('echo-client', { host: '127.0.0.1', port }), 'utf8'))
    await client.line(/connected/)
    for (const text of ['one', 'two']) {
      const before = (await client.lines()).length
      await client.type(text)
      await client.line(new RegExp(`b?'?${text}`), before - 1)
    }
    await client.endInput()
    const shown = (await client.ended()).join('\n')
    expect(shown).toContain('two')
    expect(shown).not.toContain('Traceback')
  })
})
