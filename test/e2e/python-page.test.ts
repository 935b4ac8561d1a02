/** The Python page as a student uses it: programs on real sockets, halted, fed, stopped, and what is said when they fail. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Browser, Locator } from 'playwright-core'
import { launchChromium } from '../lib/chromium'
import { openLab, type LabPage } from '../lib/lab-page'

/** An interpreter is compiled and loaded once; on a busy machine that takes its time. */
const LOADING = 90_000

let browser: Browser
let lab: LabPage
let program: Locator
let output: Locator
let run: Locator
let bar: Locator

beforeAll(async () => { browser = await launchChromium() })
afterAll(() => browser.close())
beforeEach(async () => {
  lab = await openLab(browser, { viewport: { width: 1440, height: 900 } })
  const { page } = lab
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Python' }).click()
  program = page.getByRole('textbox', { name: 'Program' })
  output = page.getByRole('log', { name: 'Console' })
  bar = page.getByRole('toolbar', { name: 'Run and step' })
  run = bar.getByRole('button', { name: 'Run', exact: true })
  await program.waitFor()
})
afterEach(() => lab.leave())

const tab = (name: string) => lab.page.getByRole('tab', { name })
const status = (text: string) => bar.getByRole('status').getByText(text, { exact: true })
const stop = () => bar.getByRole('button', { name: /^Stop/ }).click()

async function theme(name: string): Promise<void> {
  await lab.page.getByRole('button', { name: 'Theme', exact: true }).click()
  await lab.page.getByRole('menuitem', { name }).click()
}

/** Whether a line's chip is drawn over its code, or out of sight. */
function chipOnCode(line: Element): string {
  const chip = line.querySelector('.cm-chip')!.getBoundingClientRect()
  const range = document.createRange()
  range.setStart(line, 0)
  range.setEndBefore(line.querySelector('.cm-chip')!)
  const over = [...range.getClientRects()].some((code) => code.width > 0 && code.left < chip.right - 1 && chip.left < code.right - 1 && code.top < chip.bottom - 1 && chip.top < code.bottom - 1)
  const sight = line.closest('.cm-scroller')!.getBoundingClientRect()
  return over ? 'over the code' : chip.right > sight.right + 1 || chip.bottom > sight.bottom + 1 ? 'out of sight' : 'apart'
}

describe('the first minute', () => {
  it('runs the server and the client that are there, and shows what passed', async () => {
    const { page } = lab
    await page.getByText('Press Run: the server waits for a client.').waitFor()
    await run.click()
    await output.getByText('waiting for clients on port 9999').waitFor({ timeout: LOADING })
    await program.getByText('blocked in accept()').waitFor()
    // large type in a narrow column: what the thread does stands beside the code or below it, never on it
    await theme('Projector')
    await page.setViewportSize({ width: 1100, height: 800 })
    await expect.poll(() => program.locator('.cm-at-waiting').evaluate(chipOnCode)).toBe('apart')
    await page.setViewportSize({ width: 1440, height: 900 })
    await theme('Light')
    // the next step is told, and is one click away
    await page.getByText('The server waits for a client: client.py is one.').waitFor()
    await page.getByRole('button', { name: 'Open client.py' }).click()
    await page.getByText('Press Run: the client speaks to the server that waits.').waitFor()
    await run.click()
    await output.getByText("the server answered b'Hello, student!'").waitFor({ timeout: LOADING })
    await status('ended').waitFor()
    await expect.poll(() => page.getByText('Press Run:').count()).toBe(0)
    // the same connection, with both programs at its ends
    const picture = page.getByRole('region', { name: 'What happened' })
    await picture.getByText('client.py · main').waitFor()
    await picture.getByText('server.py · main').waitFor()
    await picture.getByText('FIN,ACK').first().waitFor()
    // a call leads to its line
    await page.getByRole('row').filter({ hasText: 'client.connect(' }).click()
    await program.locator('.cm-at-selected').filter({ hasText: 'client.connect' }).waitFor()
    await tab('server.py').click()
    await output.getByText("it said b'student'").waitFor()
    await stop()
    await status('stopped').waitFor()
    // below the editor nothing lies over anything
    const under = page.getByText('F9: breakpoint · Esc: leave the editor')
    const [field, hint] = await Promise.all([page.getByRole('textbox', { name: 'Arguments' }).boundingBox(), under.boundingBox()])
    expect(field!.x + field!.width).toBeLessThanOrEqual(hint!.x)
  })
})

