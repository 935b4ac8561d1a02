/**
 * The inference against a real capture, in scenarios that a generator composes: who opens and who closes first, sizes,
 * sends in a row, late accepts, half-closes, resets, refusals, a full accept queue, and a wire that delays; over both
 * families. The same trace is folded with its captured packets and without them.
 *
 * What must be equal: each segment's direction, flags and length, in their order. What RFC 9293 leaves to the receiver is
 * when a segment without payload acknowledges (3.8.6.3: within half a second, at least every second full segment), and to
 * the sender where a window's worth of bytes is cut (3.7.4, 3.8.6.2): see `normal`.
 */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/engine'
import { createLab, fold, segmentsAt, statesAt } from '../../src/shared/projections'
import type { LabState, Segment } from '../../src/shared/projections/model'
import { edgeOf } from '../../src/shared/tcp/states'
import type { TraceEvent } from '../../src/shared/trace/events'
import { exchange, play, Stage, type Ending, type Exchange } from '../lib/scenarios'

/** How long the kernel's last word on a connection is waited for, ms: it is asked every 100 ms. */
const SETTLE = 10_000
/** Scenarios of each kind: more by hand, as in `SCENARIOS=50 npx vitest run ...`. */
const EACH = Number(process.env.SCENARIOS ?? 4)

let engine: Engine
let trace: TraceEvent[] = []
let untap = () => {}

// an engine for each: hundreds of ends in TIME_WAIT would use up the sampler's ration, and then the inference is a guess
beforeEach(async () => {
  engine = await Engine.create({ version: 'test' })
})
afterEach(async () => {
  await engine.close()
})

async function begin(): Promise<void> {
  await engine.newSession()
  trace = []
  untap()
  untap = engine.recorder.tap((events) => trace.push(...events))
  const started = await engine.request('capture.start', {})
  if (!started.ok) throw new Error(started.error.message)
}

function folded(packets: boolean): LabState {
  engine.recorder.flush()
  const lab = createLab()
  for (const e of trace) if (packets || (e.k !== 'packet' && e.k !== 'capture')) fold(lab, e)
  return lab
}

/**
 * A ladder without what the standard leaves free. An acknowledgement alone counts, but not where it stands; the last one
 * before its side's FIN does not count, because it may as well have ridden on that FIN (RFC 9293, 3.8.6.3). Bytes that one
 * side sends without a word of the other between are one stretch of so many segments.
 */
function normal(segments: readonly Segment[]): string[] {
  const out: string[] = []
  const acks = { a: 0, b: 0 }
  /** the side's last segment was an acknowledgement alone */
  const bare = { a: false, b: false }
  let run: { from: string; len: number; count: number } | undefined
  const flush = () => {
    if (run) out.push(`${run.from} PSH,ACK ${run.len} in ${run.count}`)
    run = undefined
  }
  for (const s of segments) {
    if (s.flags === 'ACK' && s.len === 0) {
      acks[s.from] += s.count
      bare[s.from] = true
      continue
    }
    if (bare[s.from] && s.flags === 'FIN,ACK' && !s.retransmission) acks[s.from] -= 1
    bare[s.from] = false
    // the last bytes and the end may share a segment
    const data = s.len > 0 && !s.flags.includes('FIN') && !s.flags.includes('SYN')
    if (data) {
      if (run && run.from !== s.from) flush()
      run = { from: s.from, len: (run?.len ?? 0) + s.len, count: (run?.count ?? 0) + s.count }
      continue
    }
    flush()
    for (let i = 0; i < s.count; i++) out.push(`${s.from} ${s.flags} ${s.len}`)
  }
  flush()
  return [...out, `a ACK x${acks.a}`, `b ACK x${acks.b}`]
}

const strict = (segments: readonly Segment[]): string[] => segments.flatMap((s) => Array.from({ length: s.count }, () => `${s.from} ${s.flags} ${s.count === 1 ? s.len : s.len / s.count}`))

interface Ladders { inferred: string[][]; captured: string[][] }

function ladders(how: (segments: readonly Segment[]) => string[]): Ladders {
  const of = (lab: LabState): string[][] => lab.connections.map((c) => how(segmentsAt(c, Infinity)))
  return { inferred: of(folded(false)), captured: of(folded(true)) }
}

/** Waits until the kernel has told all, then compares. */
async function compare(): Promise<{ strictly: boolean }> {
  const until = performance.now() + SETTLE
  const same = () => {
    const { inferred, captured } = ladders(normal)
    return JSON.stringify(inferred) === JSON.stringify(captured)
  }
  while (!same() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 50))
  await engine.captures.stop()
  const { inferred, captured } = ladders(normal)
  expect(inferred).toEqual(captured)
  const lab = folded(true)
  expect(lab.captures.filter((e) => e.what === 'left-out')).toEqual([])
  for (const c of lab.connections) {
    expect(segmentsAt(c, Infinity).every((s) => s.evidence === 'captured')).toBe(true)
    for (const end of [c.a, c.b]) {
      let at = 'CLOSED'
      for (const change of statesAt(end, Infinity)) {
        expect(change.from).toBe(at)
        expect(edgeOf(change)).toBeDefined()
        at = change.to
      }
    }
  }
  const exact = ladders(strict)
  return { strictly: JSON.stringify(exact.inferred) === JSON.stringify(exact.captured) }
}

async function check(x: Exchange): Promise<void> {
  await begin()
  await play(engine, x)
  await compare()
}

describe.each(['inet', 'inet6'] as const)('over %s', (family) => {
  it.each(['close', 'half-close', 'abort', 'unread', 'late'] as const satisfies readonly Ending[])('%s', async (ending) => {
    await fc.assert(fc.asyncProperty(exchange(family, ending), check), { numRuns: EACH, endOnFailure: true })
  })

  it('through the relay', async () => {
    const through = fc.constantFrom<Ending>('close', 'half-close').chain((ending) => exchange(family, ending, true))
    await fc.assert(fc.asyncProperty(through, check), { numRuns: EACH, endOnFailure: true })
  })

  it('refused', async () => {
    await begin()
    const stage = new Stage(engine)
    const l = await stage.listening(family)
    const target = l.local!
    await stage.dispatcher.close(stage.server, l)
    const { sock, errno } = await stage.connect(target)
    expect(errno).toBe('ECONNREFUSED')
    await stage.dispatcher.close(stage.client, sock)
    await compare()
    expect(ladders(strict).captured).toEqual([['a SYN 0', 'b RST,ACK 0']])
  })

  it('a full accept queue: the SYN that is not answered, and its repetition', async () => {
    await begin()
    const stage = new Stage(engine)
    const l = await stage.listening(family, 0)
    const { sock: first } = await stage.connect(l.local!)
    // SYN again after a second (RFC 6298, 2); the third part of the queue's wait is up before it comes once more
    const { sock: second, errno } = await stage.connect(l.local!, 1.5)
    expect(errno).toBe('TIMEOUT')
    await stage.dispatcher.close(stage.client, second)
    await stage.dispatcher.close(stage.client, first)
    await stage.dispatcher.close(stage.server, l)
    await compare()
    const shown = segmentsAt(folded(true).connections[1]!, Infinity)
    expect(shown.map((s) => [s.flags, s.retransmission ?? false, s.fate])).toEqual([['SYN', false, 'lost'], ['SYN', true, 'unknown']])
  })
})
