/** The descriptors that only a guest makes: dup and socketpair. */
import { expect, it } from 'vitest'
import { createLab, fold } from '../../../../src/shared/projections'
import type { TraceEvent, Unstamped } from '../../../../src/shared/trace/events'

it('a copied descriptor and the two of a pair are sockets of the table, until their run is over', () => {
  const lab = createLab()
  const events: Unstamped[] = [
    { k: 'run', run: 1, program: 'python', params: {}, file: 'a.py', source: '' },
    { k: 'thread', run: 1, thread: 1, name: 'main', func: '<module>' },
    { k: 'call', call: 1, thread: 1, name: 'socket', args: { family: 'inet6', type: 'dgram' } },
    { k: 'ret', call: 1, value: 5, sock: 1, fd: 5 },
    { k: 'call', call: 2, thread: 1, name: 'dup', sock: 1, fd: 5, args: {} },
    { k: 'ret', call: 2, value: 6, sock: 2, fd: 6, local: { family: 'inet6', host: '::1', port: 7 }, remote: { family: 'inet6', host: '::1', port: 8 } },
    { k: 'call', call: 3, thread: 1, name: 'socketpair', args: { family: 'unix', type: 'stream' } },
    { k: 'ret', call: 3, value: null, sock: 3, fd: 7, sock2: 4, fd2: 8 },
    { k: 'call', call: 4, thread: 1, name: 'dup', sock: 1, fd: 5, args: {} },
    { k: 'ret', call: 4, value: null, errno: 'EMFILE' },
  ]
  events.forEach((event, seq) => fold(lab, { ...event, seq, t: seq } as TraceEvent))
  const all = lab.sockets
  expect([...all.values()].map(({ sock, fd, family, type }) => [sock, fd, family, type])).toEqual([
    [1, 5, 'inet6', 'dgram'], [2, 6, 'inet6', 'dgram'], [3, 7, 'unix', 'stream'], [4, 8, 'unix', 'stream'],
  ])
  expect(all.get(2)?.remote.value).toMatchObject([{ port: 8 }])
  fold(lab, { k: 'run-end', run: 1, status: 'ok', seq: 20, t: 20 })
  expect([...all.values()].map(({ closed }) => closed?.how)).toEqual(['exit', 'exit', 'exit', 'exit'])
})

it('the connection of a copied descriptor ends with the last close, and what goes through the copy is its own', () => {
  const lab = createLab()
  const local = { family: 'inet', host: '127.0.0.1', port: 40000 } as const
  const remote = { family: 'inet', host: '127.0.0.1', port: 9999 } as const
  const feed = (...events: Unstamped[]): void => events.forEach((event) => fold(lab, { ...event, seq: lab.seq + 1, t: lab.seq + 1 } as TraceEvent))
  feed(
    { k: 'run', run: 1, program: 'python', params: {}, file: 'a.py', source: '' },
    { k: 'thread', run: 1, thread: 1, name: 'main', func: '<module>' },
    { k: 'call', call: 1, thread: 1, name: 'socket', args: { family: 'inet', type: 'stream' } },
    { k: 'ret', call: 1, value: 5, sock: 1, fd: 5 },
    { k: 'call', call: 2, thread: 1, name: 'connect', sock: 1, fd: 5, args: { address: remote } },
    { k: 'ret', call: 2, value: null, local, remote },
    { k: 'call', call: 3, thread: 1, name: 'dup', sock: 1, fd: 5, args: {} },
    { k: 'ret', call: 3, value: 6, sock: 2, fd: 6, local, remote },
    { k: 'call', call: 4, thread: 1, name: 'close', sock: 1, fd: 5, args: {} },
    { k: 'ret', call: 4, value: null },
    { k: 'call', call: 5, thread: 1, name: 'send', sock: 2, fd: 6, args: { len: 3 } },
    { k: 'ret', call: 5, value: 3 },
  )
  const fins = (): number => lab.connections[0]!.segments.filter(({ flags }) => flags.includes('FIN')).length
  expect(lab.connections).toHaveLength(1)
  expect(lab.sockets.get(2)?.connection).toMatchObject({ id: lab.connections[0]!.id, side: 'a' })
  expect(lab.connections[0]!.calls.filter(({ side }) => side === 'a')).toHaveLength(4)
  expect(fins()).toBe(0)
  feed({ k: 'call', call: 6, thread: 1, name: 'close', sock: 2, fd: 6, args: {} }, { k: 'ret', call: 6, value: null })
  // what follows from a close is concluded when the trace goes on
  feed({ k: 'call', call: 7, thread: 1, name: 'sleep', args: { seconds: 1 } })
  expect(fins()).toBe(1)
})
