/**
 * A lab for a page to look at: the engine behind the browser edition's own server. What it shows is asked for by message:
 * `flood` a trace of so many events a second, `bulk` one stream of so many bytes, `udp` the built-in UDP server.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { Engine } from '../../../src/engine/engine'
import type { SockAddr } from '../../../src/shared/trace/events'
import { startServer } from '../../../src/serve/server'
import { Traffic } from '../traffic'

export type Ask =
  | { do: 'flood'; rate: number; seconds: number }
  | { do: 'bulk'; bytes: number }
  | { do: 'udp' }
  | { do: 'events' }

/** milliseconds */
const STEP = 4
const BLOCK = 64 * 1024

const dataDir = mkdtempSync(join(tmpdir(), 'socketscope-bench-'))
const engine = await Engine.create({ version: 'bench', dataDir })
const server = await startServer({
  port: 0,
  rendererDir: process.argv[2]!,
  connect: () => {
    const { port1, port2 } = new MessageChannel()
    engine.connect(port2)
    return port1
  },
})

/** Steps of what is due by now: a late step catches up. */
function flood(rate: number, seconds: number): void {
  const traffic = new Traffic(engine.recorder)
  const start = performance.now()
  const timer = setInterval(() => {
    const elapsed = Math.min(seconds, (performance.now() - start) / 1000)
    traffic.go(elapsed * rate - traffic.pushed)
    if (elapsed < seconds) return
    clearInterval(timer)
    process.send!({ events: traffic.pushed, seconds: (performance.now() - start) / 1000 })
  }, STEP)
}

/** One connection whose client sends all of it; of the bytes the store keeps what it keeps. */
function bulk(bytes: number): void {
  const { recorder } = engine
  const client: SockAddr = { family: 'inet', host: '127.0.0.1', port: 20_000 }
  const local: SockAddr = { family: 'inet', host: '127.0.0.1', port: 9999 }
  const data = Uint8Array.from({ length: BLOCK }, (_, i) => i * 7)
  let call = 1
  recorder.push({ k: 'run', run: 1, program: 'tcp-client', params: {} })
  recorder.push({ k: 'thread', run: 1, thread: 1, name: 'main', func: 'main' })
  recorder.push({ k: 'call', call, thread: 1, name: 'socket', args: { family: 'inet', type: 'stream' } })
  recorder.push({ k: 'ret', call: call++, value: 3, sock: 1, fd: 3 })
  recorder.push({ k: 'call', call, thread: 1, name: 'connect', sock: 1, fd: 3, args: { address: local } })
  recorder.push({ k: 'ret', call: call++, value: null, local: client, remote: local })
  for (let sent = 0; sent < bytes; sent += BLOCK) {
    recorder.push({ k: 'call', call, thread: 1, name: 'send', sock: 1, fd: 3, args: { len: BLOCK } })
    recorder.push({ k: 'ret', call: call++, value: BLOCK, data: recorder.bytes.append(data) })
  }
  process.send!({ events: call * 2 })
}

process.on('message', (ask: Ask) => {
  switch (ask.do) {
    case 'flood': return flood(ask.rate, ask.seconds)
    case 'bulk': return bulk(ask.bytes)
    case 'events': return void process.send!({ events: engine.recorder.status().events })
    case 'udp': {
      const end = engine.recorder.tap((events) => {
        const listening = events.find((event) => event.k === 'print')
        if (listening?.k !== 'print') return
        process.send!({ port: Number(/listening on .*:(\d+)/.exec(listening.text)?.[1]) })
        setImmediate(end)
      })
      const started = engine.start('udp-server', { port: 0 })
      if (!started.ok) throw new Error(started.error.message)
      return
    }
    default: ask satisfies never
  }
})
process.on('disconnect', () => void server.close().then(() => engine.close()).then(() => {
  rmSync(dataDir, { recursive: true })
  process.exit()
}))
process.send!({ url: server.url })
