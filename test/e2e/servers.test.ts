/** The servers and the framing page as a person walks them: by role and name, on real sockets, no time asserted. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Browser, Locator, Page } from 'playwright-core'
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
})
afterEach(async () => { await lab.leave() })

const go = (name: string): Promise<void> => page.getByRole('link', { name }).click()
const model = (name: string): Locator => page.getByRole('region', { name, exact: true })
const row = (within: Locator, name: string): Locator => within.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) })

describe('server models', () => {
  beforeEach(async () => {
    await go('Servers')
    for (const [name, value] of [['Clients', '4'], ['Arrival every (ms)', '60'], ['Work per request (ms)', '150'], ['It is silent for (ms)', '1200']] as const) {
      await page.getByRole('textbox', { name }).fill(value)
    }
  })

  it('the same load on all four: who waits where, by whom it is served, and a sentence of what was seen', async () => {
    await page.getByRole('button', { name: 'Run on all four' }).click()
    await page.getByRole('status').getByText('1 of 4: Iterative').waitFor()
    await page.getByRole('button', { name: 'Run on all four' }).waitFor({ timeout: 60_000 })

    // the only thread stands in recv() for client 1, and the kernel queues the others
    const iterative = model('Iterative')
    await iterative.getByText(/Client 1 said nothing for .*, and main stood in recv\(\) for it: 3 others were held up\./).waitFor()
    await iterative.getByText(/Client 4 waited longest, .* in the kernel's accept queue, which held up to 3\./).waitFor()
    await row(iterative, 'client 3').getByRole('gridcell', { name: /^queued by the kernel/ }).waitFor()
    await row(iterative, 'main').getByRole('gridcell', { name: /^stands in recv\(\) for client 1/ }).first().waitFor()
    expect(await row(iterative, 'main').getByRole('gridcell', { name: /^serves client/ }).count()).toBe(4)

    // each has its own thread: nobody is held up
    await model('Threads').getByText(/only client 1 stood in recv\(\) for it, and nobody else was held up/).waitFor()
    await model('Pool').getByText(/only worker 1 stood in recv\(\) for it, and nobody else was held up/).waitFor()
    // one thread again, but it stands still for nobody
    await model('poll()').getByText(/At most 1 of 4 clients .* by one thread\..* no thread stood still for it\./).waitFor()
    await page.getByRole('img', { name: /How long until the first answer\. Iterative: median/ }).waitFor()
  })

  it('the timeline by keyboard: from piece to piece, and what is chosen is lit', async () => {
    await page.getByRole('button', { name: 'Only Iterative' }).click()
    await model('Iterative').getByText('in all').waitFor({ timeout: 30_000 })
    const grid = page.getByRole('grid', { name: /Iterative: clients and threads/ })
    await grid.locator('[tabindex="0"]').focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    await expect.poll(() => grid.locator('.lit').count()).toBeGreaterThan(0)
    expect(await page.evaluate(() => document.activeElement?.closest('[role=row]')?.textContent)).toContain('client 2')
  })

  it('can be cancelled, and leaves no program behind', async () => {
    await page.getByRole('button', { name: 'Run on all four' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Run on all four' }).waitFor()
    await page.getByText('0 sockets').waitFor()
    await page.getByText('0 threads', { exact: true }).waitFor()
  })

  it('refuses what is no load, where it stands', async () => {
    await page.getByRole('textbox', { name: 'Clients' }).fill('1000')
    await page.getByRole('alert').getByText('A whole number from 1 to 60').waitFor()
    expect(await page.getByRole('button', { name: 'Run on all four' }).isDisabled()).toBe(true)
  })
})

describe('the backlog by hand', () => {
  it('the accept queue fills, overflows, and recovers', async () => {
    await go('Servers')
    await page.getByRole('tab', { name: 'Backlog' }).click()
    await page.getByRole('textbox', { name: 'listen(backlog)' }).fill('1')
    await page.getByRole('button', { name: 'Listen, but do not accept' }).click()
    const client = (n: number) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: `client ${n}`, exact: true }) })
    const launch = async (n: number): Promise<void> => {
      await page.getByRole('button', { name: 'Launch a client' }).click()
      await client(n).waitFor()
    }
    for (const n of [1, 2]) {
      await launch(n)
      await client(n).getByText('in the accept queue').waitFor()
      await client(n).getByText('ESTABLISHED').waitFor()
    }
    await page.getByText('The accept queue is full: 2 wait with a backlog of 1.').waitFor()
    await launch(3)
    await client(3).getByText('SYN_SENT').waitFor()
    await page.getByText(/The queue overflowed: the kernel drops the SYN of client 3/).waitFor()
    // sent again, unanswered again
    await expect.poll(async () => Number(await client(3).getByRole('cell').last().innerText()), { timeout: 15_000 }).toBeGreaterThan(0)
    await page.getByRole('button', { name: 'Accept all' }).click()
    await client(1).getByText('served, closed').waitFor()
    await client(2).getByText('served, closed').waitFor()
    // its next SYN is answered
    await client(3).getByText('in the accept queue').waitFor()
    await page.getByRole('button', { name: 'accept() one' }).click()
    await client(3).getByText('served, closed').waitFor()
    await page.getByRole('button', { name: 'Stop all' }).click()
    await page.getByText('0 sockets').waitFor()
  })
})

describe('Unix sockets', () => {
  it('server and client on a path; a path in use and one that is gone are explained', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lab-e2e-'))
    try {
      await go('Servers')
      await page.getByRole('tab', { name: 'Unix sockets' }).click()
      const path = join(folder, 'lab.sock')
      await page.getByRole('textbox', { name: 'Path' }).fill(path)
      await page.getByRole('button', { name: 'Start server' }).click()
      await page.getByText(`listening on ${path}`).waitFor()
      await page.getByRole('button', { name: 'Start client' }).click()
      await page.getByText("received b'HELLO'").waitFor()
      await page.getByRole('button', { name: 'Start server' }).click()
      await page.getByRole('alert').getByText(`The path ${path} exists already`).waitFor()
      await page.getByRole('button', { name: 'Stop', exact: true }).click()
      await page.getByText('stopped').waitFor()
      await page.getByRole('button', { name: 'Start client' }).click()
      await page.getByRole('alert').getByText(`There is no socket at ${path}`).waitFor()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('framing', () => {
  const broken = async (name: RegExp): Promise<void> => {
    await page.getByRole('button', { name: 'Send a broken frame' }).click()
    await page.getByRole('menuitem', { name }).click()
  }
  const receiver = () => page.getByRole('region', { name: 'Over a real connection' })
  beforeEach(async () => {
    await go('Framing')
    await page.getByRole('button', { name: 'Connect both ends' }).click()
    await receiver().getByText('0 sent, 0 received').waitFor()
  })

  it('length first: frames in one send, taken four bytes at a time', async () => {
    await page.getByText("struct.pack('!I', len(body)) + body").waitFor()
    await page.getByRole('button', { name: 'Send all frames' }).click()
    await receiver().getByText('42 sent, 0 received').waitFor()
    await page.getByRole('button', { name: 'recv(4)' }).click()
    await receiver().getByText('0 whole frames. Of the next one 4 of 9 bytes have come: not enough data yet.').waitFor()
    await page.getByRole('button', { name: 'recv() until empty' }).click()
    await receiver().getByText('3 whole frames, and nothing besides.').waitFor()
    await receiver().getByRole('list', { name: 'Bodies received' }).getByText('TCP has no messages').waitFor()
    await receiver().getByRole('option', { name: /^frame 2: length field, 4 bytes, 9 to 13/ }).waitFor()
  })

  it('pieces that cut through frames come together again; EOF in the middle is told apart from EOF between frames', async () => {
    await page.getByRole('button', { name: 'Send in pieces' }).click()
    await receiver().getByText('3 whole frames, and nothing besides.').waitFor()
    await broken(/truncated/)
    await receiver().getByRole('alert').getByText('The stream ended after 6 of 7 bytes of a frame.').waitFor()
  })

  it('an end between two frames is no error', async () => {
    await page.getByRole('button', { name: 'Send all frames' }).click()
    await page.getByRole('button', { name: 'shutdown(SHUT_WR)' }).click()
    await receiver().getByText("3 whole frames, and nothing besides. recv() has returned b'': the stream is over.").waitFor()
    expect(await receiver().getByRole('alert').count()).toBe(0)
  })

  it('oversized and garbage: refused before the body has come', async () => {
    await broken(/no frame/)
    // 'GET ' as a 4-byte big-endian number
    await receiver().getByRole('alert').getByText('The body has 1195725856 bytes; 64 are accepted.').waitFor()
    await page.getByRole('button', { name: 'Connect anew' }).click()
    await receiver().getByText('0 sent, 0 received').waitFor()
    await broken(/oversized/)
    await receiver().getByRole('alert').getByText('The body has 65 bytes; 64 are accepted.').waitFor()
  })

  it('a delimiter in the body cannot be sent; a wrong header is found', async () => {
    await page.getByText('Delimiter', { exact: true }).click()
    await page.getByRole('textbox', { name: 'Delimiter' }).fill(',')
    await page.getByRole('textbox', { name: 'Bodies, one a line' }).fill('a,b')
    const builder = page.getByRole('region', { name: 'Frames to send' })
    await builder.getByRole('alert').getByText('The body holds the delimiter at byte 1.').waitFor()
    expect(await page.getByRole('button', { name: 'Send all frames' }).isDisabled()).toBe(true)
    await page.getByRole('textbox', { name: 'Header before each frame' }).fill('SS')
    await page.getByRole('textbox', { name: 'Bodies, one a line' }).fill('a')
    await page.getByRole('button', { name: 'Send all frames' }).click()
    await broken(/wrong header/)
    await receiver().getByRole('alert').getByText('Byte 4 is ac, not 53.').waitFor()
  })
})

describe('Python', () => {
  it('a piece of the timeline leads to its line of the twin', async () => {
    await go('Servers')
    await page.getByRole('textbox', { name: 'Clients' }).fill('2')
    await page.getByRole('button', { name: 'Only poll()' }).click()
    await model('poll()').getByText('in all').waitFor({ timeout: 30_000 })
    await row(model('poll()'), 'main').getByRole('gridcell', { name: /^serves client 1/ }).click()
    await page.getByRole('tab', { name: 'Python and calls' }).click()
    await page.getByText('tcp-server-upper-poll.py').waitFor()
    await page.getByText('for fd, event in poller.poll():').waitFor()
  })

  it('frames between two programs, and a truncated one, with their twins', async () => {
    await go('Framing')
    await page.getByRole('tab', { name: 'As programs' }).click()
    await page.getByRole('button', { name: 'Run server and client' }).click()
    await page.getByText('3 answers to 3 frames').waitFor()
    await page.getByText('frame-client-length.py').waitFor()
    await page.getByRole('combobox', { name: 'After the last frame' }).selectOption('truncated')
    await page.getByRole('button', { name: 'Run server and client' }).click()
    await page.getByText(/failed: the stream ended in the middle of a frame, after 9 of 10 bytes/).waitFor()
  })
})
