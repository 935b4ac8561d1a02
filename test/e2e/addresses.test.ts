/** The addresses page against what the system itself says (ip(8)), and what reaches a listening socket. */
import { execFileSync } from 'node:child_process'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Browser, Locator } from 'playwright-core'
import { launchChromium } from '../lib/chromium'
import { openLab, startServer, type LabPage } from '../lib/lab-page'

interface IpAddress { family: string; local: string; prefixlen: number; broadcast?: string; scope: string }
interface IpLink { ifindex: number; ifname: string; mtu: number; link_type: string; address?: string; flags: string[]; addr_info: IpAddress[] }

let browser: Browser
let lab: LabPage

beforeAll(async () => { browser = await launchChromium() })
afterAll(async () => { await browser.close() })
beforeEach(async () => {
  lab = await openLab(browser, { viewport: { width: 1600, height: 1200 } })
})
afterEach(async () => { await lab.leave() })

const open = (): Promise<void> => lab.page.getByRole('link', { name: 'Addresses' }).click()
const ip = (line: string): string => execFileSync('ip', line.split(' '), { encoding: 'utf8' })
const list = (): Locator => lab.page.getByRole('region', { name: 'Interfaces of this machine' })
const net = (name: string): Locator => lab.page.getByRole('region', { name: `Interface ${name}`, exact: true })
const text = async (of: Locator): Promise<string> => (await of.innerText()).replace(/\s+/g, ' ')

it('shows every interface as the system has it: up or down, MTU, MAC, each address with its prefix', async () => {
  await open()
  const links = JSON.parse(ip('-j addr')) as IpLink[]
  await list().getByRole('region').nth(links.length - 1).waitFor()
  expect(await list().getByRole('region').count()).toBe(links.length)
  for (const link of links) {
    const shown = await text(net(link.ifname))
    expect(shown).toMatch(link.flags.includes('UP') ? /\bup\b/ : /\bdown\b/)
    expect(shown).toContain(`MTU ${link.mtu.toLocaleString('en-US')}`)
    expect(shown).toContain(`index ${link.ifindex}`)
    if (link.link_type !== 'loopback') expect(shown).toContain(link.address ?? '')
    const rows = net(link.ifname).getByRole('listitem')
    expect(await rows.count()).toBe(link.addr_info.length)
    for (const [i, address] of link.addr_info.entries()) {
      const row = await text(rows.nth(i))
      const zone = address.scope === 'link' && address.family === 'inet6' ? `%${link.ifname}` : ''
      expect(row).toContain(`${address.local}${zone}`)
      expect(row).toContain(`/${address.prefixlen}`)
      if (address.broadcast) expect(row).toContain(address.broadcast)
      if (zone) expect(row).toContain(`scope id ${link.ifindex}`)
    }
  }
})

it('takes an address apart in bits: network and host, mask, and what its class means', async () => {
  await open()
  await net('lo').getByRole('button', { name: /^Explain 127\.0\.0\.1/ }).click()
  await net('lo').getByText('this computer itself.', { exact: false }).waitFor()
  const table = net('lo').getByRole('table')
  const bits = async (row: string): Promise<string> => (await text(table.getByRole('row', { name: row }))).replaceAll(' ', '')
  expect(await bits('Address')).toContain('01111111000000000000000000000001')
  expect(await bits('Netmask')).toContain('11111111000000000000000000000000')
  expect(await bits('Network')).toContain('127.0.0.0/8')
})

it('the picture: a server on 127.0.0.1 is reached on loopback alone, one on 0.0.0.0 by every IPv4 address', async () => {
  await open()
  const picture = lab.page.getByRole('region', { name: /reach/i }).last()
  const v4 = (JSON.parse(ip('-j addr')) as IpLink[]).filter((link) => link.flags.includes('UP')).flatMap((link) => link.addr_info).filter((one) => one.family === 'inet')
  const open4 = async (): Promise<string[]> => {
    const rows = await picture.getByRole('row').filter({ has: lab.page.getByRole('rowheader') }).all()
    const out: string[] = []
    for (const row of rows) {
      const door = /(\d+\.\d+\.\d+\.\d+):9999/.exec(await text(row))?.[1]
      if (door && !await row.evaluate((one) => one.classList.contains('shut'))) out.push(door)
    }
    return out.sort()
  }
  await picture.getByRole('radio', { name: /^127\.0\.0\.1/ }).click()
  await expect.poll(open4).toEqual(['127.0.0.1'])
  await picture.getByText("s.bind(('127.0.0.1', 9999))").waitFor()
  await picture.getByRole('radio', { name: /^0\.0\.0\.0/ }).click()
  await expect.poll(open4).toEqual(v4.map((one) => one.local).sort())
})

it('a listening server of the lab can be chosen, by its own address', async () => {
  const port = await startServer(lab)
  await open()
  const choice = lab.page.getByRole('radio', { name: new RegExp(`^127\\.0\\.0\\.1:${port}`) })
  await choice.click()
  await lab.page.getByText(`s.bind(('127.0.0.1', ${port}))`).waitFor()
})

// making interfaces is the administrator's; whoever may not still has the tests of test/integration/observe
describe.runIf(process.getuid?.() === 0)('while interfaces change', () => {
  afterEach(() => {
    if (ip('-br link').includes('scopetest0')) ip('link del scopetest0')
  })

  it('an interface that appears, gets an address, and goes, is followed without a reload', async () => {
    await open()
    await net('lo').waitFor()
    ip('link add scopetest0 type veth peer name scopetest1')
    await net('scopetest0').getByText('down', { exact: true }).waitFor()
    ip('addr add 10.91.82.73/24 broadcast + dev scopetest0')
    ip('link set scopetest0 up')
    ip('link set scopetest1 up')
    await net('scopetest0').getByText('10.91.82.73').waitFor()
    await net('scopetest0').getByText('10.91.82.255').waitFor()
    await net('scopetest0').getByText('private', { exact: true }).waitFor()
    await lab.page.getByRole('radio', { name: /^10\.91\.82\.73/ }).waitFor()
    ip('link del scopetest0')
    await net('scopetest0').waitFor({ state: 'detached' })
  })
})
