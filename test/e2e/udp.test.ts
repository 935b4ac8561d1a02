/**
 * The UDP page as a person walks it: by role and name, in a real browser, on the built browser edition and its real
 * sockets. Ports are the kernel's choice; nothing is slept for.
 */
import { readFile } from 'node:fs/promises'
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
  await page.getByRole('link', { name: 'UDP' }).click()
})
afterEach(async () => { await lab.leave() })

const server = () => page.getByRole('form', { name: 'UDP server' })
const client = () => page.getByRole('form', { name: 'UDP client' })
const ladder = () => page.getByRole('region', { name: 'Ladder of the connection' })
const view = async (name: string | RegExp): Promise<Locator> => {
  await page.getByRole('tab', { name }).click()
  return page.getByRole('tabpanel', { name })
}
/** Sets the forms to a scenario. */
async function scenario(name: string | RegExp): Promise<void> {
  await page.getByRole('button', { name: 'Scenarios' }).click()
  await page.getByRole('menuitem', { name }).click()
}
/** Starts the server on a port of the kernel's choice; the client's form then has it. */
async function startServer(): Promise<string> {
  await server().getByRole('textbox', { name: 'Port' }).fill('0')
  await server().getByRole('button', { name: 'Start server' }).click()
  const line = await server().getByText(/listening on /).innerText()
  const port = /(\d+)\D*$/.exec(line)?.[1] ?? ''
  await expect.poll(() => client().getByRole('textbox', { name: 'Port' }).inputValue()).toBe(port)
  return port
}
const ask = () => client().getByRole('button', { name: /^Send / }).click()
/** Waits until all requests of the first run are over. */
const over = (n: string) => client().getByText(`${n} of ${n}`, { exact: true }).waitFor({ timeout: 60_000 })

describe('one request', () => {
  it('goes out, is answered in capitals, and lights up on the ladder and in the calls', async () => {
    await startServer()
    await ask()
    await client().getByText("received b'HELLO'").waitFor()
    const arrow = ladder().getByRole('button', { name: /^answer to request 1 from server, 5 bytes, kernel/ })
    await arrow.waitFor()
    await arrow.click()
    await expect.poll(() => arrow.getAttribute('aria-pressed')).toBe('true')
    const story = page.getByRole('region', { name: 'Request 1' })
    await story.getByText('The answer to request 1 came').waitFor()
    const calls = await view('Calls')
    await calls.getByText(/recvfrom/).first().waitFor()
    const python = await view('Python')
    await python.getByText('udp-client.py').waitFor()
  })

  it('goes call by call with the pace at step', async () => {
    await startServer()
    await page.getByRole('button', { name: 'Step', exact: true }).or(page.getByRole('radio', { name: 'Step', exact: true })).first().click()
    await ask()
    const next = page.getByRole('button', { name: 'Next call' })
    const answered = page.getByRole('region', { name: 'Request 1' }).getByText('The answer to request 1 came')
    let steps = 0
    for (; steps < 60 && await answered.count() === 0; steps++) {
      if (await next.isEnabled()) await next.click()
    }
    expect(steps).toBeGreaterThan(4)
    await answered.waitFor()
  })

  it('to a server that drops all is sent five times, then given up', async () => {
    await startServer()
    await scenario('The server seems down')
    await ask()
    await client().getByText('server seems down').waitFor()
    const story = page.getByRole('region', { name: 'Request 1' })
    await story.getByText('Attempt 5: sent, waited 1.6 s, no answer in time').waitFor()
    await expect.poll(() => ladder().getByRole('button', { name: /attempt \d.*dropped by udp-server/ }).count()).toBeGreaterThan(0)
    const caught = await view(/^Caught/)
    await caught.getByText('5 dropped').waitFor()
    await caught.getByText('Request 1 was given up: the server seems down').waitFor()
    // what is listed already follows the language
    await page.getByRole('button', { name: 'Language' }).click()
    await page.getByRole('menuitem', { name: '日本語' }).click()
    await page.getByText('要求 1 を断念：サーバーは停止しているようです').waitFor()
  })
})

describe('what UDP does not promise is caught and named', () => {
  it('late answers to earlier questions', async () => {
    await startServer()
    await scenario(/^Late answers Each/)
    await ask()
    await over('10')
    const caught = await view(/^Caught/)
    await caught.getByText(/^A late answer to request \d+ came/).first().waitFor()
  })

  it('duplicates', async () => {
    await startServer()
    await scenario('Duplicates')
    await ask()
    await over('10')
    const caught = await view(/^Caught/)
    await caught.getByText(/^A second answer to request \d+ came, a duplicate/).first().waitFor()
  })

  it('reorderings', async () => {
    await startServer()
    await scenario('Reordering')
    await ask()
    await over('20')
    const caught = await view(/^Caught/)
    await caught.getByText(/: out of order/).first().waitFor()
  })
})

