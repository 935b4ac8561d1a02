/** The editor under a person's hands: pasted programs with what pages put into them, an input method, finding, completing. */
import type { Browser, CDPSession } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { launchChromium } from '../lib/chromium'
import { begin, ended, openPython, prints, runPython, type PythonPage } from '../lib/python'

const LOADING = 90_000

let browser: Browser
let lab: PythonPage
let cdp: CDPSession
beforeAll(async () => {
  browser = await launchChromium()
  lab = await openPython(browser)
  await lab.context.grantPermissions(['clipboard-read', 'clipboard-write'])
  cdp = await lab.context.newCDPSession(lab.page)
})
afterAll(async () => {
  await lab?.leave()
  await browser?.close()
})
beforeEach(async () => {
  await lab.editor.press('ControlOrMeta+a')
  await lab.editor.press('Delete')
})

const text = (): Promise<string> => lab.editor.evaluate((el) => [...el.querySelectorAll('.cm-line')].map((line) => {
  const copy = line.cloneNode(true) as HTMLElement
  for (const chip of copy.querySelectorAll('.cm-chip')) chip.remove()
  return copy.textContent
}).join('\n'))
async function paste(source: string): Promise<void> {
  await lab.page.evaluate((what) => navigator.clipboard.writeText(what), source)
  await lab.editor.press('ControlOrMeta+v')
}
const run = () => lab.page.getByRole('button', { name: 'Run', exact: true }).click()

it('takes a program from the clipboard with tabs and CR LF as it is, and runs it', { timeout: 180_000 }, async () => {
  await paste('for i in range(2):\r\n\tif i:\r\n\t\tprint("tab", i)\r\nprint("end")\r\n')
  await expect.poll(text).toBe('for i in range(2):\n\tif i:\n\t\tprint("tab", i)\nprint("end")\n')
  const from = lab.trace.events.length
  await run()
  const event = await lab.trace.event((e) => e.k === 'run', from)
  expect(await ended(lab, (event as { run: number }).run)).toMatchObject({ text: 'tab 1\nend\n', status: 'ok' })
})

it('explains tabs and spaces in one block', { timeout: 180_000 }, async () => {
  await paste('if True:\n\tprint(1)\n        print(2)\n')
  await lab.page.getByRole('button', { name: /^Line 3: inconsistent use of tabs and spaces/ }).waitFor({ timeout: LOADING })
  await run()
  await lab.console.getByText('do not mix tabs and spaces').waitFor({ timeout: LOADING })
})

const ODD = 'def greet(name):\n\u00a0\u00a0\u00a0\u00a0return \u201chello\u201d\u3000+ name\nprint\uff08greet(\u2018 it\u2019)\uff09  # it\u2019s\u00a0mine\n'
const PLAIN = 'def greet(name):\n    return "hello" + name\nprint(greet(\' it\'))  # it\u2019s\u00a0mine\n'

it('finds characters that only look right, names them, and replaces them by one click before it is run', { timeout: 180_000 }, async () => {
  await paste(ODD)
  await lab.page.getByRole('button', { name: /^Line 2: invalid non-printable character U\+00A0/ }).waitFor({ timeout: LOADING })
  await lab.editor.locator('.cm-lintRange-error').first().hover()
  await lab.page.locator('.cm-tooltip-lint').getByText(/The character U\+00A0 looks like a plain one/).waitFor()
  await lab.page.keyboard.press('Escape')
  await lab.page.getByRole('button', { name: 'Replace by plain characters' }).last().click()
  await expect.poll(text).toBe(PLAIN)
  // it is one step back
  await lab.editor.press('ControlOrMeta+z')
  await expect.poll(text).toBe(ODD)
  // and again from what is said after it was run
  await run()
  await lab.console.getByText(/SyntaxError: invalid non-printable character U\+00A0/).waitFor({ timeout: LOADING })
  await lab.console.getByRole('button', { name: 'Replace by plain characters' }).click()
  await expect.poll(text).toBe(PLAIN)
  const from = lab.trace.events.length
  await run()
  const event = await lab.trace.event((e) => e.k === 'run', from)
  expect(await ended(lab, (event as { run: number }).run)).toMatchObject({ text: 'hello it\n', status: 'ok' })
})

it('an input method composes in the editor: once, and with its own keys', { timeout: 180_000 }, async () => {
  const { page } = lab
  await page.keyboard.insertText('print("')
  for (const composed of ['n', 'に', 'にほn', 'にほん']) await cdp.send('Input.imeSetComposition', { text: composed, selectionStart: composed.length, selectionEnd: composed.length })
  await cdp.send('Input.imeSetComposition', { text: '日本', selectionStart: 0, selectionEnd: 2 })
  // the keys of the choice go by: Escape is not the way out of the editor, F5 starts nothing
  for (const key of ['Escape', 'F5']) await lab.editor.dispatchEvent('keydown', { key, keyCode: 229, isComposing: true, bubbles: true, composed: true, cancelable: true })
  expect(await lab.editor.evaluate((el) => (el.getRootNode() as ShadowRoot).activeElement === el)).toBe(true)
  expect(await lab.status.innerText()).not.toMatch(/running|starting/)
  await cdp.send('Input.insertText', { text: '日本' })
  await page.keyboard.insertText('")')
  await expect.poll(text).toBe('print("日本")')
  const from = lab.trace.events.length
  await page.keyboard.press('F5')
  const event = await lab.trace.event((e) => e.k === 'run', from)
  expect(await ended(lab, (event as { run: number }).run)).toMatchObject({ text: '日本\n', status: 'ok' })
})

