/**
 * The multicast and broadcast pages as a person walks them: by role and name, in a real browser, on real sockets, with
 * python3 as the member that is not ours. Groups stay on this machine's own interface (TTL 0 where nobody else is meant).
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Browser, Locator, Page } from 'playwright-core'
import { listInterfaces } from '../../src/engine/observe/interfaces'
import { printable } from '../../src/shared/bytes/printable'
import { launchChromium } from '../lib/chromium'
import { openLab, type LabPage } from '../lib/lab-page'

let browser: Browser
let lab: LabPage
let page: Page
const children: { kill(): void }[] = []

beforeAll(async () => { browser = await launchChromium() })
afterAll(async () => { await browser?.close() })
beforeEach(async () => {
  lab = await openLab(browser)
  page = lab.page
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill()
  await lab.leave()
})

/** Another interface than the loopback, with IPv6: Linux routes no IPv6 group over the loopback. */
const net = listInterfaces().find((one) => one.up && !one.loopback && one.addresses.some((own) => own.family === 'inet6') && one.addresses.some((own) => own.family === 'inet'))
if (!net) throw new Error('this machine has no interface with IPv4 and IPv6 but the loopback: add one (ip link add type dummy)')

const form = (): Locator => page.getByRole('form', { name: 'New member' })
const chat = (): Locator => page.getByRole('region', { name: 'Conversation' })
const row = (text: string): Locator => chat().getByRole('row').filter({ hasText: text })

async function openToLab(): Promise<void> {
  await page.getByRole('button', { name: 'Open to the lab network…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Open to the lab network' }).click()
}
async function join(name: string, options: { port: string; family?: 'IPv4'; ttl?: string }): Promise<void> {
  if (options.family) await form().getByText(options.family, { exact: true }).click()
  await form().getByRole('textbox', { name: 'Name' }).fill(name)
  await form().getByRole('textbox', { name: 'Port' }).fill(options.port)
  await form().getByRole('combobox', { name: 'Interface' }).selectOption(net!.name)
  if (options.ttl !== undefined) await form().getByRole('textbox', { name: /^(Hop limit|TTL)$/ }).fill(options.ttl)
  await form().getByRole('button', { name: 'Join the group' }).click()
  await page.getByRole('textbox', { name: `${printable(name)} says` }).waitFor()
}
async function say(name: string, text: string): Promise<void> {
  await page.getByRole('textbox', { name: `${name} says` }).fill(text)
  await page.getByRole('textbox', { name: `${name} says` }).press('Enter')
}
/** A port of this run's own: two runs at once do not hear each other. */
const ownPort = (): string => String(20_000 + Math.floor(Math.random() * 40_000))

