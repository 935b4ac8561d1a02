/** Runs the bundled cases and prints one line of JSON for each, at the end one that says how many there were. */
import type { Suite, Task, VitestRunner } from '@vitest/runner'
import { startTests } from '@vitest/runner'

export interface Line { name: string; state: 'pass' | 'fail' | 'skip'; message?: string }
export const MARK = '@case '

const say = (line: object) => process.stdout.write(`${MARK}${JSON.stringify(line)}\n`)

function report(task: Task, above: string[]): number {
  const path = [...above, task.name]
  if (task.type === 'suite') return (task as Suite).tasks.reduce((sum, child) => sum + report(child, path), 0)
  const state = task.mode === 'skip' || task.result?.state === 'skip' ? 'skip' : task.result?.state === 'pass' ? 'pass' : 'fail'
  const errors = task.result?.errors?.map((e) => `${e.message}\n${e.stack ?? ''}${e.expected !== undefined ? `\nexpected ${e.expected}\nactual ${e.actual}` : ''}`)
  say({ name: path.join(' > '), state, ...(state === 'fail' ? { message: errors?.join('\n') ?? 'no result' } : {}) })
  return 1
}

export async function runHere(files: Record<string, () => Promise<unknown>>): Promise<void> {
  const runner: VitestRunner = {
    config: {
      root: '/', setupFiles: [], sequence: { shuffle: false, seed: 1, hooks: 'stack', setupFiles: 'list', concurrent: false }, passWithNoTests: false, allowOnly: false,
      maxConcurrency: 1, testTimeout: 60_000, hookTimeout: 60_000, retry: 0, includeTaskLocation: false, tags: [], strictTags: false,
    } as unknown as VitestRunner['config'],
    importFile: (path) => files[path]!(),
  }
  const done = await startTests(Object.keys(files), runner)
  let count = 0
  for (const file of done) {
    for (const task of file.tasks) count += report(task, [file.filepath])
    for (const error of file.result?.errors ?? []) say({ name: `${file.filepath} > loads`, state: 'fail', message: error.stack ?? error.message })
  }
  say({ count })
  // a socket or a pool thread of a failed case must not keep the process
  process.exit(0)
}
