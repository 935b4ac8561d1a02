/** The Python twin of a built-in program, run by a real Python. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { onTestFinished } from 'vitest'
import { paramsValidator } from '../../../src/shared/contract/params'
import { programs } from '../../../src/engine/programs/index'
import { twinOf } from '../../../src/engine/programs/twin'
import { python, start, type Peer } from './peer'

export type Given = Record<string, string | number | boolean>

/** A folder that goes with the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'lab-test-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** The twin for these parameters as a file, as a student would save it. */
export function twinFile(program: string, given: Given): string {
  const found = programs.get(program)!
  const { file, source } = twinOf(found, v.parse(paramsValidator(found.params), given) as never)
  const path = join(folder(), file)
  writeFileSync(path, source)
  return path
}

export const startTwin = (program: string, given: Given): Peer => start(python(), [twinFile(program, given)])

/** The same parameters for the command line. */
export const options = (given: Given): string[] => Object.entries(given).map(([name, value]) => `--${name}=${value}`)
