/** Makes a fresh clone ready: the dependencies that the lock file names, and a build no older than the sources. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { withLock } from './lock.mjs'
import { at, run, runScript } from './run.mjs'

const say = (line) => process.stderr.write(`${line}\n`)

/** npm's own command line, run by this Node: under `npm start` npm tells where it is, else it lies beside Node. */
export function npmCli() {
  const beside = dirname(process.execPath)
  return [
    process.env.npm_execpath ?? '',
    join(beside, 'node_modules/npm/bin/npm-cli.js'),
    join(beside, '../lib/node_modules/npm/bin/npm-cli.js'),
    '/usr/share/nodejs/npm/bin/npm-cli.js',
  ].find((path) => /npm-cli\.[cm]?js$/.test(path) && existsSync(path))
}

const hashOf = (...files) => files.reduce((hash, file) => hash.update(readFileSync(file)), createHash('sha256')).digest('hex')

const readStamp = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')

/** Runs `npm ci` when node_modules is missing or the lock file is another one. Ends the process when that fails. */
export async function ensureDependencies() {
  const stamp = at('node_modules/.socketscope-lock')
  const wanted = `${hashOf(at('package-lock.json'))} ${process.platform} ${process.arch}`
  if (readStamp(stamp) === wanted) return
  await withLock(async () => {
    // another launcher may have done it meanwhile, or a person
    if (readStamp(stamp) !== wanted && !isInstalled()) await install()
    writeFileSync(stamp, wanted)
  })
}

async function install() {
  const npm = npmCli()
  if (!npm) {
    say('Socketscope could not find npm: run `npm ci` in its folder, then start again.')
    process.exit(1)
  }
  say('Installing dependencies (once) ...')
  const { code, text } = await run(process.execPath, [npm, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], { output: 'keep' })
  if (code !== 0) {
    say(`${text.trim()}\nThe dependencies could not be installed: is the npm registry within reach?`)
    process.exit(1)
  }
}

/** npm leaves its own copy of the lock inside node_modules; the same packages and versions need no second installation. */
function isInstalled() {
  const inner = at('node_modules/.package-lock.json')
  if (!existsSync(inner)) return false
  const { packages: have } = JSON.parse(readFileSync(inner, 'utf8'))
  const { packages: want } = JSON.parse(readFileSync(at('package-lock.json'), 'utf8'))
  return Object.entries(want).every(([path, { version, optional, devOptional, peer }]) =>
    path === '' || have[path]?.version === version || (!have[path] && (optional || devOptional || peer)))
}

const BUILD_SOURCES = ['src', 'resources', 'electron.vite.config.ts', 'package-lock.json']

/** Every file below, with its time and size: cheaper than reading them, and a changed, added or removed file shows. */
function fingerprint(path, hash) {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return
  if (stat.isDirectory()) {
    for (const name of readdirSync(path).sort()) fingerprint(join(path, name), hash)
  } else {
    hash.update(`${path}\0${stat.size}\0${Math.trunc(stat.mtimeMs)}\n`)
  }
}

/** Builds when the sources are not those of the last build. Ends the process when the build fails, unless `tolerate`. */
export async function ensureBuilt({ tolerate = false } = {}) {
  const stamp = at('out/.socketscope-build')
  const hash = createHash('sha256')
  for (const source of BUILD_SOURCES) fingerprint(at(source), hash)
  const wanted = hash.digest('hex')
  const done = { code: 0, text: '' }
  if (readStamp(stamp) === wanted) return done
  return withLock(async () => (readStamp(stamp) === wanted ? done : build(stamp, wanted, tolerate)))
}

async function build(stamp, wanted, tolerate) {
  if (!tolerate) say('Building Socketscope ...')
  const result = await runScript('electron-vite/bin/electron-vite.js', ['build', '--logLevel', 'warn'], { output: 'keep', env: { NODE_ENV: 'production' } })
  result.text = stripVTControlCharacters(result.text)
  if (result.code === 0) {
    mkdirSync(at('out'), { recursive: true })
    writeFileSync(stamp, wanted)
  } else if (!tolerate) {
    say(`${result.text.trim()}\nThe build failed.`)
    process.exit(1)
  }
  return result
}
