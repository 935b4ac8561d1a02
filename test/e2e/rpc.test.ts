/** The RPC page as a person walks it: calls, faults, what the server offers, several calls in one, and the XML on the wire. */
import { execFileSync } from 'node:child_process'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../lib/chromium'
import { openLab, type LabPage } from '../lib/lab-page'

let browser: Browser
let lab: LabPage
let page: Page
let url: string

beforeAll(async () => { browser = await launchChromium() })
afterAll(async () => { await browser?.close() })
beforeEach(async () => {
  lab = await openLab(browser)
  page = lab.page
  await page.getByRole('link', { name: 'RPC', exact: true }).click()
  const server = page.getByRole('form', { name: 'XML-RPC server' })
  await server.getByLabel('Port').fill('0')
  await server.getByRole('button', { name: 'Start server' }).click()
  await page.getByText(/^listening on /).waitFor()
  await expect.poll(() => form().getByLabel('Server').inputValue()).toMatch(/:(?!7001\b)\d+$/)
  url = await form().getByLabel('Server').inputValue()
})
afterEach(async () => { await lab.leave() })

const form = () => page.getByRole('form', { name: 'Call' })
const said = () => page.getByRole('status', { name: 'The call and its answer' })
const xml = () => page.getByRole('list', { name: 'The XML, element by element' })
const side = async (name: 'Request' | 'Response'): Promise<void> => page.getByRole('radio', { name }).or(page.getByRole('button', { name, exact: true })).first().click()

async function call(method: string, params: string): Promise<void> {
  await form().getByLabel('Method', { exact: true }).fill(method)
  await form().getByLabel('Parameters (JSON)').fill(params)
  await form().getByRole('button', { name: 'Call', exact: true }).click()
}

it("the course's calls", async () => {
  for (const [method, params, expected] of [
    ['addtogether', '["x", "y", "z"]', "addtogether('x', 'y', 'z')→ 'xyz'"],
    ['addtogether', '[1, 2, 3, 4, 5]', 'addtogether(1, 2, 3, 4, 5)→ 15'],
    ['quadratic', '[2, -4, 0]', 'quadratic(2, -4, 0)→ [0.0, 2.0]'],
    ['quadratic', '1, 2, 1', 'quadratic(1, 2, 1)→ [-1.0]'],
    ['addtogether', '[1, "x"]', "addtogether(1, 'x')→ fault 1: <class 'TypeError'>:unsupported operand type(s) for +: 'int' and 'str'"],
    ['nothere', '[]', 'nothere()→ fault 1: <class \'Exception\'>:method "nothere" is not supported'],
  ] as const) {
    await call(method, params)
    await expect.poll(async () => (await said().textContent())?.replaceAll(/\s*→\s*/g, '→ ')).toBe(expected)
  }
})

it('the POST and its XML, linked to their bytes', async () => {
  await call('addtogether', '[1, "한글"]')
  await said().waitFor()
  await side('Request')
  await xml().getByRole('button', { name: '<methodName>addtogether</methodName>' }).waitFor()
  await xml().getByRole('button', { name: '<string>한글</string>' }).click()
  // <string> + 6 bytes of UTF-8 + </string>
  await page.getByText(/^23 bytes selected: /).waitFor()
  expect(await page.getByRole('list', { name: 'The message, line by line' }).getByRole('button', { name: /^Content-Length/ }).locator('..').innerText()).toMatch(/it is whole/)
  await side('Response')
  await xml().getByRole('button', { name: '<fault>' }).waitFor()
})

it('what the server offers, then several calls in one request', async () => {
  await form().getByRole('button', { name: 'Ask which' }).click()
  const methods = form().getByRole('list', { name: 'Methods of the server' })
  await methods.getByRole('button', { name: 'system.multicall' }).waitFor()
  expect(await methods.getByRole('button').allInnerTexts()).toEqual(
    ['addtogether', 'quadratic', 'system.listMethods', 'system.methodHelp', 'system.methodSignature', 'system.multicall'])
  await methods.getByRole('button', { name: 'quadratic' }).click()
  await form().getByLabel('Parameters (JSON)').fill('2, -4, 0')
  await form().getByRole('button', { name: 'Add to a multicall' }).click()
  await methods.getByRole('button', { name: 'addtogether' }).click()
  await form().getByLabel('Parameters (JSON)').fill('[1, "x"]')
  await form().getByRole('button', { name: 'Add to a multicall' }).click()
  await form().getByRole('button', { name: 'Add to a multicall' }).click()
  await form().getByRole('button', { name: 'Remove call 3' }).click()
  expect(await form().getByRole('list', { name: 'Calls of the multicall' }).getByRole('listitem').allInnerTexts()).toEqual(['quadratic(2, -4, 0)', 'addtogether(1, "x")'])
  await form().getByRole('button', { name: 'system.multicall', exact: true }).last().click()
  await expect.poll(() => said().textContent()).toContain("[[[0.0, 2.0]], {'faultCode': 1,")
})

it('wrong parameters are told of before anything is sent', async () => {
  await form().getByLabel('Parameters (JSON)').fill('[1, x]')
  await form().getByText(/the JSON is wrong at character 5/).waitFor()
  expect(await form().getByRole('button', { name: 'Call', exact: true }).isDisabled()).toBe(true)
  await form().getByLabel('Parameters (JSON)').fill('[]')
  await form().getByLabel('Method', { exact: true }).fill('a b')
  await form().getByText(/^Letters, digits/).waitFor()
})

it("Python's own client and an entity bomb, seen", async () => {
  execFileSync('python3', ['-c', 'import sys, xmlrpc.client as x; assert x.ServerProxy(sys.argv[1]).quadratic(2, -4, 0) == [0.0, 2.0]', url])
  await expect.poll(() => said().textContent()).toContain('quadratic(2, -4, 0)')
  const bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "xxxxxxxxxx"><!ENTITY c "&b;&b;&b;&b;">]><methodCall><methodName>&c;</methodName></methodCall>'
  execFileSync('curl', ['-s', '-H', 'Content-Type: text/xml', '-d', bomb, `${url}/RPC2`])
  await xml().getByText('a document type is not allowed: it could declare entities').waitFor()
  await side('Request')
  await page.getByText(/^This is no XML-RPC: a document type is not allowed/).waitFor()
})
