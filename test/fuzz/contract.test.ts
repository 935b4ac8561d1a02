/**
 * A UI that lies: every request of the contract with values that no page of ours sends, through the whole engine; the frames of
 * its WebSocket; the parameters of every program, the relay's among them.
 */
import { Packr } from 'msgpackr'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/engine'
import { choose } from '../../src/engine/programs-run'
import { programInfos } from '../../src/engine/programs'
import { decodeRequest } from '../../src/engine/host/engine-socket'
import { contract, type Method } from '../../src/shared/contract/contract'
import { casesOf, fuzz, SEED } from './lib/fuzz'
import { mutate, Random } from './lib/random'

const METHODS = Object.keys(contract) as Method[]
/** Keys that reach a prototype, and keys that requests have. */
const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'params', 'run', 'thread', 'call', 'sock', 'session', 'name', 'address', 'family', 'host',
  'port', 'path', 'data', 'n', 'from', 'at', 'len', 'bytes', 'upload', 'offset', 'last', 'pace', 'mode', 'ms', 'scope', 'lookup', 'flags', 'type', 'program', 'line', 'timeout', 'value', 'option', 'level', 'text']
const WORDS = ['', 'run', 'step', 'slow', 'lab', 'computer', 'inet', 'inet6', 'unix', 'stream', '127.0.0.1', '::1', 'tcp-server', '__proto__', '../../etc/passwd', '\0', '%s', 'x'.repeat(300)]

/** Any value that a structured clone may carry. */
function anything(r: Random, depth = 0): unknown {
  switch (r.below(depth > 3 ? 8 : 14)) {
    case 0: return r.number()
    case 1: return r.text(6, WORDS)
    case 2: return r.pick([null, undefined, true, false])
    case 3: return r.below(5)
    case 4: return BigInt(r.word())
    case 5: return new Uint8Array(r.below(20))
    case 6: return r.pick([new Date(NaN), /x/, new Float64Array(2), new ArrayBuffer(8), new Error('x'), new DataView(new ArrayBuffer(1))])
    case 7: return r.pick(WORDS)
    case 8: return new Map([[anything(r, depth + 1), anything(r, depth + 1)]])
    case 9: return new Set([anything(r, depth + 1)])
    case 10: return Array.from({ length: r.below(4) }, () => anything(r, depth + 1))
    case 11: return JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}')
    default: {
      const out: Record<string, unknown> = r.chance(0.2) ? (Object.create(null) as Record<string, unknown>) : {}
      for (let n = r.below(5); n > 0; n--) {
        Object.defineProperty(out, r.pick(KEYS), { value: anything(r, depth + 1), enumerable: true, configurable: true, writable: true })
      }
      return out
    }
  }
}

interface Schema { type: string; entries?: Record<string, Schema>; options?: unknown; wrapped?: Schema; item?: Schema; literal?: unknown; pipe?: Schema[] }

/** A value that the schema nearly takes: right in most places, wrong in some. */
function nearly(r: Random, schema: Schema, depth = 0): unknown {
  if (depth > 6 || r.chance(0.07)) return anything(r, 2)
  switch (schema.type) {
    case 'strict_object': case 'object': {
      const out: Record<string, unknown> = {}
      for (const [key, of] of Object.entries(schema.entries ?? {})) if (!r.chance(0.04)) out[key] = nearly(r, of, depth + 1)
      if (r.chance(0.04)) out[r.pick(KEYS.slice(5))] = anything(r, 2)
      return out
    }
    case 'optional': return r.chance(0.5) ? undefined : nearly(r, schema.wrapped!, depth + 1)
    case 'nullable': return r.chance(0.3) ? null : nearly(r, schema.wrapped!, depth + 1)
    case 'picklist': return r.pick(schema.options as unknown[])
    case 'variant': case 'union': return nearly(r, r.pick(schema.options as Schema[]), depth + 1)
    case 'literal': return schema.literal
    case 'array': return Array.from({ length: r.below(3) }, () => nearly(r, schema.item!, depth + 1))
    case 'number': return r.chance(0.8) ? r.below(6) : r.number()
    case 'boolean': return r.chance(0.5)
    case 'string': return r.chance(0.6) ? r.pick(WORDS) : r.text(8, WORDS)
    case 'instance': return new Uint8Array(r.below(30))
    case 'record': return r.pick([{}, { port: r.number() }, { host: '127.0.0.1', port: 0 }, { send: r.text(3) }])
    default: return anything(r, 2)
  }
}
const paramsFor = (r: Random, method: Method): unknown => nearly(r, contract[method].params as unknown as Schema)
const clean = (): void => {
  if (({} as { polluted?: number }).polluted !== undefined) throw new Error('a prototype was changed')
}

it(`the schemas take or refuse ${casesOf(20_000)} values and never throw`, () => {
  let taken = 0
  for (let round = 0; round < casesOf(20_000); round++) {
    const r = new Random(SEED, round)
    const method = r.pick(METHODS)
    try {
      if (v.safeParse(contract[method].params, r.chance(0.2) ? anything(r) : paramsFor(r, method)).success) taken++
    } catch (error) {
      throw new Error(`${method}, seed ${SEED}, case ${round}`, { cause: error })
    }
  }
  clean()
  // a generator whose values are all refused would prove little
  expect(taken).toBeGreaterThan(casesOf(20_000) / 20)
}, 3_600_000)

