/** A program beside ours: started, its lines awaited, and ended with the test. Nothing here sleeps. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export class Peer {
  readonly lines: string[] = []
  out = ''
  err = ''
  private readonly waiting = new Set<() => void>()
  private readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  private done = false

  constructor(readonly child: ChildProcess, private readonly title: string) {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.out += text
      this.lines.splice(0, this.lines.length, ...this.out.split('\n').slice(0, -1))
      this.wake()
    })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.err += text
      this.wake()
    })
    child.stdin!.on('error', () => {}) // it may end before it has read everything: its exit tells
    // 'close', not 'exit': its last lines have come by then
    this.exited = once(child, 'close').then(([code, signal]) => {
      this.done = true
      this.wake()
      return { code: code as number | null, signal: signal as NodeJS.Signals | null }
    })
  }

  /** The first line of its output, from line `from` on, that matches. Rejects when it ends without one. */
  async line(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return this.until(() => {
      for (const line of this.lines.slice(from)) {
        const found = pattern.exec(line)
        if (found) return found
      }
      return undefined
    }, `printed no line like ${pattern}`)
  }

  /** Resolves when what it wrote to stderr matches. */
  async errors(pattern: RegExp): Promise<void> {
    await this.until(() => pattern.test(this.err) || undefined, `wrote nothing like ${pattern} to stderr`)
  }

  /** Resolves when its output, whole lines or not, matches. */
  async answered(pattern: RegExp): Promise<void> {
    await this.until(() => pattern.test(this.out) || undefined, `printed nothing like ${pattern}`)
  }

  /** The port of a server's first line, 'listening on HOST:PORT'. */
  async port(): Promise<number> {
    return Number((await this.line(/^listening on .*:(\d+)$/))[1])
  }

  write(text: string | Uint8Array): void {
    this.child.stdin!.write(text)
  }

  ended = (): Promise<{ code: number | null; signal: NodeJS.Signals | null }> => this.exited

  /** Ends its stdin and waits for its end. */
  async finish(text: string | Uint8Array = ''): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.child.stdin!.end(text)
    return this.exited
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    if (!this.done) this.child.kill(signal)
    return this.exited
  }

  /**
   * Ctrl-C for a Python program. It looks for signals between two steps: one that comes after its last look and before its
   * system call is not seen while that waits, so it is sent again until the program has ended.
   */
  async interrupt(send: () => void = () => this.child.kill('SIGINT')): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const again = (): void => {
      try {
        send()
      } catch {
        // it has just ended
      }
    }
    const timer = setInterval(again, 3000)
    again()
    return this.exited.finally(() => clearInterval(timer))
  }

  private async until<T>(look: () => T | undefined, otherwise: string): Promise<T> {
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      if (this.done) throw new Error(`${this.title} ${otherwise}\nstdout: ${this.out}\nstderr: ${this.err}`)
      await new Promise<void>((wake) => this.waiting.add(wake))
    }
  }

  private wake(): void {
    const waiting = [...this.waiting]
    this.waiting.clear()
    for (const wake of waiting) wake()
  }
}

/** Starts a program; it is killed when the test ends, should it still run. */
export function start(command: string, args: readonly string[], options: { cwd?: string } = {}): Peer {
  const child = spawn(command, args, { ...options, stdio: 'pipe', env: { ...process.env, PYTHONUNBUFFERED: '1', LC_ALL: 'C.UTF-8' } })
  const peer = new Peer(child, `${command} ${args.join(' ')}`)
  onTestFinished(async () => {
    await peer.stop('SIGKILL')
  })
  return peer
}

/** Python's own executable: `python3` may be a script that starts it, which strace would follow and signals not reach. */
export const python = (): string => (found ??= execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim())
let found: string | undefined

export const startPython = (source: string, ...args: string[]): Peer => start(python(), ['-c', source, ...args])

/** The command line as it is built. */
export const LAB = join(import.meta.dirname, '../../../out/main/lab.js')
export const lab = (...args: string[]): Peer => start(process.execPath, [LAB, ...args])
