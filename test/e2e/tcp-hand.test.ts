/** Calls made by hand, one button each, on real sockets; and what each of them shows. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Browser, Locator } from 'playwright-core'
import { launchChromium } from '../lib/chromium'
import { openLab, segments, startServer, view, type LabPage } from '../lib/lab-page'

let browser: Browser
let lab: LabPage

beforeAll(async () => { browser = await launchChromium() })
afterAll(async () => { await browser.close() })
beforeEach(async () => {
  lab = await openLab(browser, { viewport: { width: 1600, height: 1500 } })
  await lab.page.getByRole('tab', { name: 'By hand' }).click()
})
afterEach(async () => { await lab.leave() })

const press = (hand: Locator, name: string): Promise<void> => hand.getByRole('button', { name, exact: true }).click()
/** The rows of a hand's sockets: 'server fd 34 LISTEN 127.0.0.1:1234'. */
const sockets = async (hand: Locator): Promise<string[]> =>
  (await hand.getByRole('list', { name: 'Sockets' }).getByRole('button').allInnerTexts()).map((text) => text.replace(/\s+/g, ' '))
const python = (hand: Locator): Locator => hand.getByRole('list', { name: 'The same in Python' }).getByRole('listitem')
const lastLine = async (hand: Locator): Promise<string> => (await python(hand).last().innerText()).replace(/\s+/g, ' ')
async function shows(hand: Locator, socket: RegExp, line: RegExp): Promise<void> {
  await expect.poll(async () => (await sockets(hand)).join('\n')).toMatch(socket)
  await expect.poll(() => lastLine(hand)).toMatch(line)
}
async function text(hand: Locator, value: string): Promise<void> {
  await hand.getByRole('textbox', { name: 'Text to send (with escapes)' }).fill(value)
}
const recvSize = (hand: Locator, n: number): Promise<void> => hand.getByRole('textbox', { name: 'recv at most, bytes' }).fill(String(n))

async function option(hand: Locator, name: string, value: number): Promise<void> {
  const more = hand.getByRole('combobox', { name: 'Option' })
  if (!await more.isVisible()) await hand.getByText('Socket options and names').click()
  await more.selectOption(name)
  await hand.getByRole('textbox', { name: 'Value' }).fill(String(value))
  await press(hand, 'setsockopt')
  await expect.poll(() => lastLine(hand)).toContain(name)
}

