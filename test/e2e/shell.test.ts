/** What every page shares: pace, timeline, the one selection, languages, themes, the keyboard, and a page without complaints. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Browser, Locator } from 'playwright-core'
import { SYSCALLS } from '../../src/shared/trace/fields'
import { launchChromium } from '../lib/chromium'
import { calls, openLab, sayHello, segments, startServer, view, type LabPage } from '../lib/lab-page'

let browser: Browser
let lab: LabPage

beforeAll(async () => { browser = await launchChromium() })
afterAll(async () => { await browser.close() })
beforeEach(async () => { lab = await openLab(browser, { viewport: { width: 1600, height: 1400 } }) })
afterEach(async () => { await lab.leave() })

const client = (): Promise<void> => lab.clients.getByRole('button', { name: 'Start client' }).click()
const event = async (): Promise<number> => Number(/^event ([\d,]+)/.exec(await lab.timeline.getByText(/^event [\d,]+ of [\d,]+/).innerText())?.[1]?.replaceAll(',', ''))
const seconds = async (): Promise<number> => Number.parseFloat(await lab.timeline.getByText(/^\d+\.\d{6} s/).innerText())

describe('pace', () => {
  const pace = (name: string): Promise<void> => lab.page.getByRole('group', { name: 'Pace' }).first().getByText(name, { exact: true }).click()

  it('slow: every call is held a moment, and says why', async () => {
    await startServer(lab)
    await pace('Slow')
    await lab.page.getByRole('combobox', { name: 'Delay before each call' }).selectOption('200')
    await client()
    await lab.picture.getByText('held back: slow pace').first().waitFor()
    await lab.runs.getByText("received b'ACK'").waitFor()
    const log = await calls(lab)
    const connect = log.find((row) => row.text.startsWith('client.connect('))
    const send = log.find((row) => row.text.startsWith('client.send('))
    // a delay before each call is a fact of the pace, not a measurement of this machine
    expect(Number(send?.time) - Number(connect?.time)).toBeGreaterThanOrEqual(0.2)
  })

  it('step: the client makes one call for each press, and the Python line it stands on is marked', async () => {
    await startServer(lab)
    await pace('Step')
    await client()
    await view(lab, 'Python')
    const next = lab.page.getByRole('button', { name: 'Next call' })
    const marked = lab.picture.getByRole('listbox', { name: 'Lines of the program' }).locator('[aria-current]')
    for (const [line, call] of [['socket.socket(', 'socket'], ['client.connect(', 'connect'], ['client.sendall(', 'send']] as const) {
      await expect.poll(() => marked.allInnerTexts()).toSatisfy((all: string[]) => all.some((one) => one.includes(line) && one.includes(`step: next is ${call}()`)))
      await next.click()
    }
    await pace('Full')
    await lab.runs.getByText("received b'ACK'").waitFor()
  })
})

describe('the timeline', () => {
  it('paused at an earlier moment, every view shows that moment; live again, the present', async () => {
    await sayHello(lab)
    await lab.runs.getByRole('button', { name: /^Stop tcp-server/ }).click()
    await lab.runs.getByText('0 running of 2').waitFor()
    const all = await segments(lab)
    const rows = (await calls(lab)).length
    // the moment at which the client's data went out
    const sent = (await calls(lab)).find((row) => row.text.startsWith('client.send('))
    await lab.timeline.getByRole('slider', { name: 'Moment shown' }).evaluate((slider: HTMLInputElement, t) => {
      slider.value = t
      slider.dispatchEvent(new Event('input', { bubbles: true }))
    }, String(Number(sent?.time) * 1e6 + 1))
    await lab.runs.getByText('2 running of 2').waitFor()
    expect(await lab.runs.getByText("received b'ACK'").count()).toBe(0)
    const then = await segments(lab)
    expect(then.length).toBeLessThan(all.length)
    expect(then.map(({ flags }) => flags).filter((flags) => flags.includes('FIN'))).toEqual([])
    expect((await calls(lab)).length).toBeLessThan(rows)
    await lab.picture.getByRole('figure', { name: 'TCP state diagram' }).getByText(/^client: SYN_SENT → ESTABLISHED/).waitFor()
    await view(lab, 'Buffers')
    await lab.picture.getByText('client received nothing yet').waitFor()

    await lab.timeline.getByRole('button', { name: 'Live' }).click()
    await lab.picture.getByText('client received 3 in 1 recv()').waitFor()
    expect(await segments(lab)).toEqual(all)
  })

  it('replays at 0.001 of the speed up to ten times it, and stops at the end', async () => {
    await sayHello(lab)
    const speed = lab.timeline.getByRole('combobox', { name: 'Replay speed' })
    const offered = await speed.locator('option').allInnerTexts()
    expect([offered[0], offered.at(-1)]).toEqual(['0.001×', '10×'])
    await lab.timeline.getByRole('button', { name: 'Pause the view' }).click()
    const end = await seconds()
    await lab.timeline.getByRole('button', { name: 'To the beginning' }).click()
    await speed.selectOption('0.001')
    await lab.timeline.getByRole('button', { name: 'Replay from here' }).click()
    await expect.poll(seconds).toBeGreaterThan(0)
    expect(await seconds()).toBeLessThan(end / 2)
    await speed.selectOption('10')
    await expect.poll(seconds).toBe(end)
    await lab.timeline.getByRole('button', { name: 'Replay from here' }).waitFor()
  })
})

describe('one selection', () => {
  it('a call lights up its segment, its bytes, its thread and its line of Python; a segment lights up its call', async () => {
    await sayHello(lab)
    const grid = lab.page.getByRole('grid', { name: 'System calls' })
    await grid.getByRole('row', { name: /client\.send\(b'hello'\)/ }).click()
    await expect.poll(() => lab.picture.getByRole('button', { name: /^PSH,ACK from client, 5 bytes/, pressed: true }).count()).toBe(1)
    await lab.page.getByText('send()', { exact: true }).first().waitFor()
    await view(lab, 'Python')
    await expect.poll(() => lab.picture.getByRole('option', { selected: true }).allInnerTexts()).toSatisfy((all: string[]) => all.some((one) => one.includes('client.sendall(data)')))
    await view(lab, 'Threads')
    await lab.picture.getByRole('button', { name: /main · tcp-client/, pressed: true }).first().waitFor()
    await view(lab, 'Buffers')
    await lab.picture.getByText(/^5 bytes selected: offsets 0 /).waitFor()

    await lab.picture.getByRole('button', { name: /^PSH,ACK from server, 3 bytes/ }).click()
    await expect.poll(() => grid.locator('.lit').allInnerTexts()).toSatisfy((all: string[]) => all.some((one) => one.includes("conn.send(b'ACK')")))
    await lab.picture.getByText(/^3 bytes selected: offsets 0 /).waitFor()
  })

  it('a segment under the pointer shows its bytes', async () => {
    await sayHello(lab)
    await lab.picture.getByRole('button', { name: /^PSH,ACK from client, 5 bytes/ }).hover()
    await lab.picture.getByRole('tooltip').getByText('68 65 6c 6c').waitFor()
  })
})

// ---- languages

type Messages = Record<string, string>
function flat(value: unknown, path: string, into: Messages): Messages {
  if (typeof value === 'string') into[path] = value
  else for (const [key, inner] of Object.entries(value as object)) flat(inner, path ? `${path}.${key}` : key, into)
  return into
}
const LOCALES = resolve(import.meta.dirname, '../../src/renderer/i18n/locales')
const messages = (language: string): Messages =>
  Object.assign({}, ...readdirSync(join(LOCALES, language)).map((file) => flat(JSON.parse(readFileSync(join(LOCALES, language, file), 'utf8')), file.replace('.json', ''), {}))) as Messages

/** All that the page says: texts, names, titles, placeholders. */
const said = (): Promise<string[]> => lab.page.evaluate(() => {
  const out: string[] = []
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walk.nextNode(); node; node = walk.nextNode()) out.push((node.textContent ?? '').trim())
  for (const one of document.body.querySelectorAll('[aria-label], [title], [placeholder]')) {
    for (const name of ['aria-label', 'title', 'placeholder']) out.push(one.getAttribute(name) ?? '')
  }
  return out.filter(Boolean)
})

