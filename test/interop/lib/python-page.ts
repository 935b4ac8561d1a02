/** The Python page as a person uses it: a program opened from a file, run, its console read, lines typed into it. */
import { Packr } from 'msgpackr'
import type { Browser } from 'playwright-core'
import { expect } from 'vitest'
import type { FromEngine } from '../../../src/shared/contract/contract'
import { decodeEvents } from '../../../src/shared/trace/codec'
import type { RunId, ThreadId, TraceEvent } from '../../../src/shared/trace/events'
import { openLab, type LabPage } from '../../lib/lab-page'

export interface LabProgram {
  /** the next lines of the console, from line `from` on, until one matches; answers it */
  line(pattern: RegExp, from?: number): Promise<RegExpExecArray>
  /** types a line into the program */
  type(text: string): Promise<void>
  /** ends its input */
  endInput(): Promise<void>
  interrupt(): Promise<void>
  stop(): Promise<void>
  /** what it has printed, when it has ended */
  ended(): Promise<string[]>
  lines(): Promise<string[]>
}

export interface PythonPage {
  lab: LabPage
  /** opens the text in a tab of its own and presses Run */
  run(name: string, source: string, args?: string): Promise<LabProgram>
  /** the events of the newest Python run so far, as the page has heard them from the engine */
  events(): TraceEvent[]
  /** goes back to a program's tab */
  show(name: string): Promise<void>
}

/** A loaded machine may take long to start an interpreter; what is waited for is always an event. */
const PATIENCE = 280_000

export async function openPython(browser: Browser): Promise<PythonPage> {
  const lab = await openLab(browser, { at: '/python' })
  const { page } = lab
  const heard: TraceEvent[] = []
  const codec = new Packr({ useRecords: false, copyBuffers: true })
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => {
    const message = codec.unpack(payload as Buffer) as FromEngine
    if ('push' in message && message.push === 'trace') heard.push(...decodeEvents(message.data))
  }))
  // what it hears is listened to from its first word on
  await page.reload()
  await page.getByText('Engine connected').waitFor()
  const tabs = page.getByRole('tablist', { name: 'Programs' })
  const log = page.getByRole('log', { name: 'Console' })
  const bar = page.getByRole('toolbar', { name: 'Run and step' })
  // without what was typed, which the console shows among the output
  const read = (): Promise<string[]> => log.evaluate((box) => [...box.querySelectorAll('.line')].flatMap((line) => {
    const parts = [...line.children]
    const printed = parts.filter((part) => !part.matches('.typed, .eof'))
    return parts.length > 0 && printed.length === 0 ? [] : [printed.map((part) => part.textContent ?? '').join('')]
  }))

  const show = async (name: string): Promise<void> => {
    await tabs.getByRole('tab', { name }).click()
    await page.getByRole('tabpanel', { name }).waitFor()
  }

  async function run(name: string, source: string, args = ''): Promise<LabProgram> {
    await page.getByLabel('Open a .py file…').setInputFiles({ name, mimeType: 'text/x-python', buffer: Buffer.from(source) })
    await show(name)
    await page.getByRole('textbox', { name: 'Arguments' }).fill(args)
    await bar.getByRole('button', { name: 'Run', exact: true }).click()
    const stop = bar.getByRole('button', { name: /^Stop/ })
    // it is off as long as nothing runs
    await page.waitForFunction(() => document.querySelector('[role=toolbar] .status')?.className.match(/running|ended|halted/), undefined, { timeout: PATIENCE })
    return {
      async line(pattern, from = 0) {
        const { source: text, flags } = pattern
        await log.evaluate((box, [text, flags, from, patience]) => new Promise<void>((found, failed) => {
          const look = (): boolean => [...box.querySelectorAll('.line')].slice(from as number).some((line) => new RegExp(text as string, flags as string).test(line.textContent ?? ''))
          const watcher = new MutationObserver(() => { if (look()) end(found) })
          const timer = setTimeout(() => end(() => failed(new Error(`no line like ${text} in: ${box.textContent}`))), patience as number)
          const end = (how: () => void): void => {
            watcher.disconnect()
            clearTimeout(timer)
            how()
          }
          watcher.observe(box, { childList: true, subtree: true, characterData: true })
          if (look()) end(found)
        }), [text, flags, from, PATIENCE] as const)
        return (await read()).slice(from).map((line) => pattern.exec(line)).find((match) => match !== null)!
      },
      async type(text) {
        const field = page.getByRole('textbox', { name: 'A line for input()' })
        await field.fill(text)
        await field.press('Enter')
      },
      endInput: () => page.getByRole('button', { name: 'End', exact: true }).click(),
      interrupt: () => bar.getByRole('button', { name: /^Interrupt/ }).click(),
      stop: () => stop.click(),
      async ended() {
        await page.waitForFunction(() => document.querySelector('[role=toolbar] .status')?.className.includes('ended'), undefined, { timeout: PATIENCE })
        // the console is drawn a moment after
        await expect.poll(() => ofNewestRun(heard).some((e) => e.k === 'run-end'), { timeout: PATIENCE }).toBe(true)
        const printed = ofNewestRun(heard).flatMap((e) => (e.k === 'print' ? [e.text] : [])).join('')
        await expect.poll(async () => (await read()).join('\n').trimEnd().length >= printed.trimEnd().length, { timeout: PATIENCE }).toBe(true)
        const lines = await read()
        // the page has room for so many tabs only
        await page.getByRole('button', { name: `Close ${name}` }).click()
        return lines
      },
      lines: read,
    }
  }
  return { lab, run, show, events: () => ofNewestRun(heard) }
}

/** The newest run of Python: its own events, and the calls and returns of its threads. */
function ofNewestRun(heard: readonly TraceEvent[]): TraceEvent[] {
  const run: RunId | undefined = heard.filter((e) => e.k === 'run' && e.program === 'python').map((e) => (e as { run: RunId }).run).at(-1)
  const threads = new Set<ThreadId>()
  const calls = new Set<number>()
  return heard.filter((e) => {
    if (e.k === 'thread' && e.run === run) threads.add(e.thread)
    if (e.k === 'call' && threads.has(e.thread)) calls.add(e.call)
    if (e.k === 'ret' || e.k === 'block') return calls.has(e.call)
    if ('run' in e) return e.run === run
    return 'thread' in e && threads.has(e.thread)
  })
}
