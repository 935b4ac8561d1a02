/**
 * The kernel's contract on Winsock: the very cases of the other files, run by Windows' node under Wine, each one reported
 * here. What Wine lacks is left out there by name (test/lib/wine.ts); anything else that is left out fails.
 */
import { describe, expect, it } from 'vitest'
import { WINE_LACKS } from '../lib/wine'
import { runOnWindows, WINE_RUNS_HERE } from '../wine/windows'

const FILES = [
  'test/unit/kernel/platform-tables.test.ts',
  'test/integration/kernel.test.ts',
  'test/integration/kernel/readiness.test.ts',
  'test/integration/engine.test.ts',
]

/** Cases that cannot be run there, and why. */
const LEFT_OUT: Record<string, string> = {
  'a stream over unix > carries bytes both ways and ends with an empty recv': WINE_LACKS.unix,
  'a stream over unix > waits in recv until there is something, and says so': WINE_LACKS.unix,
  'a stream over unix > shows its addresses': WINE_LACKS.unix,
  'a stream over unix > peeks without taking': WINE_LACKS.unix,
  'errors are values > ENAMETOOLONG for a Unix path of 108 bytes': WINE_LACKS.unix,
  'datagram facts > a connected socket hears of the ICMP error behind ECONNREFUSED': WINE_LACKS.icmp,
  'errors are values > ECONNRESET after an abort, then EPIPE without a signal': WINE_LACKS.reset,
  'what the kernel says > samples both ends after each call': WINE_LACKS.tcpInfo,
  'what the kernel says > follows a closed end through FIN_WAIT_2 to TIME_WAIT in the connection table': WINE_LACKS.closedRows,
  'what the kernel says > the accept queue fills and is seen': 'Windows has no call that tells the accept queue',
  "Linux's numbers are python3's": 'about Linux',
  'poll tries those again that wait to write, where the platform keeps quiet': 'on poll(2)',
  'a thread that ends while it waits (throw) leaves the process whole': 'on epoll',
  'a thread that ends while it waits (exit) leaves the process whole': 'on epoll',
  'a thread that ends while it waits (terminate) leaves the process whole': 'on epoll',
  'a thread that ends while it waits (end) leaves the process whole': 'on epoll',
}

const { lines, count, output } = WINE_RUNS_HERE ? await runOnWindows(FILES) : { lines: [], count: 0, output: '' }

it.runIf(WINE_RUNS_HERE)('every case was run, or left out for a reason that is written down', () => {
  expect(count, output.slice(-4000)).toBe(lines.length)
  expect(lines.length).toBeGreaterThan(80)
  const skipped = lines.filter((line) => line.state === 'skip').map((line) => line.name.split(' > ').slice(1).join(' > '))
  expect(skipped.sort()).toEqual(Object.keys(LEFT_OUT).sort())
})

describe.runIf(WINE_RUNS_HERE).each(FILES)('on Windows: %s', (file) => {
  const own = lines.filter((line) => line.state !== 'skip' && line.name.startsWith(`${file} > `))
  it.each(own.map((line) => [line.name.slice(file.length + 3), line] as const))('%s', (_name, line) => {
    if (line.state !== 'pass') throw new Error(line.message)
  })
  it('has cases', () => expect(own.length).toBeGreaterThan(0))
})
