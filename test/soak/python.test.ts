/**
 * Eight Python programs in one page for the traffic of an hour's class: servers and clients of four kinds, as fast as they go,
 * with connections that come and go. Each client checks every answer; none may stand still. Afterwards Stop works on each, and
 * descriptors, sockets, threads, memory, workers and the page's heap are where they were. SOAK_CALLS says how many socket
 * calls (1,000,000), SOAK_MINUTES how long at most; the figures are printed.
 */
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { loadavg } from 'node:os'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import type { EngineStatus, FromEngine } from '../../src/shared/contract/contract'
import { codec, dial } from '../integration/serve/client'
import { startApp, type App } from '../lib/app'
import { write } from '../lib/python'
import { launchUnwatched } from '../lib/unwatched'
import { PAIRS } from './python-programs'

const MINUTES = Number(process.env.SOAK_MINUTES ?? 60)
const CALLS = Number(process.env.SOAK_CALLS ?? 1_000_000)
/** A client that says nothing for so long stands still, also on a machine with much else to do, milliseconds. */
const STILL = 180_000
/** How often figures are taken, milliseconds. */
const SAMPLE = 15_000

/** The engine's status, asked for beside the page. */
class Status {
  now: EngineStatus | undefined
  private constructor(private readonly socket: import('ws').WebSocket) {
    socket.on('message', (data: Buffer) => {
      const message = codec.unpack(data) as FromEngine
      if ('push' in message && message.push === 'status') this.now = message.status
    })
  }

  static async of(app: App, page: Page): Promise<Status> {
    const [cookie] = await page.context().cookies(app.origin)
    const socket = await dial(Number(new URL(app.origin).port), { origin: app.origin, cookie: `${cookie!.name}=${cookie!.value}` })
    if (typeof socket === 'number') throw new Error(`the socket was refused with ${socket}`)
    return new Status(socket)
  }

  newSession(): void {
    this.socket.send(codec.pack({ id: 1, method: 'session.new', params: {} }))
  }

  close(): void {
    this.socket.close()
  }
}

/** What the clients tell: round trips of each, and when it was heard of last. */
async function hear(): Promise<{
  port: number; trips: Map<string, number>; heard: Map<string, number>; longest: Map<string, number>
  /** the word to go on, after the first round trip */
  go(): void
  close(): void
}> {
  const clients = new Set<Socket>()
  const trips = new Map<string, number>()
  const heard = new Map<string, number>()
  const longest = new Map<string, number>()
  const server = createServer((socket) => {
    // a program that is stopped takes its connection with it
    socket.on('error', () => {})
    clients.add(socket)
    createInterface({ input: socket }).on('line', (line) => {
      const [name, made] = line.split(' ') as [string, string]
      const now = performance.now()
      longest.set(name, Math.max(longest.get(name) ?? 0, now - (heard.get(name) ?? now)))
      heard.set(name, now)
      trips.set(name, Number(made))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, trips, heard, longest,
    go() {
      heard.clear()
      for (const client of clients) client.write('go')
    },
    close: () => server.close(),
  }
}

const rss = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

async function workers(browser: Browser): Promise<number> {
  const cdp = await browser.newBrowserCDPSession()
  const { targetInfos } = await cdp.send('Target.getTargets', { filter: [{ type: 'worker' }] })
  await cdp.detach()
  return targetInfos.length
}

async function heap(cdp: CDPSession): Promise<number> {
  for (let i = 0; i < 3; i++) await cdp.send('HeapProfiler.collectGarbage')
  return (await cdp.send('Runtime.getHeapUsage')).usedSize / 2 ** 20
}

/** Of every worker its JavaScript heap, MB, the smallest first. The interpreter's own memory is none of it: see `drawing`. */
async function workerHeaps(browser: Browser): Promise<number[]> {
  const cdp = await browser.newBrowserCDPSession()
  const { targetInfos } = await cdp.send('Target.getTargets', { filter: [{ type: 'worker' }] })
  const heaps = await Promise.all(targetInfos.map(async ({ targetId }) => {
    const { sessionId } = await cdp.send('Target.attachToTarget', { targetId, flatten: false })
    const ask = (id: number, method: string): Promise<{ usedSize: number }> => new Promise((resolve) => {
      const hear = ({ sessionId: from, message }: { sessionId: string; message: string }): void => {
        const answer = JSON.parse(message) as { id?: number; result: { usedSize: number } }
        if (from !== sessionId || answer.id !== id) return
        cdp.off('Target.receivedMessageFromTarget', hear)
        resolve(answer.result)
      }
      cdp.on('Target.receivedMessageFromTarget', hear)
      void cdp.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) })
    })
    await ask(1, 'HeapProfiler.collectGarbage')
    return (await ask(2, 'Runtime.getHeapUsage')).usedSize / 2 ** 20
  }))
  await cdp.detach()
  return heaps.sort((a, b) => a - b)
}

