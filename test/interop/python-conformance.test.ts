/**
 * Python in the lab held against python3: the same snippets (test/fixtures/python) print the same results, exceptions and
 * messages there and here, in a real browser with the built product. One program runs many snippets.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../lib/chromium'
import { openPython, runFile, type PythonPage } from '../lib/python'
import { python } from './lib/peer'

const FIXTURES = resolve(import.meta.dirname, '../fixtures/python')
const programs = readdirSync(FIXTURES).filter((name) => /^c\d\d_.*\.py$/.test(name)).sort()
const prelude = readFileSync(join(FIXTURES, 'prelude.py'), 'utf8')

/**
 * Where versions of CPython word the same thing differently, the older wording stands:
 * - 3.13 leaves the position out where a function has one argument
 * - 3.13 says of a number too large for a C int what 3.11 says of one too large for a C long
 */
const WORDINGS: [RegExp, string][] = [
  [/inet_aton\(\) argument must be str/, 'inet_aton() argument 1 must be str'],
  [/Python int too large to convert to C int$/, 'signed integer is greater than maximum'],
]
const normal = (lines: string[]): string[] => lines.map((line) => WORDINGS.reduce((text, [from, to]) => text.replace(from, to), line))

let browser: Browser
let page: PythonPage
beforeAll(async () => {
  browser = await launchChromium()
  page = await openPython(browser)
})
afterAll(async () => {
  await page?.leave()
  await browser?.close()
})

async function underPython3(name: string, source: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lab-test-'))
  const file = join(folder, name)
  writeFileSync(file, source)
  try {
    // nobody types: the end of the input comes at once
    const run = promisify(execFile)(python(), [file], { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 })
    run.child.stdin!.end()
    const { stdout } = await run
    return stdout.replace(/\n$/, '').split('\n')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('prints what python3 prints', () => {
  it.each(programs)('%s', { timeout: 600_000 }, async (name) => {
    const source = `${prelude}\n${readFileSync(join(FIXTURES, name), 'utf8')}`
    const expected = await underPython3(name, source)
    const program = await runFile(page, name, source)
    program.endInput()
    const { text } = await program.ended()
    const shown = text.replace(/\n$/, '').split('\n')
    expect(normal(shown)).toEqual(normal(expected))
    // so that two empty consoles are not taken for agreement
    expect(shown.length).toBeGreaterThan(20)
  })
})
