/**
 * Python in the lab as a person uses it: programs typed into the page and run there. What they print and how they end is
 * read from the trace, exactly. One page can run many programs, one after the other or (in tabs of their own) at once.
 */
import type { Browser, Locator } from 'playwright-core'
import type { RunId, TraceEvent } from '../../src/shared/trace/events'
import { openLab, type LabOptions, type LabPage } from './lab-page'
import { TraceTap } from './trace-tap'

export interface Ran {
  run: RunId
  /** all that it wrote to sys.stdout and sys.stderr, in order */
  text: string
  status: 'ok' | 'failed' | 'stopped'
  error?: string
}

export interface PythonPage extends LabPage {
  editor: Locator
  args: Locator
  /** what the page shows of a program's text */
  console: Locator
  /** the page's word for what the program of the open tab does */
  status: Locator
  trace: TraceTap
}

/** The Python page of a started app. */
export async function openPython(browser: Browser, options: LabOptions = {}): Promise<PythonPage> {
  const lab = await openLab(browser, options)
  const { page } = lab
  await page.goto(`${lab.app.origin}/#/python`)
  const trace = await TraceTap.open(lab.app.origin, lab.context)
  return {
    ...lab,
    trace,
    editor: page.getByRole('textbox', { name: 'Program' }),
    args: page.getByRole('textbox', { name: 'Arguments' }),
    console: page.getByRole('log', { name: 'Console' }),
    status: page.getByRole('toolbar', { name: 'Run and step' }).getByRole('status'),
    async leave() {
      trace.close()
      await lab.leave()
    },
  }
}

/** Puts a program into the editor of the open tab and starts it; settles when it is in the trace. */
export async function begin({ editor, args, page, trace }: PythonPage, source: string, argv = ''): Promise<RunId> {
  await write(editor, source)
  await args.fill(argv)
  const from = trace.events.length
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  return ((await trace.event((e) => e.k === 'run' && e.program === 'python', from)) as Extract<TraceEvent, { k: 'run' }>).run
}

/** Replaces the text of the editor. First emptied: over styled text the browser would keep its style, which the content policy forbids. */
export async function write(editor: Locator, source: string): Promise<void> {
  await editor.press('ControlOrMeta+a')
  await editor.press('Delete')
  await editor.page().keyboard.insertText(source)
}

/** Waits until a run is over. */
export async function ended({ trace }: PythonPage, run: RunId): Promise<Ran> {
  const { status, error } = (await trace.event((e) => e.k === 'run-end' && e.run === run)) as Extract<TraceEvent, { k: 'run-end' }>
  return { run, text: trace.printed(run), status, ...(error === undefined ? {} : { error }) }
}

/** Waits until a run has printed something; what it has printed so far. */
export async function prints({ trace }: PythonPage, run: RunId, what: RegExp | string): Promise<string> {
  const has = (text: string): boolean => (typeof what === 'string' ? text.includes(what) : what.test(text))
  await trace.event((e) => (e.k === 'print' || e.k === 'thread') && has(trace.printed(run)))
  return trace.printed(run)
}

/** Runs a program to its end. */
export const runPython = async (lab: PythonPage, source: string, argv = ''): Promise<Ran> => ended(lab, await begin(lab, source, argv))

/** Opens a tab for another program; the ones that run go on. */
export async function newTab({ page }: PythonPage): Promise<void> {
  await page.getByRole('button', { name: 'New program' }).click()
}

export async function toTab({ page }: PythonPage, name: string): Promise<void> {
  await page.getByRole('tab', { name: new RegExp(`^${name.replaceAll('.', '\\.')}`) }).click()
}
