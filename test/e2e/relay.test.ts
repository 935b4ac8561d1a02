/**
 * The relay page as a person walks it, with a student's own python3 scripts at both ends of the wire: a client that only
 * changed its address, and a server that changed nothing.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Browser, Locator, Page } from 'playwright-core'
import { launchChromium } from '../lib/chromium'
import { openLab, type LabPage } from '../lib/lab-page'

let browser: Browser
let lab: LabPage
let page: Page
const children: ChildProcess[] = []

beforeAll(async () => { browser = await launchChromium() })
afterAll(async () => { await browser?.close() })
beforeEach(async () => {
  lab = await openLab(browser)
  page = lab.page
  await page.getByRole('link', { name: 'Lossy wire' }).click()
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill()
  await lab.leave()
})

const UDP_SERVER = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print(s.getsockname()[1], flush=True)
while True:
    data, addr = s.recvfrom(65535)
    s.sendto(data.upper(), addr)
`
const UDP_CLIENT = `
import socket, sys
to = ('127.0.0.1', int(sys.argv[1]))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.25)
for n in range(int(sys.argv[2])):
    s.sendto(b'ask %d' % n, to)
    try:
        print(s.recvfrom(65535)[0].decode(), end=' ')
    except TimeoutError:
        print('-', end=' ')
`
const TCP_SERVER = `
import socket
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen()
print(s.getsockname()[1], flush=True)
while True:
    c, a = s.accept()
    while True:
        data = c.recv(65536)
        if not data: break
        c.sendall(data.upper())
    c.close()
`
const TCP_CLIENT = `
import socket, sys, threading
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
sent = bytes(range(97, 123)) * 4000
threading.Thread(target=lambda: (s.sendall(sent), s.shutdown(socket.SHUT_WR))).start()
got = b''
while True:
    data = s.recv(65536)
    if not data: break
    got += data
print(got == sent.upper(), len(got))
`
/** A python3 server that prints its port. */
async function serve(script: string): Promise<string> {
  const child = spawn('python3', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error('the python3 server ended')
}
const client = async (script: string, args: string[]): Promise<string> => (await promisify(execFile)('python3', ['-c', script, ...args])).stdout.trim()

const form = (): Locator => page.getByRole('form', { name: 'New wire (relay)' })
const wire = (): Locator => page.getByRole('region', { name: 'The wire and both its sides' })
const field = (name: string): Locator => form().getByRole('textbox', { name, exact: true })

/** Starts a wire to that port, and gives the port that the student's script is told to use. */
async function start(to: string, knobs: Record<string, string>, proto: 'UDP' | 'TCP' = 'UDP'): Promise<string> {
  await form().getByText(proto, { exact: true }).click()
  await field('Port').fill('0')
  await field('Server port').fill(to)
  for (const [name, value] of Object.entries(knobs)) await field(name).fill(value)
  await form().getByRole('button', { name: 'Start the wire' }).click()
  await page.getByRole('tab', { name: 'Your script' }).click()
  const line = page.getByRole('button', { name: /^Copy this line/ })
  await expect.poll(() => line.innerText()).toMatch(/, [1-9]\d*\)/)
  return /, (\d+)\)/.exec(await line.innerText())![1]!
}
const stop = async (): Promise<void> => {
  await page.getByRole('button', { name: /^Stop (UDP|TCP)/ }).click()
  await page.getByRole('button', { name: /^Stop (UDP|TCP)/ }).waitFor({ state: 'detached' })
}
const cells = (direction: string): Promise<string[]> => page.getByRole('table', { name: /What passed/ }).getByRole('row').filter({ hasText: direction }).getByRole('cell').allInnerTexts()

