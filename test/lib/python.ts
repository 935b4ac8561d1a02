/**
 * Python in the lab as a person uses it: programs typed into the page and run there. What they print and how they end is
 * read from the trace, exactly. One page can run many programs, one after the other or (in tabs of their own) at once.
 */
import type { Browser, Locator } from 'playwright-core'
import type { RunId, ThreadId, TraceEvent } from '../../src/shared/trace/events'
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

/** A program in a tab of its own, which is looked at where something must be clicked. */
export interface Program {
  run: RunId
  text(): string
  /** settles when a line of its output, from line `from` on, matches */
  line(pattern: RegExp, from?: number): Promise<RegExpExecArray>
  /** settles when what it has printed, whole lines or not, matches */
  answered(pattern: RegExp): Promise<void>
  /** types a line into it */
  type(line: string): void
  endInput(): void
  interrupt(): Promise<void>
  stop(): Promise<void>
  /** settles when it has ended; its tab is closed then */
  ended(): Promise<Ran>
  /** the events of this run, with the calls and returns of its threads */
  events(): TraceEvent[]
}

/** Opens a file in a tab and runs it. */
export async function runFile(lab: PythonPage, name: string, source: string, argv = ''): Promise<Program> {
  const { page, trace, args } = lab
  const bar = page.getByRole('toolbar', { name: 'Run and step' })
  await page.getByLabel('Open a .py file…').setInputFiles({ name, mimeType: 'text/x-python', buffer: Buffer.from(source) })
  await page.getByRole('tabpanel', { name }).waitFor()
  await args.fill(argv)
  const from = trace.events.length
  await bar.getByRole('button', { name: 'Run', exact: true }).click()
  const { run } = (await trace.event((e) => e.k === 'run' && e.program === 'python', from)) as Extract<TraceEvent, { k: 'run' }>
  const click = async (what: RegExp): Promise<void> => {
    await toTab(lab, name)
    await bar.getByRole('button', { name: what }).click()
  }
  async function until<T>(find: (text: string) => T | null, wanted: RegExp): Promise<T> {
    await trace.event((e) => (e.k === 'run-end' && e.run === run) || (e.k === 'print' && find(trace.printed(run)) !== null), from)
    const found = find(trace.printed(run))
    if (found === null) throw new Error(`ended, and printed nothing like ${wanted}: ${trace.printed(run)}`)
    return found
  }
  return {
    run,
    text: () => trace.printed(run),
    line: (pattern, since = 0) => until((text) => text.split('\n').slice(since).map((one) => pattern.exec(one)).find((match) => match !== null) ?? null, pattern),
    answered: async (pattern) => { await until((text) => pattern.exec(text), pattern) },
    type: (line) => trace.ask('run.input', { run, line }),
    endInput: () => trace.ask('run.input', { run, line: '', eof: true }),
    interrupt: () => click(/^Interrupt/),
    stop: () => click(/^Stop/),
    async ended() {
      const end = await ended(lab, run)
      await page.getByRole('button', { name: `Close ${name}`, exact: true }).click()
      return end
    },
    events: () => ofRun(trace.events, run),
  }
}

/** A run's own events, and the calls and returns of its threads. */
function ofRun(events: readonly TraceEvent[], run: RunId): TraceEvent[] {
  const threads = new Set<ThreadId>()
  const calls = new Set<number>()
  return events.filter((e) => {
    if (e.k === 'thread' && e.run === run) threads.add(e.thread)
    if (e.k === 'call' && threads.has(e.thread)) calls.add(e.call)
    if (e.k === 'ret' || e.k === 'block') return calls.has(e.call)
    if ('run' in e) return e.run === run
    return 'thread' in e && threads.has(e.thread)
  })
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
