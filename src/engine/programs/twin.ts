/**
 * The Python twin of a program: its source in resources/programs with the run's parameters as its constants, and the
 * line of it that a system call of the run stands on.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SyscallName } from '../../shared/trace/events'
import type { TwinChoice } from './program'
import { literal } from './python'
import { onPath } from './twin-unix'

export interface Twin {
  file: string
  source: string
}

/** Constants that are Python expressions, not values; the only texts that go into a twin unquoted. */
const expressions: Record<string, readonly string[]> = { FAMILY: ['socket.AF_INET', 'socket.AF_INET6', 'socket.AF_UNIX'] }

/** Gives each constant (a line `NAME = value` at the left margin) its value. Throws where the twin lacks one: a bug. */
export function fillConstants(source: string, constants: Record<string, string | number | boolean>): string {
  let filled = source
  for (const [constant, value] of Object.entries(constants)) {
    const line = new RegExp(`^${constant} = .*$`, 'm')
    if (!line.test(filled)) throw new Error(`the twin has no constant ${constant}`)
    const text = expressions[constant]?.includes(String(value)) ? String(value) : literal(value)
    filled = filled.replace(line, () => `${constant} = ${text}`)
  }
  return filled
}

/** Where the twins are: resources/programs, beside src/ in a checkout and beside out/ in a build. */
function twinsFolder(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    const folder = join(at, 'resources', 'programs')
    if (existsSync(folder)) return folder
    if (at === dirname(at)) throw new Error('resources/programs is missing')
  }
}

/** The twin of `program` for its validated parameters. */
export function twinOf<P>(program: { twin(params: P): TwinChoice }, params: P): Twin {
  const { file, constants, unix } = program.twin(params)
  const source = readFileSync(join(twinsFolder(), file), 'utf8')
  return unix ? { file: file.replace(/^tcp-/, 'unix-'), source: fillConstants(onPath(source), constants) } : { file, source: fillConstants(source, constants) }
}

/** How each system call is written in Python. */
const written: Partial<Record<SyscallName, RegExp>> = {
  socket: /\bsocket\.socket\(/,
  send: /\.(send|sendall)\(/,
  // Python has no call of that name: the option that makes the close a reset
  abort: /\bSO_LINGER\b/,
  sleep: /\btime\.sleep\(/,
  input: /(?<![.\w])input\(/,
  poll: /\.(poll|select)\(/,
}
const pythonCall = (call: SyscallName): RegExp => written[call] ?? new RegExp(`\\.${call}\\(`)

/** Whether a line of Python makes the call. */
export const lineMakes = (line: string, call: SyscallName): boolean => pythonCall(call).test(withoutText(line))

export interface TwinLines {
  /**
   * The line (from 1) on which a thread that runs `func` ('main': the top level) makes `call` after it was on line
   * `previous`: the next such line in the order of the program, functions that it calls included; past the end it goes
   * on from the start, as a loop does. undefined where that thread never makes the call.
   */
  lineOf(func: string, call: SyscallName, previous?: number): number | undefined
}

export function twinLines(source: string): TwinLines {
  const code = withoutText(source).split('\n')
  const functions = functionBodies(code)
  const order = new Map<string, number[]>()

  /** The lines of a function in the order of the program, each call of a function of the file followed by its lines. */
  function walk(func: string, within: readonly string[] = []): number[] {
    return (functions.get(func) ?? []).flatMap((n) => {
      const callees = [...functions.keys()].filter((f) => f !== func && !within.includes(f) && new RegExp(`(?<![.\\w])${f}\\(`).test(code[n - 1]!))
      return [n, ...callees.flatMap((f) => walk(f, [...within, func]))]
    })
  }
  function find(func: string, call: SyscallName, previous: number | undefined): number | undefined {
    const path = order.get(func) ?? walk(func)
    order.set(func, path)
    const makes = (n: number): boolean => pythonCall(call).test(code[n - 1]!)
    const from = previous === undefined ? 0 : path.indexOf(previous) + 1
    return path.slice(from).find(makes) ?? path.find(makes)
  }

  // asked for every system call, so each answer is worked out once; 0: there is no such line
  const found = new Map<string, Map<SyscallName, number[]>>()
  return {
    lineOf(func, call, previous) {
      let calls = found.get(func)
      if (!calls) found.set(func, (calls = new Map()))
      let lines = calls.get(call)
      if (!lines) calls.set(call, (lines = []))
      const line = (lines[previous ?? 0] ??= find(func, call, previous) ?? 0)
      return line === 0 ? undefined : line
    },
  }
}

/** The lines of each function, numbered from 1; 'main' is what stands in none. A function ends where the indent does. */
function functionBodies(code: readonly string[]): Map<string, number[]> {
  const bodies = new Map<string, number[]>([['main', []]])
  let current = 'main'
  let indent = -1
  code.forEach((line, i) => {
    if (line.trim() === '') return
    const depth = line.length - line.trimStart().length
    if (depth <= indent) [current, indent] = ['main', -1]
    const def = /^\s*def (\w+)\(/.exec(line)
    if (def) {
      [current, indent] = [def[1]!, depth]
      bodies.set(current, [])
    } else bodies.get(current)!.push(i + 1)
  })
  return bodies
}

/** The source with its strings and comments blanked, lines kept: what is left is code. */
function withoutText(source: string): string {
  return source.replace(/"""[^]*?"""|'''[^]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*/g, (text) => text.replace(/[^\n]/g, ' '))
}
