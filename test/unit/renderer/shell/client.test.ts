import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LabClient, type LinkState } from '../../../../src/renderer/lab/client'
import type { OpenTransport, TransportEvents } from '../../../../src/renderer/lab/transport'
import type { Push, ToEngine } from '../../../../src/shared/contract/contract'

function fake() {
  const opened: { events: TransportEvents; sent: ToEngine[]; closed: boolean }[] = []
  const open: OpenTransport = (events) => {
    const one = { events, sent: [] as ToEngine[], closed: false }
    opened.push(one)
    return { send: (message) => one.sent.push(message as ToEngine), close: () => { one.closed = true } }
  }
  return { opened, open, last: () => opened.at(-1)! }
}

describe('LabClient', () => {
  beforeEach(() => { vi.useFakeTimers() })
  afterEach(() => { vi.useRealTimers() })

  it('answers each request by its id, whatever the order', async () => {
    const { open, last } = fake()
    const client = new LabClient(open)
    client.start()
    last().events.open()
    const first = client.request('session.list', {})
    const second = client.request('scope.set', { scope: 'lab' })
    const [a, b] = last().sent
    last().events.message({ id: b!.id, ok: true, value: { scope: 'lab' } })
    last().events.message({ id: a!.id, ok: false, error: { code: 'GONE', message: 'x' } })
    expect(await first).toEqual({ ok: false, error: { code: 'GONE', message: 'x' } })
    expect(await second).toEqual({ ok: true, value: { scope: 'lab' } })
  })

  it('answers LOST at once while there is no connection, and to what was waiting when it broke', async () => {
    const { open, last } = fake()
    const client = new LabClient(open)
    client.start()
    expect(await client.request('hello', {})).toMatchObject({ ok: false, error: { code: 'LOST' } })
    last().events.open()
    const waiting = client.request('hello', {})
    last().events.close()
    expect(await waiting).toMatchObject({ ok: false, error: { code: 'LOST' } })
  })

  it('comes back by itself, waiting longer each time, and at once after a connection that worked', () => {
    const { open, opened, last } = fake()
    const client = new LabClient(open)
    const states: LinkState[] = []
    client.onState((state) => states.push(state))
    client.start()
    const gaps: number[] = []
    for (let i = 0; i < 6; i++) {
      last().events.close()
      const before = opened.length
      let waited = 0
      while (opened.length === before) {
        vi.advanceTimersByTime(50)
        waited += 50
      }
      gaps.push(waited)
    }
    expect(gaps).toEqual([250, 500, 1000, 2000, 4000, 4000])
    last().events.open()
    last().events.close()
    vi.advanceTimersByTime(250)
    expect(opened.length).toBe(8)
    expect(states.at(0)).toBe('connecting')
    expect(states.slice(-2)).toEqual(['connected', 'lost'])
  })

  it('stays away once stopped', () => {
    const { open, opened, last } = fake()
    const client = new LabClient(open)
    client.start()
    last().events.open()
    client.stop()
    expect(last().closed).toBe(true)
    last().events.close()
    vi.advanceTimersByTime(60_000)
    expect(opened.length).toBe(1)
  })

  it('tells every listener of a push until it is taken off', () => {
    const { open, last } = fake()
    const client = new LabClient(open)
    client.start()
    const got: Push[] = []
    const off = client.onPush((push) => got.push(push))
    const push: Push = { push: 'interfaces', interfaces: [] }
    last().events.message(push)
    off()
    last().events.message(push)
    expect(got).toEqual([push])
  })
})
