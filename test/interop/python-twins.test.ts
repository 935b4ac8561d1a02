/**
 * The built-in programs' Python twins, unmodified, in the lab's Python: they print what they print under python3, and make
 * the same socket calls in the same order as strace shows of python3. A twin that no case runs fails the last test.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listInterfaces } from '../../src/engine/observe/interfaces'
import type { TraceEvent } from '../../src/shared/trace/events'
import { launchChromium } from '../lib/chromium'
import { openPython, runFile, type PythonPage } from '../lib/python'
import { callsOfTrace } from './lib/calls'
import { exchange } from './lib/clients'
import { start, startPython, type Peer } from './lib/peer'
import { ofTwin, together } from './lib/same'
import { startTwin, twinFile, type Given } from './lib/twin'

let browser: Browser
let page: PythonPage
beforeAll(async () => {
  browser = await launchChromium()
  page = await openPython(browser)
})
afterAll(async () => {
  await page?.leave()
  await browser?.close()
})

/** What a scenario needs of a program, wherever it runs. */
interface Running {
  port(): Promise<number>
  line(pattern: RegExp, from?: number): Promise<RegExpExecArray>
  type(line: string): void
}
/** How it is over: it ends by itself, or with its input, or is stopped by Ctrl-C. */
type Scenario = (program: Running) => Promise<'ends' | 'input' | 'stop'>

interface How {
  /** which calls are compared: all in their order; without how a stream was cut; whatever thread made them; none */
  calls?: 'all' | 'any cut' | 'any thread'
  /** the order in which threads print is theirs */
  unordered?: boolean
  /** what is no part of the agreement, of a printed line and of a call */
  normal?: (text: string) => string
}

const PORTS = /(127\.0\.0\.1|\[::1\]|localhost)(:| port )\d+/g
/** Ports that the kernel chose are not part of what is the same; nor is what Python says of Ctrl-C. */
function normalLines(lines: string[], { unordered = false, normal = (text) => text }: How): string[] {
  const end = lines.findIndex((line) => line.startsWith('Traceback '))
  const text = (end < 0 ? lines : lines.slice(0, end)).join('\n')
  // python3 writes a line and its end apart, and another thread may come between
  const kept = text.split(unordered ? /\n|(?=(?:request|client) \d+[: ])/ : '\n').map((line) => normal(line.replace(PORTS, '$1$2PORT'))).filter((line) => line !== '')
  return unordered ? kept.sort() : kept
}
function normalCalls(threads: string[][], { calls = 'all', normal = (text) => text }: How): string[][] {
  const lists = threads.map((list) => (calls === 'all' ? list : together(list)).map(normal).filter((call) => call !== ''))
  if (calls !== 'any thread') return lists
  // a daemon thread that waits when the program ends makes no call any more
  return [lists.flat().map((call) => call.replace(/\bs\d+\b/g, 's')).filter((call) => !/ recv \d+ = stopped$/.test(call)).sort()]
}
/** A call that Ctrl-C took back ends as one that the lab took back; selectors poll as often as they like where the program does not. */
const comparable = (events: TraceEvent[], given: Given): TraceEvent[] =>
  events.filter((e) => e.k !== 'call' || e.name !== 'poll' || given.model === 'poll').map((e) => (e.k === 'ret' && e.errno === 'EINTR' ? { ...e, errno: 'CANCELLED' } : e))

const ran = new Set<string>()

async function inLab(program: string, given: Given, scenario: Scenario): Promise<{ calls: string[][]; printed: string[] }> {
  const file = twinFile(program, given)
  ran.add(basename(file))
  // the lab's Python has a folder of its own: the page gives it that one, too
  const source = readFileSync(file, 'utf8').replace(/^DIR = .*$/m, `DIR = '.'`)
  const running = await runFile(page, basename(file), source)
  const how = await scenario({ line: running.line, type: running.type, port: async () => Number((await running.line(/^listening on .*:(\d+)$/))[1]) })
  if (how === 'stop') await running.interrupt()
  if (how === 'input') running.endInput()
  const { text } = await running.ended()
  return { calls: callsOfTrace(comparable(running.events(), given)), printed: text.split('\n') }
}

async function expectSame(program: string, given: Given, scenario: Scenario, how: How = {}): Promise<void> {
  const there = await ofTwin(program, given, async (peer: Peer, stop) => {
    const end = await scenario({ port: () => peer.port(), line: (pattern, from) => peer.line(pattern, from), type: (line) => peer.write(`${line}\n`) })
    return end === 'stop' ? stop() : peer.finish()
  })
  const here = await inLab(program, given, scenario)
  expect(normalLines(here.printed, how)).toEqual(normalLines(there.printed, how))
  expect(normalCalls(here.calls, how)).toEqual(normalCalls(there.calls, how))
  // so that two empty records are not taken for agreement
  expect(here.calls.flat().length).toBeGreaterThan(1)
}

