/**
 * `npm run -s lab -- ...`: one built-in program in a terminal. stdout has the program's own lines and nothing else.
 * Exit status: 0 the program ended or was stopped (SIGINT, SIGTERM, SIGHUP), 1 it failed, 2 the command line is wrong.
 */
import { createInterface } from 'node:readline'
import { programInfos } from '../engine/programs/index'
import { parseArgs, UsageError, type Command } from './args'
import { explainFailure } from './failure'
import { help, list, usage } from './help'
import { startRun, type Running } from './run'

const programs = programInfos()

async function main(argv: readonly string[]): Promise<number> {
  let command: Command
  try {
    command = parseArgs(argv, programs)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return complain(error.message, 2)
  }
  switch (command.do) {
    case 'usage': return say(usage(programs))
    case 'list': return say(list(programs))
    case 'help': return say(help(programs.find((p) => p.id === command.program)!))
    case 'run': return run(command)
    default: return command satisfies never
  }
}

async function run(command: Extract<Command, { do: 'run' }>): Promise<number> {
  let running: Running | undefined
  let stopped = false
  const stop = (): void => {
    stopped = true
    running?.stop()
  }
  // once: a second signal ends the process at once, should the first not do
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
  // who reads our output may go away before the program ends (`lab ... | head -1`)
  process.stdout.on('error', stop)
  try {
    running = await startRun({
      ...command,
      print: (line, err) => (err ? process.stderr : process.stdout).write(`${line}\n`),
      wantsInput: () => readInput(() => running),
    })
  } catch (error) {
    return complain((error as Error).message, error instanceof UsageError ? 2 : 1)
  }
  if (stopped) running.stop()
  const ended = await running.ended
  // a pipe that nobody ends would keep the process alive
  process.stdin.destroy()
  return ended.status === 'failed' ? complain(explainFailure(ended), 1) : 0
}

/** stdin is touched only by a program that asks for input: a server in the background must not read the terminal. */
function readInput(running: () => Running | undefined): void {
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity })
  lines.on('line', (line) => running()?.input(line))
  lines.on('close', () => running()?.input(null))
}

function say(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

function complain(message: string, status: number): number {
  process.stderr.write(`lab: ${message}\n`)
  return status
}

process.exitCode = await main(process.argv.slice(2))
