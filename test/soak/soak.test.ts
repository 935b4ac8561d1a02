/**
 * An hour of a class, compressed: servers of every kind, clients, the lossy wire, groups, HTTP and RPC, sessions begun and opened,
 * and a page that looks on and walks about. Memory and descriptors of the engine's process and of the page must stay where they
 * are. SOAK_MINUTES says how long; the figures are printed.
 */
import { readdirSync, readFileSync } from 'node:fs'
import type { Browser, CDPSession } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium } from '../lib/chromium'
import { openLab, type LabPage } from '../lib/lab-page'
import { LabHand } from './lab-client'

const MINUTES = Number(process.env.SOAK_MINUTES ?? 10)
const PAGES = ['tcp', 'servers', 'udp', 'framing', 'relay', 'http', 'rpc', 'multicast', 'names', 'sessions', 'addresses', 'bytes']
/** Rounds in which caches fill and code is compiled: they are not judged. A page stays once it was opened, so each must have been. */
const WARM_UP = PAGES.length

interface Sample { minute: number; rss: number; descriptors: number; heap: number; nodes: number; listeners: number; events: number }

let browser: Browser
beforeAll(async () => { browser = await launchChromium({ whole: true, args: ['--js-flags=--expose-gc'] }) })
afterAll(() => browser.close())

/** One round of everything; about a third of a minute. */
async function round(hand: LabHand, n: number): Promise<void> {
  const models = ['iterative', 'threads', 'pool', 'poll'] as const
  const echo = await hand.serve('tcp-server', { port: 0, model: models[n % 4], behaviour: 'echo', backlog: 128 })
  const six = await hand.serve('tcp-server', { port: 0, host: '::1', family: 'inet6', model: 'threads', behaviour: 'ack' })
  await Promise.all([
    hand.play('tcp-load', { port: echo, clients: 60, 'arrival-ms': 5, requests: 5 }),
    hand.play('tcp-load', { port: six, host: '::1', family: 'inet6', clients: 20, 'arrival-ms': 2 }),
  ])
  const wire = await hand.serve('relay', { proto: 'tcp', 'listen-port': 0, 'to-port': echo, delay: 2, jitter: 2 })
  for (let i = 0; i < 5; i++) await hand.play('tcp-client', { port: wire, send: `round ${n}` })

  const udp = await hand.serve('udp-server', { port: 0, loss: 0.2, duplicate: 0.1, reorder: 0.1, seed: n })
  const lossy = await hand.serve('relay', { proto: 'udp', 'listen-port': 0, 'to-port': udp, loss: 0.2, seed: n })
  await Promise.all([
    hand.play('udp-client', { port: udp, count: 40, timeout: 0.01, 'give-up': 0.1 }),
    hand.play('udp-client', { port: lossy, count: 20, timeout: 0.01, 'give-up': 0.1, parallel: 4 }),
  ])

  const frames = await hand.serve('frame-server', { port: 0 })
  await hand.play('frame-client', { port: frames })
  const http = await hand.serve('http-server', { port: 0 })
  for (const path of ['', 'hello.txt', 'style.css', 'nothing']) await hand.play('http-get', { url: `http://127.0.0.1:${http}/${path}` })
  const rpc = await hand.serve('xmlrpc-server', { port: 0 })
  for (let i = 0; i < 3; i++) await hand.play('xmlrpc-client', { url: `http://127.0.0.1:${rpc}` })
  for (const name of ['ada', 'grace']) await hand.start('multicast-member', { family: 'inet', port: 5007, name, bot: true })

  // by hand: sockets that nobody closes, and a call that is left waiting
  const { thread } = await hand.get('hand.open', { name: 'hand' })
  await hand.get('hand.call', { thread, call: { name: 'socket', family: 'inet', type: 'stream' } })
  const { thread: other } = await hand.get('hand.open', { name: 'other' })
  await hand.get('hand.call', { thread: other, call: { name: 'socket', family: 'inet6', type: 'dgram' } })
}

async function wander({ page }: LabPage, n: number): Promise<void> {
  for (const path of [PAGES[n % PAGES.length]!, PAGES[(n + 5) % PAGES.length]!, 'tcp']) {
    await page.evaluate((to) => { location.hash = `#/${to}` }, path)
    await page.waitForTimeout(400)
  }
  // back in time, and live again
  const timeline = page.getByRole('region', { name: 'Timeline' })
  await timeline.press('Home')
  await timeline.press('End')
}

