/** A process whose only thread with a readiness loop ends as it is told: `throw`, `exit`, `terminate` or `end`. Says how the thread ended. */
import { register } from 'tsx/esm/api'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

if (isMainThread) {
  const worker = new Worker(import.meta.filename, { argv: process.argv.slice(2) })
  worker.on('error', () => {})
  worker.once('message', () => { if (process.argv[2] === 'terminate') void worker.terminate() })
  worker.once('exit', (code) => console.log(`the thread ended with ${code}`))
} else {
  register()
  const { createEpoll } = await import('../../../src/engine/kernel/readiness-epoll.ts')
  const epoll = createEpoll()
  // it waits for something that never comes
  epoll.readable(0, () => {})
  parentPort.postMessage('ready')
  const how = process.argv[2]
  if (how === 'throw') throw new Error('thrown on purpose')
  if (how === 'exit') process.exit(3)
  if (how === 'end') epoll.close()
}
