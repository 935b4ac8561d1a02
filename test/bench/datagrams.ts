/**
 * Datagrams a second, there and back, through the built-in UDP server and through the relay: beside a bare node:dgram server
 * and a Python server that do the same, in interleaved rounds under one load. Each round keeps a window of datagrams on the
 * way, so that what is measured is the work for each, not the latency of one.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { forkBench, pythonBench, stopBench } from './processes'
import { median, SHOWN, type Row } from './table'

const COUNT = 60_000
const RELAY_COUNT = 30_000

interface Running {
  child: ChildProcess
  port: number
}

type Kind = 'lab' | 'node' | 'python'
const KINDS: readonly Kind[] = ['lab', 'node', 'python']

async function start(kind: Kind, what: 'server' | 'relay', to: number): Promise<Running> {
  const args = [what, String(to)]
  if (kind === 'python') return pythonBench('servers/datagrams.py', args)
  const child = await forkBench(kind === 'lab' ? 'datagrams-lab' : 'datagrams-node', args)
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { child, port }
}

async function load(client: ChildProcess, port: number, count: number): Promise<number> {
  client.send({ port, count })
  const [{ ms }] = (await once(client, 'message')) as [{ ms: number }]
  return ms
}

/** At least so many times the rate of the others; the relay has no target, it is shown beside them. */
const TARGETS = { server: { node: 1, python: 2 }, relay: { node: 0, python: 0 } } as const

async function measure(what: 'server' | 'relay', rounds: number): Promise<Row[]> {
  const client = await forkBench('datagrams-client', [])
  const echo = await forkBench('datagrams-echo', [])
  const [{ port: to }] = (await once(echo, 'message')) as [{ port: number }]
  const running = new Map<Kind, Running>()
  for (const kind of KINDS) running.set(kind, await start(kind, what, to))
  const count = what === 'server' ? COUNT : RELAY_COUNT
  const taken = new Map<Kind, number[]>(KINDS.map((kind) => [kind, []]))
  for (const kind of KINDS) await load(client, running.get(kind)!.port, count / 2)
  for (let round = 0; round < rounds; round++) {
    for (const kind of round % 2 === 0 ? KINDS : [...KINDS].reverse()) taken.get(kind)!.push(await load(client, running.get(kind)!.port, count))
  }
  for (const { child } of running.values()) await stopBench(child)
  await stopBench(client)
  await stopBench(echo, 'SIGKILL')
  const ours = taken.get('lab')!
  const rate = (ms: number) => `${Math.round(count / ms * 1000).toLocaleString('en')} /s`
  return (['node', 'python'] as const).map((other) => {
    const theirs = taken.get(other)!
    const ratio = median(theirs.map((ms, i) => ms / ours[i]!))
    const target = TARGETS[what][other]
    return {
      what: what === 'server' ? 'datagrams through udp-server, there and back' : 'datagrams through the relay, there and back',
      target: target ? `>= ${target} x ${other}` : SHOWN, ours: rate(median(ours)), theirs: `${other} ${rate(median(theirs))}`, ratio, met: ratio >= target,
    }
  })
}

export const datagrams = async (rounds: number): Promise<Row[]> => [...await measure('server', rounds), ...await measure('relay', rounds)]
