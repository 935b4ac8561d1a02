import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'

const at = (path: string) => resolve(import.meta.dirname, path)
const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8')) as { version: string }

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
    plugins: [vue(), tailwindcss()],
    worker: { format: 'es' },
    build: {
      outDir: at('out/renderer'),
      target: 'chrome120',
      rollupOptions: { input: { index: at('src/renderer/index.html') } },
    },
  },
})