/** What the browser's drawing processes hold, MB: the page and all its interpreters are in one of them. */
async function drawing(browser: Browser): Promise<number> {
  const cdp = await browser.newBrowserCDPSession()
  const { processInfo } = await cdp.send('SystemInfo.getProcessInfo')
  await cdp.detach()
  return Math.max(...processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => rss(id)))
}

interface Rest { rss: number; descriptors: number; workers: number; heap: number; drawing: number }

/** With nothing running and an empty session; the page must be loaded, and an interpreter ready. */
async function atRest(app: App, browser: Browser, page: Page, status: Status): Promise<Rest> {
  status.newSession()
  await expect.poll(() => status.now?.sockets === 0 && status.now.threads === 0 && status.now.events < 100, { timeout: 60_000 }).toBe(true)
  await expect.poll(() => workers(browser), { timeout: 120_000, interval: 500 }).toBe(1)
  // what is done later: the collector of both, the file of the session that was
  await setTimeout(5000)
  const cdp = await page.context().newCDPSession(page)
  const held = await heap(cdp)
  await cdp.detach()
  return { rss: rss(app.pid), descriptors: descriptors(app.pid), workers: await workers(browser), heap: held, drawing: await drawing(browser) }
}

/** With all of them running: the workers, and the page that looks on. */
async function atWork(browser: Browser, page: Page): Promise<{ heap: number; workers: number[]; drawing: number }> {
  const cdp = await page.context().newCDPSession(page)
  const held = await heap(cdp)
  await cdp.detach()
  return { heap: held, workers: await workerHeaps(browser), drawing: await drawing(browser) }
}

const pageOf = (browser: Browser, app: App): Page => browser.contexts()[0]!.pages().find((one) => one.url().startsWith(app.origin))!

async function begin(page: Page, source: string, args: string): Promise<void> {
  await write(page.getByRole('textbox', { name: 'Program' }), source)
  await page.getByRole('textbox', { name: 'Arguments' }).fill(args)
  await page.getByRole('button', { name: 'Run', exact: true }).click()
}
const word = (page: Page) => page.getByRole('toolbar', { name: 'Run and step' }).getByRole('status')