/** Both hands connected to each other; small buffers where asked, set before listen() and connect(). */
async function joined(small = false): Promise<void> {
  const { serverHand, clientHand } = lab
  await press(serverHand, 'socket')
  if (small) await option(serverHand, 'SO_RCVBUF', 4096)
  await serverHand.getByRole('textbox', { name: 'Port' }).fill('0')
  await press(serverHand, 'bind')
  await press(serverHand, 'listen')
  await shows(serverHand, /LISTEN/, /listen/)
  await press(clientHand, 'socket')
  if (small) await option(clientHand, 'SO_SNDBUF', 4096)
  await clientHand.getByRole('button', { name: /^Use the server's address/ }).click()
  await press(clientHand, 'connect')
  await press(serverHand, 'accept')
  await expect.poll(async () => (await sockets(serverHand)).length).toBe(2)
  await shows(clientHand, /ESTABLISHED/, /connect/)
}

it('a connection step by step: fd, addresses, state and Python after each call', async () => {
  const { serverHand, clientHand } = lab
  await press(serverHand, 'socket')
  await shows(serverHand, /^s fd \d+ CLOSED no address yet/, /^s = socket\.socket\(socket\.AF_INET, socket\.SOCK_STREAM\)/)
  await serverHand.getByRole('textbox', { name: 'Port' }).fill('0')
  await press(serverHand, 'bind')
  await shows(serverHand, /^server fd \d+ CLOSED 127\.0\.0\.1:\d+/, /^server\.bind\(\('127\.0\.0\.1', 0\)\)/)
  await press(serverHand, 'listen')
  await shows(serverHand, /^server fd \d+ LISTEN 127\.0\.0\.1:\d+/, /^server\.listen\(5\)/)
  await press(serverHand, 'accept')
  await serverHand.getByText('accept() waits').waitFor()

  await press(clientHand, 'socket')
  await shows(clientHand, /^s fd \d+ CLOSED no address yet/, /^s = socket\.socket/)
  await clientHand.getByRole('button', { name: /^Use the server's address/ }).click()
  await press(clientHand, 'connect')
  await shows(clientHand, /^client fd \d+ ESTABLISHED 127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+/, /^client\.connect\(\('127\.0\.0\.1', \d+\)\)/)
  await shows(serverHand, /conn fd \d+ ESTABLISHED 127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+/, /^conn, addr = server\.accept\(\) # \(conn, \('127\.0\.0\.1', \d+\)\)/)
  expect((await segments(lab)).map(({ from, flags }) => `${from} ${flags}`)).toEqual(['client SYN', 'server SYN,ACK', 'client ACK'])

  await press(clientHand, 'send')
  await shows(clientHand, /ESTABLISHED/, /^client\.send\(b'hello\\n'\) # 6/)
  await press(serverHand, 'recv')
  await shows(serverHand, /conn/, /^conn\.recv\(1024\) # b'hello\\n'/)
  await press(clientHand, 'close')
  await expect.poll(async () => (await sockets(serverHand)).join('\n')).toContain('CLOSE_WAIT')
  await press(serverHand, 'recv')
  await shows(serverHand, /CLOSE_WAIT/, /^conn\.recv\(1024\) # b''/)
  await press(serverHand, 'close')
  await lab.picture.getByText('closed in order').waitFor()
})

it('by hand over IPv6', async () => {
  const { serverHand, clientHand } = lab
  for (const hand of [serverHand, clientHand]) {
    await hand.getByRole('combobox', { name: 'Address family' }).selectOption('inet6')
    await press(hand, 'socket')
    await shows(hand, /CLOSED/, /AF_INET6/)
  }
  await serverHand.getByRole('combobox', { name: 'Address', exact: true }).selectOption('::1')
  await serverHand.getByRole('textbox', { name: 'Port' }).fill('0')
  await press(serverHand, 'bind')
  await press(serverHand, 'listen')
  await shows(serverHand, /LISTEN \[::1\]:\d+/, /listen/)
  await clientHand.getByRole('button', { name: /^Use the server's address/ }).click()
  await press(clientHand, 'connect')
  await shows(clientHand, /ESTABLISHED \[::1\]:\d+ → \[::1\]:\d+/, /^client\.connect\(\('::1', \d+/)
})

it('1,000 bytes in four sends, received in six recvs: the ribbon says which went where', async () => {
  const { serverHand, clientHand } = lab
  await joined()
  for (const [ch, n] of [['a', 100], ['b', 200], ['c', 300], ['d', 400]] as const) {
    await text(clientHand, ch.repeat(n))
    await press(clientHand, 'send')
    await expect.poll(() => lastLine(clientHand)).toMatch(new RegExp(`^client\\.send\\(.+\\) # ${n}$`))
  }
  // the accepted socket is what the server's calls are made on
  for (const n of [150, 150, 150, 150, 150, 1024]) {
    await recvSize(serverHand, n)
    const before = await python(serverHand).count()
    await press(serverHand, 'recv')
    await expect.poll(() => python(serverHand).count()).toBe(before + 1)
  }
  await view(lab, 'Buffers')
  const ribbon = lab.picture.getByRole('region', { name: 'Bytes from client to server' })
  await ribbon.getByText('client sent 1,000 in 4 send()').waitFor()
  await ribbon.getByText('server received 1,000 in 6 recv()').waitFor()
  const of = (name: string): Promise<(string | null)[]> =>
    ribbon.getByRole('listbox', { name }).getByRole('option').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? one.textContent))
  expect(await of('send() calls of client')).toEqual([
    'send() number 1 took 100 bytes: offsets 0 to 100', 'send() number 2 took 200 bytes: offsets 100 to 300',
    'send() number 3 took 300 bytes: offsets 300 to 600', 'send() number 4 took 400 bytes: offsets 600 to 1,000',
  ])
  const received = await of('recv() calls of server')
  expect(received[0]).toBe('recv(150) number 1 gave 150 bytes: offsets 0 to 150')
  expect(received.at(-1)).toBe('recv(1,024) number 6 gave 250 bytes: offsets 750 to 1,000')
})

it('half-close: the request ends, the answer still comes', async () => {
  const { serverHand, clientHand } = lab
  await joined()
  await press(clientHand, 'send')
  await press(clientHand, 'shutdown WR')
  await shows(clientHand, /FIN_WAIT_2/, /^client\.shutdown\(socket\.SHUT_WR\)/)
  await press(serverHand, 'recv')
  await shows(serverHand, /CLOSE_WAIT/, /# b'hello\\n'/)
  await press(serverHand, 'recv')
  await shows(serverHand, /CLOSE_WAIT/, /# b''/)
  await text(serverHand, 'the answer')
  await press(serverHand, 'sendall')
  await press(clientHand, 'recv')
  await shows(clientHand, /FIN_WAIT_2/, /# b'the answer'/)
  await press(clientHand, 'send')
  await clientHand.getByRole('alert').getByText('EPIPE').waitFor()
})

describe('small buffers', () => {
  it('a send that takes a part, one that takes nothing (EAGAIN), one that waits until the peer receives', async () => {
    const { serverHand, clientHand } = lab
    await joined(true)
    await clientHand.getByText('Non-blocking', { exact: true }).click()
    await text(clientHand, 'x'.repeat(60_000))
    await press(clientHand, 'send')
    const took = async (): Promise<number> => Number(/# (\d+)$/.exec(await lastLine(clientHand))?.[1])
    await expect.poll(took).toBeGreaterThan(0)
    expect(await took()).toBeLessThan(60_000)
    // what has arrived makes room again, so it takes a few until nothing fits
    await expect.poll(async () => {
      await press(clientHand, 'send')
      return lastLine(clientHand)
    }).toMatch(/EAGAIN, BlockingIOError/)
    expect(await clientHand.getByRole('alert').innerText()).toContain('send buffer is full')
    await view(lab, 'Buffers')
    await lab.picture.getByRole('region', { name: 'Bytes from client to server' }).getByText(/in receive buffer/).waitFor()
    await view(lab, 'Queues')
    await expect.poll(async () => Number(await lab.picture.getByRole('meter', { name: 'client: send queue' }).getAttribute('aria-valuenow'))).toBeGreaterThan(0)

    await clientHand.getByText('Block', { exact: true }).click()
    await press(clientHand, 'send')
    await clientHand.getByText('send() waits').waitFor()
    await recvSize(serverHand, 1_000_000)
    await expect.poll(async () => {
      await press(serverHand, 'recv')
      return clientHand.getByText('send() waits').count()
    }).toBe(0)
    await expect.poll(took).toBeGreaterThan(0)
  })
})

it('hex and escapes are sent as the bytes they say, and bad ones are refused where they stand', async () => {
  const { serverHand, clientHand } = lab
  await joined()
  await clientHand.getByText('Hex', { exact: true }).click()
  await clientHand.getByRole('textbox', { name: 'Hex to send' }).fill('00 ff 0')
  await clientHand.getByRole('alert').getByText(/hex digit is missing/).waitFor()
  expect(await clientHand.getByRole('button', { name: 'send', exact: true }).isDisabled()).toBe(true)
  await clientHand.getByRole('textbox', { name: 'Hex to send' }).fill('00 ff 0a')
  await press(clientHand, 'send')
  await press(serverHand, 'recv')
  await shows(serverHand, /conn/, /# b'\\x00\\xff\\n'/)
})

it('abort: RST, and the other end learns of it in recv()', async () => {
  const { serverHand, clientHand } = lab
  await joined()
  await press(clientHand, 'abort')
  await press(serverHand, 'recv')
  await serverHand.getByRole('alert').getByText('ECONNRESET').waitFor()
  await lab.picture.getByText('connection reset').waitFor()
  expect((await segments(lab)).at(-1)).toMatchObject({ from: 'client', flags: expect.stringContaining('RST') as string })
})

it('a hand talks with a built-in server too, and a look back shows the hand as it was', async () => {
  await lab.page.getByRole('tab', { name: 'Server & clients' }).click()
  const port = await startServer(lab)
  await lab.page.getByRole('tab', { name: 'By hand' }).click()
  const { clientHand } = lab
  await press(clientHand, 'socket')
  await clientHand.getByRole('textbox', { name: 'Port' }).fill(port)
  await press(clientHand, 'connect')
  await press(clientHand, 'send')
  await press(clientHand, 'recv')
  await shows(clientHand, /CLOSE_WAIT/, /# b'ACK'/)
  await lab.timeline.getByRole('button', { name: 'To the beginning' }).click()
  await clientHand.getByText('No socket yet').waitFor()
  await lab.timeline.getByRole('button', { name: 'Live' }).click()
  await shows(clientHand, /CLOSE_WAIT/, /# b'ACK'/)
})
