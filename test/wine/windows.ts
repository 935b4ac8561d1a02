/** Bundles test files for Windows' node, runs them under Wine, and answers what became of each case. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { windowsNode } from '../../build/lib/windows.mjs'
import { MARK, type Line } from './run-here'

const ROOT = resolve(import.meta.dirname, '../..')
/** All files together take half a minute; a machine with more to do takes many times that. */
const LIMIT = 600_000

/** Elsewhere there is no Wine that could: these tests are left out. A real Windows runs the same cases as its own. */
export const WINE_RUNS_HERE = process.platform === 'linux' && process.arch === 'x64'

export type Windows = Exclude<Awaited<ReturnType<typeof windowsNode>>, { reason: string }>

/** Throws with the reason where there is no Wine, for this is not a thing to be quiet about. */
export async function windows(): Promise<Windows> {
  const found = await windowsNode()
  if ('reason' in found) throw new Error(`Windows could not be tried: ${found.reason}`)
  return found
}

/** `files`: paths of test files from the project's root. */
export async function runOnWindows(files: string[]): Promise<{ lines: Line[]; count: number | undefined; output: string }> {
  const { command, args, folder, env } = await windows()
  const out = join(folder, `cases-${process.pid}`)
  const entry = '\0virtual:cases'
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    plugins: [{
      name: 'cases',
      resolveId: (id) => (id === 'virtual:cases' ? entry : undefined),
      load: (id) => (id === entry
        ? `import { runHere } from ${JSON.stringify(join(ROOT, 'test/wine/run-here.ts'))}\n`
          + `await runHere({ ${files.map((file) => `${JSON.stringify(file)}: () => import(${JSON.stringify(join(ROOT, file))})`).join(', ')} })`
        : undefined),
    }],
    resolve: { alias: [{ find: /^vitest$/, replacement: join(ROOT, 'test/wine/vitest-here.ts') }] },
    ssr: { noExternal: true, external: ['koffi'] },
    build: { ssr: true, outDir: out, emptyOutDir: true, target: 'node20', minify: false, rollupOptions: { input: 'virtual:cases', output: { format: 'es', entryFileNames: 'cases.mjs', chunkFileNames: '[name]-[hash].mjs' } } },
  })
  try {
    return parse(await runToEnd(command, [...args, join(out, 'cases.mjs')], env, join(out, 'output')))
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

/** Node's pipes are socket pairs, which Wine does not take for a standard stream: a file does. */
function runToEnd(command: string, args: string[], env: NodeJS.ProcessEnv, file: string): Promise<string> {
  const output = openSync(file, 'w')
  return new Promise((done, failed) => {
    const child = spawn(command, args, { env, stdio: ['ignore', output, output], timeout: LIMIT })
    closeSync(output)
    child.once('error', failed)
    child.once('close', () => done(readFileSync(file, 'utf8')))
  })
}

function parse(output: string) {
  const said = output.split(/\r?\n/).filter((line) => line.startsWith(MARK)).map((line) => JSON.parse(line.slice(MARK.length)) as Line & { count?: number })
  return { lines: said.filter((line) => line.name !== undefined), count: said.find((line) => line.count !== undefined)?.count, output }
}
