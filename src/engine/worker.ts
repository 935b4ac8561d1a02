/** The engine in a worker thread of a host. The host speaks HostToWorker over the worker's own port; UIs get ports of their own. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import type { EngineWorkerData, HostToWorker, WorkerToHost } from '../shared/contract/host'
import { Engine } from './engine'
import { Door } from './host/door'

const { dataDir, version } = workerData as EngineWorkerData
if (!parentPort) throw new Error('the engine runs in a worker thread')
const host = parentPort

const engine = Engine.create({ version, dataDir })
const door = engine.then((ready) => new Door(ready))

host.on('message', async (message: HostToWorker<MessagePort>) => {
  switch (message.type) {
    case 'connect':
      ;(await engine).connect(message.port)
      break
    case 'take':
      ;(await door).take(message, () => host.postMessage({ type: 'done', fd: message.fd } satisfies WorkerToHost))
      break
    case 'shutdown':
      ;(await door).close()
      await (await engine).close()
      host.close()
      process.exit(0)
      break
    default:
      message satisfies never
  }
})