const answers: Record<string, [text: string, length: number]> = {
  ack: ["b'ACK'", 3], echo: ["b'hello'", 5], upper: ["b'HELLO'", 5], discard: ["b''", 0], sum: ["b'error: send two numbers, such as 1 2\\n'", 37],
}
const ends: Scenario = async () => 'ends'
const dated = (line: string): string => line.replace(/\[\d\d\/\w+\/\d{4} [\d:]+\]|^Date: .*/, 'DATE').replace(/Python\/[\d.]+/, 'Python/3')
/** What the standard library sends of itself is another in another version. */
const anySize = (call: string): string => call.replace(/( send) .*/, '$1')

/** From a port (0: any): sends each of its other arguments as a datagram, prints what comes back until as many have come as it is told. */
const ASK = `
import socket, sys
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(('127.0.0.1', int(sys.argv[2])))
print(s.getsockname()[1])
for text in sys.argv[4:]: s.sendto(text.encode(), ('127.0.0.1', int(sys.argv[1])))
for n in range(int(sys.argv[3])): print(s.recv(65535).decode())
`
async function ask(port: number, from: number, count: number, texts: readonly string[]): Promise<string[]> {
  const client = startPython(ASK, String(port), String(from), String(count), ...texts)
  await client.finish()
  return client.lines
}

describe('servers, to clients in python3', () => {
  it.each(Object.keys(answers).flatMap((behaviour) => ['iterative', 'threads', 'pool', 'poll'].map((model) => [behaviour, model] as const)))('tcp-server %s %s', { timeout: 600_000 }, async (behaviour, model) => {
    await expectSame('tcp-server', { behaviour, model, port: 0 }, async (server) => {
      const port = await server.port()
      for (const n of [1, 2]) {
        expect(await exchange('127.0.0.1', port, 'hello', answers[behaviour]![1])).toBe(answers[behaviour]![0])
        await server.line(behaviour === 'ack' ? / sent / : / closed/, 2 * n)
      }
      return 'stop'
      // which thread of the pool takes a client is theirs to say
    }, model === 'pool' ? { calls: 'any thread' } : {})
  })

  it.each(['delimiter', 'fixed', 'length'])('frame-server %s', { timeout: 600_000 }, async (framing) => {
    await expectSame('frame-server', { framing, port: 0 }, async (server) => {
      const client = startTwin('frame-client', { framing, port: await server.port() })
      expect(await client.finish(), client.err).toMatchObject({ code: 0 })
      await server.line(/ closed/)
      return 'stop'
    }, { calls: 'any cut' })
  })

  it('udp-server', { timeout: 600_000 }, async () => {
    let from = 0
    await expectSame('udp-server', { port: 0, loss: 0.3, seed: 9 }, async (server) => {
      const requests = Array.from({ length: 12 }, (_, i) => `text ${i}`)
      const port = await server.port()
      // the seed drops some of them, the same ones each time
      const lines = await ask(port, from, 8, requests)
      from = Number(lines[0])
      expect(lines.slice(1)).toContain('TEXT 1')
      await server.line(/ sent b'text 11'/)
      return 'stop'
    })
  })

  it('http-server', { timeout: 600_000 }, async () => {
    await expectSame('http-server', { port: 0, dir: '.' }, async (server) => {
      const curl = start('curl', ['-si', '--path-as-is', `http://127.0.0.1:${await server.port()}/../nothing.html`])
      expect(await curl.finish()).toMatchObject({ code: 0 })
      expect(curl.out).toMatch(/^HTTP\/1\.1 404 File not found/)
      await server.line(/404/)
      return 'stop'
    }, { calls: 'any cut', normal: (text) => anySize(dated(text)) })
  })

  it('xmlrpc-server', { timeout: 600_000 }, async () => {
    await expectSame('xmlrpc-server', { port: 0 }, async (server) => {
      const client = startTwin('xmlrpc-client', { url: `http://127.0.0.1:${await server.port()}`, method: 'quadratic', params: '[2, -4, 0]' })
      expect(await client.finish(), client.err).toMatchObject({ code: 0 })
      expect(client.lines.join()).toContain('[0.0, 2.0]')
      await server.line(/POST/)
      return 'stop'
    }, { calls: 'any cut', normal: (text) => anySize(dated(text)) })
  })
})

