/** The processes of the bench: servers, each in its own, and the one load generator. */
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { YOUNG_GENERATION } from '../../src/engine/host/engine-host'
import { bundled } from './bundle'
import type { Load } from './client'

export interface Server {
  name: string
  port: number
  child: ChildProcess
}

const here = import.meta.dirname
/** Longer than any load takes, milliseconds: whoever has not answered by then never will. */
const DEADLINE = 60_000
const live = new Set<ChildProcess>()

async function forkNode(name: string, args: string[], execArgv: string[] = []): Promise<ChildProcess> {
  const child = fork(await bundled(name), args, { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  live.add(child)
  return child
}

/** The next message of a process. Any process of the bench that ends meanwhile, or silence, is a failure. */
async function answer<T>(child: ChildProcess): Promise<T> {
  const done = new AbortController()
  const { signal } = done
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as T),
      ...[...live].map((one) => once(one, 'exit', { signal }).then(([code, by]): never => {
        throw new Error(`${one.spawnargs.slice(-2).join(' ')} ended: ${String(by ?? code)}`)
      })),
      setTimeout(DEADLINE, undefined, { signal }).then((): never => { throw new Error(`${child.spawnargs.slice(-2).join(' ')} does not answer`) }),
    ])
  } finally {
    done.abort()
  }
}

export async function startServer(name: 'lab' | 'lab, untraced' | 'node' | 'python', behaviour: 'ack' | 'echo'): Promise<Server> {
  switch (name) {
    case 'lab': case 'lab, untraced': {
      const child = await forkEngine('lab', [behaviour, name === 'lab' ? 'traced' : 'untraced'])
      return { name, child, port: (await answer<{ port: number }>(child)).port }
    }
    case 'node': {
      const child = await forkBench('node-net', [behaviour])
      return { name, child, port: (await answer<{ port: number }>(child)).port }
    }
    case 'python': {
      const child = spawn('python3', [join(here, 'servers/threaded.py'), behaviour], { stdio: ['ignore', 'pipe', 'inherit'] })
      live.add(child)
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
      return { name, child, port: Number(line) }
    }
    default:
      return name satisfies never
  }
}

/** A process of the bench that runs in Node, by the name of its source; it speaks over IPC. */
export const forkBench = (name: string, args: string[]): Promise<ChildProcess> => forkNode(name, args)

/** One that is the engine, with what the app's host gives the engine's thread. */
export const forkEngine = (name: string, args: string[]): Promise<ChildProcess> => forkNode(name, args, [YOUNG_GENERATION])

/** A Python server of the bench: its first line is its port. */
export async function pythonBench(file: string, args: string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn('python3', [join(here, file), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  live.add(child)
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { child, port: Number(line) }
}

/** Ends one: by its IPC channel, or by a signal. */
export async function stopBench(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  if (signal) child.kill(signal)
  await stop(child)
}

export function stopServer({ child }: Server): Promise<void> {
  return stop(child)
}

async function stop(child: ChildProcess): Promise<void> {
  live.delete(child)
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  if (child.connected) child.disconnect()
  else child.kill()
  await exit
}

export interface Client {
  /** milliseconds */
  run(load: Load): Promise<number>
  stop(): Promise<void>
}

export async function startClient(): Promise<Client> {
  const child = await forkNode('client', [])
  return {
    async run(load) {
      child.send(load)
      return (await answer<{ ms: number }>(child)).ms
    },
    stop: () => stop(child),
  }
}

/** Whatever is left, at the end or after a failure. */
export function stopAll(): void {
  for (const child of live) child.kill('SIGKILL')
}
