/** Keeps the engine's worker thread for a host: starts it, hands out ports, replaces it when it dies, and ends it. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import type { EngineWorkerData, HostToWorker, WorkerToHost } from '../../shared/contract/host'

/** A worker that dies sooner than this after its start is not started again before this has passed, ms. */
const RESTART_GAP = 1000
/** How long a worker may take to close everything, ms. */
const SHUTDOWN_LIMIT = 5000

/**
 * What a call makes mostly lives no longer than the call: with 16 MB for the young from the start there is far less to
 * collect than in the 1 MB that V8 begins with. Threads that begin later have it (Electron, too, leaves V8's flags open).
 */
export const YOUNG_GENERATION = '--min-semi-space-size=16'

export class EngineHost {
  #worker: Worker | undefined
  /** on the clock that nobody sets */
  #startedAt = -Infinity
  #waiting: MessagePort[] = []
  /** connections whose descriptors the worker has */
  readonly #handed = new Map<number, Socket>()
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

  get handed(): number {
    return this.#handed.size
  }

  /**
   * Hands a connection that asks for an upgrade to the worker (door.ts). false: that cannot be, it is as it was.
   * Node's handle is read no more; it stays the owner of the descriptor, and closes it when the worker is done or dead.
   */
  handOver(socket: Socket, headers: IncomingHttpHeaders, head: Uint8Array): boolean {
    // Windows' handles have no descriptor
    const handle = (socket as unknown as { _handle?: { fd?: number; readStop?: () => void } })._handle
    const fd = handle?.fd ?? -1
    if (!this.#worker || this.#ended || fd < 0 || !handle?.readStop) return false
    handle.readStop()
    socket.setNoDelay(true)
    this.#handed.set(fd, socket)
    this.#post(this.#worker, { type: 'take', fd, headers, head: new Uint8Array(head) })
    return true
  }

  #takeBack(fd: number): void {
    this.#handed.get(fd)?.destroy()
    this.#handed.delete(fd)
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
    setFlagsFromString(YOUNG_GENERATION)
    const worker = new Worker(this.script, { workerData: this.data, name: 'engine' })
    this.#worker = worker
    worker.on('error', (error: Error) => this.report(`the engine stopped: ${error.stack ?? error.message}`))
    worker.on('message', ({ fd }: WorkerToHost) => this.#takeBack(fd))
    worker.on('exit', (code) => {
      for (const fd of [...this.#handed.keys()]) this.#takeBack(fd)
      this.#worker = undefined
      if (!this.#ended) this.report(`the engine ended with code ${code}; it starts again when the page asks for it`)
    })
  }

  #post(worker: Worker | undefined, message: HostToWorker<MessagePort>, transfer: MessagePort[] = []): void {
    worker?.postMessage(message, transfer)
  }
}