describe('many requests', () => {
  it('have progress, a knob that acts while they run, charts beside theory, and files of them', async () => {
    await startServer()
    await scenario('Ten thousand requests')
    await client().getByRole('textbox', { name: 'Requests' }).fill('2000')
    await ask()
    await client().getByRole('progressbar', { name: 'Requests that are over' }).waitFor()
    await server().getByRole('slider', { name: 'Loss' }).fill('0.1')
    await over('2,000')
    const charts = await view('Charts')
    for (const name of ['Answered by attempt k', 'Attempts per request', 'Time per request, against the waits', 'Round trip']) {
      await charts.getByRole('figure', { name }).waitFor()
    }
    await charts.getByRole('note').filter({ hasText: 'A knob was turned during this run' }).waitFor()
    await charts.getByRole('button', { name: 'Numbers of “Answered by attempt k” as a table' }).click()
    const rows = charts.getByRole('figure', { name: 'Answered by attempt k' }).getByRole('row')
    expect(await rows.count()).toBe(6)

    const csv = page.waitForEvent('download')
    await charts.getByRole('button', { name: 'Save “Answered by attempt k” as CSV' }).click()
    const text = await readFile(await (await csv).path(), 'utf8')
    expect(text.split('\r\n')[0]).toBe('\uFEFFattempt k,measured,"expected, 1-(1-p)^k"')
    const [, first] = text.split('\r\n')
    const [, measured, expected] = first!.split(',').map(Number)
    expect(expected).toBeCloseTo(0.9, 9)
    // how many are answered in time depends on the machine; that it is a share of the requests does not
    expect(measured! * 2000).toBeCloseTo(Math.round(measured! * 2000), 6)
    expect(measured).toBeGreaterThan(0)
    expect(measured).toBeLessThanOrEqual(1)
    const png = page.waitForEvent('download')
    await charts.getByRole('button', { name: 'Save “Answered by attempt k” as PNG' }).click()
    expect((await readFile(await (await png).path())).subarray(1, 4).toString()).toBe('PNG')
  })

  it('can be cancelled', async () => {
    await startServer()
    await server().getByRole('slider', { name: 'Loss' }).fill('1')
    await client().getByRole('textbox', { name: 'Requests' }).fill('100000')
    await ask()
    await client().getByRole('button', { name: 'Cancel' }).click()
    await client().getByRole('button', { name: /^Send / }).waitFor()
  })

  it('are refused with a clear word where the input makes no sense', async () => {
    await client().getByRole('textbox', { name: 'Requests' }).fill('100001')
    await client().getByText('A whole number from 1 to 100,000.').waitFor()
    await client().getByRole('textbox', { name: 'First wait, s' }).fill('abc')
    await client().getByText('From 0.001 to 60 seconds.').waitFor()
    await server().getByRole('textbox', { name: 'Port' }).fill('70000')
    await server().getByText(/to 65535/).waitFor()
    expect(await server().getByRole('button', { name: 'Start server' }).isDisabled()).toBe(true)
  })
})

describe('datagram facts', () => {
  const cases: [string, RegExp[]][] = [
    ['Who sent it?', [/recvfrom\(1024\).*from one/, /recvfrom\(1024\).*from another/]],
    ['Boundaries kept', [/recvfrom\(1024\).*b'one'/, /recvfrom\(1024\).*b'two'/, /recvfrom\(1024\).*\(b\W\W, /]],
    ['Buffer too small', [/recvfrom\(5\).*b'hello'.*held 15 bytes/, /recvfrom\(1024\).*EAGAIN/]],
    ['The largest datagram', [/sendto.*# 65507/, /sendto.*EMSGSIZE/]],
    ['Nobody there, connected', [/send\(b'anyone\?'\).*# 7/, /recv\(1024\).*ECONNREFUSED/]],
    ['A connected socket', [/recv\(1024\).*from your peer/, /recv\(1024\).*EAGAIN/]],
    ['Nobody there, not connected', [/sendto.*# 7/, /recvfrom\(1024\).*TIMEOUT/]],
  ]
  it.each(cases)('%s', async (name, lines) => {
    const facts = await view('Datagram facts')
    await facts.getByRole('button', { name, exact: true }).click()
    const list = facts.getByRole('list', { name: 'Calls of the experiment' })
    for (const line of lines) await list.getByRole('button').filter({ hasText: line }).first().waitFor()
  })
})

describe('looking back', () => {
  it('a knob, the numbers and the ladder are as they were', async () => {
    await startServer()
    await scenario('Loss and retry')
    await ask()
    await over('10')
    await server().getByRole('slider', { name: 'Loss' }).fill('0.9')
    await expect.poll(() => server().getByRole('textbox', { name: 'Loss, %' }).inputValue()).toBe('90')
    // the turn of the knob is the last event: one back, it stands where it stood
    const events = () => page.getByText(/^event \d/).innerText()
    await expect.poll(async () => /event ([\d,]+) of \1$/.test(await events())).toBe(true)
    await page.getByRole('button', { name: 'One event back' }).click()
    await expect.poll(() => server().getByRole('textbox', { name: 'Loss, %' }).inputValue()).toBe('50')
    await page.getByRole('button', { name: 'To the beginning' }).click()
    await page.getByText('No datagram yet').waitFor()
    await page.getByRole('button', { name: 'Live' }).click()
    await ladder().getByRole('button', { name: /request 10/ }).first().waitFor()
  })
})
