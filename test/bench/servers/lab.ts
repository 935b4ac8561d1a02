/**
 * The built-in server in an engine as the app runs it: recorder, autosave, a UI that follows; or, with `untraced`, the same
 * kernel and the same program without a trace.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Engine } from '../../../src/engine/engine'
import { createKernel } from '../../../src/engine/kernel/kernel'
import { LIMITS } from '../../../src/engine/policy/limits'
import { startProgram } from '../../../src/engine/programs-run'
import { ByteStore } from '../../../src/engine/recorder/byte-store'

const [behaviour, traced] = process.argv.slice(2) as ['ack' | 'echo', 'traced' | 'untraced']
const params = { host: '127.0.0.1', port: 0, behaviour, model: 'threads', backlog: 4096, bufsize: 65_536 }
/** the server's first line names its address */
const portOf = (line: string) => Number(/listening on .*:(\d+)/.exec(line)?.[1])

if (traced === 'traced') {
  const dataDir = mkdtempSync(join(tmpdir(), 'socketscope-bench-'))
  const engine = await Engine.create({ version: 'bench', dataDir })
  const end = engine.recorder.tap((events) => {
    const listening = events.find((event) => event.k === 'print')
    if (listening?.k !== 'print') return
    process.send!({ port: portOf(listening.text) })
    setImmediate(end)
  })
  const follow = engine.recorder.subscribe({ from: 0, onBatch: (batch) => setImmediate(() => follow.ack(batch)) })
  const started = engine.start('tcp-server', params)
  if (!started.ok) throw new Error(started.error.message)
  process.on('disconnect', () => void engine.close().then(() => {
    rmSync(dataDir, { recursive: true })
    process.exit()
  }))
} else {
  let seq = 0
  const bytes = new ByteStore(LIMITS.contentBytes)
  const kernel = await createKernel({
    trace: {
      push(event) {
        if (event.k === 'print' && portOf(event.text) > 0) process.send!({ port: portOf(event.text) })
        return seq++
      },
      bytes,
    },
    gate: { bind: () => undefined, connect: () => undefined, sendto: () => undefined, accept: () => undefined },
    limits: LIMITS,
  })
  // the sampler observes for the trace
  kernel.dispatcher.observer = { touched: () => {}, connected: () => {} }
  const started = startProgram(kernel.processes, 'tcp-server', params)
  if (!started.ok) throw new Error(started.error.message)
  process.on('disconnect', () => {
    kernel.close()
    process.exit()
  })
}
