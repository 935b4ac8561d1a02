/** `npm start`: the desktop app where Electron's runtime is or can be had, else the browser edition (`--browser`). */
import './lib/node-version.mjs'
import { spawn } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { electronRuntime, hasDisplay } from './lib/electron.mjs'
import { ensureBuilt, ensureDependencies } from './lib/ensure.mjs'
import { at, ROOT } from './lib/run.mjs'

const args = process.argv.slice(2)
/** These only make sense for the browser edition, so they choose it. */
const wantsBrowser = args.some((arg) => /^--(browser|no-open|port)(=|$)/.test(arg))

await ensureDependencies()
await ensureBuilt()

const runtime = wantsBrowser ? undefined : hasDisplay() ? await electronRuntime() : { reason: 'there is no display' }
if (runtime?.path) {
  const child = spawn(runtime.path, [ROOT, ...args], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.once('error', (error) => {
    process.stderr.write(`The desktop app did not start: ${error.message}\n`)
    process.exitCode = 1
  })
  child.once('exit', (code) => { process.exitCode = code ?? 1 })
} else {
  if (runtime) process.stderr.write(`The desktop runtime cannot be used (${runtime.reason}): this is the browser edition.\n`)
  // in this process, so that Ctrl-C and the exit code are its own
  await import(pathToFileURL(at('out/main/serve.js')).href)
}
