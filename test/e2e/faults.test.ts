/** The product when something breaks: the engine dies, the page goes away in the middle of a run, the disk is full. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium } from '../lib/chromium'
import { openLab, sayHello, startServer } from '../lib/lab-page'

let browser: Browser
beforeAll(async () => { browser = await launchChromium() })
afterAll(() => browser.close())

const DIE = pathToFileURL(resolve(import.meta.dirname, '../fixtures/die-on-demand.mjs')).href

it('the engine dies: it is started again, the page says so, and all that happened is there', async () => {
  const lab = await openLab(browser, { env: { NODE_OPTIONS: `--import ${DIE}` } })
  await sayHello(lab)
  const before = await lab.page.getByRole('grid', { name: 'System calls' }).getAttribute('aria-rowcount')
  // a second is what a crash may cost
  await lab.page.waitForTimeout(1100)
  writeFileSync(join(lab.app.dataDir, 'die'), '')
  const alert = lab.page.getByRole('alert').filter({ hasText: 'The engine of the lab stopped by itself' })
  await alert.waitFor()
  expect(lab.app.errors()).toContain('died on demand')
  // the lab works on as a new one
  await lab.page.getByText('Engine connected').waitFor()
  await alert.getByRole('button', { name: 'Show what was recorded' }).click()
  await lab.picture.getByText('closed in order').waitFor()
  expect(await lab.page.getByRole('grid', { name: 'System calls' }).getAttribute('aria-rowcount')).toBe(before)
  await lab.page.getByRole('button', { name: 'Back to the live session' }).click()
  await sayHello(lab)
  await lab.leave()
})

it('the page is loaded again, and closed and opened, in the middle of a run: the run goes on, and nothing is missing', async () => {
  const lab = await openLab(browser)
  const port = await startServer(lab)
  await lab.page.reload()
  await lab.page.getByText('Engine connected').waitFor()
  await lab.runs.getByText('1 running of 1').waitFor()
  // while nobody looks
  await lab.page.close()
  execFileSync('python3', ['-c', `import socket
s = socket.create_connection(('127.0.0.1', ${port})); s.sendall(b'unseen'); s.recv(10); s.close()`])
  const page = await lab.context.newPage()
  await page.goto(`${lab.app.origin}/#/tcp`)
  await page.getByRole('grid', { name: 'System calls' }).getByText("b'unseen'").waitFor()
  await lab.leave()
})

it.runIf(process.platform === 'linux' && process.getuid?.() === 0)('the disk is full: the page says what that means, and the lab goes on', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'socketscope-full-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', dataDir])
  try {
    // less than one page of memory is left for the session
    writeFileSync(join(dataDir, 'ballast'), Buffer.alloc(4096))
    const lab = await openLab(browser, { dataDir })
    await startServer(lab)
    for (let n = 1; n <= 20 && (await lab.page.getByRole('alert').filter({ hasText: 'disk' }).count()) === 0; n++) {
      await lab.clients.getByRole('button', { name: 'Start client' }).click()
      await lab.runs.getByText(`1 running of ${n + 1}`).waitFor()
    }
    await lab.page.getByRole('alert').filter({ hasText: 'disk' }).waitFor()
    await sayHello(lab)
    await lab.leave()
  } finally {
    execFileSync('umount', ['-l', dataDir])
    rmSync(dataDir, { recursive: true, force: true })
  }
})
