/** The interpreters of the page: one kept ready, each program in one of its own, which is thrown away with it. */
import type { LabError, Result } from '../../shared/result'
import { fail, ok } from '../../shared/result'
import type { Method, ParamsOf, ResultOf } from '../../shared/contract/contract'
import type { RunId } from '../../shared/trace/events'
import { workerPort } from '../lab/transport'
import type { PythonEnd, PythonProgram, PythonRun, PythonRuntime, RuntimeState, SyntaxProblem } from './program'
import { SHARED_WORDS, SIGINT, SIGNAL, SIGVTALRM, TICK_MS, type FromWorker, type ToWorker } from './protocol'

/** Programs that run at once. */
export const MAX_RUNNING = 8

/** The page's connection to the engine, to learn of a run that somebody else has stopped. */
export type Request = <M extends Method>(method: M, params: ParamsOf<M>) => Promise<Result<ResultOf<M>>>

/** pyodide's files, beside the page's own. */
const base = (): string => new URL('pyodide/', document.baseURI).href

interface Parts { wasm: WebAssembly.Module; modules: Record<string, string> }

let parts: Promise<Parts> | undefined
/** what all interpreters of this page share, fetched and compiled once */
function fetchParts(): Promise<Parts> {
  const all = async (): Promise<Parts> => {
    const [wasm, modules] = await Promise.all([WebAssembly.compileStreaming(fetch(`${base()}pyodide.asm.wasm`)), fetch(`${base()}lab-modules.json`)])
    if (!modules.ok) throw new Error(`lab-modules.json: ${modules.status}`)
    return { wasm, modules: (await modules.json()) as Record<string, string> }
  }
  parts ??= all().catch((e: unknown) => {
    parts = undefined
    throw e
  })
  return parts
}

interface Checked { problem?: SyntaxProblem | undefined; broken?: boolean }

class Interpreter {
  readonly worker: Worker
  readonly signals: Int32Array
  readonly ready: Promise<Result<string>>
  listener: ((message: FromWorker) => void) | undefined
  private readonly checks = new Map<number, (answer: Checked) => void>()
  private asked = 0

  constructor() {
    this.worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'python' })
    const shared = new SharedArrayBuffer(4 * SHARED_WORDS)
    this.signals = new Int32Array(shared)
    this.ready = new Promise((resolve) => {
      this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === 'ready') resolve(ok(data.version))
        else if (data.type === 'failed') resolve(fail(data.error))
        else if (data.type === 'checked') this.answer(data.id, data)
        else this.listener?.(data)
      }
      this.worker.onerror = (event) => {
        event.preventDefault()
        const error: LabError = { code: 'UNAVAILABLE', message: event.message || 'the Python worker did not start' }
        resolve(fail(error))
        this.listener?.({ type: 'refused', error })
      }
      fetchParts().then((all) => this.tell({ type: 'load', ...all, shared, base: base() }), (e: unknown) => resolve(fail({ code: 'UNAVAILABLE', message: String(e) })))
    })
  }

  tell(message: ToWorker, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer)
  }

  check(source: string): Promise<Checked> {
    const id = ++this.asked
    return new Promise((resolve) => {
      this.checks.set(id, resolve)
      this.tell({ type: 'check', id, source })
    })
  }

  private answer(id: number, answer: Checked): void {
    this.checks.get(id)?.(answer)
    this.checks.delete(id)
  }

  end(): void {
    this.listener = undefined
    for (const id of [...this.checks.keys()]) this.answer(id, {})
    this.worker.terminate()
  }
}