it('an input method composes in the line for input(): nothing is sent before it is done', { timeout: 180_000 }, async () => {
  const { page } = lab
  const id = await begin(lab, "print('got', input('name? '))\n")
  await prints(lab, id, 'name? ')
  const line = page.getByRole('textbox', { name: 'A line for input()' })
  await line.focus()
  await cdp.send('Input.imeSetComposition', { text: 'やまだ', selectionStart: 3, selectionEnd: 3 })
  // the arrows and Enter of the choice
  for (const [key, code] of [['ArrowUp', 38], ['ArrowDown', 40], ['Enter', 13]] as const) {
    await line.dispatchEvent('keydown', { key, keyCode: 229, code: key, isComposing: true, bubbles: true, cancelable: true, which: code })
  }
  expect(await line.inputValue()).toBe('やまだ')
  await cdp.send('Input.imeSetComposition', { text: '山田', selectionStart: 0, selectionEnd: 2 })
  await cdp.send('Input.insertText', { text: '山田' })
  expect(await line.inputValue()).toBe('山田')
  expect(lab.trace.printed(id)).toBe('name? ')
  await line.press('Enter')
  expect(await ended(lab, id)).toMatchObject({ text: 'name? got 山田\n', status: 'ok' })
})

it('finds by Ctrl-F, goes from one to the next, replaces, and closes by Escape', async () => {
  const { page } = lab
  await paste('server = 1\nprint(server)\nclient = server\n')
  await lab.editor.press('ControlOrMeta+f')
  const find = page.getByRole('textbox', { name: 'Find' })
  await find.press('ControlOrMeta+a')
  await page.keyboard.type('server')
  await expect.poll(() => lab.editor.locator('.cm-searchMatch').count()).toBe(3)
  const selected = async (): Promise<string | null> => lab.editor.locator('.cm-line').filter({ has: page.locator('.cm-searchMatch-selected') }).textContent()
  const seen: (string | null)[] = []
  for (let i = 0; i < 4; i++) {
    await find.press('Enter')
    seen.push(await selected())
  }
  expect(new Set(seen)).toEqual(new Set(['server = 1', 'print(server)', 'client = server']))
  expect(seen[3]).toBe(seen[0])
  await page.getByRole('textbox', { name: 'Replace with' }).focus()
  await page.keyboard.type('conn')
  await page.getByRole('button', { name: 'replace all' }).click()
  await expect.poll(text).toBe('conn = 1\nprint(conn)\nclient = conn\n')
  await find.press('Escape')
  await expect.poll(() => find.count()).toBe(0)
  // the editor has the keyboard again
  await page.keyboard.press('ControlOrMeta+End')
  await page.keyboard.insertText('x')
  await expect.poll(text).toBe('conn = 1\nprint(conn)\nclient = conn\nx')
})

it('completes what the module socket and its sockets offer', async () => {
  const { page } = lab
  const list = page.getByRole('listbox', { name: 'Completions' })
  const option = (name: RegExp) => list.getByRole('option', { name })
  await page.keyboard.insertText('import socket\ns = ')
  await page.keyboard.type('socket.so', { delay: 30 })
  /** For a moment after the list has come the library takes no key for it: one that was on its way is for the text. */
  const take = async (name: RegExp): Promise<void> => {
    await option(name).and(page.locator('[aria-selected=true]')).waitFor()
    await page.waitForTimeout(150)
    await page.keyboard.press('Enter')
  }
  await take(/^socket\(family/)
  await expect.poll(text).toBe('import socket\ns = socket.socket')
  await page.keyboard.type('(socket.SOCK_D', { delay: 30 })
  await take(/^SOCK_DGRAM/)
  await expect.poll(text).toBe('import socket\ns = socket.socket(socket.SOCK_DGRAM)')
  await page.keyboard.press('End')
  await page.keyboard.insertText('\nconn, peer = s.accept()\n')
  await page.keyboard.type('conn.recv', { delay: 30 })
  for (const name of [/^recv\(bufsize\)/, /^recvfrom\(bufsize\)/, /^recv_into/]) await option(name).waitFor()
  // Escape closes the list first, and only then leaves the editor
  await page.keyboard.press('Escape')
  await expect.poll(() => list.count()).toBe(0)
  expect(await lab.editor.evaluate((el) => (el.getRootNode() as ShadowRoot).activeElement === el)).toBe(true)
  expect((await runPython(lab, 'print(1)\n')).text).toBe('1\n')
})
