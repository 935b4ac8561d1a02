/** Runs one built-in program on an engine in this process. */
import type { Pace, Scope } from '../shared/contract/contract'
import type { CallEvent, CallId, Plain, RetEvent, TraceEvent } from '../shared/trace/events'
import { Engine } from '../engine/engine'
import { UsageError } from './args'
import { CaptureFile } from './capture-file'
import { TraceFile } from './trace-file'

export interface RunOptions {
  program: string
  params: Record<string, Plain>
  pace: Pace
  scope: Scope
  /** whether the program may reach public addresses: nobody is asked here */
  allowPublic?: boolean
  trace?: string
  /** a pcapng file for the run's packets */
  capture?: string
  print(line: string, err: boolean): void
  /** called once, when the program first waits for a line; the lines then go to `input` */
  wantsInput(): void
}

/** A call that failed, as the trace tells it: what the explanation of a failure is made from. */
export interface FailedCall {
  call: CallEvent
  ret: RetEvent
}

export interface Ended {
  status: 'ok' | 'failed' | 'stopped'
  error?: Error
  failed?: FailedCall
}

export interface Running {
  /** a line for input(); null ends the input */
  input(line: string | null): void
  /** takes every waiting call back; `ended` follows */
  stop(): void
  /** settles when the last thread is gone, every descriptor closed and the trace file complete */
  ended: Promise<Ended>
}

/** Throws a UsageError where a file cannot be opened, else an Error where the platform's sockets, or a capture, cannot be had. */
export async function startRun(options: RunOptions): Promise<Running> {
  const engine = await Engine.create({ version: appVersion, scope: options.scope, publicAddresses: options.allowPublic ? 'allow' : 'refuse' })
  const kernel = engine.ready()
  if (!kernel.ok) throw new Error(kernel.error.message)
  const { processes, dispatcher } = kernel.value
  const { recorder } = engine
  const file = options.trace === undefined ? undefined : new TraceFile(options.trace, (ref) => recorder.bytes.read(ref.at, ref.kept))
  const packets = options.capture === undefined ? undefined : await CaptureFile.create(options.capture)
  const failures = new Failures()
  let asked = false
  recorder.tap((events) => {
    for (const event of events) {
      file?.write(event)
      failures.see(event)
      if (event.k === 'print') options.print(event.text, event.err === true)
      else if (event.k === 'block' && event.why === 'input' && !asked) {
        asked = true
        options.wantsInput()
      }
    }
  })
  dispatcher.pacer.set(options.pace)
  try {
    await packets?.begin(engine)
  } catch (error) {
    await engine.close()
    throw error
  }
  const started = engine.start(options.program, options.params)
  if (!started.ok) {
    await engine.close()
    const { code, message } = started.error
    throw code === 'INVALID' ? new UsageError(`--${message}`) : new Error(message)
  }
  const { run, ended } = started.value
  // a program that waits for a person, or sleeps, holds nothing else that keeps the process alive
  const alive = setInterval(() => {}, 0x7fff_ffff)
  return {
    input: (line) => (line === null ? run.input.end() : run.input.push(line)),
    stop: () => processes.stop(run),
    ended: ended.then(async (end) => {
      const incomplete = await packets?.finish(engine)
      await engine.close()
      clearInterval(alive)
      file?.close()
      const failed = file?.failed ?? incomplete
      if (failed) return { status: 'failed', error: failed }
      return { ...end, ...(failures.last && { failed: failures.last }) }
    }),
  }
}

/** set by the build */
declare const __APP_VERSION__: string | undefined
const appVersion = typeof __APP_VERSION__ === 'undefined' ? 'from source' : __APP_VERSION__

/** Keeps the last call that failed. */
class Failures {
  last: FailedCall | undefined
  private readonly open = new Map<CallId, CallEvent>()

  see(event: TraceEvent): void {
    if (event.k === 'call') this.open.set(event.call, event)
    if (event.k !== 'ret') return
    const call = this.open.get(event.call)
    this.open.delete(event.call)
    if (call && event.errno !== undefined && event.errno !== 'CANCELLED') this.last = { call, ret: event }
  }
}
