/** No program of the lab asks the network for a name in the scope "this computer": what the computer knows itself works. */
import { hostname } from 'node:os'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/engine'
import type { TraceEvent } from '../../src/shared/trace/events'

let engine: Engine
let events: TraceEvent[]

beforeEach(async () => {
  engine = await Engine.create({ version: 'test' })
  events = []
  engine.recorder.tap((some) => { events.push(...some) })
})
afterEach(async () => { await engine.close() })

const NAME = 'lab.example.org'
const STRANGE: [string, Record<string, unknown>][] = [
  ['tcp-server', { host: NAME }],
  ['tcp-client', { host: NAME }],
  ['tcp-load', { host: NAME, clients: 1 }],
  ['echo-client', { host: NAME }],
  ['udp-server', { host: NAME }],
  ['udp-client', { host: NAME }],
  ['frame-server', { host: NAME }],
  ['frame-client', { host: NAME }],
  ['http-server', { host: NAME }],
  ['http-get', { url: `http://${NAME}/` }],
  ['xmlrpc-server', { host: NAME }],
  ['xmlrpc-client', { url: `http://${NAME}/`, method: 'f', params: '[]' }],
  ['relay', { proto: 'udp', 'listen-port': 0, 'to-host': NAME }],
  ['relay', { proto: 'tcp', 'listen-port': 0, 'to-host': NAME }],
  ['relay', { proto: 'tcp', 'listen-host': NAME, 'listen-port': 0 }],
]

describe.each(STRANGE)('%s %o', (program, params) => {
  it('is refused, and says why', async () => {
    const started = engine.start(program, params)
    if (!started.ok) throw new Error(started.error.message)
    const { ended } = started.value
    // a load's client is a thread of its own: the run goes on without it
    const end = await ended
    // the trace comes in batches
    await expect.poll(() => events.some((e) => e.k === 'run-end')).toBe(true)
    const printed = events.flatMap((e) => (e.k === 'print' ? [e.text] : []))
    expect([end.error?.message, ...printed].join('\n')).toMatch(/POLICY/)
    expect(events.some((e) => e.k === 'call' && (e.name === 'connect' || e.name === 'sendto'))).toBe(false)
  })
})

it('localhost and this machine\'s own name are known here', async () => {
  for (const host of ['localhost', 'LOCALHOST']) {
    const started = engine.start('tcp-server', { host, port: 0 })
    if (!started.ok) throw new Error(started.error.message)
    await expect.poll(() => events.some((e) => e.k === 'print' && e.text.startsWith('listening on 127.0.0.1:')), { interval: 5 }).toBe(true)
    await engine.stopRuns()
    events = []
  }
  // its own name is asked of the system; what it answers is the machine's business, but it is not refused
  const own = engine.start('tcp-server', { host: hostname(), port: 0 })
  if (!own.ok) throw new Error(own.error.message)
  await expect.poll(() => events.some((e) => e.k === 'print' || e.k === 'run-end'), { timeout: 10_000, interval: 5 }).toBe(true)
  expect(events.filter((e) => e.k === 'run-end').map((e) => e.error ?? '').join()).not.toMatch(/getaddrinfo: POLICY/)
})