async function everyPage(look: () => Promise<void>): Promise<void> {
  const pages = lab.page.getByRole('navigation').getByRole('link')
  for (let i = 0; i < await pages.count(); i++) {
    await pages.nth(i).click()
    // a page's code is loaded when it is first asked for
    await expect.poll(() => pages.nth(i).getAttribute('aria-current')).toBe('page')
    await look()
    const lists = lab.page.locator('main').getByRole('tablist')
    for (let l = 0; l < await lists.count(); l++) {
      const tabs = lists.nth(l).getByRole('tab')
      for (let k = 0; k < await tabs.count(); k++) {
        await tabs.nth(k).click()
        await look()
      }
      await tabs.first().click()
    }
  }
  await pages.first().click()
}

describe.each([
  ['ja', '日本語', 'サーバーを起動'],
  ['ko', '한국어', '서버 시작'],
])('in %s', (language, name, start) => {
  it('every page speaks it: no English is left but the terms of the field, and no text is missing', async () => {
    await sayHello(lab)
    const english = messages('en')
    const own = messages(language)
    // what is worded otherwise in this language, and so must not be seen in English
    const foreign = new Set(Object.entries(english).filter(([key, text]) => own[key] !== text && !text.includes('{') && !text.includes('|')).map(([, text]) => text))
    // a name in code is the same everywhere: calls, Python's type bytes, a program's variables
    for (const text of [...Object.values(own), ...SYSCALLS, 'bytes', 'server', 'client']) foreign.delete(text)
    const namespaces = new Set(Object.keys(english).map((key) => key.split('.')[0]))
    const missing = new RegExp(`^(${[...namespaces].join('|')})\\.\\w+(\\.\\w+)*$`)

    await lab.page.getByRole('button', { name: 'Language' }).click()
    await lab.page.getByRole('menuitem', { name }).click()
    await lab.page.getByRole('button', { name: start }).waitFor()
    expect(await lab.page.locator('html').getAttribute('lang')).toBe(language)
    await everyPage(async () => {
      const all = await said()
      expect(all.filter((text) => foreign.has(text))).toEqual([])
      expect(all.filter((text) => missing.test(text))).toEqual([])
    })
  })
})

