/**
 * The TCP page as a person walks it: by role and name, in a real browser, on the built browser edition and its real
 * sockets. Ports are the kernel's choice; nothing is slept for.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { startApp, type App } from '../lib/app'
import { launchChromium } from '../lib/chromium'

let browser: Browser
let app: App
let context: BrowserContext
let page: Page
let problems: string[]

beforeAll(async () => { browser = await launchChromium() })
afterAll(async () => { await browser?.close() })

beforeEach(async () => {
  app = await startApp()
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US' })
  page = await context.newPage()
  page.setDefaultTimeout(15_000)
  problems = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => { if (message.type() === 'error') problems.push(message.text()) })
  await page.goto(`${app.url}#/tcp`)
  await page.getByText('Engine connected').waitFor()
})
afterEach(async () => {
  await context.close()
  await app.stop()
  expect(problems).toEqual([])
})

const server = () => page.getByRole('form', { name: 'Server' })
const clients = () => page.getByRole('form', { name: 'Clients' })
const runs = () => page.getByRole('region', { name: 'Started programs' })
const clientHand = () => page.getByRole('region', { name: 'Client hand' })
const serverHand = () => page.getByRole('region', { name: 'Server hand' })

/** Starts a server on a port of the kernel's; the clients' form then has it. */
async function startServer(): Promise<string> {
  await server().getByRole('textbox', { name: 'Port' }).fill('0')
  await server().getByRole('button', { name: 'Start server' }).click()
  const line = await runs().getByText(/listening on /).innerText()
  const port = /(\d+)\D*$/.exec(line)?.[1] ?? ''
  await expect.poll(() => clients().getByRole('textbox', { name: 'Port' }).inputValue()).toBe(port)
  return port
}

describe('server and clients', () => {
  it('the echo client reads lines and ends at an empty one', async () => {
    await page.getByRole('button', { name: 'Exercises' }).click()
    await page.getByRole('menuitem', { name: /Echo server/ }).click()
    await startServer()
    await clients().getByRole('button', { name: 'Start client' }).click()
    const line = runs().getByRole('textbox', { name: 'A line for input()' })
    await line.fill('안녕 hello')
    await line.press('Enter')
    await runs().getByText(/received b'.*hello'/).waitFor()
    await line.press('Enter')
    await runs().getByText('ended').waitFor()
  })

  it('an address in use is explained, with a way out', async () => {
    const port = await startServer()
    await server().getByRole('textbox', { name: 'Port' }).fill(port)
    await server().getByRole('button', { name: 'Start server' }).click()
    await runs().getByRole('alert').getByText('EADDRINUSE').waitFor()
    await runs().getByRole('button', { name: 'Start on a free port' }).click()
    await runs().getByText('2 running of 3').waitFor()
  })

  it('bad input is refused where it stands', async () => {
    await server().getByRole('textbox', { name: 'Port' }).fill('70000')
    await server().getByRole('alert').getByText('A whole number from 0').waitFor()
    expect(await server().getByRole('button', { name: 'Start server' }).isDisabled()).toBe(true)
  })
})

describe('by hand', () => {
  beforeEach(async () => { await page.getByRole('tab', { name: 'By hand' }).click() })

  it('a call out of order is allowed, and what the kernel says to it is explained', async () => {
    await clientHand().getByRole('button', { name: 'socket', exact: true }).click()
    await clientHand().getByRole('button', { name: 'recv', exact: true }).click()
    const note = clientHand().getByRole('alert')
    await note.getByText('ENOTCONN').waitFor()
    expect(await note.innerText()).toContain('Call connect() first')
  })

  it('a waiting call can be taken back', async () => {
    await serverHand().getByRole('button', { name: 'socket', exact: true }).click()
    await serverHand().getByRole('textbox', { name: 'Port' }).fill('0')
    await serverHand().getByRole('button', { name: 'bind', exact: true }).click()
    await serverHand().getByRole('button', { name: 'listen', exact: true }).click()
    await serverHand().getByRole('button', { name: 'accept', exact: true }).click()
    await serverHand().getByRole('button', { name: 'Take it back' }).click()
    await serverHand().getByRole('alert').getByText('CANCELLED', { exact: true }).waitFor()
  })
})