describe('the engine', () => {
  let engine: Engine
  beforeAll(async () => { engine = await Engine.create({ version: '0.0.0' }) })
  afterAll(() => engine.close())

  /** What reaches for the network, runs another program, or ends the lab's session costs more than its answer is worth here. */
  const DEAR = new Set<Method>(['capture.start', 'capture.status', 'capture.stop', 'session.new', 'machine.listening', 'guest.over', 'scope.set', 'machine.interfaces', 'names.lookup', 'names.reverse', 'names.host'])

  /** Numbers of what is really there, so that requests get past the first question. */
  function aim(r: Random, value: unknown): unknown {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
    const { processes, dispatcher } = engine.kernel!
    const out = value as Record<string, unknown>
    const there: Record<string, () => Iterable<number>> = {
      thread: () => processes.threads.keys(), sock: () => dispatcher.sockets.keys(), run: () => [...processes.threads.values()].map((t) => t.run.id),
    }
    for (const [key, ids] of Object.entries(there)) {
      if (typeof out[key] !== 'number' || !r.chance(0.8)) continue
      const known = [...ids()]
      if (known.length > 0) out[key] = r.pick(known)
    }
    if (typeof out.call === 'object') aim(r, out.call)
    return out
  }

  it(`answers ${casesOf(3000, 0.1)} requests, each with a value or an error of its own, and lives on`, async () => {
    const waiting = new Set<Promise<unknown>>()
    let faults: string[] = []
    for (let round = 0; round < casesOf(3000, 0.1); round++) {
      const r = new Random(SEED + 1, round)
      if (round % 50 === 0) for (const name of ['a', 'b']) await engine.request('hand.open', { name })
      const method = r.chance(0.02) ? (r.pick(['__proto__', 'constructor', 'nothing', '']) as Method) : r.pick(METHODS)
      if (DEAR.has(method) && !r.chance(0.02)) continue
      const params = Object.hasOwn(contract, method) && !r.chance(0.1) ? aim(r, paramsFor(r, method)) : anything(r)
      const answered = engine.request(method, params).then((answer) => {
        if (answer.ok !== true && answer.ok !== false) faults.push(`${round} ${method}: no answer`)
        if (!answer.ok && (answer.error.code === 'INTERNAL' || typeof answer.error.message !== 'string')) faults.push(`${round} ${method}: ${answer.error.message} ${answer.error.detail?.stack ?? ''}`)
      })
      waiting.add(answered)
      void answered.finally(() => waiting.delete(answered))
      if (round % 50 === 49) {
        for (const thread of engine.kernel!.processes.threads.values()) thread.cancel?.()
        await engine.stopRuns()
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    await engine.stopRuns()
    clean()
    expect(faults.slice(0, 5)).toEqual([])
    faults = []
    expect(engine.kernel!.dispatcher.sockets.size).toBe(0)
    expect(await engine.request('hello', {})).toMatchObject({ ok: true, value: { scope: expect.any(String) } })
  }, 3_600_000)
})

const PROGRAMS = programInfos()
it(`the parameters of every program take or refuse ${casesOf(10_000)} values and never throw`, () => {
  for (let round = 0; round < casesOf(10_000); round++) {
    const r = new Random(SEED + 2, round)
    const { id, params } = r.chance(0.3) ? PROGRAMS.find((p) => p.id === 'relay')! : r.pick(PROGRAMS)
    const given: Record<string, unknown> = {}
    for (const [name, param] of Object.entries(params)) {
      if (r.chance(0.6)) continue
      given[name] = r.chance(0.4) ? (param as { default: unknown }).default : r.chance(0.5) ? r.number() : anything(r, 3)
    }
    const chosen = choose(r.chance(0.02) ? '__proto__' : id, given)
    if (!chosen.ok) {
      if (typeof chosen.error.message !== 'string' || chosen.error.message === '') throw new Error(`case ${round}: refused without a word`)
      continue
    }
    for (const [name, value] of Object.entries(chosen.value.params)) {
      const param = chosen.value.program.params[name] as { kind: string; min?: number; max?: number }
      if (typeof value === 'number' && !((value as number) >= (param.min ?? 0) && (value as number) <= (param.max ?? Infinity))) throw new Error(`case ${round}: ${id} takes ${name} = ${String(value)}`)
    }
  }
  clean()
}, 3_600_000)

const packr = new Packr({ useRecords: false })
const FRAMES = METHODS.map((method, id) => Uint8Array.from(packr.pack({ id, method, params: paramsFor(new Random(7, id), method) })))
fuzz<Uint8Array>({
  name: 'websocket-frame', short: 20_000,
  make: (r) => (r.chance(0.2) ? r.bytes(60) : mutate(r, r.pick(FRAMES), r.pick(FRAMES))),
  check(bytes) {
    const request = decodeRequest(Buffer.from(bytes))
    clean()
    if (request === undefined) return
    if (!Number.isSafeInteger(request.id) || typeof request.method !== 'string') throw new Error('no request')
    if (Object.hasOwn(contract, request.method)) v.safeParse(contract[request.method].params, request.params)
  },
})
