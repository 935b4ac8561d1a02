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
import { forkBench, forkEngine, stopBench } from './processes'
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
  const child = await forkEngine('page', [join(OUT, 'renderer')])
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

/** What a trace of Chromium has of one task. Times are microseconds; `tdur` is the processor's, without what others on the machine took. */
interface TraceTask { name: string; ph: string; pid: number; tid: number; tdur?: number; args: { name?: string } }

/**
 * The longest task of the page's main thread, in its own processor time, milliseconds: what of a gap between frames is the
 * page's doing. The rest of one is a machine that was busy with something else.
 */
async function watchTasks(browser: Browser): Promise<() => Promise<number>> {
  const cdp = await browser.newBrowserCDPSession()
  const seen: TraceTask[] = []
  cdp.on('Tracing.dataCollected', ({ value }) => { for (const one of value as unknown as TraceTask[]) if (one.ph === 'X' || one.ph === 'M') seen.push(one) })
  await cdp.send('Tracing.start', {
    transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel'], excludedCategories: ['*'], recordMode: 'recordAsMuchAsPossible', traceBufferSizeInKb: 512 * 1024 },
  })
  return async () => {
    const complete = new Promise((resolve) => cdp.once('Tracing.tracingComplete', resolve))
    await cdp.send('Tracing.end')
    await complete
    await cdp.detach()
    // a browser has pages of its own: the lab's is the one that works most
    const work = new Map<string, { sum: number; most: number }>()
    const at = (one: TraceTask) => `${one.pid} ${one.tid}`
    for (const one of seen) if (one.ph === 'M' && one.args.name === 'CrRendererMain') work.set(at(one), { sum: 0, most: 0 })
    for (const one of seen) {
      const own = one.name.endsWith('RunTask') ? work.get(at(one)) : undefined
      if (!own) continue
      own.sum += one.tdur ?? 0
      own.most = Math.max(own.most, one.tdur ?? 0)
    }
    const busiest = [...work.values()].sort((a, b) => b.sum - a.sum)[0]
    if (!busiest || busiest.sum === 0) throw new Error('the trace has no task of a page')
    return busiest.most / 1000
  }
}

const rateOf = (frames: readonly number[]): number => 1000 / median(frames)
const shown = (frames: readonly number[], own?: number): string =>
  `${rateOf(frames).toFixed(0)} frames/s, longest gap ${Math.max(...frames).toFixed(0)} ms${own === undefined ? '' : ` (longest work of the page ${own.toFixed(0)} ms)`}`

/** bytes of JavaScript's heap that something still holds */
async function heap(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.collectGarbage')
  const { usedSize } = await cdp.send('Runtime.getHeapUsage')
  return usedSize
}

async function flood(browser: Browser, seconds: number): Promise<Row> {
  const lab = await open(browser, '/tcp')
  const tasks = await watchTasks(browser)
  const frames = await watchFrames(lab.page)
  const done = lab.answer<{ events: number; seconds: number }>()
  lab.ask({ do: 'flood', rate: FLOOD.rate, seconds })
  const { events, seconds: took } = await done
  const all = await frames()
  const own = await tasks()
  const held = await heap(lab.cdp)
  await lab.close()
  return {
    what: `the page under ${FLOOD.rate.toLocaleString('en')} events/s for ${seconds} s`,
    target: `>= ${FRAMES} frames/s, no gap over ${FLOOD.gap} ms, heap under ${FLOOD.heap / 1e6} MB`,
    ours: `${shown(all, own)}, heap ${(held / 1e6).toFixed(0)} MB`, theirs: `${Math.round(events / took).toLocaleString('en')} events/s came`,
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
  const tasks = await watchTasks(browser)
  const frames = await watchFrames(lab.page)
  const start = performance.now()
  const elapsed = () => performance.now() - start
  let datagrams = 0
  while (elapsed() < UDP_MS) {
    const count = DATAGRAMS / 20 / 2
    client.send({ port, count })
    await once(client, 'message')
    datagrams += 2 * count
    // no faster than asked for, all in all: what a late one left is caught up with
    const early = datagrams / DATAGRAMS * 1000 - elapsed()
    if (early > 0) await setTimeout(early)
  }
  const rate = datagrams / elapsed() * 1000
  const all = await frames()
  const own = await tasks()
  await stopBench(client)
  await lab.close()
  return {
    what: `the UDP page while ${DATAGRAMS.toLocaleString('en')} datagrams/s pass`, target: `>= ${FRAMES} frames/s`,
    ours: shown(all, own), theirs: `${Math.round(rate).toLocaleString('en')} datagrams/s passed`, met: rateOf(all) >= FRAMES && rate >= 0.9 * DATAGRAMS,
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
  const browser = await launchChromium({ whole: true })
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
