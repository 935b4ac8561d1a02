/** The built-in UDP server, or the relay, in an engine as the app runs it: recorder, autosave, a UI that follows. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Engine } from '../../../src/engine/engine'

const [what, to] = process.argv.slice(2) as ['server' | 'relay', string]
const dataDir = mkdtempSync(join(tmpdir(), 'socketscope-bench-'))
const engine = await Engine.create({ version: 'bench', dataDir })
const end = engine.recorder.tap((events) => {
  const listening = events.find((event) => event.k === 'print')
  if (listening?.k !== 'print') return
  process.send!({ port: Number(/listening on .*:(\d+)/.exec(listening.text)?.[1]) })
  setImmediate(end)
})
const follow = engine.recorder.subscribe({ from: 0, onBatch: (batch) => setImmediate(() => follow.ack(batch)) })
const started = what === 'server' ? engine.start('udp-server', { port: 0 }) : engine.start('relay', { 'listen-port': 0, 'to-port': Number(to) })
if (!started.ok) throw new Error(started.error.message)
process.on('disconnect', () => void engine.close().then(() => {
  rmSync(dataDir, { recursive: true })
  process.exit()
}))
