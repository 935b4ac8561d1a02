/** A student's own Python in the page: it runs, speaks, stops, and gets no further than the lab. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../lib/chromium'
import { begin, ended, newTab, openPython, prints, runPython, toTab, type PythonPage } from '../lib/python'

let browser: Browser
let lab: PythonPage
beforeAll(async () => {
  browser = await launchChromium()
  lab = await openPython(browser)
})
afterAll(async () => {
  await lab.leave()
  await browser.close()
})

it('prints, takes arguments, and fails as Python does', async () => {
  const { text, status } = await runPython(lab, `import sys
print('hello', sys.argv[1:])
def f():
    raise ValueError('no')
f()
`, 'a "b c"')
  expect(text.trimEnd()).toBe(`hello ['a', 'b c']
Traceback (most recent call last):
  File "server.py", line 5, in <module>
    f()
    ~^^
  File "server.py", line 4, in f
    raise ValueError('no')
ValueError: no`)
  expect(status).toBe('failed')
  await expect.poll(() => lab.console.innerText()).toContain('ValueError: no')
  await expect.poll(() => lab.status.innerText()).toBe('failed')
})

it('threads speak over real sockets, each blocked on its own', async () => {
  const { text, status } = await runPython(lab, `import socket, threading
server = socket.create_server(('127.0.0.1', 0))
def serve(conn):
    with conn:
        while data := conn.recv(100):
            conn.sendall(data.upper())
def accepting():
    for _ in range(20):
        conn, _ = server.accept()
        threading.Thread(target=serve, args=(conn,)).start()
threading.Thread(target=accepting).start()
answers = []
def client(i):
    with socket.create_connection(server.getsockname()) as s:
        for k in range(3):
            s.sendall(b'client %d %d' % (i, k))
            answers.append(s.recv(100))
threads = [threading.Thread(target=client, args=(i,)) for i in range(20)]
for t in threads: t.start()
for t in threads: t.join()
print(len(answers), len(set(answers)), sorted(answers)[0])
`)
  expect(text.trim()).toBe("60 60 b'CLIENT 0 0'")
  expect(status).toBe('ok')
}, 90_000)

it('a busy thread leaves the others their turn; Ctrl-C and Stop reach it', async () => {
  const busy = await begin(lab, `import threading, time
def ticking():
    for i in range(5):
        time.sleep(0.02)
        print('tick', i)
threading.Thread(target=ticking, daemon=True).start()
while True: pass
`)
  await prints(lab, busy, 'tick 4')
  await lab.page.getByRole('button', { name: 'Interrupt, as Ctrl+C in a terminal', exact: true }).click()
  const interrupted = await ended(lab, busy)
  expect(interrupted.text).toContain('KeyboardInterrupt')
  const stubborn = await begin(lab, `print('begun')
while True:
    try:
        while True: pass
    except BaseException:
        print('not with me')
`)
  await prints(lab, stubborn, 'begun')
  await lab.page.getByRole('button', { name: 'Stop', exact: true }).click()
  expect((await ended(lab, stubborn)).status).toBe('stopped')
}, 120_000)

it('two programs in their tabs talk to each other', async () => {
  const server = await begin(lab, `import socket
s = socket.create_server(('127.0.0.1', 0))
print('PORT', s.getsockname()[1])
conn, _ = s.accept()
print(conn.recv(100))
conn.close()
s.close()
`)
  const port = /PORT (\d+)/.exec(await prints(lab, server, /PORT \d+/))![1]!
  await newTab(lab)
  await runPython(lab, `import socket, sys
socket.create_connection(('127.0.0.1', int(sys.argv[1]))).sendall(b'from the other tab')
`, port)
  expect((await ended(lab, server)).text).toContain("b'from the other tab'")
  await toTab(lab, 'server.py')
}, 90_000)

it('has no way out but the lab', async () => {
  const { text, status } = await runPython(lab, readFileSync(resolve(import.meta.dirname, '../fixtures/python/hostile.py'), 'utf8'))
  expect(text.trim().split('\n').at(-1)).toBe('nothing got out')
  expect(status).toBe('ok')
}, 150_000)
