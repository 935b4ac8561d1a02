/**
 * Packaging, as far as it goes without Electron's runtime: the configuration of all three systems against electron-builder's own
 * schema; then electron-builder itself, with a file in place of the runtime's program, makes the application's folder, and the
 * stand-in starts what is in it.
 */
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchStandin } from '../electron-standin/launch'
import { askEngine } from './electron/page'

const ROOT = resolve(import.meta.dirname, '../..')
const CONFIG = 'build/electron-builder.yml'
// parts of electron-builder and Electron's own tools, found as electron-builder finds them
const builder = createRequire(createRequire(import.meta.url).resolve('electron-builder'))
interface Config { fileAssociations: { ext: string }[]; nsis: object; portable: object; win: { target: string[] }; mac: { target: string }; linux: { target: string[] }; electronFuses: Record<string, boolean> }
const { getConfig, validateConfiguration } = builder('app-builder-lib/out/util/config/config') as {
  getConfig(dir: string, path: string, options: null): Promise<Config>; validateConfiguration(config: Config, log: { isEnabled: boolean; add(): void }): Promise<void>
}
const asar = builder('@electron/asar') as { listPackage(path: string, options: object): string[]; extractAll(path: string, to: string): void }

describe('the configuration', () => {
  it('is what electron-builder understands, for a student without rights', async () => {
    const config = await getConfig(ROOT, CONFIG, null)
    await validateConfiguration(config, { isEnabled: false, add: () => undefined })
    expect(config).toMatchObject({
      nsis: { perMachine: false, allowElevation: false }, portable: { requestExecutionLevel: 'user' }, win: { target: ['nsis', 'portable'] },
      mac: { target: 'dmg' }, linux: { target: ['AppImage', 'deb'] },
    })
    expect([config.fileAssociations].flat().map(({ ext }) => ext)).toEqual(['socketscope'])
  })

  it('a mistake in it would be found', async () => {
    const config = await getConfig(ROOT, CONFIG, null)
    await expect(validateConfiguration({ ...config, nsis: { perMachin: false } }, { isEnabled: false, add: () => undefined })).rejects.toThrow(/configuration\.nsis/)
  })
})

describe.runIf(process.platform === 'linux')('the application that it makes', () => {
  let work: string
  let resources: string
  let files: string[]

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'socketscope-package-'))
    const runtime = join(work, 'runtime')
    mkdirSync(join(runtime, 'resources'), { recursive: true })
    // what the tool that sets the fuses looks for in the program: a sentinel, a version, the number of fuses, the fuses
    writeFileSync(join(runtime, 'electron'), Buffer.concat([Buffer.alloc(64), Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'), Buffer.from([1, 8]), Buffer.from('01r01100'), Buffer.alloc(64)]), { mode: 0o755 })
    for (const name of ['LICENSE', 'LICENSES.chromium.html']) writeFileSync(join(runtime, name), '')
    writeFileSync(join(runtime, 'version'), (JSON.parse(readFileSync(join(ROOT, 'node_modules/electron/package.json'), 'utf8')) as { version: string }).version)
    await promisify(execFile)(process.execPath, [
      'node_modules/electron-builder/cli.js', '--dir', '--linux', '--config', CONFIG, '--publish', 'never', `-c.electronDist=${runtime}`, `-c.directories.output=${join(work, 'dist')}`,
    ], { cwd: ROOT })
    resources = join(work, 'dist/linux-unpacked/resources')
    files = asar.listPackage(join(resources, 'app.asar'), {})
  }, 240_000)
  afterAll(() => rmSync(work, { recursive: true, force: true }))

  it('holds what it needs', () => {
    for (const file of [
      '/package.json', '/LICENSE', '/out/main/index.js', '/out/main/engine.js', '/out/preload/index.cjs', '/out/renderer/index.html',
      '/out/renderer/pyodide/pyodide.asm.wasm', '/out/renderer/pyodide/python_stdlib.zip', '/node_modules/ws/package.json',
    ]) expect(files).toContain(file)
    // beside the archive: what other programs open
    for (const file of ['resources/programs/tcp-server-ack-threads.py', 'resources/sample-site/index.html', 'app.asar.unpacked/node_modules/koffi/package.json']) {
      expect(existsSync(join(resources, file)), file).toBe(true)
    }
  })

  it('and nothing else', () => {
    const packages = new Set(files.flatMap((file) => /^\/node_modules\/((?:@[^/]+\/)?[^/@]+)/.exec(file)?.[1] ?? []))
    for (const name of ['vue', 'pyodide', 'typescript', 'electron', 'vitest', 'chart.js', '@codemirror/view', 'playwright-core']) expect([...packages]).not.toContain(name)
    expect(files.filter((file) => /\.map$|^\/(?:src|test|build|docs)\b|socketscope-build/.test(file) && !file.startsWith('/node_modules/'))).toEqual([])
    expect(statSync(join(resources, 'app.asar')).size).toBeLessThan(40 * 2 ** 20)
  })

  it('has its fuses set', () => {
    const program = readFileSync(join(resources, '../socketscope'))
    const wire = program.subarray(program.indexOf('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX') + 34).subarray(0, 8).toString('latin1')
    // runAsNode, cookie encryption, NODE_OPTIONS, --inspect, asar integrity, only from asar, (v8 snapshot), file: privileges
    expect([wire[0], wire[1], wire[3], wire[4], wire[5], wire[7]]).toEqual(['0', '1', '0', '1', '1', '0'])
  })

  it('starts, finds its socket library and its resources, and serves Python\'s runtime', async () => {
    // the archive as a folder, with what lies beside it where Electron would find it
    const app = join(resources, 'app')
    asar.extractAll(join(resources, 'app.asar'), app)
    cpSync(join(resources, 'app.asar.unpacked'), app, { recursive: true })
    const desktop = await launchStandin({ app })
    try {
      // the page has its own line to the engine
      await desktop.page.getByText('Engine connected').waitFor()
      expect(await askEngine(desktop.page, 'hello', {})).toMatchObject({ ok: true, value: { unavailable: expect.not.arrayContaining(['sockets']) } })
      expect(await askEngine(desktop.page, 'programs.twin', { program: 'tcp-server', params: {} })).toMatchObject({ ok: true, value: { source: expect.stringContaining('import socket') } })
      expect(await desktop.page.evaluate(async () => (await fetch('pyodide/pyodide.asm.wasm')).headers.get('content-type'))).toBe('application/wasm')
    } finally {
      await desktop.stop()
    }
  })
})