describe('the timeline', () => {
  const event = () => page.getByText(/^event [\d,]+ of [\d,]+$/).innerText()

  it('pauses, steps back and on by keys, and goes live again', async () => {
    await startServer()
    await clients().getByRole('button', { name: 'Start client' }).click()
    await runs().getByText("received b'ACK'").waitFor()
    await page.getByRole('main').focus()
    await page.keyboard.press('Home')
    expect(await event()).toMatch(/^event 0 of/)
    await runs().getByText('Nothing was started yet').waitFor()
    await page.keyboard.press('ArrowRight')
    expect(await event()).toMatch(/^event 1 of/)
    await page.keyboard.press('ArrowLeft')
    expect(await event()).toMatch(/^event 0 of/)
    await page.getByRole('combobox', { name: 'Replay speed' }).selectOption('10')
    await page.getByRole('button', { name: 'Replay from here' }).click()
    await runs().getByText("received b'ACK'").waitFor()
    await page.getByRole('main').focus()
    await page.keyboard.press('End')
    expect(await page.getByRole('button', { name: 'Live' }).getAttribute('aria-pressed')).toBe('true')
  })
})

describe('the call log', () => {
  const grid = () => page.getByRole('grid', { name: 'System calls' })
  const selected = () => grid().getByRole('row', { selected: true }).getAttribute('aria-rowindex')
  const isInSight = () => grid().getByRole('row', { selected: true }).evaluate((row) => {
    const [own, list] = [row.getBoundingClientRect(), row.closest('[role=grid]')!.getBoundingClientRect()]
    return own.top >= list.top - 1 && own.bottom <= list.bottom + 1
  })

  it('is walked through by keys, and stays where it is when a call is opened', async () => {
    await startServer()
    await clients().getByRole('textbox', { name: 'How many' }).fill('10')
    await clients().getByRole('button', { name: 'Start 10 clients' }).click()
    await runs().getByText('received b\'ACK\'').first().waitFor()
    await expect.poll(() => grid().getAttribute('aria-rowcount').then(Number)).toBeGreaterThan(80)
    await grid().focus()
    await page.keyboard.press('Home')
    await expect.poll(selected).toBe('1')
    await expect.poll(isInSight).toBe(true)
    // the keys are the list's still, though the details of the call stand beside it now
    for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowDown')
    await expect.poll(selected).toBe('13')
    await expect.poll(isInSight).toBe(true)
    await page.keyboard.press('End')
    await expect.poll(selected).toBe(await grid().getAttribute('aria-rowcount'))
    await expect.poll(isInSight).toBe(true)

    // scrolled up, nothing moves under the pointer when a call is clicked, nor when its details are closed again
    await page.getByRole('button', { name: 'Dismiss', exact: true }).click()
    await grid().hover()
    await page.mouse.wheel(0, -700)
    await page.getByRole('button', { name: 'Latest', exact: true }).waitFor()
    const place = () => grid().evaluate((element) => element.scrollTop)
    const before = await place()
    await grid().click({ position: { x: 60, y: 60 } })
    await expect.poll(isInSight).toBe(true)
    expect(await place()).toBe(before)
    await startServer()
    expect(await place()).toBe(before)
  })
})

describe('the shell', () => {
  it('asks before it opens the lab to the network', async () => {
    await page.getByText('Lab network', { exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Open the lab to the network?' })
    await dialog.getByText('A public address is refused until you allow it, program by program.').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'hidden' })
  })

  it('speaks Japanese and Korean, and keeps the choice', async () => {
    await page.getByRole('button', { name: 'Language' }).click()
    await page.getByRole('menuitem', { name: '日本語' }).click()
    await page.getByRole('button', { name: 'サーバーを起動' }).waitFor()
    await page.getByRole('button', { name: '言語' }).click()
    await page.getByRole('menuitem', { name: '한국어' }).click()
    await page.getByRole('button', { name: '서버 시작' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: '서버 시작' }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('ko')
  })

  it('has a projector theme: large type, one view at a time', async () => {
    await page.getByRole('button', { name: 'Theme' }).click()
    await page.getByRole('menuitem', { name: /Projector/ }).click()
    await page.getByRole('tab', { name: 'Calls' }).waitFor()
    expect(await page.evaluate(() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize))).toBeGreaterThanOrEqual(20)
  })

  it('finds the session again after the page was loaded anew', async () => {
    await startServer()
    await clients().getByRole('button', { name: 'Start client' }).click()
    await runs().getByText("received b'ACK'").waitFor()
    await page.reload()
    await runs().getByText('1 running of 2').waitFor()
  })
})
