/**
 * What the page does in a real browser, headless, drawn in software: how soon it paints, and how evenly while much happens.
 * A frame is what requestAnimationFrame says. Playwright's Chromium runs at 60 frames a second at best.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { findChromium, launchChromium } from '../lib/chromium'
import { forkBench, stopBench } from './processes'
import type { Ask } from './servers/page'
import { median, SHOWN, type Row } from './table'

const OUT = join(import.meta.dirname, '../../out')
const FRAMES = 55
const FLOOD = { rate: 100_000, seconds: 60, gap: 100, heap: 300e6 }
const BULK = 1024 ** 3
const NODES = 2000
const SCROLL_MS = 6000
const DATAGRAMS = 50_000
const UDP_MS = 10_000
const PAINT_MS = 1500

interface Lab {
  child: ChildProcess
  page: Page
  cdp: CDPSession
  ask(ask: Ask): void
  answer<T>(): Promise<T>
  close(): Promise<void>
}

async function open(browser: Browser, at: string): Promise<Lab> {
  const child = await forkBench('page', [join(OUT, 'renderer')])
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US' })
  const page = await context.newPage()
  await page.goto(`${url}#${at}`)
  await page.getByText('Engine connected').waitFor()
  return {
    child, page, cdp: await context.newCDPSession(page),
    ask: (ask) => void child.send(ask),
    answer: async <T>() => ((await once(child, 'message')) as [T])[0],
    async close() {
      await context.close()
      await stopBench(child)
    },
  }
}

/** Notes how long each frame took. As text: what the loader of TypeScript adds to functions is not there in the page. */
const NOTE_FRAMES = `(() => {
  window.frameTimes = []
  let last = performance.now()
  const next = (now) => {
    window.frameTimes.push(now - last)
    last = now
    requestAnimationFrame(next)
  }
  requestAnimationFrame(next)
})()`

/** Begins to note how long each frame took; the answer gives them, milliseconds. */
async function watchFrames(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(NOTE_FRAMES)
  // the first is from whenever it was asked for
  return async () => (await page.evaluate<number[]>('window.frameTimes')).slice(1)
}

const rateOf = (frames: readonly number[]): number => 1000 / median(frames)
const shown = (frames: readonly number[]): string => `${rateOf(frames).toFixed(0)} frames/s, longest gap ${Math.max(...frames).toFixed(0)} ms`

/** bytes of JavaScript's heap that something still holds */
async function heap(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.collectGarbage')
  const { usedSize } = await cdp.send('Runtime.getHeapUsage')
  return usedSize
}

async function flood(browser: Browser, seconds: number): Promise<Row> {
  const lab = await open(browser, '/tcp')
  const frames = await watchFrames(lab.page)
  const done = lab.answer<{ events: number; seconds: number }>()
  lab.ask({ do: 'flood', rate: FLOOD.rate, seconds })
  const { events, seconds: took } = await done
  const all = await frames()
  const held = await heap(lab.cdp)
  await lab.close()
  return {
    what: `the page under ${FLOOD.rate.toLocaleString('en')} events/s for ${seconds} s`,
    target: `>= ${FRAMES} frames/s, no gap over ${FLOOD.gap} ms, heap under ${FLOOD.heap / 1e6} MB`,
    ours: `${shown(all)}, heap ${(held / 1e6).toFixed(0)} MB`, theirs: `${Math.round(events / took).toLocaleString('en')} events/s came`,
    met: rateOf(all) >= FRAMES && Math.max(...all) <= FLOOD.gap && held < FLOOD.heap,
  }
}

async function hexView(browser: Browser): Promise<Row> {
  const lab = await open(browser, '/tcp')
  const { page } = lab
  const done = lab.answer()
  lab.ask({ do: 'bulk', bytes: BULK })
  await done
  await page.getByRole('tab', { name: 'Buffers', exact: true }).click()
  const grid = page.getByRole('grid', { name: /client/ }).first()
  await grid.waitFor()
  await page.getByText(/1,073,741,8\d\d/).first().waitFor()
  await grid.hover()
  const frames = await watchFrames(page)
  const firstRow = () => grid.getByRole('row').first().innerText()
  const before = await firstRow()
  let nodes = 0
  for (const end = performance.now() + SCROLL_MS; performance.now() < end;) {
    await page.mouse.wheel(0, 500)
    nodes = Math.max(nodes, await grid.evaluate((element) => element.closest('section')!.querySelectorAll('*').length))
  }
  const all = await frames()
  if (await firstRow() === before) throw new Error('the hex view did not scroll')
  await lab.close()
  return {
    what: 'hex view of 1 GB, scrolled by the wheel', target: `>= ${FRAMES} frames/s, under ${NODES} nodes`,
    ours: `${shown(all)}, ${nodes} nodes`, theirs: '', met: rateOf(all) >= FRAMES && nodes < NODES,
  }
}

