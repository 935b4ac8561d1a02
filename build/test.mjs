/**
 * `npm test`: everything, from a fresh clone. Types, lint and the build count as one check each; the rest are vitest's own
 * numbers. The last line alone is `N passed, N failed[, N skipped]`, and the exit code agrees with it.
 */
import './lib/node-version.mjs'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuilt, ensureDependencies } from './lib/ensure.mjs'
import { ensurePeers } from './lib/peers.mjs'
import { canRunApart, runApart } from './lib/own-network.mjs'
import { at, run, runScript } from './lib/run.mjs'
import { windowsNode } from './lib/windows.mjs'
import { countsOf, failuresOf } from './lib/counts.mjs'

const WITH_BROWSER = ['e2e', 'python']
const total = { passed: 0, failed: 0, skipped: 0 }
/** said once more at the end */
const failures = []
const say = (line) => process.stdout.write(`${line}\n`)

/** @param {string[]} [named] what failed, where that is known better than by its stage */
function count(stage, { passed = 0, failed = 0, skipped = 0 }, since, named = []) {
  if (failed > 0) failures.push(...(named.length > 0 ? named : [stage]))
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
  say(`== ${stage}: ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''} (${((Date.now() - since) / 1000).toFixed(0)} s)\n`)
}

async function check(stage, action) {
  const since = Date.now()
  say(`== ${stage}`)
  const { code, text } = await action()
  if (code !== 0 && text) say(text)
  count(stage, code === 0 ? { passed: 1 } : { failed: 1 }, since)
  return code === 0
}

/**
 * Runs some vitest projects together. A run that crashes, or fails without a failed test to its name, is one failure.
 * `apart`: in a network of its own, beside another; what it says comes at its end. `workers`: files at a time.
 */
async function suite(projects, { apart = false, workers } = {}) {
  const since = Date.now()
  if (!apart) say(`== ${projects.join(', ')}`)
  const folder = mkdtempSync(join(tmpdir(), 'socketscope-report-'))
  const report = join(folder, 'report.json')
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, '--passWithNoTests', ...(workers ? [`--maxWorkers=${workers}`] : []), ...projects.flatMap((name) => ['--project', name])]
  const command = [at('node_modules/vitest/vitest.mjs'), ...args, ...process.argv.slice(2)]
  const { code, text } = await (apart ? runApart(process.execPath, command, { output: 'keep' }) : run(process.execPath, command))
  if (text) say(`== ${projects.join(', ')}\n${text}`)
  let json
  try {
    json = JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    json = undefined // vitest ended before it could write its report: countsOf makes that a failure
  }
  rmSync(folder, { recursive: true, force: true })
  count(projects.join(', '), countsOf(json, code), since, failuresOf(json))
}

await ensureDependencies()
const missing = await ensurePeers()
if (missing.length > 0) {
  say(`These programs are missing, so that tests which talk to them cannot run: ${missing.join(', ')}`)
  if (process.env.CI) count('peers', { failed: missing.length }, Date.now())
}

await Promise.all([
  // fetched here: a suite in a network of its own could not, and the test that needs it says why there is none
  windowsNode(),
  check('types', () => run(process.execPath, ['build/typecheck.mjs'], { output: 'keep' })),
  check('lint', () => runScript('eslint/bin/eslint.js', ['.', '--max-warnings', '0'], { output: 'keep' })),
])
const built = await check('build', () => ensureBuilt({ tolerate: true }))

// nothing else runs now: a processor more than vitest takes by itself
await suite(['unit', 'renderer', 'fuzz'], { workers: availableParallelism() })
// without a build these would test an older one, or nothing; the build's failure is counted already
const realSockets = async () => {
  for (const project of ['integration', 'interop']) await suite([project])
}
if (built && await canRunApart()) await Promise.all([...WITH_BROWSER.map((project) => suite([project], { apart: true })), realSockets()])
else if (built) {
  await realSockets()
  for (const project of WITH_BROWSER) await suite([project])
}

for (const failure of failures) say(`failed: ${failure.replaceAll(at('/'), '')}\n`)
process.exitCode = total.failed === 0 ? 0 : 1
say(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`)
