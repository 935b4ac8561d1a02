/**
 * The lab as a person finds it in a browser: by role and name. One browser context on one app; what the page complains
 * about (errors, refused resources, keys without a text) is collected, and `expectCalm` fails the test that caused it.
 */
import { expect } from 'vitest'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { startApp, type App, type AppOptions } from './app'

export interface LabPage {
  app: App
  context: BrowserContext
  page: Page
  /** console errors and warnings, and exceptions, so far */
  problems: string[]
  server: Locator
  clients: Locator
  runs: Locator
  picture: Locator
  timeline: Locator
  clientHand: Locator
  serverHand: Locator
  status: Locator
  /** Ends everything; fails when the page had anything to complain about. */
  leave(): Promise<void>
}

export interface LabOptions extends AppOptions {
  viewport?: { width: number; height: number }
  /** where it opens; '' as a newcomer's */
  at?: string
  /** a running app to open another page on; the caller stops it */
  app?: App
}

export async function openLab(browser: Browser, options: LabOptions = {}): Promise<LabPage> {
  const app = options.app ?? (await startApp(options))
  const context = await browser.newContext({ viewport: options.viewport ?? { width: 1440, height: 900 }, locale: 'en-US', acceptDownloads: true })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => { if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text()) })
  await page.goto(`${app.url}#${options.at ?? '/tcp'}`)
  await page.getByText('Engine connected').waitFor()
  return {
    app, context, page, problems,
    server: page.getByRole('form', { name: 'Server' }),
    clients: page.getByRole('form', { name: 'Clients' }),
    runs: page.getByRole('region', { name: 'Started programs' }),
    picture: page.getByRole('region', { name: 'What happened' }),
    timeline: page.getByRole('region', { name: 'Timeline' }),
    clientHand: page.getByRole('region', { name: 'Client hand' }),
    serverHand: page.getByRole('region', { name: 'Server hand' }),
    status: page.getByRole('contentinfo'),
    async leave() {
      await context.close()
      if (!options.app) await app.stop()
      expect(problems).toEqual([])
    },
  }
}

/** Starts the server of the form on a port of the kernel's; answers it once the clients' form has it. */
export async function startServer({ server, clients, runs }: LabPage, port = '0'): Promise<string> {
  await server.getByRole('textbox', { name: 'Port' }).fill(port)
  await server.getByRole('button', { name: 'Start server' }).click()
  const line = await runs.getByText(/listening on /).innerText()
  const got = /(\d+)\D*$/.exec(line)?.[1] ?? ''
  await expect.poll(() => clients.getByRole('textbox', { name: 'Port' }).inputValue()).toBe(got)
  return got
}

/** The course's first exercise, on a port of the kernel's: a server, a client that says hello, and its answer. */
export async function sayHello(lab: LabPage): Promise<string> {
  const port = await startServer(lab)
  await lab.clients.getByRole('button', { name: 'Start client' }).click()
  await lab.runs.getByText("received b'ACK'").waitFor()
  await lab.picture.getByText('closed in order').waitFor()
  return port
}

/** Picks an exercise in the server's form. */
export async function exercise({ page, server }: LabPage, name: RegExp): Promise<void> {
  await server.getByRole('button', { name: 'Exercises' }).click()
  await page.getByRole('menuitem', { name }).click()
}

/** Opens one of the views beside the ladder. */
export async function view({ picture }: LabPage, name: string): Promise<void> {
  await picture.getByRole('tab', { name, exact: true }).click()
}

/** Begins an experiment of the page by hand; answers how to make its next call (false: there was none left). */
export async function experiment({ page }: LabPage, name: string): Promise<() => Promise<boolean>> {
  await page.getByRole('tab', { name: 'By hand' }).click()
  await page.getByRole('button', { name: 'Experiments' }).click()
  await page.getByRole('menuitem', { name }).click()
  const next = page.getByRole('button', { name: /^Next: / })
  await next.waitFor()
  const left = async (): Promise<number> => {
    const [, n, of] = /^(\d+) of (\d+) calls/.exec(await page.getByText(/^\d+ of \d+ calls/).innerText()) ?? []
    return Number(of) - Number(n)
  }
  return async () => {
    if (await left() === 0) return false
    await next.click()
    // the call is made when the next one may be asked for, or when none is left
    await expect.poll(async () => (await left()) === 0 || (await next.isEnabled()), { timeout: 30_000, interval: 20 }).toBe(true)
    return true
  }
}

export async function playOut(lab: LabPage, name: string): Promise<void> {
  const next = await experiment(lab, name)
  while (await next());
}

export interface DrawnSegment { flags: string; from: string; len: number; evidence: string; at: string }

/** The segments that the ladder draws now, from top to bottom, as a screen reader hears them. A tall page draws them all. */
export async function segments({ picture }: LabPage): Promise<DrawnSegment[]> {
  const names = await picture.getByRole('button', { name: /^\S+ from (client|server), / }).evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''))
  return names.flatMap((name) => {
    const [, flags, from, len, evidence, at] = /^(\S+) from (client|server), (\d+) bytes, (\w+), at ([\d.]+) s/.exec(name) ?? []
    return flags && from && evidence && at ? [{ flags, from, len: Number(len), evidence, at }] : []
  })
}

/** The states that a side's lifeline enters on the ladder: 'ESTABLISHED, kernel'. */
export async function statesOf({ picture }: LabPage, side: 'client' | 'server'): Promise<{ state: string; evidence: string }[]> {
  const names = await picture.getByRole('button', { name: new RegExp(`^${side} becomes `) }).evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''))
  return names.flatMap((name) => {
    const [, state, evidence] = /becomes (\w+), (\w+)/.exec(name) ?? []
    return state && evidence ? [{ state, evidence }] : []
  })
}

/** The rows of the call log that are in sight: time, thread, call and result, and how long it was blocked. */
export async function calls({ page }: LabPage): Promise<{ time: string; thread: string; text: string; blocked: string }[]> {
  const rows = page.getByRole('grid', { name: 'System calls' }).getByRole('row').filter({ has: page.getByRole('gridcell') })
  return rows.evaluateAll((all) => all.map((row) => {
    const [time = '', thread = '', text = '', , blocked = ''] = [...row.querySelectorAll('[role=gridcell]')].map((cell) => (cell.textContent ?? '').trim())
    return { time, thread, text, blocked }
  }))
}
