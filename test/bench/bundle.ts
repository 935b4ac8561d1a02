/**
 * The processes of the bench as the product ships them: bundled to plain JavaScript. The loader that runs TypeScript from
 * its sources wraps every function that is made to keep its name, which would be measured too.
 */
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'vite'

const here = import.meta.dirname
const outDir = join(here, '../../out/bench')
let built: Promise<void> | undefined

async function bundle(): Promise<void> {
  const servers = readdirSync(join(here, 'servers')).filter((file) => file.endsWith('.ts')).map((file) => join(here, 'servers', file))
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: true, outDir, emptyOutDir: true, target: 'node20', minify: false,
      rollupOptions: {
        input: Object.fromEntries([join(here, 'client.ts'), ...servers].map((file) => [basename(file, '.ts'), file])),
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  })
}

/** The JavaScript file of a process of the bench, by the name of its source without `.ts`. */
export async function bundled(name: string): Promise<string> {
  await (built ??= bundle())
  return join(outDir, `${name}.js`)
}
