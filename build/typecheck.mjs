/** `npm run typecheck`: every type project; the page's by vue-tsc, which knows components. */
import './lib/node-version.mjs'
import { runScript } from './lib/run.mjs'

const projects = [
  ['typescript/bin/tsc', 'tsconfig.shared.json'],
  ['typescript/bin/tsc', 'tsconfig.node.json'],
  ['typescript/bin/tsc', 'tsconfig.test.json'],
  ['vue-tsc/bin/vue-tsc.js', 'tsconfig.web.json'],
]

let failed = 0
for (const [compiler, project] of projects) {
  const { code } = await runScript(compiler, ['-p', project])
  if (code !== 0) failed++
}
process.exitCode = failed === 0 ? 0 : 1
