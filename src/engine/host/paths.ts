/** Where the product keeps its data and finds its resources: the same rules in development, built and packaged. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The folder for this person's sessions. SOCKETSCOPE_DATA wins, then the custom of each system (Windows: Roaming AppData;
 * macOS: Application Support; else the XDG Base Directory specification). Need not exist yet.
 */
export function userDataDir(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  if (env.SOCKETSCOPE_DATA) return env.SOCKETSCOPE_DATA
  const home = homedir()
  if (platform === 'win32') return join(env.APPDATA || join(home, 'AppData', 'Roaming'), 'Socketscope', 'lab')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Socketscope', 'lab')
  return join(env.XDG_DATA_HOME || join(home, '.local', 'share'), 'socketscope')
}

/**
 * The product's `resources` folder. The caller may be a source file, a bundle in out/main or a bundle in a packaged
 * archive, so this walks up from it; a packaged app carries the folder beside its archive (extraResources).
 * @param from import.meta.url of the caller
 * @throws when there is none: a broken installation
 */
export function resourcesDir(from: string): string {
  for (let dir = dirname(fileURLToPath(from)); ; dir = dirname(dir)) {
    const candidate = join(dir, 'resources')
    // Electron reads files inside app.asar only through its own fs; python3 or a user's editor could not
    if (!candidate.includes('app.asar') && existsSync(join(candidate, 'programs'))) return candidate
    if (dirname(dir) === dir) throw new Error(`no resources folder above ${fileURLToPath(from)}: the installation is damaged`)
  }
}
