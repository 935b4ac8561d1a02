/**
 * `npm run test:long`: the fuzz targets at length and the soak.
 * `--cases N` (1,000,000) and `--seed N` for the first, `--minutes N` (60) for the second, `--only fuzz|soak` for one of them.
 */
import './lib/node-version.mjs'
import { parseArgs } from 'node:util'
import { ensureBuilt, ensureDependencies } from './lib/ensure.mjs'
import { ensurePeers } from './lib/peers.mjs'
import { runScript } from './lib/run.mjs'

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '1000000' }, seed: { type: 'string' }, minutes: { type: 'string', default: '60' }, only: { type: 'string' } },
})

await ensureDependencies()
await ensurePeers()
await ensureBuilt()

const env = { FUZZ_CASES: values.cases, ...(values.seed ? { FUZZ_SEED: values.seed } : {}), SOAK_MINUTES: values.minutes }
let failed = false
for (const project of ['fuzz', 'soak']) {
  if (values.only && values.only !== project) continue
  const { code } = await runScript('vitest/vitest.mjs', ['run', '--project', project, '--reporter=verbose'], { env })
  failed ||= code !== 0
}
process.exitCode = failed ? 1 : 0
