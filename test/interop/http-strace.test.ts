/** GET by hand makes the very socket calls of its Python twin. */
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { TraceEvent } from '../../src/shared/trace/events'
import { lineMakes } from '../../src/engine/programs/twin'
import { callsOfStrace, callsOfTrace } from './lib/calls'
import { lab, python, start } from './lib/peer'
import { folder, options, startTwin, twinFile } from './lib/twin'

it.each(['auto', 'eof', 'length'])('read %s', async (read) => {
  const dir = realpathSync(folder())
  writeFileSync(join(dir, 'a.txt'), 'x'.repeat(200_000))
  // a server of one size of pieces for both: Python's own
  const port = await startTwin('http-server', { port: 0, dir }).port()
  for (const path of ['/none', '/']) {
    const given = { url: `http://127.0.0.1:${port}${path}`, read }
    const trace = join(folder(), 'trace.ndjson')
    const ours = lab('http-get', ...options(given), '--trace', trace)
    expect(await ours.finish()).toMatchObject({ code: 0 })
    const events = readFileSync(trace, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as TraceEvent)
    const twin = readFileSync(twinFile('http-get', given), 'utf8').split('\n')
    for (const e of events) if (e.k === 'call') expect(lineMakes(twin[(e.line ?? 0) - 1] ?? '', e.name), `${e.name} on line ${e.line}`).toBe(true)
    const file = join(folder(), 'strace.txt')
    const peer = start('strace', ['-f', '-e', 'trace=network,close', '-e', 'signal=none', '-o', file, python(), twinFile('http-get', given)])
    expect(await peer.finish()).toMatchObject({ code: 0 })
    // how the answer is cut into recv() results is the network's choice: the calls and how they end are compared
    const calls = (lists: string[][]) => lists.map((list) => list.filter((call, at) => !(call.includes(' recv ') && list[at - 1]?.includes(' recv '))).map((call) => call.replace(/( recv \d+).*/, '$1')))
    expect(calls(callsOfTrace(events))).toEqual(calls(callsOfStrace(readFileSync(file, 'utf8'))))
    expect(callsOfTrace(events)[0]!.length).toBeGreaterThan(4)
  }
})