describe('UDP through the wire', () => {
  it('a student\'s script is told what to change; without loss every datagram passes, drawn on both sides', async () => {
    const port = await start(await serve(UDP_SERVER), { 'Loss (0 to 1)': '0' })
    expect(await client(UDP_CLIENT, [port, '3'])).toBe('ASK 0 ASK 1 ASK 2')
    await wire().getByRole('gridcell', { name: 'C3, 5 bytes from the client: passed' }).waitFor()
    await wire().getByRole('gridcell', { name: /^S3, 5 bytes go to the client/ }).waitFor()
    expect((await cells('client → server')).slice(0, 3)).toEqual(['3', '3', '0 0 %'])
  })

  it('the same seed gives the same fates, twice over', async () => {
    const server = await serve(UDP_SERVER)
    const knobs = { 'Loss (0 to 1)': '0.4', Seed: '7' }
    const first = await client(UDP_CLIENT, [await start(server, knobs), '16'])
    await stop()
    const second = await client(UDP_CLIENT, [await start(server, knobs), '16'])
    expect(first).toMatch(/-/)
    expect(first).toMatch(/ASK/)
    expect(second).toBe(first)
    await page.getByRole('tab', { name: 'Fates' }).click()
    const fates = page.getByRole('region', { name: 'Fates' })
    await fates.getByText('the same: 16 of 16').waitFor()
  })

  it('a knob acts while it runs: from no loss to all of it', async () => {
    const port = await start(await serve(UDP_SERVER), { 'Loss (0 to 1)': '0' })
    expect(await client(UDP_CLIENT, [port, '1'])).toBe('ASK 0')
    await page.getByRole('group', { name: 'Knobs of the running wire' }).getByRole('textbox', { name: 'Loss (0 to 1)' }).fill('1')
    await wire().getByRole('gridcell', { name: 'C1, 5 bytes from the client: passed' }).waitFor()
    await expect.poll(async () => await client(UDP_CLIENT, [port, '1'])).toBe('-')
    await wire().getByRole('gridcell', { name: /bytes from the client: dropped/ }).first().waitFor()
  })

  it('with the lab\'s own server and client at its ends; a server elsewhere is none of its business', async () => {
    await page.getByRole('link', { name: 'UDP' }).click()
    const other = page.getByRole('form', { name: 'UDP server' })
    await other.getByRole('textbox', { name: 'Port' }).fill('0')
    await other.getByRole('button', { name: 'Start server' }).click()
    await other.getByText(/listening on /).waitFor()
    await page.getByRole('link', { name: 'Lossy wire' }).click()
    await field('Port').fill('0')
    const free = await serve(UDP_SERVER)
    children.splice(0).forEach((child) => child.kill())
    await field('Server port').fill(free)
    await form().getByRole('button', { name: 'Start the wire' }).click()
    await page.getByRole('button', { name: /^Start a server at/ }).click()
    await page.getByRole('button', { name: 'Stop them (1)' }).waitFor()
    await page.getByRole('button', { name: /^Start a client/ }).click()
    await expect.poll(async () => Number((await cells('server → client'))[1] ?? 0)).toBeGreaterThan(3)
  })

  it('bad input is refused where it stands', async () => {
    await field('Loss (0 to 1)').fill('2')
    await form().getByRole('alert').getByText(/from 0 \(never\) to 1/).waitFor()
    await field('Loss (0 to 1)').fill('abc')
    await form().getByRole('alert').getByText(/from 0 \(never\) to 1/).waitFor()
    expect(await form().getByRole('button', { name: 'Start the wire' }).isDisabled()).toBe(true)
    await field('Loss (0 to 1)').fill('0.5')
    await field('Server port').fill('70000')
    await form().getByRole('alert').getByText(/from 1 to 65535/).waitFor()
  })
})

it('TCP through the wire: later and slower, never wrong', async () => {
  const port = await start(await serve(TCP_SERVER), { 'Delay, ms': '20', 'Jitter, ms': '10', 'Rate, bytes/s (0: any)': '400000' }, 'TCP')
  expect(await client(TCP_CLIENT, [port])).toBe('True 104000')
  await wire().getByRole('gridcell', { name: 'The client ended its stream' }).first().waitFor()
  await wire().getByRole('gridcell', { name: /ms late/ }).first().waitFor()
  const [came, went] = await cells('client → server')
  expect(Number(came!.replace(/\D/g, ''))).toBeGreaterThan(1)
  expect(Number(went!.replace(/\D/g, ''))).toBeGreaterThanOrEqual(Number(came!.replace(/\D/g, '')))
})