export function createPythonRuntime(request: Request): PythonRuntime {
  let spare: Interpreter | undefined
  let state: RuntimeState = 'absent'
  let error: LabError | undefined
  let version: string | undefined
  const listeners = new Set<(state: RuntimeState) => void>()
  const running = new Set<PythonRun>()

  function become(next: RuntimeState, why?: LabError): void {
    state = next
    error = why
    for (const listener of listeners) listener(next)
  }

  function warm(): void {
    if (spare) return
    const made = new Interpreter()
    spare = made
    become('loading')
    void made.ready.then((ready) => {
      if (ready.ok) version = ready.value
      if (spare !== made) return
      if (ready.ok) return become('ready')
      spare = undefined
      made.end()
      become('failed', ready.error)
    })
  }

  function take(): Interpreter {
    warm()
    const made = spare!
    spare = undefined
    // the next one is made when this one is out of the way of the processor
    void made.ready.then(() => setTimeout(warm, 300))
    return made
  }

  function run(program: PythonProgram): PythonRun {
    const begun = later<Result<RunId>>()
    const ended = later<PythonEnd>()
    if (running.size >= MAX_RUNNING) {
      const why: LabError = { code: 'LIMIT', limit: 'pythonPrograms', message: `at most ${MAX_RUNNING} Python programs run at once: stop one first`, detail: { limit: MAX_RUNNING } }
      begun.resolve(fail(why))
      ended.resolve({ status: 'failed', error: why.message })
    }
    const interpreter = running.size < MAX_RUNNING ? take() : undefined
    let over = interpreter === undefined

    const finish = (end: PythonEnd, why?: LabError): void => {
      if (over) return
      over = true
      clearInterval(clock)
      interpreter?.end()
      running.delete(hand)
      begun.resolve(fail(why ?? { code: 'GONE', message: 'the program was stopped before it began' }))
      ended.resolve(end)
    }
    // lets the others in, also where one thread never waits (labrun.py)
    const clock = interpreter && setInterval(() => Atomics.compareExchange(interpreter.signals, SIGNAL, 0, SIGVTALRM), TICK_MS)

    const hand: PythonRun = {
      begun: begun.promise,
      ended: ended.promise,
      interrupt() {
        if (over || !interpreter) return
        Atomics.store(interpreter.signals, SIGNAL, SIGINT)
        interpreter.tell({ type: 'interrupt' })
      },
      stop: () => finish({ status: 'stopped' }),
      pause: () => { if (!over) interpreter?.tell({ type: 'pause' }) },
      go: (how) => { if (!over) interpreter?.tell({ type: 'go', how }) },
      setBreakpoints: (lines) => { if (!over) interpreter?.tell({ type: 'breakpoints', lines }) },
      setExceptions: (which) => { if (!over) interpreter?.tell({ type: 'exceptions', which }) },
    }
    if (!interpreter) return hand
    running.add(hand)
    interpreter.listener = (message) => {
      switch (message.type) {
        case 'begun':
          begun.resolve(ok(message.run))
          // somebody else may end it: a person in another window, a new session
          void request('guest.over', { run: message.run }).then((answer) => { if (answer.ok) finish(answer.value) })
          return
        case 'refused': return finish({ status: 'failed', error: message.error.message }, message.error)
        case 'ended': return finish(message.end)
        case 'ready': case 'failed': case 'checked': return
        default: return message satisfies never
      }
    }
    void interpreter.ready.then(async (ready) => {
      if (!ready.ok) return finish({ status: 'failed', error: ready.error.message }, ready.error)
      const port = await workerPort()
      if (over) port?.close()
      else interpreter.tell({ type: 'run', program, port }, port ? [port] : [])
    })
    return hand
  }

  async function check(source: string): Promise<SyntaxProblem | undefined> {
    const made = state === 'ready' ? spare : undefined
    if (!made) return undefined
    const { problem, broken } = await made.check(source)
    if (broken && spare === made) {
      spare = undefined
      made.end()
      warm()
    }
    return problem
  }

  return {
    warm,
    run,
    check,
    get state() { return state },
    get error() { return error },
    get version() { return version },
    onState(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    dispose() {
      for (const hand of running) hand.stop()
      spare?.end()
      spare = undefined
      become('absent')
    },
  }
}

function later<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}
