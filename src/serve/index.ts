/** `npm start -- --browser`: the browser edition. Prints its address as its only line on stdout. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { EngineHost } from '../engine/host/engine-host'
import { resourcesDir, userDataDir } from '../engine/host/paths'
import { openBrowser } from './open-browser'
import { startServer, type LabServer } from './server'

/** The port where the page lives when nobody asks for another: a constant origin keeps the page's settings. */
const USUAL_PORT = 4780

declare const __APP_VERSION__: string

const complain = (line: string): void => void process.stderr.write(`socketscope: ${line}\n`)

function options(): { port: number | undefined; open: boolean } {
  const { values } = parseArgs({ options: { port: { type: 'string' }, 'no-open': { type: 'boolean' }, browser: { type: 'boolean' } } })
  if (values.port === undefined) return { port: undefined, open: !values['no-open'] }
  const port = Number(values.port)
  if (!/^\d+$/.test(values.port) || port > 65_535) throw new RangeError('--port must be a number from 0 to 65535')
  return { port, open: !values['no-open'] }
}

const errnoOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''

async function listen(port: number | undefined, engine: EngineHost): Promise<LabServer> {
  const common = { rendererDir: join(import.meta.dirname, '../renderer'), connect: () => engine.connect(),
    handOver: (...connection: Parameters<EngineHost['handOver']>) => engine.handOver(...connection), handed: () => engine.handed }
  try {
    return await startServer({ ...common, port: port ?? USUAL_PORT })
  } catch (error) {
    // another lab, or anything else, has the usual port: any other will do when the person named none
    if (port === undefined && (errnoOf(error) === 'EADDRINUSE' || errnoOf(error) === 'EACCES')) return startServer({ ...common, port: 0 })
    throw error
  }
}

async function main(): Promise<void> {
  const { port, open } = options()
  const dataDir = userDataDir()
  mkdirSync(dataDir, { recursive: true })
  const engine = new EngineHost(
    join(import.meta.dirname, 'engine.js'),
    { dataDir, resourcesDir: resourcesDir(import.meta.url), version: __APP_VERSION__ },
    complain,
  )
  const server = await listen(port, engine)

  let ending = false
  const end = async (): Promise<void> => {
    // a second Ctrl-C means now
    if (ending) process.exit(130)
    ending = true
    await Promise.all([server.close(), engine.shutdown()])
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const) {
    if (signal === 'SIGBREAK' && process.platform !== 'win32') continue
    process.on(signal, () => void end())
  }

  process.stdout.write(`${server.url}\n`)
  if (open && !(await openBrowser(server.url))) complain('no browser could be started: open the address above in one')
}

main().catch((error: unknown) => {
  const code = errnoOf(error)
  if (code === 'EADDRINUSE') complain('this port is taken by another program: choose another with --port, or leave --port out')
  else if (code === 'EACCES') complain('this port may not be used by this user: choose one above 1023')
  else complain(error instanceof Error ? error.message : String(error))
  process.exit(error instanceof RangeError || code.startsWith('ERR_PARSE_ARGS') ? 2 : 1)
})
