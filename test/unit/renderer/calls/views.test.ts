import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import CallDetail from '../../../../src/renderer/calls/CallDetail.vue'
import CallLog from '../../../../src/renderer/calls/CallLog.vue'
import Twin from '../../../../src/renderer/calls/Twin.vue'
import type { CallModel } from '../../../../src/shared/projections/model'
import { giveSize, mountView, type Mounted } from '../hex/mount'

const store = new TextEncoder().encode('hello')
const read = (at: number, len: number) => Promise.resolve(store.subarray(at, at + len))
const threads = new Map([
  [1, { name: 'main' }],
  [2, { name: 'client \u202e1' }],
])
const calls: CallModel[] = [
  {
    call: 1,
    thread: 1,
    run: 1,
    name: 'socket',
    args: { family: 'inet', type: 'stream' },
    seq: 0,
    t: 0,
    blocks: [],
    end: { seq: 1, t: 9, value: 3, sock: 1, fd: 3 },
  },
  {
    call: 2,
    thread: 2,
    run: 1,
    name: 'connect',
    args: { address: { family: 'inet', host: '127.0.0.1', port: 9 } },
    sock: 1,
    fd: 3,
    seq: 2,
    t: 20,
    blocks: [],
    end: { seq: 3, t: 30, value: null, errno: 'ECONNREFUSED' },
  },
  {
    call: 3,
    thread: 1,
    run: 1,
    name: 'recv',
    args: { len: 1024 },
    sock: 1,
    fd: 3,
    seq: 4,
    t: 40,
    blocks: [],
    end: { seq: 5, t: 55, value: 5, data: { at: 0, len: 5, kept: 5 } },
  },
  {
    call: 4,
    thread: 1,
    run: 1,
    name: 'recv',
    args: { len: 1024 },
    sock: 1,
    fd: 3,
    seq: 6,
    t: 60,
    blocks: [{ seq: 7, t: 61, why: 'readable' }],
  },
]
let mounted: Mounted | undefined
beforeEach(() => giveSize(800, 400))
afterEach(() => {
  mounted?.wrapper.unmount()
  mounted = undefined
})
async function log(props: Record<string, unknown> = {}, slots = {}): Promise<Mounted> {
  mounted = mountView(CallLog, { calls, cursor: Infinity, threads, store: read, ...props }, slots)
  await flushPromises()
  await flushPromises()
  return mounted
}
const what = (m: Mounted) => m.wrapper.findAll('.what').map((e) => e.text())

describe('CallLog', () => {
  it('shows each call as Python, with its result, error or wait', async () => {
    const lines = what(await log())
    expect(lines[0]).toBe('client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)')
    expect(lines[1]).toContain("client.connect(('127.0.0.1', 9))")
    expect(lines[1]).toContain('ECONNREFUSED')
    expect(lines[2]).toBe("client.recv(1024)→ b'hello'")
    expect(lines[3]).toContain('waits for the peer')
  })

  it('shows the past at an earlier cursor', async () => {
    const lines = what(await log({ cursor: 2 }))
    expect(lines).toHaveLength(2)
    expect(lines[1]).not.toContain('ECONNREFUSED')
  })

  it('filters by error and by thread', async () => {
    const m = await log()
    await m.wrapper
      .findAll('button')
      .find((b) => b.text() === 'Errors')!
      .trigger('click')
    expect(m.emitted('update:filter')[0]).toEqual({ errors: true })
    await m.set({ filter: { errors: true } })
    expect(what(m)).toHaveLength(1)
    await m.set({ filter: { thread: 1 } })
    expect(what(m)).toHaveLength(3)
  })

  it('selects by click and by keyboard, and explains what failed', async () => {
    const m = await log({ selected: 1 }, { explain: (p: { call: CallModel }) => `why ${p.call.end?.errno}` })
    await m.wrapper.findAll('[role=row]')[2]!.trigger('click')
    await m.wrapper.find('[role=grid]').trigger('keydown', { key: 'ArrowDown' })
    expect(m.emitted('select')).toEqual([
      { kind: 'call', call: 3, seq: 4 },
      { kind: 'call', call: 2, seq: 2 },
    ])
    await m.set({ selected: 2 })
    expect(m.wrapper.find('.explain').text()).toBe('why ECONNREFUSED')
  })

  it('draws few of very many, and makes names safe', async () => {
    const many = Array.from({ length: 200_000 }, (_, i): CallModel => ({
      ...calls[i % 3]!,
      call: i + 1,
      seq: i * 2,
      end: { ...calls[i % 3]!.end!, seq: i * 2 + 1 },
    }))
    const m = await log({ calls: many })
    expect(m.wrapper.find('[role=grid]').attributes('aria-rowcount')).toBe('200000')
    expect(m.wrapper.findAll('[role=row]').length).toBeLessThan(60)
    expect(m.wrapper.text()).not.toContain('\u202e')
    expect(m.wrapper.text()).toContain('client \\u{202e}1')
  })
})

describe('CallDetail', () => {
  it('shows a call as Python and as C, with its bytes', async () => {
    mounted = mountView(CallDetail, { call: calls[2], cursor: Infinity, thread: 'main', nameOf: () => 'conn', store: read })
    await flushPromises()
    const text = mounted.wrapper.text()
    for (const words of ['conn.recv(1024)', 'recv(3, buf, 1024, 0) = 5', "b'hello'", '15 µs', '68 65 6c 6c 6f', 'kernel'])
      expect(text).toContain(words)
  })
})

describe('Twin', () => {
  const marks = [
    { line: 2, thread: 1, name: 'main', call: 1, callName: 'accept', seq: 5, state: 'waiting', why: 'readable' },
    ...[2, 3, 4].map((thread) => ({
      line: 3,
      thread,
      name: `client ${thread}`,
      call: thread,
      callName: 'recv',
      seq: 6,
      state: 'waiting',
      why: 'readable',
    })),
  ]
  it('marks where each thread stands, and tells a picked line', async () => {
    mounted = mountView(Twin, { file: 'x.py', source: 'import socket\nserver.accept()\nconn.recv(1)  # <b>\n', marks, thread: 3 })
    const rows = mounted.wrapper.findAll('[role=option]')
    expect(rows).toHaveLength(3)
    expect(rows[1]!.text()).toContain('main blocked in accept()')
    expect(rows[2]!.find('.mark').text()).toBe('client 3 blocked in recv()')
    expect(rows[2]!.text()).toContain('+1')
    expect(mounted.wrapper.find('.code b').exists()).toBe(false)
    await rows[1]!.trigger('click')
    await mounted.wrapper.find('[role=listbox]').trigger('keydown', { key: 'ArrowDown' })
    await mounted.wrapper.find('[role=listbox]').trigger('keydown', { key: 'Enter' })
    expect(mounted.emitted('line')).toEqual([2, 3])
  })
})