it('explains an error in the language chosen', async () => {
  const port = await startServer(lab)
  await lab.runs.getByRole('button', { name: /^Stop tcp-server/ }).click()
  await lab.page.getByRole('button', { name: 'Language' }).click()
  await lab.page.getByRole('menuitem', { name: '日本語' }).click()
  await lab.page.getByRole('button', { name: 'クライアントを起動' }).click()
  const note = lab.page.getByRole('alert')
  await note.getByText('ECONNREFUSED').waitFor()
  expect(await note.innerText()).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}`))
  expect(await note.innerText()).toMatch(/接続/)
})

// ---- themes

it('light, dark and projector: each is applied to the whole page, and its text stands out from its ground', async () => {
  await sayHello(lab)
  const ratio = (): Promise<number> => lab.page.evaluate(() => {
    const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!
    const luminance = (colour: string): number => {
      paint.fillStyle = colour
      paint.fillRect(0, 0, 1, 1)
      const [r = 0, g = 0, b = 0] = [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4))
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const style = getComputedStyle(document.body)
    const pair = [luminance(style.color), luminance(style.backgroundColor)]
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05)
  })
  const grounds = new Set<string>()
  for (const [name, id, least] of [['Light', 'light', 7], ['Dark', 'dark', 7], [/Projector/, 'projector', 12]] as const) {
    await lab.page.getByRole('button', { name: 'Theme' }).click()
    await lab.page.getByRole('menuitem', { name }).click()
    await expect.poll(() => lab.page.locator('html').getAttribute('data-theme')).toBe(id)
    await expect.poll(ratio).toBeGreaterThanOrEqual(least)
    grounds.add(await lab.page.evaluate(() => getComputedStyle(document.body).backgroundColor + getComputedStyle(document.documentElement).fontSize))
  }
  expect(grounds.size).toBe(3)
})

// ---- the keyboard, and names

/** Tab until the element has the focus, as a person without a pointer does. */
async function tabTo(wanted: Locator): Promise<void> {
  for (let i = 0; i < 120; i++) {
    if (await wanted.evaluate((one) => one === document.activeElement)) return
    await lab.page.keyboard.press('Tab')
  }
  throw new Error('the keyboard does not reach it')
}

it('the first exercise by keyboard alone: server, client, ladder, selection, timeline', async () => {
  const { keyboard } = lab.page
  await tabTo(lab.server.getByRole('textbox', { name: 'Port' }))
  await keyboard.press('Control+a')
  await keyboard.type('0')
  await keyboard.press('Enter')
  await lab.runs.getByText(/listening on /).waitFor()
  await expect.poll(() => lab.clients.getByRole('textbox', { name: 'Port' }).inputValue()).not.toBe('9999')
  await tabTo(lab.clients.getByRole('button', { name: 'Start client' }))
  await keyboard.press('Enter')
  await lab.runs.getByText("received b'ACK'").waitFor()
  await lab.picture.getByText('closed in order').waitFor()

  await tabTo(lab.picture.getByRole('region', { name: 'Ladder of the connection' }).locator('[role=button][tabindex="0"]'))
  await keyboard.press('Home')
  await keyboard.press('Enter')
  await expect.poll(() => lab.picture.getByRole('region', { name: 'Ladder of the connection' }).getByRole('button', { pressed: true }).count()).toBeGreaterThan(0)
  await lab.page.getByRole('main').focus()
  await keyboard.press('Home')
  expect(await event()).toBe(0)
  await keyboard.press('End')
  await tabTo(lab.runs.getByRole('button', { name: /^Stop tcp-server/ }))
  await keyboard.press('Enter')
  await lab.runs.getByText('0 running of 2').waitFor()
})

it('every control has a name, and every page one main region', async () => {
  await sayHello(lab)
  await everyPage(async () => {
    const nameless = await lab.page.evaluate(() => {
      const controls = 'button, a[href], input, select, textarea, [role=button], [role=tab], [role=slider], [role=switch], [role=radio], [role=checkbox], [role=combobox], [role=grid], [role=listbox], [role=separator]'
      const text = (id: string): string => id.split(/\s+/).map((one) => document.getElementById(one)?.textContent ?? '').join(' ')
      return [...document.querySelectorAll<HTMLElement>(controls)].filter((one) => {
        if (one.closest('[aria-hidden=true], [hidden]') || one.getClientRects().length === 0) return false
        const name = one.getAttribute('aria-label') ?? (one.hasAttribute('aria-labelledby') ? text(one.getAttribute('aria-labelledby') ?? '') : undefined)
          ?? [...((one as HTMLInputElement).labels ?? [])].map((label) => label.textContent).join(' ')
        return !(name || one.textContent || one.title).trim()
      }).map((one) => one.outerHTML.slice(0, 160))
    })
    expect(nameless).toEqual([])
    expect(await lab.page.getByRole('main').count()).toBe(1)
  })
})
