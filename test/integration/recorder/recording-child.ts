/** A process that records until it is killed: prints one numbered line about every millisecond, with bytes, and reports progress. */
import { createRecorder } from '../../../src/engine/recorder/recorder'

const recorder = createRecorder({
  dataDir: process.argv[2]!,
  header: { format: 'socketscope-session', version: 1, app: '0.1.0', platform: 'linux', startedAt: new Date().toISOString() },
})
let n = 0
process.stdout.write(`${recorder.id}\n`)
setInterval(() => {
  const text = `event ${n}`
  recorder.push({ k: 'print', thread: 1, text })
  recorder.push({ k: 'ret', call: n, value: text.length, data: recorder.bytes.append(Buffer.from(text)) })
  n++
  process.stdout.write(`${Date.now()} ${n * 2}\n`)
}, 1)
