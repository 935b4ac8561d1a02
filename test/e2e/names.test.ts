/** The names page: a look-up beside Python's own answer, an error explained, a row to connect with, who listens, the constants. */
import { execFileSync } from 'node:child_process'
import { createServer, type Server } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../lib/chromium'
import { openLab, type LabPage } from '../lib/lab-page'

let browser: Browser
let lab: LabPage

beforeAll(async () => { browser = await launchChromium() })
afterAll(async () => { await browser.close() })
beforeEach(async () => {
  lab = await openLab(browser)
  await lab.page.getByRole('link', { name: 'Names' }).click()
})
afterEach(async () => { await lab.leave() })

const tab = (name: string): Promise<void> => lab.page.getByRole('tab', { name }).click()
const python = (line: string): string => execFileSync('python3', ['-c', `import socket; print(${line})`], { encoding: 'utf8' }).trim()

it('prints what Python prints, explains each row, and connects with one', async () => {
  const form = lab.page.getByRole('form', { name: 'Look a name up' })
  const answer = lab.page.getByRole('region', { name: 'Answer' })
  await form.getByLabel('Host', { exact: true }).fill('localhost')
  await form.getByLabel('Service or port').fill('8081')
  await form.getByRole('button', { name: 'Look up' }).click()
  await answer.getByRole('table').waitFor()
  const printed = python("socket.getaddrinfo('localhost', 8081)")
  expect(await answer.innerText()).toContain(printed)
  expect(await answer.getByRole('row').count()).toBe(1 + Number(python("len(socket.getaddrinfo('localhost', 8081))")))
  await answer.getByRole('button', { name: 'Connect with this row' }).first().click()
  await lab.page.getByRole('menuitem', { name: 'In the TCP client' }).click()
  await lab.clients.waitFor()
  expect(await lab.clients.getByLabel('Port').inputValue()).toBe('8081')
})

it('says why a name is not looked up, and what an unknown service is', async () => {
  const form = lab.page.getByRole('form', { name: 'Look a name up' })
  const answer = lab.page.getByRole('region', { name: 'Answer' })
  await form.getByLabel('Host', { exact: true }).fill('www.example.org')
  await form.getByRole('button', { name: 'Look up' }).click()
  await answer.getByRole('alert').filter({ hasText: 'POLICY' }).waitFor()
  expect(await answer.getByRole('alert').innerText()).toContain('www.example.org')
  await form.getByLabel('Host', { exact: true }).fill('localhost')
  await form.getByLabel('Service or port').fill('no-such-service')
  await form.getByRole('button', { name: 'Look up' }).click()
  await answer.getByRole('alert').filter({ hasText: 'EAI_SERVICE' }).waitFor()
  expect(await answer.innerText()).toContain('socket.gaierror: [Errno -8] Servname not supported for ai_socktype')
})

it('the host functions answer as Python does', async () => {
  await tab('Host functions')
  await lab.page.getByRole('button', { name: 'Ask all five' }).click()
  const row = lab.page.getByRole('listitem').filter({ hasText: 'gethostbyname_ex()' })
  await row.getByText(python("socket.gethostbyname_ex('localhost')")).waitFor()
  const name = lab.page.getByRole('listitem').filter({ hasText: 'gethostname()' })
  await name.getByText(python('repr(socket.gethostname())'), { exact: true }).waitFor()
})

it('lists a socket that begins to listen and takes away one that ends; the constants are this machine\'s', async () => {
  await tab('Ports')
  const table = lab.page.getByRole('region', { name: 'Who listens on this machine now' })
  const server: Server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as { port: number }
  const row = table.getByRole('row').filter({ hasText: `127.0.0.1:${port}` })
  await row.filter({ hasText: String(process.pid) }).waitFor()
  await new Promise((done) => server.close(done))
  await row.waitFor({ state: 'detached' })

  await tab('Constants')
  const six = lab.page.getByRole('row').filter({ hasText: 'AF_INET6' })
  await six.getByText('told by the running system').waitFor({ state: 'attached' })
  const cells = await six.getByRole('cell').allInnerTexts()
  expect(cells[0]).toContain(python('int(socket.AF_INET6)'))
  expect(cells.slice(1, 4)).toEqual(['10', '30', '23'])
})
