/**
 * `npm run bench`: how the lab's server does beside a bare Node server and a threaded Python server, and what tracing costs.
 * All are loaded by one and the same client, in interleaved rounds; what counts is the median of the rounds' ratios, so a
 * slow or busy machine slows all alike. `--only <words>` runs the rows that contain them, `--rounds <n>` sets the rounds,
 * `--seconds <n>` how long the page is flooded. The rows of the page need a Chromium.
 */
import { parseArgs } from 'node:util'
import type { Load } from './client'
import { datagrams } from './datagrams'
import { startClient, startServer, stopAll, stopServer, type Client, type Server } from './processes'
import { pageRows } from './page'
import { pythonRows } from './python'
import { openMillion } from './session-open'
import { median, printTable, type Row } from './table'

const { values } = parseArgs({ options: { only: { type: 'string' }, rounds: { type: 'string', default: '7' }, seconds: { type: 'string', default: '60' } } })
const rounds = Number(values.rounds)

type ServerName = Parameters<typeof startServer>[0]
/** `Load` without its port, distributed over the union. */
type Work = Load extends infer L ? (L extends Load ? Omit<L, 'port'> : never) : never

interface Measure {
  what: string
  behaviour: 'ack' | 'echo'
  work: Work
  /** the first is ours */
  servers: ServerName[]
  /** the rate of the first is to be at least this much of each other's */
  targets: Partial<Record<ServerName, number>>
  /** from milliseconds to what is shown */
  show: (ms: number) => string
  /** the target in the words of the table */
  words: (target: number, other: ServerName) => string
  /** fresh servers for every round: 10,000 connections leave their mark on a heap */
  fresh?: boolean
}

const per = (count: number, unit: string) => (ms: number) => `${Math.round(count / ms * 1000).toLocaleString('en')} ${unit}`
const times = (target: number, other: ServerName) => `>= ${target} x ${other}`
const traced = (target: number) => `>= ${target} x untraced`

const MEASURES: Measure[] = [
  {
    what: 'connections (connect, "hello", "ACK", close)', behaviour: 'ack', servers: ['lab', 'node', 'python', 'lab, untraced'],
    work: { load: 'connections', count: 3000, width: 16 }, targets: { node: 1, python: 1.5, 'lab, untraced': 0.85 },
    show: per(3000, '/s'), words: (target, other) => (other === 'lab, untraced' ? traced(target) : times(target, other)),
  },
  {
    what: '1-byte ping-pong', behaviour: 'echo', servers: ['lab', 'node', 'lab, untraced'],
    work: { load: 'ping-pong', count: 15_000 }, targets: { node: 0.95, 'lab, untraced': 0.85 },
    show: per(15_000, '/s'), words: (target, other) => (other === 'lab, untraced' ? traced(target) : times(target, other)),
  },
  {
    what: 'echo, 64 KiB blocks', behaviour: 'echo', servers: ['lab', 'node', 'lab, untraced'],
    work: { load: 'echo', count: 4000, size: 65_536 }, targets: { node: 1, 'lab, untraced': 0.85 },
    show: per(4000 * 65_536 / 1e6, 'MB/s'), words: (target, other) => (other === 'lab, untraced' ? traced(target) : times(target, other)),
  },
  {
    what: '10,000 open connections, one ping each', behaviour: 'echo', servers: ['lab', 'node'], fresh: true,
    work: { load: 'many', count: 10_000, width: 250 }, targets: { node: 1 / 1.3 },
    show: (ms) => `${Math.round(ms)} ms`, words: () => 'within 1.3 x node\'s time',
  },
]

async function measure(client: Client, { what, behaviour, work, servers, targets, show, words, fresh }: Measure): Promise<Row[]> {
  const taken = new Map<ServerName, number[]>(servers.map((name) => [name, []]))
  const load = (server: Server, share = 1) => client.run({ ...work, port: server.port, count: Math.ceil(work.count * share) } as Load)
  let running = new Map<ServerName, Server>()
  const start = async (names: ServerName[]) => {
    for (const name of names) running.set(name, await startServer(name, behaviour))
  }
  const stop = async () => {
    for (const server of running.values()) await stopServer(server)
    running = new Map()
  }
  if (!fresh) {
    await start(servers)
    // compiled code for all before anything counts
    for (const server of running.values()) for (let i = 0; i < 6; i++) await load(server, 0.5)
  }
  for (let round = 0; round < (fresh ? Math.min(rounds, 5) : rounds); round++) {
    // whoever goes first in a round may have it easier: take turns
    const order = round % 2 === 0 ? servers : [...servers].reverse()
    for (const name of order) {
      if (fresh) {
        await start([name])
        await load(running.get(name)!, 0.02)
      }
      taken.get(name)!.push(await load(running.get(name)!))
      if (fresh) await stop()
    }
  }
  await stop()
  const ours = taken.get(servers[0]!)!
  return servers.slice(1).map((other) => {
    const theirs = taken.get(other)!
    const ratio = median(theirs.map((ms, i) => ms / ours[i]!))
    const target = targets[other]!
    return {
      what, target: words(target, other), ours: show(median(ours)), theirs: `${other} ${show(median(theirs))}`,
      ratio: work.load === 'many' ? 1 / ratio : ratio, met: ratio >= target,
    }
  })
}

const rows: Row[] = []
try {
  const client = await startClient()
  for (const one of MEASURES) {
    if (values.only !== undefined && !one.what.includes(values.only)) continue
    rows.push(...await measure(client, one))
  }
  await client.stop()
  if (values.only === undefined || 'datagrams'.includes(values.only)) rows.push(...await datagrams(rounds))
  if (values.only === undefined || 'session'.includes(values.only)) rows.push(await openMillion())
  if (values.only === undefined || 'python'.includes(values.only)) rows.push(...await pythonRows(rounds))
  rows.push(...await pageRows(values.only, rounds, Number(values.seconds)))
} finally {
  stopAll()
}
printTable(rows)
process.exitCode = rows.every((row) => row.met) ? 0 : 1
