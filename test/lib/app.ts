/** Starts the BUILT browser edition as a process of its own, the way a person's machine runs it, on a free port. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

const SERVE = resolve(import.meta.dirname, '../../out/main/serve.js')

export interface App {
  /** the address with its one-time token: open it once, the page's cookie then serves that browser context */
  url: string
  /** http://127.0.0.1:port */
  origin: string
  dataDir: string
  pid: number
  /** what the process has written to stderr so far */
  errors(): string
  /** SIGTERM (or the signal given), then waits for the end; answers the exit code (null: ended by the signal) */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export interface AppOptions {
  /** a folder to use, which stop() leaves in place; by default a temporary one that stop() removes */
  dataDir?: string
  env?: Record<string, string>
}

/** Resolves once the server has printed its address. Rejects with its errors when it ends before that. */
export async function startApp(options: AppOptions = {}): Promise<App> {
  if (!existsSync(SERVE)) throw new Error('the product is not built: run `npm run build` first')
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'socketscope-test-')))
  const child = spawn(process.execPath, [SERVE, '--no-open', '--port', '0'], {
    env: { ...process.env, ...options.env, SOCKETSCOPE_DATA: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text })
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>

  const address = new Promise<string>((found) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = /http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/.exec(line)
      if (match) found(match[0])
    })
  })
  const url = await Promise.race([
    address,
    exited.then(([code]) => { throw new Error(`the browser edition ended with code ${code} before it printed its address:\n${errors}`) }),
  ])

  return {
    url,
    origin: new URL(url).origin,
    dataDir,
    pid: child.pid ?? -1,
    errors: () => errors,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      const [code] = await exited
      if (!options.dataDir) await rm(dataDir, { recursive: true, force: true })
      return code
    },
  }
}
