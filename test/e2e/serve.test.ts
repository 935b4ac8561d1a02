/** The built browser edition, as a process: it opens in a browser once, keeps its policy, and ends cleanly. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type App } from '../lib/app'
import { launchChromium } from '../lib/chromium'

let app: App
let browser: Browser

beforeAll(async () => {
  [app, browser] = await Promise.all([startApp(), launchChromium({ whole: true })])
})
afterAll(async () => {
  await browser.close()
  await app.stop()
})

describe('the browser edition', () => {
  it('opens with its one-time address, loads nothing that its policy refuses, and survives a reload', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    const refused: string[] = []
    page.on('console', (message) => { if (message.type() === 'error') refused.push(message.text()) })
    page.on('pageerror', (error) => refused.push(error.message))
    await page.goto(app.url)
    expect(page.url()).not.toContain('token')
    await page.locator('#app > *').first().waitFor()
    await page.reload({ waitUntil: 'networkidle' })
    await page.locator('#app > *').first().waitFor()
    expect(await page.evaluate(() => document.cookie)).toBe('')
    expect(refused).toEqual([])
    await context.close()
  })

  it('shows a second browser nothing, with the used address or without', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    expect((await page.goto(app.url))?.status()).toBe(403)
    expect((await page.goto(app.origin))?.status()).toBe(403)
    expect(await page.locator('#app').count()).toBe(0)
    await context.close()
  })
})

it('a page of another site cannot reach the engine or read anything', async () => {
  const own = await startApp()
  try {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(own.url)
    // the same browser, with the session's cookie, on a page of another origin
    const foreign = await context.newPage()
    await foreign.route('http://other.localhost/', (route) => route.fulfill({ contentType: 'text/html', body: '<title>other</title>' }))
    await foreign.goto('http://other.localhost/')
    const outcome = await foreign.evaluate(async (origin) => ({
      socket: await new Promise<string>((done) => {
        const socket = new WebSocket(`${origin.replace('http', 'ws')}/engine`)
        socket.onopen = () => done('open')
        socket.onerror = () => done('refused')
      }),
      read: await fetch(`${origin}/`, { credentials: 'include' }).then(() => 'read', () => 'refused'),
      script: await new Promise<string>((done) => {
        const script = Object.assign(document.createElement('script'), { src: `${origin}/`, onload: () => done('loaded'), onerror: () => done('refused') })
        document.head.append(script)
      }),
      frame: await new Promise<boolean>((done) => {
        const frame = document.createElement('iframe')
        frame.onload = () => {
          // a page that refuses to be framed leaves an error document, opaque to us like any other
          try { done(frame.contentDocument !== null) } catch { done(false) }
        }
        frame.src = `${origin}/`
        document.body.append(frame)
      }),
    }), own.origin)
    expect(outcome).toEqual({ socket: 'refused', read: 'refused', script: 'refused', frame: false })
    expect(await page.evaluate(async () => (await fetch('/')).status)).toBe(200)
  } finally {
    await own.stop()
  }
})

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends it cleanly while a page is open', async (signal) => {
  const own = await startApp()
  const page = await browser.newPage()
  await page.goto(own.url)
  await page.locator('#app > *').first().waitFor()
  expect(await own.stop(signal)).toBe(0)
  expect(own.errors()).toBe('')
  await page.close()
})
