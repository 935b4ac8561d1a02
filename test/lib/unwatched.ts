/**
 * A Chromium that DevTools is let go of while something is measured. As long as it is attached, the browser tells it of every
 * message of every WebSocket, which costs several times what the message does.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { CHROMIUM_FLAGS, findChromium } from './chromium'
import { devtoolsPort } from './devtools-port'

export interface Unwatched {
  /** `close()` of the answer lets go: the pages stay as they are. Its first context is the browser's own */
  attach(): Promise<Browser>
  /** ends the browser */
  dispose(): Promise<void>
}

export async function launchUnwatched(flags: readonly string[] = []): Promise<Unwatched> {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('no Chromium, Chrome or Edge was found')
  const profile = await mkdtemp(join(tmpdir(), 'socketscope-browser-'))
  const args = ['--headless', '--lang=en-US', ...CHROMIUM_FLAGS, ...flags, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank']
  const child = spawn(executablePath, args, { stdio: 'ignore' })
  const exited = once(child, 'exit')
  const port = await devtoolsPort(profile)
  return {
    attach: () => chromium.connectOverCDP(`http://127.0.0.1:${port}`),
    async dispose() {
      child.kill()
      await exited
      // its helpers end a little later, and still write
      await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
    },
  }
}
