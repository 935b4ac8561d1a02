/** The HTTP page as a person walks it: a server for a folder, a GET, one by hand, and what the page makes of each message. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../lib/chromium'
import { openLab, type LabPage } from '../lib/lab-page'

let browser: Browser
let lab: LabPage
let page: Page

beforeAll(async () => { browser = await launchChromium() })
afterAll(async () => { await browser?.close() })
beforeEach(async () => {
  lab = await openLab(browser)
  page = lab.page
  await page.getByRole('link', { name: 'HTTP', exact: true }).click()
})
afterEach(async () => { await lab.leave() })

const server = () => page.getByRole('form', { name: 'Web server' })
const get = () => page.getByRole('form', { name: 'GET', exact: true })
const lines = () => page.getByRole('list', { name: 'The message, line by line' })
const line = (text: RegExp) => lines().getByRole('listitem').filter({ hasText: text })

/** Starts the server of the form on a port of the kernel's; answers its address, which the GET form then has. */
async function startServer(dir?: string): Promise<string> {
  if (dir !== undefined) await server().getByLabel('Folder', { exact: true }).fill(dir)
  await server().getByLabel('Port').fill('0')
  await server().getByRole('button', { name: 'Start server' }).click()
  await page.getByText(/^listening on /).waitFor()
  await expect.poll(() => get().getByLabel('Address').inputValue()).toMatch(/:(?!8000\b)\d+\/$/)
  return get().getByLabel('Address').inputValue()
}
const side = async (name: 'Request' | 'Response'): Promise<void> => page.getByRole('radio', { name }).or(page.getByRole('button', { name, exact: true })).first().click()

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'lab-site-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

