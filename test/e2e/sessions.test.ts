/** What was recorded comes back: as a saved file, from the list, and after the app was killed. */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Browser } from 'playwright-core'
import { startApp } from '../lib/app'
import { launchChromium } from '../lib/chromium'
import { openLab, sayHello, segments, startServer, type LabPage } from '../lib/lab-page'

let browser: Browser
let folder: string

beforeAll(async () => { browser = await launchChromium() })
afterAll(async () => { await browser.close() })
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'socketscope-sessions-')) })
afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

const VIEW = { viewport: { width: 1600, height: 1400 } }
const go = (lab: LabPage, page: string): Promise<void> => lab.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: page }).click()
const banner = (lab: LabPage) => lab.page.getByText(/^This is the stored session of /)
/** A stored session begins at its beginning. */
const toEnd = (lab: LabPage): Promise<void> => lab.timeline.getByRole('button', { name: 'End' }).click()
const events = async (lab: LabPage): Promise<number> => Number(/of ([\d,]+)/.exec(await lab.timeline.getByText(/^event [\d,]+ of [\d,]+/).innerText())?.[1]?.replaceAll(',', ''))

it('save, begin a new one, open the file: the same moment, a banner, and the way back to the live session', async () => {
  const lab = await openLab(browser, { ...VIEW, dataDir: folder })
  try {
    await sayHello(lab)
    await lab.runs.getByRole('button', { name: /^Stop tcp-server/ }).click()
    await lab.runs.getByText('0 running of 2').waitFor()
    const before = await segments(lab)
    const had = await events(lab)

    await go(lab, 'Sessions')
    const [download] = await Promise.all([lab.page.waitForEvent('download'), lab.page.getByRole('button', { name: 'Save as a file', exact: true }).click()])
    expect(download.suggestedFilename()).toMatch(/^socketscope-\d{4}-.*\.socketscope$/)
    const file = join(folder, 'saved.socketscope')
    await download.saveAs(file)
    expect((await stat(file)).size).toBeGreaterThan(0)

    await lab.page.getByRole('button', { name: 'New session' }).click()
    await lab.page.getByRole('dialog').getByRole('button', { name: 'New session' }).click()
    await go(lab, 'TCP')
    await lab.runs.getByText('Nothing was started yet').waitFor()
    expect(await banner(lab).count()).toBe(0)

    await go(lab, 'Sessions')
    await lab.page.getByLabel('Open a file…').setInputFiles(file)
    await banner(lab).waitFor()
    await go(lab, 'TCP')
    await lab.runs.getByText('before the first program').waitFor()
    await toEnd(lab)
    await lab.runs.getByText('0 running of 2').waitFor()
    await expect.poll(() => segments(lab)).toEqual(before)
    expect(await events(lab)).toBeGreaterThanOrEqual(had)
    // nothing can be started in the past
    expect(await lab.server.count()).toBe(0)
    await lab.page.getByRole('button', { name: 'Back to the live session' }).click()
    await banner(lab).waitFor({ state: 'detached' })
    await lab.runs.getByText('Nothing was started yet').waitFor()
    await lab.server.waitFor()
  } finally {
    await lab.leave()
  }
})

it('a file that is no session is refused in words, and nothing is lost', async () => {
  const lab = await openLab(browser, { ...VIEW, dataDir: folder })
  try {
    await go(lab, 'Sessions')
    await lab.page.getByLabel('Open a file…').setInputFiles({ name: 'x.socketscope', mimeType: 'application/octet-stream', buffer: Buffer.from('not a session at all') })
    await lab.page.getByRole('alert').waitFor()
    expect(await banner(lab).count()).toBe(0)
  } finally {
    await lab.leave()
  }
})

it('a session can be deleted, after a question', async () => {
  const lab = await openLab(browser, { ...VIEW, dataDir: folder })
  try {
    await sayHello(lab)
    await go(lab, 'Sessions')
    await lab.page.getByRole('button', { name: 'New session' }).click()
    await lab.page.getByRole('dialog').getByRole('button', { name: 'New session' }).click()
    const remove = lab.page.getByRole('button', { name: /^Delete / })
    await remove.click()
    await lab.page.getByRole('dialog', { name: 'Delete this session?' }).getByRole('button', { name: 'Cancel' }).click()
    await remove.click()
    await lab.page.getByRole('dialog', { name: 'Delete this session?' }).getByRole('button', { name: 'Delete', exact: true }).click()
    await lab.page.getByText('No stored session yet').waitFor()
  } finally {
    await lab.leave()
  }
})

it('killed in the middle of a run: the session is in the list, opens, and has all but the last second', async () => {
  const app = await startApp({ dataDir: folder })
  const lab = await openLab(browser, { ...VIEW, app })
  await sayHello(lab)
  const done = await events(lab)
  const wire = await segments(lab)
  const since = Date.now()
  // a client that goes on saying things in slow pace, so that the kill comes in the middle
  await lab.page.getByRole('group', { name: 'Pace' }).first().getByText('Slow', { exact: true }).click()
  await lab.clients.getByRole('textbox', { name: 'How many' }).fill('20')
  await lab.clients.getByRole('button', { name: 'Start 20 clients' }).click()
  // what happened before the last second must be there; so a second has to pass
  await expect.poll(() => Date.now() - since, { timeout: 5_000 }).toBeGreaterThan(1_000)
  expect(await events(lab)).toBeGreaterThan(done)
  await lab.context.close()
  expect(await app.stop('SIGKILL')).toBe(null)

  const again = await openLab(browser, { ...VIEW, dataDir: folder })
  try {
    await go(again, 'Sessions')
    await again.page.getByRole('button', { name: /^Open (?!a file)/ }).and(again.page.locator(':enabled')).click()
    await banner(again).waitFor()
    await go(again, 'TCP')
    await toEnd(again)
    await expect.poll(() => events(again)).toBeGreaterThanOrEqual(done)
    const picker = again.picture.getByRole('combobox', { name: 'Connection' })
    await picker.selectOption({ index: await picker.locator('option').count() - 1 })
    await again.picture.getByText('closed in order').waitFor()
    expect(await segments(again)).toEqual(wire)
    await again.runs.getByRole('button', { name: /^tcp-client.*ended/ }).last().click()
    await again.runs.getByText("received b'ACK'").waitFor()
    // and the lab works on
    await again.page.getByRole('button', { name: 'Back to the live session' }).click()
    await startServer(again)
  } finally {
    await again.leave()
  }
})

it('two windows of one lab: a session begun in one, its scope and its pace are the other\'s too', async () => {
  const lab = await openLab(browser, { ...VIEW, dataDir: folder })
  try {
    const other = await lab.page.context().newPage()
    await other.goto(`${new URL(lab.page.url()).origin}/#/tcp`)
    await startServer(lab)
    await other.getByRole('region', { name: 'Started programs' }).getByText('1 running of 1').waitFor()

    await other.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Sessions' }).click()
    await other.getByRole('button', { name: 'New session' }).click()
    await other.getByRole('dialog').getByRole('button', { name: 'New session' }).click()
    await lab.runs.getByText('Nothing was started yet').waitFor()
    // and it follows what is new
    await startServer(lab)
    await lab.runs.getByText('1 running of 1').waitFor()

    await lab.page.getByRole('group', { name: 'Pace' }).first().getByText('Step', { exact: true }).click()
    await other.getByRole('button', { name: 'Next call' }).waitFor()
  } finally {
    await lab.leave()
  }
})
