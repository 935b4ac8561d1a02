/** Real packets, as a person sees them: captured arrows, their header fields and bytes, and the file that other tools open. Needs the right to capture (tcpdump as root). */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../lib/chromium'
import { openLab, sayHello, segments, startServer, view, type LabPage } from '../lib/lab-page'

let browser: Browser
let folder: string

beforeAll(async () => { browser = await launchChromium() })
afterAll(async () => { await browser.close() })
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'socketscope-capture-')) })
afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

/** tall enough that the ladder draws all of a short connection */
const VIEW = { viewport: { width: 1800, height: 1600 } }

async function captureOn({ page }: LabPage): Promise<void> {
  await page.getByRole('group', { name: 'Capture of real packets' }).getByRole('button', { name: 'Capture', exact: true }).click()
  await page.getByRole('button', { name: /^Capture \d+$/, pressed: true }).waitFor()
}
const stack = ({ picture }: LabPage) => picture.getByRole('region', { name: 'The stack' })
const field = (lab: LabPage, layer: string, name: string) =>
  stack(lab).getByRole('region', { name: `Header fields of ${layer}`, exact: true }).getByRole('button', { name: new RegExp(`^${name} `) })
const handshake = (drawn: { flags: string; from: string; evidence: string }[]) => drawn.slice(0, 3).map(({ flags, from, evidence }) => `${from} ${flags} ${evidence}`)
const CAPTURED = ['client SYN captured', 'server SYN,ACK captured', 'client ACK captured']

it('capture on: the handshake is what passed, its headers can be read, and the saved file opens here and elsewhere', async () => {
  const lab = await openLab(browser, VIEW)
  try {
    // before: what the calls tell, and which header fields they cannot tell
    await sayHello(lab)
    await lab.picture.getByRole('button', { name: 'Look into the layers of a segment' }).click()
    await stack(lab).getByText('From calls and the kernel alone.').waitFor()
    await stack(lab).getByRole('region', { name: 'What is known of the layer Transport' }).getByText('Sequence number').waitFor()
    await lab.runs.getByRole('button', { name: /^Stop tcp-server/ }).click()
    await lab.runs.getByText('0 running of 2').waitFor()

    await captureOn(lab)
    await startServer(lab)
    await lab.clients.getByRole('button', { name: 'Start client' }).click()
    await lab.picture.getByRole('option', { name: /^Newest connection \(2 / }).waitFor({ state: 'attached' })
    await expect.poll(async () => handshake(await segments(lab)), { timeout: 30_000 }).toEqual(CAPTURED)

    // an arrow is picked: the stack has its header
    await lab.picture.getByRole('button', { name: /^SYN from client/ }).click()
    await expect.poll(() => field(lab, 'TCP', 'Flags').innerText()).toContain('SYN')
    expect(await field(lab, 'TCP', 'Sequence number').innerText()).toContain('relative: 0')
    expect(await field(lab, 'TCP', 'Option: maximum segment size').innerText()).toMatch(/\d{4,5}/)
    expect(await field(lab, 'TCP', 'Checksum').innerText()).toContain('not computed yet')
    expect(await field(lab, 'IPv4', 'Source address').innerText()).toContain('127.0.0.1')
    // field and bytes are one selection: the flags of a TCP header without IP options stand at byte 14 + 20 + 13
    await field(lab, 'TCP', 'Flags').click()
    await stack(lab).getByText(/offset 47 \(0x2f\)/).waitFor()
    // the same field of the next packet
    await stack(lab).getByRole('button', { name: 'Next segment' }).click()
    await expect.poll(() => field(lab, 'TCP', 'Flags').innerText()).toContain('ACK, SYN')

    const drawn = (await segments(lab)).map(({ flags, from, len }) => ({ flags, from, len }))
    await lab.page.getByRole('button', { name: 'About the capture' }).click()
    const [download] = await Promise.all([lab.page.waitForEvent('download'), lab.page.getByRole('button', { name: 'Save as pcapng' }).click()])
    expect(download.suggestedFilename()).toMatch(/\.pcapng$/)
    const file = join(folder, 'saved.pcapng')
    await download.saveAs(file)
    await lab.page.keyboard.press('Escape')
    const read = execFileSync('tcpdump', ['-n', '-r', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    expect(read).toMatch(/Flags \[S\], seq \d+, win \d+, options \[mss \d+/)

    // opened again: the same connection, from packets alone
    await lab.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Sessions' }).click()
    await lab.page.getByLabel('Open a file…').setInputFiles(file)
    await lab.page.getByText(/^This is a capture file: \d+ packets/).waitFor()
    await lab.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'TCP' }).click()
    await expect.poll(async () => (await segments(lab)).map(({ flags, from, len }) => ({ flags, from, len }))).toEqual(drawn)
    expect(await lab.picture.getByText('captured: program unknown').count()).toBe(2)
    await view(lab, 'Buffers')
    await lab.picture.getByRole('row', { name: /68 65 6c 6c 6f/ }).or(lab.picture.getByText('hello')).first().waitFor()
  } finally {
    await lab.leave()
  }
})

it('a datagram has its frame, too', async () => {
  const lab = await openLab(browser, { ...VIEW, at: '/udp' })
  try {
    await captureOn(lab)
    const server = lab.page.getByRole('form', { name: 'UDP server' })
    const client = lab.page.getByRole('form', { name: 'UDP client' })
    await server.getByRole('textbox', { name: 'Port' }).fill('0')
    await server.getByRole('button', { name: 'Start server' }).click()
    const port = /(\d+)\D*$/.exec(await server.getByText(/listening on /).innerText())?.[1]
    await expect.poll(() => client.getByRole('textbox', { name: 'Port' }).inputValue()).toBe(port)
    await client.getByRole('button', { name: /^Send / }).click()
    await lab.page.getByRole('button', { name: 'Look into the layers of a segment' }).click()
    const fields = lab.page.getByRole('region', { name: 'Header fields of UDP', exact: true })
    await expect.poll(() => fields.getByRole('button', { name: /^Length / }).innerText(), { timeout: 30_000 }).toMatch(/\d+/)
  } finally {
    await lab.leave()
  }
})