/** A new session, begun on the page; every third round it looks at a stored one first. The list of stored ones stays as long as it is. */
async function sessions({ page }: LabPage, n: number): Promise<void> {
  await page.evaluate(() => { location.hash = '#/sessions' })
  if (n > 2 && n % 3 === 0) {
    await page.getByRole('button', { name: /^Open (?!a file)/, disabled: false }).first().click()
    await page.getByRole('button', { name: 'Back to the live session' }).click()
  }
  if (n > 2) {
    await page.getByRole('button', { name: /^Delete ./, disabled: false }).first().click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'New session', disabled: false }).waitFor()
  }
  await page.getByRole('button', { name: 'New session' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'New session' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  // the dialog is gone when it is asked for, the button comes back when it is there
  await page.getByRole('button', { name: 'New session', disabled: false }).waitFor()
}

async function measure(lab: LabPage, cdp: CDPSession, hand: LabHand, since: number): Promise<Sample> {
  const { pid } = lab.app
  await cdp.send('HeapProfiler.collectGarbage')
  await cdp.send('HeapProfiler.collectGarbage')
  const metrics = new Map((await cdp.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]))
  return {
    minute: (performance.now() - since) / 60_000,
    rss: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    heap: metrics.get('JSHeapUsedSize')! / 2 ** 20,
    nodes: metrics.get('Nodes')!,
    listeners: metrics.get('JSEventListeners')!,
    events: hand.status?.events ?? 0,
  }
}

/** By how much a value rises in a minute (least squares). */
function slope(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const x = samples.map((s) => s.minute)
  const y = samples.map(of)
  const mean = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length
  const [mx, my] = [mean(x), mean(y)]
  return x.reduce((sum, xi, i) => sum + (xi - mx) * (y[i]! - my), 0) / Math.max(1e-9, x.reduce((sum, xi) => sum + (xi - mx) ** 2, 0))
}
const median = (list: number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!

it(`${MINUTES} minutes of mixed load leave memory and descriptors where they were`, async () => {
  const lab = await openLab(browser)
  const cdp = await lab.context.newCDPSession(lab.page)
  await cdp.send('Performance.enable')
  await cdp.send('HeapProfiler.enable')
  const hand = await LabHand.attach(lab.app.origin, lab.context)
  const since = performance.now()
  const samples: Sample[] = []
  let total = 0
  for (let n = 0; n < WARM_UP + 6 || performance.now() - since < MINUTES * 60_000; n++) {
    await Promise.all([round(hand, n), wander(lab, n)])
    total += hand.status?.events ?? 0
    await sessions(lab, n)
    await hand.follow()
    samples.push(await measure(lab, cdp, hand, since))
  }
  await hand.close()
  await lab.leave()

  const judged = samples.slice(WARM_UP)
  const third = Math.max(2, Math.floor(judged.length / 3))
  const [early, late] = [judged.slice(0, third), judged.slice(-third)]
  const row = (name: string, of: (s: Sample) => number, digits: number) =>
    `${name.padEnd(22)}${[median(early.map(of)), median(late.map(of)), Math.max(...judged.map(of)), slope(judged, of)].map((v) => v.toFixed(digits).padStart(10)).join('')}`
  console.log([
    `${samples.length} rounds in ${((performance.now() - since) / 60_000).toFixed(1)} minutes, ${total} events`,
    `${''.padEnd(22)}${['first third', 'last third', 'most', 'a minute'].map((head) => head.padStart(10)).join('')}`,
    row('engine rss, MB', (s) => s.rss, 1), row('engine descriptors', (s) => s.descriptors, 0),
    row('page JS heap, MB', (s) => s.heap, 2), row('page nodes', (s) => s.nodes, 0), row('page listeners', (s) => s.listeners, 0),
  ].join('\n'))

  const flat = (of: (s: Sample) => number, slack: number) => expect(median(late.map(of))).toBeLessThanOrEqual(median(early.map(of)) * 1.15 + slack)
  flat((s) => s.rss, 30)
  flat((s) => s.descriptors, 2)
  flat((s) => s.heap, 3)
  flat((s) => s.nodes, 200)
  flat((s) => s.listeners, 50)
}, (MINUTES + 30) * 60_000)
