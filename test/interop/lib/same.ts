/** A built-in program and its Python twin, put through the same: their calls (see calls.ts) and the lines they print. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect } from 'vitest'
import type { TraceEvent } from '../../../src/shared/trace/events'
import { lineMakes } from '../../../src/engine/programs/twin'
import { callsOfStrace, callsOfTrace } from './calls'
import { lab, python, start, type Peer } from './peer'
import { folder, options, twinFile, type Given } from './twin'

/** What is done to a running program; it has ended when this resolves. */
export type Scenario = (program: Peer, stop: () => Promise<unknown>) => Promise<unknown>

export interface Seen { calls: string[][]; printed: string[] }

/** Ports that the kernel chose are not part of what is the same. */
const printed = (peer: Peer): string[] => peer.lines.map((line) => line.replace(/(127\.0\.0\.1|\[::1\]):\d+/g, '$1:PORT'))

export async function ofLab(program: string, given: Given, scenario: Scenario): Promise<Seen> {
  const file = join(folder(), 'trace.ndjson')
  const peer = lab(program, ...options(given), '--trace', file)
  await scenario(peer, () => peer.stop('SIGINT'))
  const events = readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as TraceEvent)
  const twin = readFileSync(twinFile(program, given), 'utf8').split('\n')
  for (const e of events) {
    if (e.k === 'call') expect(lineMakes(twin[(e.line ?? 0) - 1] ?? '', e.name), `${e.name} on line ${e.line}`).toBe(true)
  }
  return { calls: callsOfTrace(events), printed: printed(peer) }
}

/** accept, accept4, poll, ppoll, epoll_wait, epoll_pwait on x86-64 */
const WAITS = /^(43|288|7|271|232|281) /
const waits = (pid: number): boolean => process.arch !== 'x64' || WAITS.test(readFileSync(`/proc/${pid}/syscall`, 'utf8'))

export async function ofTwin(program: string, given: Given, scenario: Scenario): Promise<Seen> {
  const file = join(folder(), 'strace.txt')
  // elsewhere Python waits in poll() where it has a timeout: no call of its program
  const calls = `trace=network,close${given.model === 'poll' ? ',poll' : ''}`
  const peer = start('strace', ['-f', '-e', calls, '-e', 'signal=none', '-o', file, python(), twinFile(program, given)])
  await scenario(peer, async () => {
    // strace passes no signal on: the program is who made the first call
    const pid = Number(/^\d+/.exec(readFileSync(file, 'utf8'))![0])
    // for a server at rest, which its last line does not say that it is yet
    for (let looks = 0; looks < 400 && !waits(pid); looks++) await setTimeout(5)
    peer.child.stdin!.end()
    return peer.interrupt(() => process.kill(pid, 'SIGINT'))
  })
  return { calls: callsOfStrace(readFileSync(file, 'utf8')), printed: printed(peer) }
}

/** How bytes that came are cut into recv() results is the network's choice: those in a row are one, with their sum. */
export function together(calls: string[]): string[] {
  const out: string[] = []
  let sum = 0
  for (const call of calls) {
    const got = /^(s\d+ recv) \d+ = ([1-9]\d*)$/.exec(call)
    if (!got) {
      out.push(call)
      continue
    }
    const goesOn = out.at(-1)?.startsWith(`${got[1]} = `) === true
    sum = Number(got[2]) + (goesOn ? sum : 0)
    if (goesOn) out.pop()
    out.push(`${got[1]} = ${sum}`)
  }
  return out
}

/** @param anyCut a stream that is read in pieces: see together() */
export async function expectSame(program: string, given: Given, scenario: Scenario, { anyCut = false } = {}): Promise<Seen> {
  const twin = await ofTwin(program, given, scenario)
  const ours = await ofLab(program, given, scenario)
  const shape = ({ calls, ...rest }: Seen): Seen => ({ ...rest, calls: anyCut ? calls.map(together) : calls })
  expect(shape(ours)).toEqual(shape(twin))
  return ours
}
