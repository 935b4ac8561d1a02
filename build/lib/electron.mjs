/** Finds Electron's runtime, or lets Electron's own installer fetch it, for a short while. */
import { existsSync, readFileSync } from 'node:fs'
import { at, runScript } from './run.mjs'

/** How long the download may take, ms: a lab's network fetches its 110 MB in less, and nobody waits longer for a window. */
const INSTALL_LIMIT = 120_000
/** How long to wait for the first answer of the server that has it, ms. */
const REACH_LIMIT = 4000

function installed() {
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH || at('node_modules/electron/dist')
  const pathFile = at('node_modules/electron/path.txt')
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : 'electron'
  const path = `${folder}/${name}`
  return existsSync(path) ? path : undefined
}

/** The installer gives up slowly where there is no internet; one request tells at once. */
async function isWithinReach() {
  const mirror = process.env.ELECTRON_MIRROR || process.env.npm_config_electron_mirror || 'https://github.com/electron/electron/releases/download/'
  try {
    await fetch(mirror, { method: 'HEAD', signal: AbortSignal.timeout(REACH_LIMIT) })
    return true // any answer means that there is a way
  } catch {
    return false
  }
}

/**
 * The path of Electron's program, or a reason in one line why it cannot be had here.
 * @returns {Promise<{ path: string } | { reason: string }>}
 */
export async function electronRuntime() {
  const present = installed()
  if (present) return { path: present }
  if (process.env.ELECTRON_SKIP_BINARY_DOWNLOAD) return { reason: 'its download is switched off here' }
  if (!(await isWithinReach())) return { reason: 'it is not installed and its download is out of reach' }
  process.stderr.write('Fetching the desktop runtime (once) ...\n')
  const { code } = await runScript('electron/install.js', [], { output: 'keep', timeout: INSTALL_LIMIT })
  const path = installed()
  return code === 0 && path ? { path } : { reason: 'its download failed' }
}

/** On Linux a desktop program needs a display; without one only the browser edition can be looked at. */
export const hasDisplay = () => process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