it(`eight programs make ${CALLS.toLocaleString('en')} calls, and leave everything as it was`, async () => {
  const chromium = await launchUnwatched(['--js-flags=--expose-gc'])
  const app = await startApp()
  const told = await hear()
  let browser = await chromium.attach()
  const problems: string[] = []
  try {
    let page = await browser.contexts()[0]!.newPage()
    page.setDefaultTimeout(180_000)
    page.on('pageerror', (error) => problems.push(error.message))
    await page.goto(`${app.url}#/python`)
    const status = await Status.of(app, page)
    // one program before anything counts: code is compiled, the page's views are made
    await begin(page, "print('here')\n", '')
    await page.getByRole('log', { name: 'Console' }).getByText('here').waitFor()
    const before = await atRest(app, browser, page, status)

    for (const [i, pair] of PAIRS.entries()) {
      if (i > 0) await page.getByRole('button', { name: 'New program' }).click()
      await begin(page, pair.server, '')
      const line = page.getByRole('log', { name: 'Console' }).getByText(/PORT \d+/)
      await line.waitFor().catch(async (e: unknown) => { throw new Error(`${pair.name} does not listen, it is ${await word(page).innerText()}; ${problems.join(' ')}`, { cause: e }) })
      const port = /PORT (\d+)/.exec(await line.innerText())![1]!
      await page.getByRole('button', { name: 'New program' }).click()
      await begin(page, pair.client, `${port} ${told.port}`)
      await expect.poll(() => told.trips.has(pair.name), { timeout: STILL, message: `${pair.name} makes a round trip` }).toBe(true)
    }
    // until here they stood still: DevTools, while it looks on, would be told of every message of them all
    await browser.close()
    told.go()
    await setTimeout(SAMPLE)
    browser = await chromium.attach()
    const early = await atWork(browser, pageOf(browser, app))
    await browser.close()

    const calls = (): number => PAIRS.reduce((sum, { name, calls: each }) => sum + (told.trips.get(name) ?? 0) * each, 0)
    const samples: { minute: number; rss: number; descriptors: number }[] = []
    const began = performance.now()
    const first = calls()
    while (calls() < CALLS && performance.now() - began < MINUTES * 60_000) {
      await setTimeout(SAMPLE)
      const now = performance.now()
      samples.push({ minute: (now - began) / 60_000, rss: rss(app.pid), descriptors: descriptors(app.pid) })
      const still = PAIRS.filter(({ name }) => now - (told.heard.get(name) ?? began) > STILL).map(({ name }) => name)
      expect(still, 'clients that stand still').toEqual([])
    }
    const minutes = (performance.now() - began) / 60_000
    const made = calls()

    browser = await chromium.attach()
    page = pageOf(browser, app)
    page.setDefaultTimeout(180_000)
    const running = page.getByRole('tablist', { name: 'Programs' }).getByRole('tab', { name: /running$/ })
    await expect.poll(() => running.count(), { timeout: STILL }).toBe(2 * PAIRS.length)
    const late = await atWork(browser, page)
    const stops: number[] = []
    // each client before its server, without which it ends by itself
    for (let left = 2 * PAIRS.length; left > 0; left--) {
      await running.last().click()
      const clicked = performance.now()
      await page.getByRole('button', { name: 'Stop', exact: true }).click()
      await word(page).getByText('stopped').waitFor()
      stops.push(performance.now() - clicked)
      await expect.poll(() => running.count(), { timeout: STILL }).toBe(left - 1)
    }
    const after = await atRest(app, browser, page, status)
    const two = (a: number, b: number, digits = 0): string => `${a.toFixed(digits)} -> ${b.toFixed(digits)}`
    const workersAt = ({ workers: all }: typeof early): string => all.map((one) => one.toFixed(0)).join(' ')
    console.log([
      `${made.toLocaleString('en')} socket calls at least in ${minutes.toFixed(1)} minutes, ${Math.round((made - first) / minutes / 60)} a second; load ${loadavg().map((l) => l.toFixed(1)).join(' ')}`,
      ...PAIRS.map(({ name }) => `  ${name.padEnd(10)}${(told.trips.get(name) ?? 0).toLocaleString('en').padStart(10)} round trips, longest silence ${((told.longest.get(name) ?? 0) / 1000).toFixed(1)} s`),
      `  while it ran: rss ${samples.map((s) => s.rss.toFixed(0)).join(' ')} MB; descriptors ${samples.map((s) => s.descriptors).join(' ')}`,
      `  at work, early -> late: page heap ${two(early.heap, late.heap, 1)} MB; heaps of the workers ${workersAt(early)} -> ${workersAt(late)} MB; page's process, with all interpreters, ${two(early.drawing, late.drawing)} MB`,
      `  stop: ${stops.map((ms) => ms.toFixed(0)).join(' ')} ms`,
      `  before -> after: rss ${two(before.rss, after.rss)} MB, descriptors ${two(before.descriptors, after.descriptors)}, workers ${two(before.workers, after.workers)}, page heap ${two(before.heap, after.heap, 1)} MB, page's process ${two(before.drawing, after.drawing)} MB`,
    ].join('\n'))
    expect(stops).toHaveLength(2 * PAIRS.length)
    // one more is kept ready
    expect(late.workers).toHaveLength(2 * PAIRS.length + 1)
    expect(Math.max(...late.workers)).toBeLessThanOrEqual(Math.max(...early.workers) * 1.5 + 5)
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors + 2)
    expect(after.workers).toBe(before.workers)
    expect(after.heap).toBeLessThanOrEqual(before.heap * 1.15 + 5)
    // the allocator keeps some of what the trace of a full session had
    expect(after.rss).toBeLessThanOrEqual(before.rss + 150)
    expect(problems).toEqual([])
    status.close()
  } finally {
    told.close()
    await chromium.dispose()
    await app.stop()
  }
}, (MINUTES + 30) * 60_000)
