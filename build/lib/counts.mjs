/** Reads vitest's JSON report. */

/**
 * How many tests passed, failed and were skipped. Besides failed tests these count as one failure each: a file that could
 * not be loaded, and a run that failed (or left no report) without any failed test or file, for example by an unhandled error.
 * @param {{ testResults: { status: string, assertionResults: { status: string }[] }[] } | undefined} report
 * @param {number} code vitest's exit code
 */
export function countsOf(report, code) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const file of report?.testResults ?? []) {
    for (const { status } of file.assertionResults) counts[status === 'passed' || status === 'failed' ? status : 'skipped']++
    if (file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')) counts.failed++
  }
  if (counts.failed === 0 && (code !== 0 || !report)) counts.failed = 1
  return counts
}

/** How much of a failure's message is said again at the end, characters. */
const MESSAGE = 600

/**
 * What failed, for the end of a long output: each test with the file it is in and the beginning of what it said; and each file
 * that could not be loaded.
 * @param {{ testResults: { name: string, status: string, message: string, assertionResults: { status: string, fullName: string, failureMessages?: string[] | null }[] }[] } | undefined} report
 * @returns {string[]}
 */
export function failuresOf(report) {
  return (report?.testResults ?? []).flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed')
    if (failed.length > 0) return failed.map((test) => `${name} > ${test.fullName}: ${(test.failureMessages ?? []).join('\n').slice(0, MESSAGE)}`)
    return status === 'failed' ? [`${name}: ${message.slice(0, MESSAGE)}`] : []
  })
}
