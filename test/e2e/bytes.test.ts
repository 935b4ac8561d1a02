/** The Bytes page in a browser: its own decoder's tables, characters and bytes lit together, a payload for the TCP hands. */
import { spawnSync } from 'node:child_process'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../lib/chromium'
import { openLab, type LabPage } from '../lib/lab-page'

let browser: Browser
let lab: LabPage

beforeAll(async () => { browser = await launchChromium() })
afterAll(async () => { await browser.close() })
beforeEach(async () => {
  lab = await openLab(browser, { viewport: { width: 1280, height: 800 } })
  await lab.page.getByRole('link', { name: 'Bytes' }).click()
})
afterEach(async () => { await lab.leave() })

const python = (line: string): string => {
  const run = spawnSync('python3', ['-c', `import sys; sys.stdout.write(${line})`], { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(run.stderr)
  return run.stdout
}

it('every syllable of KS X 1001 and every character of JIS X 0208 has the bytes that python3 gives it', async () => {
  const { page } = lab
  const codec = `''.join(c for c in map(chr, range(0x80, 0x10000)) if not 0xd800 <= ord(c) < 0xe000 and len(c.encode('CODEC', 'ignore')) == 2)`
  for (const encoding of ['euc_kr', 'shift_jis']) {
    const text = python(codec.replace('CODEC', encoding))
    expect(text.length).toBeGreaterThan(6000)
    await page.getByRole('combobox', { name: 'Encoding' }).selectOption(encoding)
    await page.getByRole('textbox', { name: 'Text', exact: true }).fill(text)
    await page.getByText(`(${text.length}, ${2 * text.length})`).waitFor()
    const shown = await page.getByRole('region', { name: 'The same in Python' }).first().locator('code').nth(1).innerText()
    expect(shown).toBe(python(`repr((${codec.replace('CODEC', encoding)}).encode('${encoding}'))`))
  }
})

it('a character and its bytes light up together; the keyboard reaches the tabs', async () => {
  const { page } = lab
  await page.getByRole('button', { name: '한: bytes ed 95 9c' }).hover()
  await expect.poll(() => page.getByRole('list', { name: 'Bytes' }).locator('.lit .hex').allInnerTexts()).toEqual(['ed', '95', '9c'])
  await page.getByRole('tab', { name: 'Text' }).focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await page.getByRole('region', { name: /^network order/ }).getByRole('list', { name: 'Bytes of !i' }).waitFor()
})

it('what was packed is offered to the calls by hand of the TCP page', async () => {
  const { page } = lab
  await page.getByRole('tab', { name: 'struct' }).click()
  await page.getByRole('region', { name: /^network order/ }).getByRole('button', { name: 'Use as payload' }).click()
  await page.getByRole('link', { name: 'TCP page' }).first().click()
  // the hands are in sight, and the client's next send takes these bytes
  await lab.clientHand.getByText('00 00 04 d2').waitFor()
})
