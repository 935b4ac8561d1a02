/** What the page and an interpreter's worker say to each other. */
import type { LabError } from '../../shared/result'
import type { RunId } from '../../shared/trace/events'
import type { HaltOn, Onward, PythonEnd, PythonProgram, SyntaxProblem } from './program'

/** Two 32-bit words that both see: a signal for the interpreter (0: none), and how often the page has looked in. */
export const SIGNAL = 0
export const SHARED_WORDS = 4

/** A tick of the page's clock, and Ctrl-C, by their numbers on Linux (signal(7)). */
export const SIGINT = 2
export const SIGVTALRM = 26

/** How often a running interpreter is told to let others in, milliseconds. */
export const TICK_MS = 20

export type ToWorker =
  | { type: 'load'; wasm: WebAssembly.Module; modules: Record<string, string>; shared: SharedArrayBuffer; base: string }
  /** `port`: its connection to the engine, where it cannot open one itself */
  | { type: 'run'; program: PythonProgram; port: MessagePort | undefined }
  | { type: 'check'; id: number; source: string }
  | { type: 'interrupt' }
  | { type: 'pause' }
  | { type: 'go'; how: Onward }
  | { type: 'breakpoints'; lines: number[] }
  | { type: 'exceptions'; which: HaltOn }

export type FromWorker =
  | { type: 'ready'; version: string; ms: number }
  | { type: 'failed'; error: LabError }
  /** `broken`: the interpreter did not survive it */
  | { type: 'checked'; id: number; problem: SyntaxProblem | undefined; broken?: boolean }
  | { type: 'begun'; run: RunId }
  | { type: 'refused'; error: LabError }
  | { type: 'ended'; end: PythonEnd }