describe('a program', () => {
  it('halts at a breakpoint, shows its variables, and goes on step by step', async () => {
    const { page } = lab
    await program.fill('import socket\n\ns = socket.socket()\nn = 41\nn = n + 1\nprint(n)\n')
    await page.keyboard.press('Control+Home')
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowDown')
    await page.keyboard.press('F9')
    await page.keyboard.press('F5')
    await status('halted').waitFor({ timeout: LOADING })
    await program.locator('.cm-at-halted').filter({ hasText: 'n = n + 1' }).waitFor()
    const variables = page.getByRole('region', { name: /Variables of .* in thread main/ })
    const row = (name: string) => variables.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) })
    await row('n').getByText('41').waitFor()
    // a socket is told by what the lab knows of it
    await row('s').getByText(/fd \d+/).waitFor()
    await row('s').getByText('CLOSED').waitFor()
    await page.keyboard.press('F10')
    await program.locator('.cm-at-halted').filter({ hasText: 'print(n)' }).waitFor()
    await row('n').getByText('42').waitFor()
    await page.keyboard.press('F5')
    await output.getByText('42', { exact: true }).waitFor()
    await status('ended').waitFor()
    // the ladder was there before it halted
    await page.getByRole('tab', { name: 'Ladder' }).and(page.locator('[aria-selected=true]')).waitFor()
    // back to a past moment: the line that it stood on, and the variables of then
    const back = page.getByRole('region', { name: 'Timeline' }).getByRole('button', { name: 'One event back' })
    await expect.poll(async () => {
      await back.click()
      return program.locator('.cm-at-halted').count()
    }, { interval: 50, timeout: 30_000 }).toBe(1)
    await row('n').getByText(/^4[12]$/).waitFor()
  })

  it('asks for lines, is interrupted, and is stopped where it never waits', async () => {
    const { page } = lab
    await program.fill("import sys\nprint('hello', input('name? '), sys.argv[1])\ntry:\n    while True:\n        pass\nexcept KeyboardInterrupt:\n    print('interrupted')\nprint(sys.stdin.readline() == '')\nwhile True: pass\n")
    await page.getByRole('textbox', { name: 'Arguments' }).fill('"an argument"')
    await run.click()
    await output.getByText('name?').waitFor({ timeout: LOADING })
    const line = page.getByRole('textbox', { name: 'A line for input()' })
    await line.fill('Ada')
    await line.press('Enter')
    await output.getByText('hello Ada an argument').waitFor()
    await bar.getByRole('button', { name: /^Interrupt/ }).click()
    await output.getByText('interrupted', { exact: true }).waitFor()
    await line.press('Control+d')
    await output.getByText('True', { exact: true }).waitFor()
    await stop()
    await status('stopped').waitFor()
  })

  it('that fails is marked where it failed, explained, and mended by one click', async () => {
    const { page } = lab
    await tab('client.py').click()
    await run.click()
    await output.getByText('ConnectionRefusedError: [Errno 111] Connection refused').waitFor({ timeout: LOADING })
    await status('failed').waitFor()
    await program.locator('.cm-at-error').filter({ hasText: 'client.connect' }).waitFor()
    await output.getByText(/Nothing listens on 127\.0\.0\.1:9999/).waitFor()
    await output.getByRole('link', { name: /File "client\.py", line 6/ }).click()
    await expect.poll(() => program.evaluate((el) => (el.getRootNode() as ShadowRoot).activeElement === el)).toBe(true)
    await output.getByRole('button', { name: 'Start server.py' }).click()
    await expect.poll(() => tab('server.py').getAttribute('aria-selected')).toBe('true')
    await output.getByText('waiting for clients on port 9999').waitFor({ timeout: LOADING })
    await stop()
    // an old habit
    await page.getByRole('button', { name: 'New program' }).click()
    await program.fill("x = 1\nprint 'hello'\n")
    // said before it is run, in the editor and below it
    await program.locator('.cm-lintRange-error').filter({ hasText: "print 'hello'" }).waitFor({ timeout: LOADING })
    await page.getByRole('button', { name: "Line 2: Missing parentheses in call to 'print'" }).waitFor({ timeout: LOADING })
    await program.locator('.cm-lintRange-error').first().hover()
    await page.locator('.cm-tooltip-lint').getByText('This is Python 2').waitFor()
    await run.click()
    await output.getByText('This is Python 2').waitFor({ timeout: LOADING })
    await program.locator('.cm-at-error').filter({ hasText: "print 'hello'" }).waitFor()
  })
})

