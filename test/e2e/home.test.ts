/** The home page as a newcomer finds it: the app opens on it, one click runs the first exercise, examples run by address. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../lib/chromium'
import { openLab, type LabPage } from '../lib/lab-page'

let browser: Browser
let lab: LabPage
// one app, as one person uses it: what runs already must not be in the way of an example
beforeAll(async () => {
  browser = await launchChromium({ whole: true })
  lab = await openLab(browser, { at: '' })
})
afterAll(async () => {
  await lab?.leave()
  await browser?.close()
})

const pages = () => lab.page.getByRole('navigation', { name: 'Pages' })
const home = () => pages().getByRole('link', { name: 'Home' })

it('leads a newcomer: one click starts the server and its client for real; what was tried is remembered', async () => {
  const { page, runs, picture } = lab
  await page.getByRole('heading', { name: 'Do this first' }).waitFor()
  await page.getByRole('button', { name: 'Start both and watch' }).click()
  await runs.getByText("received b'ACK'").waitFor()
  await picture.getByText('closed in order').waitFor()
  await picture.getByText(/conn\.send\(b'ACK'\)/).first().waitFor()
  // a second time the server that runs is asked again
  await home().click()
  await page.getByRole('listitem').filter({ hasText: 'A server with threads, a client that says hello' }).getByText('(tried)').waitFor()
  await page.getByRole('button', { name: 'Start both and watch' }).click()
  await expect.poll(() => runs.getByRole('button', { name: /^tcp-client.*ended/ }).count()).toBe(2)
  expect(await runs.getByRole('button', { name: /^tcp-server/ }).count()).toBe(1)
})

it('each page is one click away, and the app opens on the page that was looked at last', async () => {
  const { page } = lab
  await home().click()
  const names = await pages().getByRole('link').allInnerTexts()
  for (const name of names.filter((one) => one.trim() !== 'Home')) await page.getByRole('region', { name: 'The pages' }).getByRole('link', { name: name.trim(), exact: true }).waitFor()
  await page.getByRole('link', { name: 'Bytes: run the example “byte order”' }).click()
  await page.getByRole('tab', { name: 'struct', selected: true }).waitFor()
  await page.goto(new URL('/', page.url()).href)
  await page.getByRole('tab', { name: 'struct' }).waitFor()
  // an address without its example starts nothing
  expect(page.url()).not.toContain('example')
})

it.each([
  ['udp?example=retry', /10 of 10 answered/],
  ['multicast?example=chat4', /안녕 こんにちは/],
  ['relay?example=udp', /^C1\b/],
  ['http?example=get', /HTTP\/1\.1 200 OK/],
  ['rpc?example=quadratic', /→ \[0\.0, 2\.0\]|→ \[2\.0, 0\.0\]/],
  ['servers?example=unix', /received b'HELLO'/],
  ['framing?example=length', /42 sent, 42 received/],
  ['tcp?example=restart', /EADDRINUSE/],
])('/%s runs', async (address, shown) => {
  const { page } = lab
  await page.evaluate((to) => { location.hash = `/${to}` }, address)
  await page.getByText(shown).first().waitFor()
  expect(page.url()).not.toContain('example')
})
