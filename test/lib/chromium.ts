/** Finds a Chromium on this machine and starts it for a test. Nothing is downloaded: any Chrome, Chromium or Edge will do. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

function candidates(): string[] {
  const env = process.env
  const windowsRoots = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].filter((root): root is string => Boolean(root))
  return [
    env.CHROME_PATH ?? '',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/usr/bin/google-chrome-stable',
    '/usr/bin/microsoft-edge',
    '/snap/bin/chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    ...windowsRoots.flatMap((root) => [
      join(root, 'Google', 'Chrome', 'Application', 'chrome.exe'),
      join(root, 'Chromium', 'Application', 'chrome.exe'),
      join(root, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
    ]),
  ]
}

/** The path of a browser, or undefined where there is none. CHROME_PATH wins. */
export function findChromium(): string | undefined {
  return candidates().find((path) => path !== '' && existsSync(path))
}

/** The same engine without the windows around its pages: a new page costs a tenth of the work. */
const SHELL = '/usr/bin/chromium-headless-shell'

/**
 * A headless browser; the caller closes it.
 * @param options.whole the browser as a person has it, also where there is one without its windows
 */
export async function launchChromium({ args = [], whole = false }: { args?: string[]; whole?: boolean } = {}): Promise<Browser> {
  const executablePath = !whole && !process.env.CHROME_PATH && existsSync(SHELL) ? SHELL : findChromium()
  if (!executablePath) throw new Error('no Chromium, Chrome or Edge was found: install one, or set CHROME_PATH to its program')
  return chromium.launch({ executablePath, headless: true, args: [...CHROMIUM_FLAGS, ...args] })
}
