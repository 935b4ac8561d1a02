/** One interpreter in its worker: loads, waits for its one program, runs it, and is thrown away with it. */
import type { PyCallable } from 'pyodide/ffi'
import type { PyodideInterface } from 'pyodide'
import type { LabError } from '../../shared/result'
import { ringBell } from './bell'
import { HOME, LAB_PATH, loadInterpreter } from './interpreter'
import { LabModule } from './lab-module'
import { Link } from './link'
import type { PythonProgram, SyntaxProblem, WorkspaceTexts } from './program'
import { Workspace } from './workspace'
import { SIGINT, SIGNAL, type FromWorker, type ToWorker } from './protocol'

/** the part of DedicatedWorkerGlobalScope that is used here; the page's types have no worker's */
const scope = self as unknown as { postMessage(message: FromWorker): void; onmessage: ((event: MessageEvent<ToWorker>) => void) | null }
const tell = scope.postMessage.bind(scope)

/** How often the files that a program has changed are carried over, milliseconds. */
const SAVE_MS = 2000

let python: PyodideInterface | undefined
let signals: Int32Array | undefined
let lab: LabModule | undefined
let control: Control | undefined
let lastWords = ''
/** where it is to halt, as the person has changed it since Run was pressed */
let halts: Partial<Pick<PythonProgram, 'breakpoints' | 'exceptions'>> = {}
let dead = false

/** What labrun.py gives back for us to call while the program waits. */
interface Control {
  signal: PyCallable
  pause: PyCallable
  breakpoints: PyCallable
  exceptions: PyCallable
}

const fault = (code: string, e: unknown): LabError => ({ code, message: e instanceof Error ? e.message : String(e) })

async function load({ wasm, modules, shared, base }: Extract<ToWorker, { type: 'load' }>): Promise<void> {
  const began = performance.now()
  signals = new Int32Array(shared)
  python = await loadInterpreter({ wasm, modules, base, onText: (text) => { lastWords = `${lastWords}${text}\n`.slice(-4000) } })
  python.setInterruptBuffer(signals)
  tell({ type: 'ready', version: `Python ${python.runPython('import sys; sys.version.split()[0]') as string}`, ms: performance.now() - began })
}

async function run({ program, port }: Extract<ToWorker, { type: 'run' }>): Promise<void> {
  const py = python!
  const link = new Link(port)
  if (!(await link.connected)) return tell({ type: 'refused', error: { code: 'LOST', message: 'the connection to the lab engine was lost' } })
  const { file, source, args } = program
  const opened = await link.request('guest.open', { program: 'python', file, source, args })
  if (!opened.ok) return tell({ type: 'refused', error: opened.error })
  const { run: its, thread: main } = opened.value
  lab = new LabModule(link, opened.value.run, opened.value.thread, {
    ended: (end) => tell({ type: 'ended', end }),
    bell: (fd, bell) => ringBell(py, fd, bell),
    sync: () => save(),
    broken: (e) => void died(e),
  })
  tell({ type: 'begun', run: opened.value.run })
  // the engine is gone, or has ended the run: nothing that the program does counts any more
  void link.closed.then(() => tell({ type: 'ended', end: { status: 'stopped' } }))

  py.registerJsModule('_lab', lab.exports())
  py.FS.mkdirTree(HOME)
  const complain = (text: string): void => { link.prints.print(opened.value.thread, `${text}\n`, true) }
  const save = program.workspace ? await openFolder(py, program.workspace, program.workspaceTexts, complain) : (): Promise<void> => Promise.resolve()
  py.FS.chdir(HOME)
  const begin = py.runPython(`import sys; sys.path.insert(0, ${JSON.stringify(LAB_PATH)}); import labrun; labrun.begin`) as PyCallable
  try {
    const options = py.toPy({ file, source, args, home: HOME, breakpoints: program.breakpoints, exceptions: program.exceptions, start: program.start, ...halts } satisfies Omit<PythonProgram, 'workspace' | 'workspaceTexts'> & { home: string })
    const made = begin(options) as { main: PyCallable } & Control
    control = made
    await made.main.callPromising()
  } catch (e) {
    await died(e)
  }

  /** The interpreter itself broke: what the program does is caught in Python. */
  async function died(e: unknown): Promise<void> {
    if (dead) return
    dead = true
    const text = `${lastWords}${e instanceof Error ? e.message : String(e)}`
    link.prints.print(main, `Fatal Python error: ${text}\n`, true)
    await link.prints.settled()
    await link.request('guest.end', { run: its, status: 'failed', error: text.slice(0, 1000) })
    tell({ type: 'ended', end: { status: 'failed', error: text } })
  }
}

const CHECK = `
def check(source):
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try:
            compile(source, '<editor>', 'exec', dont_inherit=True)
        except SyntaxError as e:
            line, column = e.lineno or 1, e.offset or 1
            return [type(e).__name__, e.msg, line, column, e.end_lineno or line, e.end_offset or column]
        except (ValueError, MemoryError, RecursionError, OverflowError):
            return None
check
`
let compileOnly: PyCallable | undefined

/** What Python says of a text before it is run. */
function check(source: string): SyntaxProblem | undefined {
  compileOnly ??= python!.runPython(CHECK, { globals: python!.toPy({}) as never }) as PyCallable
  const found = compileOnly(source) as { toJs(): [string, string, number, number, number, number]; destroy(): void } | undefined
  if (!found) return undefined
  const [type, message, line, column, endLine, endColumn] = found.toJs()
  found.destroy()
  return { type, message, line, column, endLine, endColumn }
}

/** The chosen folder as the program's own; the answer writes what it has changed, and does so by itself now and then. */
async function openFolder(py: PyodideInterface, folder: FileSystemDirectoryHandle, texts: WorkspaceTexts, complain: (text: string) => void): Promise<() => Promise<void>> {
  let opened: Awaited<ReturnType<typeof Workspace.open>>
  try {
    opened = await Workspace.open(py, folder, HOME)
  } catch (e) {
    complain(`${texts.unreadable} ${fault('', e).message}`)
    return () => Promise.resolve()
  }
  if (opened.left > 0) complain(`${texts.tooMuch} ${opened.left}`)
  let told = false
  const save = (): Promise<void> => opened.workspace.save().catch((e: unknown) => {
    if (!told) complain(`${texts.unwritable} ${fault('', e).message}`)
    told = true
  })
  setInterval(() => void save(), SAVE_MS)
  return save
}

/** Ctrl-C. A busy interpreter has seen it in the shared word; one that waits is told here. */
function interrupt(): void {
  if (signals && Atomics.compareExchange(signals, SIGNAL, SIGINT, 0) !== SIGINT) return
  control?.signal(SIGINT)
}

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case 'load': return void load(data).catch((e: unknown) => tell({ type: 'failed', error: fault('UNAVAILABLE', e) }))
    case 'run': return void run(data).catch((e: unknown) => tell({ type: 'refused', error: fault('INTERNAL', e) }))
    case 'check':
      try {
        return tell({ type: 'checked', id: data.id, problem: python && check(data.source) })
      } catch {
        // a text so deep that the stack did not do
        return tell({ type: 'checked', id: data.id, problem: undefined, broken: true })
      }
    case 'interrupt': return interrupt()
    case 'pause': return void control?.pause()
    case 'go': return lab?.go(data.how)
    case 'breakpoints':
      halts = { ...halts, breakpoints: data.lines }
      return void control?.breakpoints(python!.toPy(data.lines))
    case 'exceptions':
      halts = { ...halts, exceptions: data.which }
      return void control?.exceptions(data.which)
    default: return data satisfies never
  }
}
