/** Starts the BUILT desktop app for a test: in the stand-in, or in Electron itself where its runtime is present. */
import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import type { Command, Report } from './control'

const ROOT = resolve(import.meta.dirname, '../..')
/** How long the app may take to end, ms: twice what its engine may. */
const STOP_LIMIT = 15_000

export interface Desktop {
  page: Page
  /** what app://lab is called in this browser */
  origin: string
  userData: string
  /** everything reported so far */
  reports: Report[]
  /** the first report, past or to come, that fits */
  reported<T extends Report['type']>(type: T, fits?: (report: Extract<Report, { type: T }>) => boolean): Promise<Extract<Report, { type: T }>>
  command(command: Command): Promise<unknown>
  errors(): string
  /** resolves with the exit code */
  readonly exited: Promise<number | null>
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export interface DesktopOptions {
  /** the folder of the app: the project, or what packaging made of it */
  app?: string
  args?: string[]
  env?: Record<string, string>
  /** kept by stop() when given */
  userData?: string
}

function start(options: DesktopOptions, userData: string) {
  const main = join(options.app ?? ROOT, 'out/main/index.js')
  if (!existsSync(main)) throw new Error('the product is not built: run `npm run build` first')
  const register = pathToFileURL(join(import.meta.dirname, 'register.mjs')).href
  return spawn(process.execPath, ['--import', 'tsx', '--import', register, main, ...(options.args ?? [])], {
    cwd: ROOT,
    env: { ...process.env, SOCKETSCOPE_DATA: join(userData, 'lab'), STANDIN_USER_DATA: userData, ...options.env },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  })
}

/** Resolves with the exit code of an app that should end by itself. */
export async function runToEnd(options: DesktopOptions): Promise<number | null> {
  const userData = await mkdtemp(join(tmpdir(), 'socketscope-desktop-'))
  const [code] = (await once(start(options, userData), 'exit')) as [number | null]
  await rm(userData, { recursive: true, force: true, maxRetries: 3 })
  return code
}

export async function launchStandin(options: DesktopOptions = {}): Promise<Desktop> {
  const userData = options.userData ?? (await mkdtemp(join(tmpdir(), 'socketscope-desktop-')))
  const child = start(options, userData)
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => { errors += text })
  const exited = once(child, 'exit').then(([code]) => code as number | null)

  const reports: Report[] = []
  const news = new EventEmitter()
  news.setMaxListeners(0)
  child.on('message', (message: Report) => {
    reports.push(message)
    news.emit('report')
  })

  const reported: Desktop['reported'] = async (type, fits = () => true) => {
    for (;;) {
      const found = reports.find((report): report is Extract<Report, { type: typeof type }> => report.type === type && fits(report as never))
      if (found) return found
      const news_ = once(news, 'report')
      await Promise.race([news_, exited.then((code) => { throw new Error(`the desktop app ended with code ${code}:\n${errors}`) })])
    }
  }

  const { devtools, origin } = await reported('ready')
  await reported('window', ({ shown }) => shown)
  const browser = await chromium.connectOverCDP(devtools)
  const page = browser.contexts().flatMap((context) => context.pages()).find((candidate) => candidate.url().startsWith(origin))
  if (!page) throw new Error('the window shows no page')

  let commands = 0
  return {
    page, origin, userData, reports, reported, exited,
    errors: () => errors,
    async command(command) {
      const number = ++commands
      child.send({ ...command, command: number })
      return (await reported('done', (done) => done.command === number)).value
    },
    async stop(signal = 'SIGTERM') {
      await browser.close()
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      const limit = setTimeout(() => {
        errors += `still running ${STOP_LIMIT / 1000} s after ${signal}: killed\n`
        child.kill('SIGKILL')
      }, STOP_LIMIT)
      const code = await exited
      clearTimeout(limit)
      if (!options.userData) await rm(userData, { recursive: true, force: true, maxRetries: 3 })
      return code
    },
  }
}

/** Electron's own program, where it is installed. */
export function findElectron(): string | undefined {
  const folder = join(ROOT, 'node_modules/electron')
  const name = join(folder, 'path.txt')
  if (!existsSync(name)) return undefined
  const path = join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, 'dist'), readFileSync(name, 'utf8'))
  return existsSync(path) ? path : undefined
}
