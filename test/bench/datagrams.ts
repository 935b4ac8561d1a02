/**
 * Datagrams a second, there and back, through the built-in UDP server and through the relay: beside a bare node:dgram server
 * and a Python server that do the same, in interleaved rounds under one load. Each round keeps a window of datagrams on the
 * way, so that what is measured is the work for each, not the latency of one.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { forkBench, forkEngine, pythonBench, stopBench } from './processes'
import { median, SHOWN, type Row } from './table'

const COUNT = 60_000
const RELAY_COUNT = 30_000

interface Running {
  child: ChildProcess
  port: number
}

type Kind = 'lab' | 'node' | 'python' | 'calls'
const KINDS = { server: ['lab', 'node', 'python', 'calls'], relay: ['lab', 'node', 'python'] } as const

/** @param echo what the relay stands before, which is the two calls alone */
async function start(kind: Kind, what: 'server' | 'relay', echo: Running): Promise<Running> {
  if (kind === 'calls') return echo
  const args = [what, String(echo.port)]
  if (kind === 'python') return pythonBench('servers/datagrams.py', args)
  const child = kind === 'lab' ? await forkEngine('datagrams-lab', args) : await forkBench('datagrams-node', args)
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
  const child = await forkBench('datagrams-echo', [])
  const echo: Running = { child, port: ((await once(child, 'message')) as [{ port: number }])[0].port }
  const kinds: readonly Kind[] = KINDS[what]
  const running = new Map<Kind, Running>()
  for (const kind of kinds) running.set(kind, await start(kind, what, echo))
  const count = what === 'server' ? COUNT : RELAY_COUNT
  const taken = new Map<Kind, number[]>(kinds.map((kind) => [kind, []]))
  for (const kind of kinds) await load(client, running.get(kind)!.port, count / 2)
  for (let round = 0; round < rounds; round++) {
    for (const kind of round % 2 === 0 ? kinds : [...kinds].reverse()) taken.get(kind)!.push(await load(client, running.get(kind)!.port, count))
  }
  for (const one of running.values()) if (one !== echo) await stopBench(one.child)
  await stopBench(client)
  await stopBench(child, 'SIGKILL')
  const rate = (kind: Kind) => `${Math.round(count / median(taken.get(kind)!) * 1000).toLocaleString('en')} /s`
  const beside = (kind: Kind, other: Kind) => ({
    ours: rate(kind), theirs: `${other} ${rate(other)}`, ratio: median(taken.get(other)!.map((ms, i) => ms / taken.get(kind)![i]!)),
  })
  const rows: Row[] = (['node', 'python'] as const).map((other) => {
    const row = beside('lab', other)
    const target = TARGETS[what][other]
    return {
      what: what === 'server' ? 'datagrams through udp-server, there and back' : 'datagrams through the relay, there and back',
      target: target ? `>= ${target} x ${other}` : SHOWN, ...row, met: row.ratio >= target,
    }
  })
  if (what === 'server') rows.push({ what: 'recvfrom() and sendto() alone, in a loop, instead of the lab', target: SHOWN, ...beside('calls', 'python'), met: true })
  return rows
}

export const datagrams = async (rounds: number): Promise<Row[]> => [...await measure('server', rounds), ...await measure('relay', rounds)]
