/**
 * Run under a small `ulimit -n`: opens sockets until the system has no descriptor left, and goes on. Prints one line of JSON:
 * the errors that programs saw, whether a new pair of sockets talks once some are closed, and the session's id.
 */
import { Engine } from '../../../src/engine/engine'
import type { TraceEvent } from '../../../src/shared/trace/events'

const engine = await Engine.create({ version: '0.0.0', dataDir: process.argv[2]! })
const events: TraceEvent[] = []
engine.recorder.tap((more) => { events.push(...more) })
const seen = async <T>(find: (e: TraceEvent) => T | undefined | false): Promise<T> => {
  for (;;) {
    engine.recorder.flush()
    for (const e of events) {
      const found = find(e)
      if (found) return found
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
const start = (program: string, params: Record<string, unknown>) => {
  const r = engine.start(program, params)
  if (!r.ok) throw new Error(r.error.message)
  return { run: r.value.run.id, ended: r.value.ended }
}
const portOf = (run: number) => seen((e) => e.k === 'print' && events.some((t) => t.k === 'thread' && t.thread === e.thread && t.run === run)
  && Number(/^listening on .*:(\d+)$/.exec(e.text)?.[1]))

const server = start('tcp-server', { port: 0, model: 'threads' })
const port = await portOf(server.run)
const many = start('tcp-load', { port, clients: 200, 'arrival-ms': 0, requests: 1, 'slow-client': true, 'slow-ms': 3000 })
const errno = await seen((e) => e.k === 'ret' && (e.errno === 'EMFILE' || e.errno === 'ENFILE') && e.errno)
const { processes } = engine.kernel!
const found = processes.get(many.run)
if (found) processes.stop(found)
await many.ended
// there is room again: the same engine serves on
const ready = processes.get(server.run) ? port : await portOf(start('tcp-server', { port: 0 }).run)
const again = await start('tcp-client', { port: ready, send: 'again' }).ended
await engine.stopRuns()
const { session, events: count } = engine.recorder.info()
await engine.close()
console.log(JSON.stringify({ errno, again: again.status, session, count }))
