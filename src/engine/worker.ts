/** The engine in a worker thread of a host. The host speaks HostToWorker over the worker's own port; UIs get ports of their own. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import type { EngineWorkerData, HostToWorker } from '../shared/contract/host'
import { Engine } from './engine'

const { dataDir, version } = workerData as EngineWorkerData
if (!parentPort) throw new Error('the engine runs in a worker thread')
const host = parentPort

const engine = Engine.create({ version, dataDir })

host.on('message', async (message: HostToWorker<MessagePort>) => {
  switch (message.type) {
    case 'connect':
      ;(await engine).connect(message.port)
      break
    case 'shutdown':
      await (await engine).close()
      host.close()
      process.exit(0)
      break
    default:
      message satisfies never
  }
})
