/**
 * An attacker's page in the person's own browser, beside the lab and with its cookie: on another port of this machine (the same
 * site for cookies, which do not know ports), and under a name that was made to mean 127.0.0.1. It can read and command nothing.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest'
import { startApp, type App } from '../lib/app'
import { launchChromium } from '../lib/chromium'

let app: App
let browser: Browser
let attacker: Server
let port: number
let context: BrowserContext
let page: Page

beforeAll(async () => {
  attacker = createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end('<title>attacker</title><body></body>'))
  attacker.listen(0, '127.0.0.1')
  await once(attacker, 'listening')
  port = (attacker.address() as AddressInfo).port
  browser = await launchChromium({ args: ['--host-resolver-rules=MAP rebound.test 127.0.0.1'] })
})
afterAll(async () => {
  await browser.close()
  attacker.close()
})
beforeEach(async () => {
  app = await startApp()
  context = await browser.newContext()
  page = await context.newPage()
})
afterEach(async () => {
  await context.close()
  await app.stop()
})

/** What a page tries; each answer says how far it came. */
function attack(on: Page, origin: string): Promise<Record<string, string>> {
  return on.evaluate(async (lab) => {
    const soon = <T>(promise: Promise<T>, late: T): Promise<T> => Promise.race([promise, new Promise<T>((done) => setTimeout(() => done(late), 4000))])
    const event = (element: HTMLElement): Promise<string> => new Promise((done) => {
      element.onload = () => done('loaded')
      element.onerror = () => done('refused')
      document.body.append(element)
    })
    const read = (init: RequestInit): Promise<string> => fetch(`${lab}/`, init).then(async (answer) => (answer.type === 'opaque' ? 'opaque' : `read ${answer.status} ${(await answer.text()).length}`), () => 'refused')
    const element = <K extends 'script' | 'img' | 'iframe'>(kind: K, path: string): HTMLElementTagNameMap[K] => Object.assign(document.createElement(kind), { src: lab + path })
    const frame = element('iframe', '/')
    // a module of the lab's own and its icon, which the cookie would open
    const [script, image, framed] = [event(element('script', '/pyodide/pyodide.mjs')), event(element('img', '/icon.svg')), await event(frame)]
    let inside: string
    try {
      inside = frame.contentDocument?.querySelector('#app') ? 'the lab' : 'nothing'
    } catch {
      inside = 'nothing'
    }
    return {
      fetch: await read({ credentials: 'include' }),
      opaque: await read({ credentials: 'include', mode: 'no-cors' }),
      post: await read({ method: 'POST', credentials: 'include', body: 'x' }),
      socket: await soon(new Promise<string>((done) => {
        const socket = new WebSocket(`${lab.replace('http', 'ws')}/engine`)
        socket.onopen = () => done('open')
        socket.onerror = () => done('refused')
      }), 'nothing'),
      script: await soon(script, 'nothing'),
      image: await soon(image, 'nothing'),
      frame: framed === 'loaded' ? inside : framed,
    }
  }, origin)
}

const NOTHING = { fetch: 'refused', opaque: 'refused', post: 'refused', socket: 'refused', script: 'refused', image: 'refused', frame: 'nothing' }

/** The lab of that address answers its own page still, and only it. */
async function stillOurs(): Promise<void> {
  const own = await context.newPage()
  await own.goto(`${app.origin}/`)
  await own.getByText('Engine connected').waitFor()
}

describe.each([['by number', '127.0.0.1'], ['by name', 'localhost']])('a page on another port, %s', (_how, host) => {
  it('reaches nothing with the cookie of a lab that is open', async () => {
    await page.goto(app.url)
    await page.getByText('Engine connected').waitFor()
    const other = await context.newPage()
    await other.goto(`http://${host}:${port}/`)
    expect(await attack(other, app.origin)).toEqual(NOTHING)
    await stillOurs()
  })

  it('reaches nothing before the address is used, guesses do not use it up, and the person opens it afterwards', async () => {
    await page.goto(`http://${host}:${port}/`)
    expect(await attack(page, app.origin)).toEqual(NOTHING)
    expect(await page.evaluate(async (lab) => {
      const guesses = Array.from({ length: 200 }, (_, i) => fetch(`${lab}/?token=${String(i).padStart(32, 'A')}`, { mode: 'no-cors', credentials: 'include' }).then(() => 'answered', () => 'refused'))
      return [...new Set(await Promise.all(guesses))]
    }, app.origin)).toEqual(['refused'])
    await page.goto(app.url)
    await page.getByText('Engine connected').waitFor()
  })
})

it('a form of another page posts into nothing, and a window that it opens cannot be reached', async () => {
  await page.goto(app.url)
  await page.getByText('Engine connected').waitFor()
  const other = await context.newPage()
  await other.goto(`http://127.0.0.1:${port}/`)
  const [popup] = await Promise.all([
    context.waitForEvent('page'),
    other.evaluate((lab) => { (window as unknown as { opened: Window | null }).opened = window.open(`${lab}/`) }, app.origin),
  ])
  await popup.waitForLoadState()
  // COOP: the two do not know of each other
  expect(await other.evaluate(() => (window as unknown as { opened: Window }).opened.closed)).toBe(true)
  expect(await popup.evaluate(() => window.opener === null)).toBe(true)

  const answered = other.waitForResponse((response) => response.request().method() === 'POST')
  await other.evaluate((lab) => {
    const form = document.createElement('form')
    form.method = 'post'
    form.action = `${lab}/engine`
    document.body.append(form)
    form.submit()
  }, app.origin)
  expect((await answered).status()).toBe(403)
  await stillOurs()
})

it('a name that was made to mean this machine is not answered', async () => {
  await page.goto(app.url)
  await page.getByText('Engine connected').waitFor()
  const other = await context.newPage()
  const rebound = `http://rebound.test:${new URL(app.origin).port}`
  expect((await other.goto(`${rebound}/`))?.status()).toBe(421)
  // now on that origin: the same origin for the browser, another one for the lab
  expect(await other.evaluate(async () => {
    const socket = new Promise<string>((done) => {
      const one = new WebSocket(`ws://${location.host}/engine`)
      one.onopen = () => done('open')
      one.onerror = () => done('refused')
    })
    return [(await fetch('/')).status, await socket]
  }).catch(String)).not.toContain('open')
  await stillOurs()
})
