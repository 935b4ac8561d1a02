/**
 * Runs in a network namespace of its own (unshare -rn): two ends of a cable, a TCP connection over it to a python3 in a second
 * namespace, a member of a group, and then the cable is pulled and put back. Prints what the lab saw, a line of JSON each.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Engine } from '../../../src/engine/engine'
import type { HandCall } from '../../../src/shared/contract/contract'
import type { TraceEvent } from '../../../src/shared/trace/events'

const ip = (line: string): string => execFileSync('ip', line.split(' '), { encoding: 'utf8' })
const say = (what: string, value: unknown): void => console.log(JSON.stringify({ what, value }))

// the peer: a namespace of its own, an echo server
const peer = spawn('unshare', ['-n', 'python3', '-u', '-c', `
import socket, sys
print('here'); sys.stdin.readline()
s = socket.create_server(('10.9.0.2', 7777)); print('listening')
c, _ = s.accept()
while True:
    d = c.recv(100)
    if not d: break
    c.sendall(d)
`], { stdio: ['pipe', 'pipe', 'inherit'] })
process.on('exit', () => peer.kill('SIGKILL'))
const lines = createInterface({ input: peer.stdout })
await once(lines, 'line')
ip('link set lo up')
ip(`link add lab0 type veth peer name lab1 netns ${peer.pid}`)
ip('addr add 10.9.0.1/24 dev lab0')
ip('link set lab0 up')
for (const line of ['addr add 10.9.0.2/24 dev lab1', 'link set lab1 up', 'link set lo up']) execFileSync('nsenter', ['-t', String(peer.pid), '-n', 'ip', ...line.split(' ')])
peer.stdin.write('\n')
await once(lines, 'line')

const engine = await Engine.create({ version: '0.0.0', dataDir: process.argv[2]!, scope: 'lab' })
const events: TraceEvent[] = []
engine.recorder.tap((more) => { events.push(...more) })
async function seen<T>(find: (e: TraceEvent) => T | undefined | false, from = 0): Promise<T> {
  for (;;) {
    engine.recorder.flush()
    for (const e of events.slice(from)) {
      const found = find(e)
      if (found) return found
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
const value = async <T>(answer: Promise<{ ok: true; value: T } | { ok: false; error: { message: string } }>): Promise<T> => {
  const r = await answer
  if (!r.ok) throw new Error(r.error.message)
  return r.value
}
const { run, thread } = await value(engine.request('hand.open', { name: 'client' }))
const { thread: second } = await value(engine.request('hand.thread', { run, name: 'second' }))
async function hand(call: HandCall, by = thread): Promise<Extract<TraceEvent, { k: 'ret' }>> {
  const { call: id } = await value(engine.request('hand.call', { thread: by, call }))
  return seen((e) => e.k === 'ret' && e.call === id && e)
}
const sock = (await hand({ name: 'socket', family: 'inet', type: 'stream' })).sock!
await hand({ name: 'connect', sock, address: { family: 'inet', host: '10.9.0.2', port: 7777 } })
await hand({ name: 'send', sock, data: new TextEncoder().encode('one') })
say('before', (await hand({ name: 'recv', sock, n: 3 })).value)

const member = engine.start('multicast-member', { family: 'inet', group: '239.1.2.3', interface: 'lab0' })
if (!member.ok) throw new Error(member.error.message)
await seen((e) => e.k === 'ret' && events.some((c) => c.k === 'call' && c.call === e.call && c.args.option === 'IP_ADD_MEMBERSHIP') && !e.errno)

ip('link set lab0 down')
// written into a cable that is not there: the kernel keeps it and sends it again
say('send', (await hand({ name: 'send', sock, data: new TextEncoder().encode('two') })).value)
const waiting = hand({ name: 'recv', sock, n: 3 })
const datagram = (await hand({ name: 'socket', family: 'inet', type: 'dgram' }, second)).sock!
say('datagram', (await hand({ name: 'sendto', sock: datagram, data: new Uint8Array(1), address: { family: 'inet', host: '10.9.0.2', port: 9 } }, second)).errno)
ip('link set lab0 up')
say('after', (await waiting).value)

ip('link del lab0')
say('member', await seen((e) => e.k === 'print' && /is gone/.test(e.text) && e.text))
say('interfaces', (await value(engine.request('machine.interfaces', {}))).map((i) => i.name))
await engine.stopRuns()
const { session, events: count } = engine.recorder.info()
await engine.close()
say('session', { session, count })
process.exit(0)
