/** The numbers that `npm test` prints are true, also when vitest itself breaks. */
import { expect, it } from 'vitest'
import { countsOf } from '../../../build/lib/counts.mjs'

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