describe('the wire, between programs in python3', () => {
  it('relay-tcp', { timeout: 600_000 }, async () => {
    const to = await startTwin('tcp-server', { port: 0, behaviour: 'echo' }).port()
    await expectSame('relay', { proto: 'tcp', 'listen-port': 0, 'to-port': to, delay: 5 }, async (wire) => {
      expect(await exchange('127.0.0.1', await wire.port(), 'through the wire', 16)).toBe("b'through the wire'")
      await wire.line(/ closed$/)
      return 'stop'
    }, { calls: 'any thread' })
  })

  it('relay-udp', { timeout: 600_000 }, async () => {
    const to = await startTwin('udp-server', { port: 0 }).port()
    const requests = Array.from({ length: 20 }, (_, i) => `text ${i}`)
    let from = 0
    const heard: string[][] = []
    await expectSame('relay', { proto: 'udp', 'listen-port': 0, 'to-port': to, loss: 0.2, duplicate: 0.2, seed: 4 }, async (wire) => {
      const [own, ...got] = await ask(await wire.port(), from, 12, requests)
      from = Number(own)
      heard.push(got)
      return 'stop'
      // the socket of a daemon thread is closed by the end of the process, or by the lab
    }, { calls: 'any thread', normal: (text) => text.replace(/^s\d+ close$/, '') })
    expect(heard[1]).toEqual(heard[0])
    expect(new Set(heard[0]).size).toBeLessThan(12)
  })
})

describe('clients, to servers in python3', () => {
  it('tcp-client', { timeout: 600_000 }, async () => {
    const port = await startTwin('tcp-server', { port: 0 }).port()
    await expectSame('tcp-client', { host: '127.0.0.1', port }, ends)
  })

  it('tcp-client that is refused', { timeout: 600_000 }, async () => {
    await expectSame('tcp-client', { host: '127.0.0.1', port: 1 }, ends)
  })

  it('tcp-load', { timeout: 600_000 }, async () => {
    const port = await startTwin('tcp-server', { port: 0, behaviour: 'upper' }).port()
    await expectSame('tcp-load', { port, clients: 5, 'arrival-ms': 5, requests: 2 }, ends, { calls: 'any thread', unordered: true })
  })

  it('udp-client', { timeout: 600_000 }, async () => {
    const port = await startTwin('udp-server', { port: 0 }).port()
    await expectSame('udp-client', { port, timeout: 30, 'give-up': 30 }, ends)
  })

  it('udp-client-parallel', { timeout: 600_000 }, async () => {
    const port = await startTwin('udp-server', { port: 0 }).port()
    await expectSame('udp-client', { port, count: 10, parallel: 4, timeout: 30, 'give-up': 30 }, ends, { calls: 'any thread', unordered: true })
  })

  it('udp-broadcast', { timeout: 600_000 }, async () => {
    const port = await startTwin('udp-server', { host: '0.0.0.0', port: 0 }).port()
    await expectSame('udp-broadcast', { interface: 'lo', port, wait: 0.5 }, ends)
  })

  const able = listInterfaces().find((i) => i.up && !i.loopback && i.addresses.some((a) => a.family === 'inet6'))
  it.each([['inet6', able?.name], ['inet', 'lo']] as const)('multicast-member-%s', { timeout: 600_000 }, async (family, on) => {
    if (on === undefined) throw new Error('this machine has no interface with IPv6 but the loopback: add one (ip link add type dummy)')
    const address = (text: string): string => text.replace(/^\S+(?= 안나: )/, 'MEMBER')
    await expectSame('multicast-member', { family, interface: on, port: 5108, name: '안나', send: 'hi', ttl: 0 }, async (member) => {
      // it hears itself, and ends with its input
      await member.line(/ 안나: hi$/)
      member.type('또')
      await member.line(/ 안나: 또$/)
      return 'input'
    }, { normal: address })
  })

  it.each(['delimiter', 'fixed', 'length'])('frame-client %s', { timeout: 600_000 }, async (framing) => {
    const port = await startTwin('frame-server', { framing, port: 0 }).port()
    await expectSame('frame-client', { framing, port }, ends, { calls: 'any cut' })
  })

  it('http-get', { timeout: 600_000 }, async () => {
    const port = await startTwin('http-server', { port: 0 }).port()
    await expectSame('http-get', { url: `http://127.0.0.1:${port}/none`, read: 'auto' }, ends, { calls: 'any cut', normal: dated })
  })

  it('xmlrpc-client', { timeout: 600_000 }, async () => {
    const port = await startTwin('xmlrpc-server', { port: 0 }).port()
    await expectSame('xmlrpc-client', { url: `http://127.0.0.1:${port}/RPC2`, method: 'system.listMethods', params: '[]' }, ends, { calls: 'any cut', normal: anySize })
  })

  it('echo-client: the lines that are typed', { timeout: 600_000 }, async () => {
    const port = await startTwin('tcp-server', { port: 0, behaviour: 'echo' }).port()
    await expectSame('echo-client', { host: '127.0.0.1', port }, async (client) => {
      await client.line(/connected/)
      for (const text of ['one', '둘']) {
        const before = client.line(/^received /)
        client.type(text)
        await before
      }
      return 'input'
    })
  })
})

it('every twin was run', () => {
  expect([...ran].sort()).toEqual(readdirSync(resolve(import.meta.dirname, '../../resources/programs')).filter((name) => name.endsWith('.py')).sort())
})
