/** Keeps the engine's worker thread for a host: starts it, hands out ports, replaces it when it dies, and ends it. */
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import type { EngineWorkerData, HostToWorker } from '../../shared/contract/host'

/** A worker that dies sooner than this after its start is not started again before this has passed, ms. */
const RESTART_GAP = 1000
/** How long a worker may take to close everything, ms. */
const SHUTDOWN_LIMIT = 5000

export class EngineHost {
  #worker: Worker | undefined
  /** on the clock that nobody sets */
  #startedAt = -Infinity
  #waiting: MessagePort[] = []
  #timer: NodeJS.Timeout | undefined
  #ended = false

  /**
   * @param script the built worker, an absolute path
   * @param report told in one line why a worker ended by itself; the ports of its clients close, and they ask again
   */
  constructor(readonly script: string, readonly data: EngineWorkerData, readonly report: (line: string) => void) {}

  /** A new client's end of a port to the engine. Closing it ends the client; it closes when the worker dies. */
  connect(): MessagePort {
    const { port1, port2 } = new MessageChannel()
    if (this.#ended) {
      port1.close()
      return port1
    }
    this.#waiting.push(port2)
    this.#deliver()
    return port1
  }

  /** Lets the worker close its sockets and files, and ends it by force when it does not. Later connects get a closed port. */
  async shutdown(): Promise<void> {
    this.#ended = true
    clearTimeout(this.#timer)
    for (const port of this.#waiting.splice(0)) port.close()
    const worker = this.#worker
    if (!worker) return
    const exited = new Promise<void>((done) => worker.once('exit', () => done()))
    this.#post(worker, { type: 'shutdown' })
    const limit = setTimeout(() => {
      this.report(`the engine did not end within ${SHUTDOWN_LIMIT / 1000} s and was stopped`)
      void worker.terminate()
    }, SHUTDOWN_LIMIT)
    await exited
    clearTimeout(limit)
  }

  #deliver(): void {
    if (!this.#worker) {
      const wait = this.#startedAt + RESTART_GAP - performance.now()
      if (wait > 0) {
        this.#timer ??= setTimeout(() => { this.#timer = undefined; this.#deliver() }, wait)
        return
      }
      this.#start()
    }
    for (const port of this.#waiting.splice(0)) this.#post(this.#worker, { type: 'connect', port }, [port])
  }

  #start(): void {
    this.#startedAt = performance.now()
    const worker = new Worker(this.script, { workerData: this.data, name: 'engine' })
    this.#worker = worker
    worker.on('error', (error: Error) => this.report(`the engine stopped: ${error.stack ?? error.message}`))
    worker.on('exit', (code) => {
      this.#worker = undefined
      if (!this.#ended) this.report(`the engine ended with code ${code}; it starts again when the page asks for it`)
    })
  }

  #post(worker: Worker | undefined, message: HostToWorker<MessagePort>, transfer: MessagePort[] = []): void {
    worker?.postMessage(message, transfer)
  }
}
