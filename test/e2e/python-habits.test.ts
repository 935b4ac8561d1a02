/** Old habits and first mistakes: what a student sees is Python's own message, and below it what it means and what to do. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium } from '../lib/chromium'
import { openPython, runPython, type PythonPage } from '../lib/python'

let browser: Browser
let lab: PythonPage
beforeAll(async () => {
  browser = await launchChromium()
  lab = await openPython(browser)
})
afterAll(async () => {
  await lab?.leave()
  await browser?.close()
})

const LISTENING = "import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\n"
const PAIR = 'import socket\na, b = socket.socketpair()\n'

/** what was written; Python's last line; what the lab says of it */
const HABITS: Record<string, [source: string, python: RegExp, advice: RegExp]> = {
  "Python 2's print": ["print 'hello'\n", /^SyntaxError: Missing parentheses in call to 'print'/m, /This is Python 2.*print\("hello"\)/s],
  "Python 2's raw_input": ["name = raw_input('name? ')\n", /^NameError: name 'raw_input' is not defined/m, /input\(\) instead of raw_input\(\)/],
  'a str is sent': [`${PAIR}a.send('hello')\n`, /^TypeError: a bytes-like object is required, not 'str'/m, /text\.encode\(\)/],
  'bytes are joined to a str': [`${PAIR}a.send(b'x')\nprint('received ' + b.recv(10))\n`, /^TypeError: can only concatenate str \(not "bytes"\) to str/m, /data\.decode\(\)/],
  'host and port without their parentheses': ["import socket\nsocket.socket().connect('localhost', 9999)\n", /^TypeError: .*takes exactly one argument \(2 given\)/m, /second pair of parentheses/],
  'the port is text': ["import socket\nport = '9999'\nsocket.socket().connect(('localhost', port))\n", /^TypeError: 'str' object cannot be interpreted as an integer/m, /int\(port\)/],
  'the comma after the only argument of a thread': [`import threading\n${PAIR}def serve(conn): pass\nthreading.Thread(target=serve, args=(a)).start()\n`, /^TypeError: .*argument after \* must be an iterable/m, /args=\(conn,\)/],
  'recv() on the listening socket': [`${LISTENING}s.recv(1024)\n`, /^OSError: \[Errno 107\] Transport endpoint is not connected/m, /accept\(\)/],
  'send() on the listening socket': [`${LISTENING}s.send(b'hello')\n`, /^BrokenPipeError: \[Errno 32\] Broken pipe/m, /it has no connection/],
  'a port that is taken': [`${LISTENING}socket.socket().bind(s.getsockname())\n`, /^OSError: \[Errno 98\] Address already in use/m, /SO_REUSEADDR|another port/],
  'a file of the name of a module': ["import sockets\n", /^ModuleNotFoundError: No module named 'sockets'/m, /Check the spelling/],
  'the shift of Python 2 to text': [`${PAIR}a.sendall(b'caf\\xe9')\nprint(b.recv(10).decode())\n`, /^UnicodeDecodeError/m, /data\.decode\("latin-1"\)/],
}

it.each(Object.entries(HABITS))('%s', { timeout: 300_000 }, async (_, [source, python, advice]) => {
  const { text } = await runPython(lab, source)
  expect(text).toMatch(python)
  await expect.poll(() => lab.console.getByRole('alert').innerText(), { timeout: 60_000 }).toMatch(advice)
})

it('is said in the language of the person', { timeout: 300_000 }, async () => {
  const { page } = lab
  for (const [label, language, said] of [['Language', '日本語', '別の符号化'], ['言語', '한국어', '다른 인코딩']] as const) {
    await page.getByRole('button', { name: label, exact: true }).click()
    await page.getByRole('menuitem', { name: language }).click()
    await page.getByRole('alert').getByText(said).waitFor()
  }
})
