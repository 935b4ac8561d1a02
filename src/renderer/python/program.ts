/** What a page asks of the Python runtime: one program, one interpreter in a web worker of its own. */
import type { RunId } from '../../shared/trace/events'
import type { LabError, Result } from '../../shared/result'

/** How a program is followed: `run` goes on until a breakpoint, `step` halts before its first line. */
export type StartMode = 'run' | 'step'

/** What halts a program after an exception: nothing, what nobody catches, or whatever it raises. */
export type HaltOn = 'off' | 'uncaught' | 'raised'

export interface PythonProgram {
  /** the name that its tracebacks and calls show: 'server.py' */
  file: string
  source: string
  /** sys.argv[1:] */
  args: string[]
  /** lines of `file` before which it halts */
  breakpoints: number[]
  exceptions: HaltOn
  start: StartMode
  /** the folder that it may read and write (its current directory); absent: an empty one that is gone with the run */
  workspace?: FileSystemDirectoryHandle
  /** what the console says of the folder, in the person's language */
  workspaceTexts: WorkspaceTexts
}

/** Each is followed by the system's reason; `tooMuch` by the number of files that were left out. */
export interface WorkspaceTexts { unreadable: string; unwritable: string; tooMuch: string }

/** `line`: to the next line of any function; `over`: of this function; `out`: until this function has returned. */
export type Onward = 'continue' | 'line' | 'over' | 'out'

export type PythonEnd = { status: 'ok' | 'failed' | 'stopped'; error?: string }

/** A started program. What it does is in the trace (run, call, print, halt); this is only the hand on it. */
export interface PythonRun {
  /** settles when its run is in the trace, or could not begin */
  begun: Promise<Result<RunId>>
  /** settles when it is over, whatever way; never rejects */
  ended: Promise<PythonEnd>
  /** Ctrl-C: KeyboardInterrupt in the main thread, whatever it waits in */
  interrupt(): void
  /** ends it at once, also in `while True: pass` */
  stop(): void
  /** halts every thread before its next line */
  pause(): void
  /** lets the halted threads go on */
  go(how: Onward): void
  setBreakpoints(lines: number[]): void
  setExceptions(which: HaltOn): void
}

/** What Python's compiler says of a text that it cannot read; columns from 1, in characters; the end is behind the last one. */
export interface SyntaxProblem {
  /** 'SyntaxError', 'IndentationError' */
  type: string
  message: string
  line: number
  column: number
  endLine: number
  endColumn: number
}

export type RuntimeState = 'absent' | 'loading' | 'ready' | 'failed'

/** Interpreters kept ready, so that a click runs at once. */
export interface PythonRuntime {
  /** begins to load an interpreter; harmless when one is there */
  warm(): void
  readonly state: RuntimeState
  readonly error: LabError | undefined
  onState(listener: (state: RuntimeState) => void): () => void
  /** 'Python 3.14.0' once one was ready */
  readonly version: string | undefined
  run(program: PythonProgram): PythonRun
  /** Compiles a text in the interpreter that is kept ready, and runs nothing. undefined: it can be read, or none is ready. */
  check(source: string): Promise<SyntaxProblem | undefined>
  dispose(): void
}