/** The load's datagrams go out and come back: each is two. */
async function udpPage(browser: Browser): Promise<Row> {
  const lab = await open(browser, '/udp')
  const client = await forkBench('datagrams-client', [])
  const told = lab.answer<{ port: number }>()
  lab.ask({ do: 'udp' })
  const { port } = await told
  const frames = await watchFrames(lab.page)
  const start = performance.now()
  let datagrams = 0
  while (performance.now() - start < UDP_MS) {
    const count = DATAGRAMS / 10 / 2
    client.send({ port, count })
    const [{ ms }] = (await once(client, 'message')) as [{ ms: number }]
    datagrams += 2 * count
    // no faster than asked for
    await setTimeout(Math.max(0, 100 - ms))
  }
  const rate = datagrams / (performance.now() - start) * 1000
  const all = await frames()
  await stopBench(client)
  await lab.close()
  return {
    what: `the UDP page while ${DATAGRAMS.toLocaleString('en')} datagrams/s pass`, target: `>= ${FRAMES} frames/s`,
    ours: shown(all), theirs: `${Math.round(rate).toLocaleString('en')} datagrams/s passed`, met: rateOf(all) >= FRAMES && rate >= 0.9 * DATAGRAMS,
  }
}

/** From the start of the browser edition's process to what a person sees, in a browser that runs already, with nothing in its cache. */
async function firstPaint(browser: Browser, rounds: number): Promise<Row> {
  const taken: number[] = []
  const pages: number[] = []
  for (let round = 0; round < rounds; round++) {
    const dataDir = await mkdtemp(join(tmpdir(), 'socketscope-bench-'))
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US' })
    const page = await context.newPage()
    const start = performance.now()
    const child = spawn(process.execPath, [join(OUT, 'main/serve.js'), '--no-open', '--port', '0'], {
      env: { ...process.env, SOCKETSCOPE_DATA: dataDir }, stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const opened = performance.now()
    await page.goto(/http:\S+/.exec(line)![0], { waitUntil: 'commit' })
    const paint = await page.evaluate(() => new Promise<number>((resolve) => {
      new PerformanceObserver((list) => {
        const first = list.getEntriesByName('first-contentful-paint')[0]
        if (first) resolve(performance.timeOrigin + first.startTime)
      }).observe({ type: 'paint', buffered: true })
    }))
    taken.push(paint - (performance.timeOrigin + start))
    pages.push(paint - (performance.timeOrigin + opened))
    await context.close()
    child.kill()
    await once(child, 'exit')
    await rm(dataDir, { recursive: true, force: true })
  }
  const ms = median(taken)
  return {
    what: 'browser edition, from its start to first paint', target: `within ${PAINT_MS} ms`, ours: `${Math.round(ms)} ms`,
    theirs: `of it the page ${Math.round(median(pages))} ms`, met: ms <= PAINT_MS,
  }
}

/** @param only the words that a row's name must have, or all */
export async function pageRows(only: string | undefined, rounds: number, seconds = FLOOD.seconds): Promise<Row[]> {
  const wanted = (words: string) => only === undefined || words.includes(only)
  if (!['page flood', 'page hex', 'page udp', 'page paint'].some(wanted)) return []
  if (!findChromium()) return [{ what: 'the page', target: SHOWN, ours: 'no Chromium, Chrome or Edge was found', theirs: '', met: false }]
  const browser = await launchChromium()
  const rows: Row[] = []
  try {
    if (wanted('page paint')) rows.push(await firstPaint(browser, rounds))
    if (wanted('page hex')) rows.push(await hexView(browser))
    if (wanted('page udp')) rows.push(await udpPage(browser))
    if (wanted('page flood')) rows.push(await flood(browser, seconds))
  } finally {
    await browser.close()
  }
  return rows
}