describe('programs in tabs', () => {
  it('are as many as one likes: the current one is in sight', async () => {
    const { page } = lab
    await page.setViewportSize({ width: 1000, height: 700 })
    for (let i = 0; i < 6; i++) {
      await page.getByRole('button', { name: 'New program' }).click()
      // an empty one would be gone back to
      await program.fill(`n = ${i}`)
    }
    const inSight = () => page.getByRole('tablist', { name: 'Programs' }).evaluate((list) => {
      const [all, one] = [list, list.querySelector('[aria-selected=true]')!].map((el) => el.getBoundingClientRect()) as [DOMRect, DOMRect]
      // a tab may be wider than all the room there is: then its name is what counts
      return one.left >= all.left - 1 && one.left + 0.6 * one.width <= all.right
    })
    await tab('program6.py').and(page.locator('[aria-selected=true]')).waitFor()
    await expect.poll(inSight).toBe(true)
    await page.setViewportSize({ width: 1280, height: 800 })
    await theme('Projector')
    await expect.poll(inSight).toBe(true)
    await theme('Light')
    await tab('program6.py').press('Home')
    await tab('server.py').and(page.locator('[aria-selected=true]')).waitFor()
    await expect.poll(inSight).toBe(true)
  })

  it('are opened from a twin, kept over a reload, and asked about before they are lost', async () => {
    const { page } = lab
    const params = encodeURIComponent(JSON.stringify({ behaviour: 'upper', model: 'poll', port: 4321 }))
    await page.goto(`${lab.app.origin}/#/python?program=tcp-server&params=${params}`)
    await tab('tcp_server_upper_poll.py').waitFor()
    await program.getByText('PORT = 4321').waitFor()
    await page.getByRole('button', { name: 'New program' }).click()
    await program.fill('kept = "yes"\n')
    await tab('program.py').press('F2')
    await page.getByRole('textbox', { name: 'Rename' }).fill('mine')
    await page.keyboard.press('Enter')
    await tab('mine.py').waitFor()
    await page.reload()
    await program.getByText('kept = "yes"').waitFor()
    await page.getByRole('button', { name: 'Close mine.py' }).click()
    await page.getByRole('dialog').getByText('Its text was not saved').waitFor()
    await page.getByRole('button', { name: 'Close without saving' }).click()
    await expect.poll(() => tab('mine.py').count()).toBe(0)
    // Tab indents; Esc leaves the editor, and Tab goes on from there
    await tab('client.py').click()
    await program.click()
    await page.keyboard.press('Control+Home')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Tab')
    expect(await page.getByRole('textbox', { name: 'Arguments' }).evaluate((el) => el === document.activeElement)).toBe(true)
  })
})
