/** The Chromium that stands in for Electron's own, open to the test through DevTools as well. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext } from 'playwright-core'
import { CHROMIUM_FLAGS, findChromium } from '../lib/chromium'
import { devtoolsPort } from '../lib/devtools-port'

export interface StandinBrowser { context: BrowserContext; devtools: string; dispose(): Promise<void> }

export async function openBrowser(): Promise<StandinBrowser> {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('no Chromium was found')
  const profile = await mkdtemp(join(tmpdir(), 'socketscope-standin-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    viewport: null,
    // signals are the app's to answer
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [...CHROMIUM_FLAGS, '--remote-debugging-port=0'],
  })
  const port = await devtoolsPort(profile)
  return {
    context,
    devtools: `http://127.0.0.1:${port}`,
    async dispose() {
      await context.close()
      await rm(profile, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
