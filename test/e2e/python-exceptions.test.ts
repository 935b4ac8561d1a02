/** A program that halts after an exception: where nobody catches it, in whatever thread, and where it is raised. */
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { launchChromium } from '../lib/chromium'
import { begin, ended, openPython, runPython, type PythonPage } from '../lib/python'

const LOADING = 90_000

let browser: Browser
let lab: PythonPage
beforeAll(async () => { browser = await launchChromium() })
afterAll(() => browser.close())
beforeEach(async () => { lab = await openPython(browser) })
afterEach(() => lab.leave())

const bar = () => lab.page.getByRole('toolbar', { name: 'Run and step' })
const toggle = () => bar().getByRole('button', { name: /^Halt on exceptions/ })
const raised = () => bar().getByRole('button', { name: /^Halt also where an exception is raised/ })
const halted = () => lab.status.getByText('halted', { exact: true }).waitFor({ timeout: LOADING })
const variables = (of: RegExp) => lab.page.getByRole('region', { name: of })
const value = (of: RegExp, name: string) => variables(of).getByRole('row').filter({ has: lab.page.getByRole('rowheader', { name, exact: true }) }).getByRole('cell').last()
const line = (text: string) => lab.editor.locator('.cm-at-halted').filter({ hasText: text })
const goOn = () => bar().getByRole('button', { name: 'Continue' }).click()

const FAILS = `def half(n):
    rest = n % 2
    if rest:
        raise ValueError(f'{n} is odd')
    return n // 2

print(half(4))
print(half(7))
`
const TRACEBACK = `Traceback (most recent call last):
  File "server.py", line 8, in <module>
    print(half(7))
          ~~~~^^^
  File "server.py", line 4, in half
    raise ValueError(f'{n} is odd')
ValueError: 7 is odd
`

/** Its telling takes several ticks of the page's clock, at which a program hears of signals. */
const SLOW_TO_TELL = `import sys, time
def tell(type, value, traceback):
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        pass
    print(f'told {type.__name__}: {value}')
sys.excepthook = tell
`

it('stops where an uncaught exception came from, before its traceback, and goes on as always', { timeout: 240_000 }, async () => {
  const { page, trace } = lab
  // by keyboard: the toolbar's buttons are stops of Tab
  await toggle().focus()
  expect(await toggle().getAttribute('aria-pressed')).toBe('false')
  await page.keyboard.press('Space')
  expect(await toggle().getAttribute('aria-pressed')).toBe('true')

  const run = await begin(lab, FAILS)
  await halted()
  await line('raise ValueError').waitFor()
  await lab.editor.locator('.cm-chip-error').getByText('ValueError: 7 is odd').waitFor()
  await variables(/Variables of half in thread main/).getByText('ValueError: 7 is odd').waitFor()
  expect(await value(/Variables of half/, 'n').innerText()).toBe('7')
  expect(await value(/Variables of half/, 'rest').innerText()).toBe('1')
  expect(trace.printed(run)).toBe('2\n')
  await page.keyboard.press('F5')
  const end = await ended(lab, run)
  expect(end).toEqual({ run, text: `2\n${TRACEBACK}`, status: 'failed', error: 'ValueError: 7 is odd' })

  // it remembers; and Ctrl-C while it is halted leaves it as Continue does
  await page.reload()
  await expect.poll(() => toggle().getAttribute('aria-pressed')).toBe('true')
  const again = await begin(lab, SLOW_TO_TELL + FAILS)
  await halted()
  await bar().getByRole('button', { name: /^Interrupt/ }).click()
  expect(await ended(lab, again)).toMatchObject({ text: `2\ntold ${TRACEBACK.split('\n').at(-2)}\n`, status: 'failed' })

  // off: it does not stop
  await toggle().click()
  expect(await runPython(lab, FAILS)).toMatchObject({ text: `2\n${TRACEBACK}`, status: 'failed' })
  expect(trace.events.filter((e) => e.k === 'halt' && e.why === 'exception')).toHaveLength(2)
})

it('stops in whatever thread it was, and leaves what is caught or ends a program alone', { timeout: 240_000 }, async () => {
  await toggle().click()
  const run = await begin(lab, `import socket, sys, threading, time, _thread
try:
    int('x')
except ValueError:
    print('caught')
def serve(conn):
    with conn:
        data = conn.recv(100)
        number = int(data)
a, b = socket.socketpair()
b.sendall(b'ten')
worker = threading.Thread(target=serve, args=(a,), name='worker')
worker.start()
worker.join()
def low(text):
    text.nothing
_thread.start_new_thread(low, ('deep',))
time.sleep(0.2)
sys.exit('bye')
`)
  const of = /Variables of serve in thread worker/
  await variables(of).waitFor({ timeout: LOADING })
  await line('number = int(data)').waitFor()
  expect(await value(of, 'data').innerText()).toBe("b'ten'")
  await variables(of).getByText("ValueError: invalid literal for int() with base 10: b'ten'").waitFor()
  expect(lab.trace.printed(run)).toBe('caught\n')
  await goOn()
  await line('text.nothing').waitFor()
  expect(lab.trace.printed(run)).toContain('Exception in thread worker')
  await goOn()
  const end = await ended(lab, run)
  expect(end.text).toMatch(/^caught\nException in thread worker:\n.*ValueError: invalid literal.*Exception ignored in thread started by .*AttributeError: 'str' object has no attribute 'nothing'.*bye\n$/s)
  expect(end).toMatchObject({ status: 'failed', error: 'exit status 1' })
})

it('stops where an exception is raised, caught or not, once for each, and steps on from there', { timeout: 240_000 }, async () => {
  await toggle().click()
  await raised().click()
  const run = await begin(lab, `def parse(text):
    return int(text)
def safe(text):
    try:
        return parse(text)
    except ValueError:
        return None
for one in map(safe, ['1', 'x']):
    print(one)
print(next(iter([]), 'none'))
raise KeyError('end')
`)
  await halted()
  await line('return int(text)').waitFor()
  expect(await value(/Variables of parse/, 'text').innerText()).toBe("'x'")
  expect(lab.trace.printed(run)).toBe('1\n')
  await lab.page.keyboard.press('F10')
  await line('except ValueError').waitFor()
  await lab.page.keyboard.press('F5')
  await line("raise KeyError('end')").waitFor()
  // the change reaches a program that runs: it is not stopped once more where nobody catches it
  await raised().click()
  await toggle().click()
  await goOn()
  const end = await ended(lab, run)
  expect(end.text).toMatch(/^1\nNone\nnone\nTraceback .*KeyError: 'end'\n$/s)
  expect(lab.trace.events.filter((e) => e.k === 'halt' && e.why === 'exception')).toHaveLength(2)
})

it('is said in the language of the person', { timeout: 240_000 }, async () => {
  await toggle().click()
  for (const [label, language, name, also] of [['Language', '日本語', /^例外で停止/, /^例外が発生した時点でも停止/], ['言語', '한국어', /^예외에서 멈춤/, /^예외가 발생하는 순간에도 멈춤/]] as const) {
    await lab.page.getByRole('button', { name: label, exact: true }).click()
    await lab.page.getByRole('menuitem', { name: language }).click()
    await lab.page.getByRole('button', { name, pressed: true }).waitFor()
    await lab.page.getByRole('button', { name: also, pressed: false }).waitFor()
  }
})
