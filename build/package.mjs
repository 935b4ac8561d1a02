/** `npm run package [-- --win|--mac|--linux ...]`: installers in dist/, through electron-builder. Needs Electron's runtime. */
import './lib/node-version.mjs'
import { ensureBuilt, ensureDependencies } from './lib/ensure.mjs'
import { runScript } from './lib/run.mjs'

await ensureDependencies()
await ensureBuilt()
const { code } = await runScript('electron-builder/cli.js', ['--config', 'build/electron-builder.yml', '--publish', 'never', ...process.argv.slice(2)])
process.exitCode = code
