/** An engine's worker that does as it is told: answers, ends by itself, throws, or will not end. */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData, threadId } from 'node:worker_threads'

parentPort.on('message', (message) => {
  if (message.type === 'shutdown') {
    appendFileSync(join(workerData.dataDir, 'log'), 'closed\n')
    process.exit(0)
  }
  message.port.on('message', (order) => {
    if (order === 'throw') throw new Error('thrown on purpose')
    if (order === 'exit') process.exit(3)
    message.port.postMessage({ order, thread: threadId, version: workerData.version })
    if (order === 'hang') for (;;);
  })
})
