/** The BUILT product on Windows' node under Wine: its command line and its browser edition, unchanged. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { vi } from 'vitest'
import type { App } from '../lib/app'
import { windows, type Windows } from './windows'

const ROOT = resolve(import.meta.dirname, '../..')
/** Wine starts in a second; a loaded machine takes its time. */
const PATIENCE = { timeout: 60_000, interval: 50 }

/** A folder beside Windows' koffi in which the product lies: its imports find that one, and every other module in the project. */
function stage(at: Windows): string {
  const app = join(at.folder, 'app')
  mkdirSync(app, { recursive: true })
  for (const name of ['out', 'resources']) {
    if (!existsSync(join(app, name))) symlinkSync(join(ROOT, name), join(app, name))
  }
  copyFileSync(join(ROOT, 'package.json'), join(app, 'package.json'))
  return app
}

/** A path of this machine as a Windows program under Wine has it. */
export const windowsPath = (path: string): string => `Z:${path.replaceAll('/', '\\')}`

export interface OnWindows {
  pid: number
  /** all that it printed so far */
  output(): string
  /** the first match in what it prints */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** ends it, if it has not ended, and waits for that; its exit code */
  stop(): Promise<number | null>
}

/** @param script the name of a file in out/main */
export async function startOnWindows(script: string, args: string[], env: Record<string, string> = {}): Promise<OnWindows> {
  const at = await windows()
  const folder = mkdtempSync(join(tmpdir(), 'socketscope-windows-'))
  const file = join(folder, 'output')
  const fd = openSync(file, 'w')
  const child = spawn(at.command, [...at.args, join(stage(at), 'out/main', script), ...args], { env: { ...at.env, ...env }, stdio: ['ignore', fd, fd] })
  closeSync(fd)
  const exited = once(child, 'exit') as Promise<[number | null]>
  const output = () => readFileSync(file, 'utf8')
  return {
    pid: child.pid ?? -1,
    output,
    says: (pattern) => vi.waitUntil(() => {
      const found = pattern.exec(output())
      if (!found && child.exitCode !== null) throw new Error(`${script} ended with code ${child.exitCode}: ${output()}`)
      return found
    }, PATIENCE) as Promise<RegExpExecArray>,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill()
      const [code] = await exited
      rmSync(folder, { recursive: true, force: true })
      return code
    },
  }
}

/** The browser edition, as lib/app.ts starts it on this machine. */
export async function startAppOnWindows(): Promise<App> {
  const dataDir = mkdtempSync(join(tmpdir(), 'socketscope-test-'))
  const running = await startOnWindows('serve.js', ['--no-open', '--port', '0'], { SOCKETSCOPE_DATA: windowsPath(dataDir) })
  const [url] = await running.says(/http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/)
  return {
    url,
    origin: new URL(url).origin,
    dataDir,
    pid: running.pid,
    errors: () => running.output(),
    async stop() {
      const code = await running.stop()
      rmSync(dataDir, { recursive: true, force: true })
      return code
    },
  }
}
