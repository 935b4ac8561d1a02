import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FilteredCalls, type CallFilter } from '../../../../src/renderer/calls/call-filter'
import { callFacts } from '../../../../src/renderer/calls/call-view'
import { pythonTokens } from '../../../../src/renderer/calls/python-tokens'
import { lastCallOfLine, twinMarks } from '../../../../src/renderer/calls/twin-marks'
import type { CallModel, CallsState } from '../../../../src/shared/projections/model'

const call = (n: number, o: Partial<CallModel> = {}): CallModel => ({
  call: n + 1,
  thread: 1,
  run: 1,
  name: 'recv',
  args: { len: 10 },
  seq: n * 10,
  t: n * 100,
  blocks: [],
  ...o,
})

describe('tokens', () => {
  const kinds = (line: string) =>
    pythonTokens(line)
      .flat()
      .filter((x) => x.kind !== 'plain')
      .map((x) => `${x.kind}:${x.text}`)
  it('knows keywords, strings, numbers, names and comments', () => {
    expect(kinds("def serve(conn):  # 'x'")).toEqual(['keyword:def', 'def:serve', "comment:# 'x'"])
    expect(kinds("data = rb'a\\'b' + f\"{n}\" + 0x1f")).toEqual(["string:rb'a\\'b'", 'string:f"{n}"', 'number:0x1f'])
    expect(kinds('s.send(print)')).toEqual(['builtin:print'])
    expect(kinds("'open")).toEqual(["string:'open"])
    expect(pythonTokens('x = """a\nb"""\ny').map((l) => l.map((x) => x.kind))).toEqual([['plain', 'string'], ['string'], ['plain']])
  })

  it('loses nothing of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (source) => {
        expect(
          pythonTokens(source)
            .map((l) => l.map((x) => x.text).join(''))
            .join('\n'),
        ).toBe(source)
      }),
      { numRuns: 1000 },
    )
  })

  it('loses nothing of the twins', () => {
    const twins = Object.values(
      import.meta.glob<string>('../../../../resources/programs/*.py', { eager: true, query: '?raw', import: 'default' }),
    )
    expect(twins.length).toBeGreaterThan(0)
    for (const source of twins)
      expect(
        pythonTokens(source)
          .map((l) => l.map((x) => x.text).join(''))
          .join('\n'),
      ).toBe(source)
  })
})

describe('filter', () => {
  const plain = (calls: CallModel[], f: CallFilter, cursor: number) =>
    calls.flatMap((c, i) =>
      c.seq <= cursor &&
      (f.thread === undefined || c.thread === f.thread) &&
      (f.sock === undefined || c.sock === f.sock || c.end?.sock === f.sock) &&
      (!f.errors || (c.end?.errno !== undefined && c.end.seq <= cursor))
        ? [i]
        : [],
    )

  it('comes to what a plain filter gives, however the list grows and calls end', () => {
    const step = fc.record({ thread: fc.nat(2), sock: fc.nat(2), ends: fc.nat(3), fails: fc.boolean() })
    const filters = fc.record({
      thread: fc.option(fc.nat(2), { nil: undefined }),
      sock: fc.option(fc.nat(2), { nil: undefined }),
      errors: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), filters, fc.nat(400), (steps, filter, cursor) => {
        const calls: CallModel[] = []
        const filtered = new FilteredCalls()
        let seq = 0
        const pending: { at: number; c: CallModel; fails: boolean }[] = []
        for (const [i, s] of steps.entries()) {
          const c = call(i, { thread: s.thread, sock: s.sock, seq: seq++ })
          calls.push(c)
          pending.push({ at: i + s.ends, c, fails: s.fails })
          for (const p of pending.filter((x) => x.at === i))
            p.c.end = { seq: seq++, t: 0, value: null, ...(p.fails ? { errno: 'EPIPE' } : {}) }
          expect([...filtered.at(calls, filter, Infinity)]).toEqual(plain(calls, filter, Infinity))
        }
        expect([...filtered.at(calls, filter, cursor)]).toEqual(plain(calls, filter, cursor))
      }),
    )
  })
})

describe('a call at the cursor', () => {
  const c = call(0, { sock: 3, blocks: [{ seq: 1, t: 5, why: 'readable' }], end: { seq: 9, t: 1005, value: null, errno: 'ECONNRESET' } })
  const at = (cursor: number) => callFacts(c, cursor, () => 'conn', undefined)
  it('knows nothing of the future', () => {
    expect(at(0)).toMatchObject({ line: 'conn.recv(10)', blocked: 0 })
    expect(at(0).waiting).toBeUndefined()
    expect(at(1).waiting).toBe('readable')
    expect(at(8).errno).toBeUndefined()
    expect(at(9)).toMatchObject({ errno: 'ECONNRESET', exception: 'ConnectionResetError', took: 1005, blocked: 1000, evidence: 'kernel' })
  })
  it('tells the lab from the kernel', () => {
    for (const errno of ['CANCELLED', 'TIMEOUT', 'POLICY', 'LIMIT']) {
      expect(callFacts(call(0, { end: { seq: 1, t: 1, value: null, errno } }), 9, () => 's', undefined).evidence).toBe('lab')
    }
  })
})

describe('twin marks', () => {
  const list = [
    call(0, { thread: 1, line: 5, name: 'accept', blocks: [{ seq: 1, t: 1, why: 'readable' }], end: { seq: 2, t: 2, value: 4 } }),
    call(1, { thread: 2, line: 9, blocks: [{ seq: 12, t: 1, why: 'readable' }] }),
    call(2, { thread: 1, line: 5, name: 'accept' }),
  ]
  const state = {
    runs: new Map([[1, { threads: [1, 2] }]]),
    list,
    index: new Map(),
    threads: new Map([
      [1, { thread: 1, run: 1, name: 'main', func: 'main', seq: 0, t: 0, calls: [0, 2] }],
      [2, { thread: 2, run: 1, name: 'client 1', func: 'serve', seq: 9, t: 0, calls: [1], end: { seq: 40, t: 9 } }],
    ]),
  } as unknown as CallsState
  const brief = (cursor: number) => twinMarks(state, 1, cursor).map((m) => `${m.name}@${m.line} ${m.state}${m.why ? ` ${m.why}` : ''}`)

  it('follow each thread through the cursor', () => {
    expect(brief(0)).toEqual(['main@5 calling'])
    expect(brief(1)).toEqual(['main@5 waiting readable'])
    expect(brief(5)).toEqual(['main@5 returned'])
    expect(brief(12)).toEqual(['main@5 returned', 'client 1@9 waiting readable'])
    expect(brief(Infinity)).toEqual(['main@5 calling'])
  })
  it('find the last call of a line', () => {
    expect(lastCallOfLine(state, 1, 5, Infinity)?.call).toBe(3)
    expect(lastCallOfLine(state, 1, 5, 15)?.call).toBe(1)
    expect(lastCallOfLine(state, 1, 7, Infinity)).toBeUndefined()
  })
})
