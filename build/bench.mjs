/** `npm run bench`: the measurements of test/bench, against the built product. */
import './lib/node-version.mjs'
import { ensureBuilt, ensureDependencies } from './lib/ensure.mjs'
import { run } from './lib/run.mjs'

await ensureDependencies()
await ensureBuilt()
const { code } = await run(process.execPath, ['--expose-gc', '--import', 'tsx', 'test/bench/index.ts', ...process.argv.slice(2)])
process.exitCode = code
