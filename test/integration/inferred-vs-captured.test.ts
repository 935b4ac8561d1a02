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
import type { ConnectionModel, LabState, Segment } from '../../src/shared/projections/model'
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
 * A ladder without what the standard leaves free. Bytes that one side sends without a word of the other between are one
 * stretch of so many segments. An acknowledgement alone counts, but not where it stands.
 */
interface Normal {
  lines: string[]
  acks: { a: number; b: number }
  /** the side that closed second: its ACK of the first FIN may as well have ridden on its own, or on its last bytes (3.8.6.3) */
  second: 'a' | 'b' | undefined
}

function normal(segments: readonly Segment[]): Normal {
  const lines: string[] = []
  const acks = { a: 0, b: 0 }
  const closed: ('a' | 'b')[] = []
  let run: { from: string; len: number; count: number } | undefined
  const flush = () => {
    if (run) lines.push(`${run.from} PSH,ACK ${run.len} in ${run.count}`)
    run = undefined
  }
  for (const s of segments) {
    if (s.flags === 'ACK' && s.len === 0) {
      acks[s.from] += s.count
      continue
    }
    if (s.flags.includes('FIN') && !closed.includes(s.from)) closed.push(s.from)
    if (s.len > 0 && !s.flags.includes('FIN') && !s.flags.includes('SYN')) {
      if (run && run.from !== s.from) flush()
      run = { from: s.from, len: (run?.len ?? 0) + s.len, count: (run?.count ?? 0) + s.count }
      continue
    }
    flush()
    for (let i = 0; i < s.count; i++) lines.push(`${s.from} ${s.flags} ${s.len}`)
  }
  flush()
  return { lines, acks, second: closed[1] }
}

/** What differs between two ladders of the same connections, in words; '' where nothing does. */
function difference(inferred: Normal[], captured: Normal[]): string {
  if (inferred.length !== captured.length) return `${inferred.length} connections inferred, ${captured.length} captured`
  return inferred.flatMap((mine, i) => {
    const wire = captured[i]!
    const said: string[] = []
    if (JSON.stringify(mine.lines) !== JSON.stringify(wire.lines)) said.push(`connection ${i}: the segments differ`)
    for (const side of ['a', 'b'] as const) {
      const free = wire.second === side ? 1 : 0
      if (Math.abs(mine.acks[side] - wire.acks[side]) > free) said.push(`connection ${i}: ${mine.acks[side]} ACKs of ${side} inferred, ${wire.acks[side]} captured`)
    }
    return said
  }).join('; ')
}

const strict = (segments: readonly Segment[]): string[] => segments.flatMap((s) => Array.from({ length: s.count }, () => `${s.from} ${s.flags} ${s.count === 1 ? s.len : s.len / s.count}`))

/** A port that the lab has just closed may be somebody else's now. */
const ours = (c: ConnectionModel): boolean => c.a.sock !== undefined || c.b.sock !== undefined

function ladders<T>(how: (segments: readonly Segment[]) => T): { inferred: T[]; captured: T[] } {
  const of = (lab: LabState): T[] => lab.connections.filter(ours).map((c) => how(segmentsAt(c, Infinity)))
  return { inferred: of(folded(false)), captured: of(folded(true)) }
}

/**
 * Waits until the kernel has told all, then compares. False: the capture itself lost packets, because something else
 * on this machine floods loopback; then nothing can be said.
 */
async function compare(): Promise<boolean> {
  const until = performance.now() + SETTLE
  const same = () => {
    const { inferred, captured } = ladders(normal)
    return difference(inferred, captured) === ''
  }
  while (!same() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 50))
  await engine.captures.stop()
  const lab = folded(true)
  if (lab.captures.some((e) => e.what === 'left-out')) return false
  const { inferred, captured } = ladders(normal)
  expect(difference(inferred, captured), JSON.stringify(ladders(strict), null, 1)).toBe('')
  for (const c of lab.connections.filter(ours)) {
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
  return true
}

/** Plays it and compares; again where the capture lost packets. */
async function settled(scene: () => Promise<void>): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await begin()
    await scene()
    if (await compare()) return
  }
  throw new Error('the capture lost packets five times: something floods the loopback interface')
}

const check = (x: Exchange): Promise<void> => settled(() => play(engine, x))

describe.each(['inet', 'inet6'] as const)('over %s', (family) => {
  it.each(['close', 'half-close', 'abort', 'unread', 'late'] as const satisfies readonly Ending[])('%s', async (ending) => {
    await fc.assert(fc.asyncProperty(exchange(family, ending), check), { numRuns: EACH, endOnFailure: true })
  })

  it('through the relay', async () => {
    const through = fc.constantFrom<Ending>('close', 'half-close').chain((ending) => exchange(family, ending, true))
    await fc.assert(fc.asyncProperty(through, check), { numRuns: EACH, endOnFailure: true })
  })

  it('refused', async () => {
    await settled(async () => {
      const stage = new Stage(engine)
      const l = await stage.listening(family)
      const target = l.local!
      await stage.dispatcher.close(stage.server, l)
      const { sock, errno } = await stage.connect(target)
      expect(errno).toBe('ECONNREFUSED')
      await stage.dispatcher.close(stage.client, sock)
    })
    expect(ladders(strict).captured).toEqual([['a SYN 0', 'b RST,ACK 0']])
  })

  it('a full accept queue: the SYN that is not answered, and its repetition', async () => {
    await settled(async () => {
      const stage = new Stage(engine)
      const l = await stage.listening(family, 0)
      const { sock: first } = await stage.connect(l.local!)
      // the SYN goes out again after a second (RFC 6298, 2), and once more a second or two later
      const { sock: second, errno } = await stage.connect(l.local!, 1.5)
      expect(errno).toBe('TIMEOUT')
      await stage.dispatcher.close(stage.client, second)
      await stage.dispatcher.close(stage.client, first)
      // before the listener's RST takes the connection away: otherwise nobody may have seen that the FIN was acknowledged
      await expect.poll(() => statesAt(folded(false).connections[0]!.a, Infinity).at(-1)?.to, { timeout: SETTLE }).toBe('FIN_WAIT_2')
      await stage.dispatcher.close(stage.server, l)
    })
    const shown = segmentsAt(folded(true).connections[1]!, Infinity)
    expect(shown.map((s) => [s.flags, s.retransmission ?? false, s.fate])).toEqual([['SYN', false, 'lost'], ['SYN', true, 'unknown']])
  })
})