describe('a server and a GET', () => {
  it('the sample site: each line of the answer explained, its length counted, the log', async () => {
    await startServer()
    await get().getByRole('button', { name: 'GET' }).click()
    await page.getByText(/^\d+ bytes of body, Content-Length says \d+$/).waitFor()
    await page.getByText(/"GET \/ HTTP\/1\.1" 200 -$/).waitFor()
    await expect.poll(() => line(/^HTTP\/1\.1 200 OK/).innerText()).toContain('it worked')
    const length = await line(/^Content-Length/).innerText()
    const [, wanted, came] = /The body has (\S+) bytes, and (\S+) came: it is whole/.exec(length) ?? []
    expect(wanted).toBeDefined()
    expect(came).toBe(wanted)
    expect(await line(/^\\r\\n/).innerText()).toContain('the headers end here')
    expect(await lines().innerText()).toContain('<h1>It works</h1>')
    await page.getByText(/^Complete: \S+ bytes$/).waitFor()
    await side('Request')
    await expect.poll(() => line(/^GET \/ HTTP\/1\.1/).innerText()).toContain('changes nothing')
    expect(await line(/^Host:/).innerText()).toContain('Required in HTTP/1.1')
  })

  it('a line, its bytes and its call are one selection', async () => {
    await startServer()
    await get().getByRole('button', { name: 'GET' }).click()
    await page.getByText(/^Complete: /).waitFor()
    await lines().getByRole('button', { name: /^Content-Type/ }).click()
    await page.getByText(/^\d+ bytes selected: /).waitFor()
    expect(await lines().getByRole('button', { pressed: true }).count()).toBe(1)
    // a call of the log shows the message that it carried
    const log = page.getByRole('grid', { name: 'System calls' })
    await log.getByRole('row').filter({ hasText: /recv\(.*GET \/ HTTP/ }).first().click()
    await expect.poll(() => line(/^GET \/ HTTP\/1\.1/).count()).toBe(1)
    await expect.poll(() => lines().getByRole('button', { pressed: true }).count()).toBe(4)
  })

  it("another program's requests are seen too: curl, HEAD, a path that is not there", async () => {
    const dir = folder()
    writeFileSync(join(dir, 'a.txt'), 'alpha')
    const url = await startServer(dir)
    expect(execFileSync('curl', ['-s', `${url}a.txt`], { encoding: 'utf8' })).toBe('alpha')
    await expect.poll(() => lines().innerText()).toContain('alpha')
    execFileSync('curl', ['-sI', `${url}a.txt`])
    await expect.poll(() => line(/^Content-Length/).innerText()).toContain('this message itself has no body')
    execFileSync('curl', ['-s', `${url}none`])
    await expect.poll(() => line(/^HTTP\/1\.1 404/).innerText()).toContain('nothing under this path')
    await page.getByLabel('Exchange', { exact: true }).selectOption({ label: (await page.getByLabel('Exchange', { exact: true }).locator('option').filter({ hasText: 'GET /a.txt → 200' }).innerText()) })
    await expect.poll(() => lines().innerText()).toContain('alpha')
  })

  it('a folder is chosen by looking; one that is not there is refused at once', async () => {
    const dir = folder()
    writeFileSync(join(dir, 'only.txt'), 'x')
    await server().getByLabel('Folder', { exact: true }).fill(join(dir, 'missing'))
    await server().getByText(/^There is no folder /).waitFor()
    expect(await server().getByRole('button', { name: 'Start server' }).isDisabled()).toBe(true)
    await server().getByLabel('Folder', { exact: true }).fill(dir)
    await server().getByText('It has no index.html: / lists the folder.').waitFor()
    await server().getByRole('button', { name: 'Choose a folder' }).click()
    const dialog = page.getByRole('dialog', { name: 'Which folder?' })
    await dialog.getByText(dir, { exact: true }).waitFor()
    await dialog.getByRole('button', { name: 'Sample site' }).click()
    await dialog.getByRole('button', { name: 'docs' }).click()
    await dialog.getByText(/sample-site\/docs$/).waitFor()
    await dialog.getByRole('button', { name: 'Serve this folder' }).click()
    expect(await server().getByLabel('Folder', { exact: true }).inputValue()).toMatch(/sample-site\/docs$/)
  })

  it('a server that is not there: refused, explained', async () => {
    await get().getByLabel('Address').fill('http://127.0.0.1:1/')
    await get().getByRole('button', { name: 'GET' }).click()
    const alert = page.getByRole('alert').filter({ hasText: 'ECONNREFUSED' })
    await alert.waitFor()
    await get().getByLabel('Address').fill('https://127.0.0.1/')
    await get().getByText(/https needs more than a socket/).waitFor()
    expect(await get().getByRole('button', { name: 'GET' }).isDisabled()).toBe(true)
  })
})

describe('GET by hand', () => {
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
  /** The number of bytes that the step says were received. */
  const received = async () => Number((await page.getByText(/^[\d,]+ bytes? received$/).innerText()).replace(/\D/g, ''))

  async function begin(): Promise<void> {
    await startServer()
    await page.getByRole('tab', { name: 'GET by hand' }).click()
    await press('socket()')
    await press('connect()')
  }

  it('five steps, the answer growing with each recv()', async () => {
    await begin()
    await page.getByLabel('Request', { exact: true }).waitFor()
    expect(await page.getByLabel('Request', { exact: true }).inputValue()).toMatch(/^GET \/ HTTP\/1\.1\nHost: 127\.0\.0\.1:\d+\nConnection: close\n\n$/)
    await press('sendall()')
    await page.getByLabel('At most, bytes').fill('50')
    await press('recv()')
    await expect.poll(received).toBe(50)
    await page.getByText('Not whole yet: the blank line that ends the headers has not come.').waitFor()
    await page.getByLabel('Call recv()').selectOption({ label: "until b'' (EOF)" })
    await press('recv()')
    await page.getByText(/^Complete: /).waitFor()
    await expect.poll(received).toBeGreaterThan(500)
    await expect.poll(() => page.getByRole('button', { name: 'recv()', exact: true }).isDisabled()).toBe(true)
    await press('close()')
    await expect.poll(() => page.getByRole('button', { name: 'socket()', exact: true }).isEnabled()).toBe(true)
  })

  it('until the answer is whole, on a connection that stays open; then a second request on it', async () => {
    await begin()
    const request = page.getByLabel('Request', { exact: true })
    await request.fill('GET /hello.txt HTTP/1.1\nHost: a\n\n')
    await press('sendall()')
    await page.getByLabel('Call recv()').selectOption({ label: 'until the answer is whole' })
    await press('recv()')
    await expect.poll(() => lines().innerText()).toContain('hello, world')
    const first = await received()
    await request.fill('GET /docs/headers.txt HTTP/1.1\nHost: a\n\n')
    await press('sendall()')
    await press('recv()')
    await expect.poll(() => lines().innerText()).toContain('Content-Length: 13')
    await expect.poll(received).toBeGreaterThan(first)
  })

  it('what is no request gets 400; a recv() that waits can be taken back', async () => {
    await begin()
    await press('recv()')
    await page.getByText('recv() waits').waitFor()
    await press('Stop waiting')
    await expect.poll(() => page.getByText('recv() waits').count()).toBe(0)
    await press('Start over')
    await press('socket()')
    await press('connect()')
    await page.getByLabel('Request', { exact: true }).fill('hello there\n\n')
    await press('sendall()')
    await press('recv()')
    await expect.poll(() => line(/^HTTP\/1\.1 400/).innerText()).toContain('could not read the request')
    await side('Request')
    await expect.poll(() => lines().innerText()).toContain('No request line')
    await page.getByText('No HTTP message: reading stops here.').waitFor()
  })
})
