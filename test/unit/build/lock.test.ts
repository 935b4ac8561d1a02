/**
 * The lock file names every optional package of every platform. A registry that lacks one leaves it out silently, and then
 * `npm ci` fails on a fresh clone, or Windows and macOS get no native library.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'

interface Locked { version?: string; optionalDependencies?: Record<string, string> }
const { packages } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../package-lock.json'), 'utf8')) as { packages: Record<string, Locked> }

/** As Node looks them up: in the package's own node_modules, then in those above. */
function isLocked(from: string, name: string): boolean {
  for (let path = from; ; path = path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/')))) {
    if (packages[`${path}${path ? '/' : ''}node_modules/${name}`]?.version) return true
    if (path === '' || !path.includes('/node_modules/')) return Boolean(packages[`node_modules/${name}`]?.version)
  }
}

it('locks every optional dependency', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !isLocked(path, name)).map((name) => `${name} of ${path}`))
  expect(missing).toEqual([])
})

it.each(['linux-x64', 'linux-arm64', 'win32-x64', 'win32-arm64', 'darwin-x64', 'darwin-arm64'])('locks the native library for %s', (platform) => {
  expect(packages[`node_modules/@koromix/koffi-${platform}`]?.version).toBe(packages['node_modules/koffi']?.version)
})