/** A python3 process that joins, says what it is told and prints what it hears, a line each. */
function python(script: string, args: string[]): { line(): Promise<string>; kill(): void } {
  const child = spawn('python3', ['-u', '-c', script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { line: async () => String((await lines.next()).value), kill: () => child.kill() }
}
const MEMBER = `
import socket, struct, sys
group, port, index = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('::', port))
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, group) + struct.pack('@I', index))
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 0)
print('joined')
print(s.recvfrom(65535)[0].decode())
s.sendto('Python: 잘 들려요 <i>x</i>'.encode(), (group, port, 0, index))
s.recvfrom(65535)
`

describe('the multicast page', () => {
  beforeEach(async () => { await page.getByRole('link', { name: 'Multicast' }).click() })

  it('members here and a python3 member talk; each datagram is one row with everybody who heard it', async () => {
    await openToLab()
    const port = ownPort()
    const peer = python(MEMBER, ['ff12::5057', port, String(net.index)])
    expect(await peer.line()).toBe('joined')
    await join('Alice', { port, ttl: '0' })
    await join('Bob \u202e', { port, ttl: '0' })
    await say('Alice', 'hello <b>all</b> 안녕')
    expect(await peer.line()).toBe('Alice: hello <b>all</b> 안녕')
    const hello = row('hello <b>all</b> 안녕')
    await hello.getByText('heard by').waitFor()
    // the name as a name, its control character made visible
    expect(await hello.innerText()).toContain('Bob \\u{202e}')
    expect(await hello.innerText()).toContain(net.name)
    await hello.getByText('own copy came back').waitFor()
    const answer = row('Python: 잘 들려요 <i>x</i>')
    await answer.getByText('another program').waitFor()
    // both heard it; which of them was given it first is the kernel's choice
    await expect.poll(() => answer.innerText()).toMatch(/(?=[\s\S]*Alice)(?=[\s\S]*Bob)/)
    expect(await chat().locator('b, i').filter({ hasText: /^(all|x)$/ }).count()).toBe(0)
  })

  it('IPv4 and IPv6 members do not hear each other, and the diagnosis says why', async () => {
    await openToLab()
    const port = ownPort()
    await join('Six', { port, ttl: '0' })
    await join('Four', { port, ttl: '0', family: 'IPv4' })
    await say('Six', 'anybody?')
    await row('anybody?').getByRole('button', { name: 'not by Four: why?' }).click()
    const why = page.getByRole('region', { name: 'Why nothing arrives' })
    await why.getByRole('status').getByText(/no socket is in both/).waitFor()
    await why.getByRole('list', { name: /Checks/ }).getByText(/firewall on this machine/).waitFor()
  })

  it('loopback off keeps it from members here; one click in the diagnosis mends it', async () => {
    await openToLab()
    const port = ownPort()
    await join('Ann', { port, ttl: '0' })
    await join('Ben', { port, ttl: '0' })
    const ann = page.getByRole('region', { name: 'Members in this app' }).getByRole('listitem').filter({ has: page.getByRole('textbox', { name: 'Ann says' }) })
    await ann.getByRole('switch', { name: 'loopback' }).click()
    await say('Ann', 'in vain')
    await row('in vain').getByRole('button', { name: 'not by Ben: why?' }).click()
    const why = page.getByRole('region', { name: 'Why nothing arrives' })
    await why.getByRole('status').getByText(/Loopback is off at the sender/).waitFor()
    await why.getByRole('button', { name: 'Switch loopback on' }).click()
    await say('Ann', 'now then')
    await row('now then').getByText('heard by').waitFor()
  })

  it('in scope "this computer" it stays here, and the diagnosis says so of other machines', async () => {
    const port = ownPort()
    await join('Shy', { port })
    await join('Coy', { port })
    await say('Shy', 'only here')
    await row('only here').getByText('heard by').waitFor()
    const why = page.getByRole('region', { name: 'Why nothing arrives' })
    await why.getByRole('status').getByText(/goes with a hop limit of 0 and stays here/).waitFor()
    await why.getByRole('button', { name: 'Open to the lab network…' }).click()
    await page.getByRole('dialog', { name: 'Open the lab to the network?' }).waitFor()
  })

  it('the kernel lists the membership, and no longer once the member has left; the bot speaks when switched on', async () => {
    await openToLab()
    await join('Kim', { port: ownPort(), ttl: '0' })
    await page.getByRole('tab', { name: 'Kernel' }).click()
    const table = page.getByRole('table', { name: 'The kernel\'s memberships' })
    await table.getByRole('row').filter({ hasText: 'ff12::5057' }).filter({ hasText: 'Kim' }).waitFor()
    await page.getByRole('switch', { name: 'bot', exact: true }).click()
    await row('Kim: ').first().waitFor()
    await page.getByRole('button', { name: 'Kim leaves the group' }).click()
    await table.getByRole('row').filter({ hasText: 'Kim' }).waitFor({ state: 'detached' })
  })

  it('bad input is refused where it stands', async () => {
    await form().getByRole('textbox', { name: 'Group' }).fill('192.168.1.1')
    await form().getByRole('alert').getByText(/Not a group: this is the address of one host \(private\)/).waitFor()
    expect(await form().getByRole('button', { name: 'Join the group' }).isDisabled()).toBe(true)
    await form().getByRole('textbox', { name: 'Group' }).fill('ff12::1')
    await form().getByRole('textbox', { name: 'Port' }).fill('70000')
    await form().getByRole('alert').getByText(/from 1 to 65535/).waitFor()
    await form().getByRole('textbox', { name: 'Port' }).fill('5007')
    await form().getByRole('textbox', { name: 'Name' }).fill('x'.repeat(10_000))
    await form().getByRole('button', { name: 'Join the group' }).click()
    await form().getByRole('alert').getByText(/name must be at most/).waitFor()
  })

  it('explains a group\'s address and the MAC address that it maps to', async () => {
    await page.getByRole('tab', { name: 'Address', exact: true }).click()
    const pane = page.getByRole('region', { name: 'The group\'s address' })
    await pane.getByRole('textbox', { name: 'Address to explain' }).fill('ff02::1')
    await pane.getByText('33:33:00:00:00:01').waitFor()
    await pane.getByText(/every host of the link is a member/).waitFor()
    await pane.getByRole('button', { name: '224.0.0.251' }).click()
    await pane.getByText('01:00:5e:00:00:fb').waitFor()
    await pane.getByText(/so 32 groups share this address/).waitFor()
  })
})

describe('the broadcast page', () => {
  it('EACCES without SO_BROADCAST, one click switches it on, a python3 receiver and one of ours hear it', async () => {
    await page.getByRole('link', { name: 'Broadcast' }).click()
    const port = ownPort()
    const sender = page.getByRole('form', { name: 'Broadcast' })
    await sender.getByRole('combobox', { name: 'To the broadcast address' }).selectOption('127.255.255.255')
    await sender.getByRole('textbox', { name: 'Port' }).fill(port)
    const bits = page.getByRole('table', { name: 'The broadcast address, worked out' }).getByRole('row', { name: /^broadcast/ })
    expect((await bits.innerText()).replace(/\s/g, '')).toContain('127.255.255.25501111111111111111111111111111111')
    await page.getByRole('button', { name: `Start a receiver on port ${port}` }).click()
    await page.getByRole('button', { name: `Stop the receiver 0.0.0.0:${port}` }).waitFor()
    await sender.getByRole('button', { name: 'Send to everybody' }).click()
    const sent = page.getByRole('region', { name: 'What was sent, and who heard it' })
    await sent.getByRole('alert').getByText('EACCES').waitFor()
    await sent.getByRole('button', { name: 'Switch SO_BROADCAST on and send again' }).click()
    await sent.getByText('1 receiver').waitFor()
    await sent.getByText(`127.0.0.1:${port}`).waitFor()
    const other = ownPort()
    const peer = python('import socket, sys\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(("", int(sys.argv[1])))\nprint("bound")\nd, a = s.recvfrom(100)\nprint(d.decode())\ns.sendto(b"me", a)\n', [other])
    expect(await peer.line()).toBe('bound')
    await sender.getByRole('textbox', { name: 'Port' }).fill(other)
    await sender.getByRole('button', { name: 'Send to everybody' }).click()
    expect(await peer.line()).toBe('who is there?')
    await sent.getByText(`127.0.0.1:${other}`).waitFor()
  })
})
