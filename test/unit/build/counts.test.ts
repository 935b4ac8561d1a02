/** The numbers that `npm test` prints are true, also when vitest itself breaks. */
import { expect, it } from 'vitest'
import { countsOf, failuresOf } from '../../../build/lib/counts.mjs'

const file = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((test) => ({ status: test })) })

it('counts passed, failed and skipped tests', () => {
  expect(countsOf({ testResults: [file('passed', 'passed', 'passed', 'skipped'), file('failed', 'passed', 'failed'), file('passed', 'todo', 'pending')] }, 1))
    .toEqual({ passed: 3, failed: 1, skipped: 3 })
})

it('counts a file that could not be loaded as a failure', () => {
  expect(countsOf({ testResults: [file('passed', 'passed'), file('failed')] }, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 })
})

it('counts a run that fails without a failed test (an unhandled error) as a failure', () => {
  expect(countsOf({ testResults: [file('passed', 'passed')] }, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 })
})

it('counts a run that left no report as a failure, whatever its exit code', () => {
  expect(countsOf(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})

it('is content with a run that passed', () => {
  expect(countsOf({ testResults: [file('passed', 'passed')] }, 0)).toEqual({ passed: 1, failed: 0, skipped: 0 })
})

it('names what failed: tests with their file, and files that could not be loaded', () => {
  const one = (status: string, fullName: string, ...failureMessages: string[]) => ({ status, fullName, failureMessages })
  expect(failuresOf({
    testResults: [
      { name: 'a.test.ts', status: 'failed', message: '', assertionResults: [one('passed', 'adds'), one('failed', 'takes', `expected 1${'.'.repeat(10_000)}`)] },
      { name: 'b.test.ts', status: 'failed', message: 'no such module', assertionResults: [] },
      { name: 'c.test.ts', status: 'passed', message: '', assertionResults: [one('passed', 'stands')] },
    ],
  })).toEqual([expect.stringMatching(/^a\.test\.ts > takes: expected 1\.{590}$/), 'b.test.ts: no such module'])
  expect(failuresOf(undefined)).toEqual([])
})
