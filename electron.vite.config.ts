import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'
import type { Plugin } from 'vite'

const at = (path: string) => resolve(import.meta.dirname, path)
const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8')) as { version: string }

/** CPython for the page's workers: its files as the package has them, and our modules in one file, in out/renderer/pyodide. */
function pyodideFiles(): Plugin {
  const types: Record<string, string> = { mjs: 'text/javascript', wasm: 'application/wasm', zip: 'application/zip', json: 'application/json' }
  const files = new Map<string, () => Buffer | string>()
  for (const name of ['pyodide.mjs', 'pyodide.asm.mjs', 'pyodide.asm.wasm', 'python_stdlib.zip']) files.set(name, () => readFileSync(at(`node_modules/pyodide/${name}`)))
  files.set('lab-modules.json', () => {
    const folder = at('resources/python')
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.py')).sort()
    return JSON.stringify(Object.fromEntries(names.map((name) => [name.replaceAll('\\', '/'), readFileSync(resolve(folder, name), 'utf8')])))
  })
  return {
    name: 'pyodide-files',
    generateBundle() {
      for (const [name, read] of files) this.emitFile({ type: 'asset', fileName: `pyodide/${name}`, source: read() })
    },
    configureServer(server) {
      server.middlewares.use('/pyodide', (request, response, next) => {
        const name = (request.url ?? '').slice(1).split('?')[0]!
        const read = files.get(name)
        if (!read) return next()
        response.setHeader('Content-Type', types[name.split('.').at(-1)!]!)
        response.end(read())
      })
    },
  }
}

/** One build gives every edition: the Electron host, the engine's worker, the browser edition and the command line. */
export default defineConfig({
  main: {
    define: { __APP_VERSION__: JSON.stringify(version) },
    build: {
      outDir: at('out/main'),
      target: 'node20',
      // names of functions appear in error texts and traces: keep them
      minify: false,
      sourcemap: true,
      rollupOptions: {
        input: {
          index: at('src/main/index.ts'),
          engine: at('src/engine/worker.ts'),
          serve: at('src/serve/index.ts'),
          lab: at('src/cli/index.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: at('out/preload'),
      minify: false,
      // a sandboxed preload has no module loader: everything in one CommonJS file
      externalizeDeps: false,
      rollupOptions: {
        input: { index: at('src/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: at('src/renderer'),
    plugins: [vue(), tailwindcss(), pyodideFiles()],
    worker: { format: 'es' },
    build: {
      outDir: at('out/renderer'),
      target: 'chrome120',
      minify: true,
      // what the first paint needs is one file: sixty small ones, half of them an icon each, took most of the time to it
      rolldownOptions: { input: { index: at('src/renderer/index.html') }, output: { codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] } } },
    },
  },
})
