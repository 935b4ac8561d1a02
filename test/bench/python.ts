/**
 * Python in the page: how soon a program runs, what a call costs, and two programs that talk to each other. DevTools starts the
 * programs and then lets go of the browser: see test/lib/unwatched.ts. Beside the rate stands what a round trip took of the
 * processor in the engine's process, which says more than the rate on a machine that has other work.
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { loadavg } from 'node:os'
import type { Page } from 'playwright-core'
import type { TraceEvent } from '../../src/shared/trace/events'
import { startApp } from '../lib/app'
import { TraceTap } from '../lib/trace-tap'
import { launchUnwatched } from '../lib/unwatched'
import { median, type Row } from './table'

const FIRST_MS = 3000
const LATER_MS = 500
const CALL_MS = 1
const TRIPS = 1000
const COUNT = 3000

const SAY = "print('here')\n"
const SERVER = `import socket
s = socket.create_server(('127.0.0.1', 0))
print('PORT', s.getsockname()[1])
conn, _ = s.accept()
conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
with conn:
    while data := conn.recv(4096):
        conn.sendall(data)
`
/** begins when somebody connects to it */
const CLIENT = `import socket, sys, time
with socket.create_server(('127.0.0.1', 0)) as gate:
    print('GATE', gate.getsockname()[1])
    gate.accept()[0].close()
c = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
def trips(n):
    t = time.perf_counter()
    for _ in range(n):
        c.sendall(b'x')
        assert c.recv(100) == b'x'
    return n / (time.perf_counter() - t)
trips(300)
print('WARM')
print('TRIPS', trips(${COUNT}))
t = time.perf_counter()
for _ in range(2000): c.getsockname()
print('CALL', (time.perf_counter() - t) / 2)
`

type RunEvent = Extract<TraceEvent, { k: 'run' }>

/** Starts a program in the open tab; its run, and when the button was clicked. */
async function start(page: Page, trace: TraceTap, source: string, args = ''): Promise<{ run: number; clicked: number }> {
  await page.getByRole('textbox', { name: 'Program' }).press('ControlOrMeta+a')
  await page.keyboard.press('Delete')
  await page.keyboard.insertText(source)
  await page.getByRole('textbox', { name: 'Arguments' }).fill(args)
  const from = trace.events.length
  const clicked = performance.now()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  return { run: ((await trace.event((e) => e.k === 'run', from)) as RunEvent).run, clicked }
}

const said = async (trace: TraceTap, run: number, what: RegExp): Promise<string> => {
  await trace.event((e) => e.k === 'print' && what.test(trace.printed(run)))
  return what.exec(trace.printed(run))![1] ?? ''
}

/** Processor time of a process so far, milliseconds (proc(5): in hundredths of a second). */
function processor(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** From the click to the program's first word, milliseconds. */
async function untilFirstWord(page: Page, trace: TraceTap): Promise<number> {
  const { run, clicked } = await start(page, trace, SAY)
  await said(trace, run, /here/)
  return performance.now() - clicked
}

export async function pythonRows(rounds: number): Promise<Row[]> {
  const app = await startApp()
  const chromium = await launchUnwatched()
  try {
    const browser = await chromium.attach()
    const context = browser.contexts()[0]!
    const page = await context.newPage()
    page.setDefaultTimeout(180_000)
    await page.goto(`${app.url}#/python`)
    const trace = await TraceTap.open(app.origin, context)
    const first = await untilFirstWord(page, trace)
    const later: number[] = []
    for (let i = 0; i < rounds; i++) {
      // the next interpreter is made while the person reads and types
      await page.waitForTimeout(5000)
      later.push(await untilFirstWord(page, trace))
    }
    const server = await start(page, trace, SERVER)
    const port = await said(trace, server.run, /PORT (\d+)/)
    await page.getByRole('button', { name: 'New program' }).click()
    const client = await start(page, trace, CLIENT, port)
    const gate = Number(await said(trace, client.run, /GATE (\d+)/))
    // the next interpreter is loaded, and nobody looks on any more
    await page.waitForTimeout(5000)
    await browser.close()
    connect(gate, '127.0.0.1').resume()
    await said(trace, client.run, /(WARM)/)
    const before = process.platform === 'linux' ? processor(app.pid) : 0
    const trips = Number(await said(trace, client.run, /TRIPS (\S+)/))
    const each = process.platform === 'linux' ? `engine ${((processor(app.pid) - before) / COUNT).toFixed(2)} ms each; load ${loadavg()[0]!.toFixed(0)}` : ''
    const call = Number(await said(trace, client.run, /CALL (\S+)/))
    trace.close()
    const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`
    return [
      { what: 'Python: first program, click to first word', target: `<= ${FIRST_MS} ms`, ours: ms(first), theirs: '', met: first <= FIRST_MS },
      { what: 'Python: a later program', target: `<= ${LATER_MS} ms`, ours: ms(median(later)), theirs: '', met: median(later) <= LATER_MS },
      { what: 'Python: round trips between two programs', target: `>= ${TRIPS} /s`, ours: `${Math.round(trips)} /s`, theirs: each, met: trips >= TRIPS },
      { what: 'Python: a socket call', target: `<= ${CALL_MS} ms`, ours: ms(call), theirs: '', met: call <= CALL_MS },
    ]
  } finally {
    await chromium.dispose()
    await app.stop()
  }
}
