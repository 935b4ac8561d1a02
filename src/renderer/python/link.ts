/** The worker's own connection to the engine: requests with answers, and text that is printed in order with them. */
import type { Method, ParamsOf, ResultOf } from '../../shared/contract/contract'
import type { GuestOutcome } from '../../shared/contract/guest'
import type { Result } from '../../shared/result'
import { LabClient } from '../lab/client'
import { openWorkerTransport } from '../lab/transport'
import { PrintQueue } from './print-queue'

export class Link {
  private readonly client: LabClient
  readonly prints: PrintQueue
  /** settles when it is connected; false: it closed before */
  readonly connected: Promise<boolean>
  /** settles when the connection is gone */
  readonly closed: Promise<void>

  constructor(port: MessagePort | undefined) {
    this.client = new LabClient(openWorkerTransport(port))
    this.prints = new PrintQueue((piece) => this.client.request('guest.print', piece))
    let close!: () => void
    this.closed = new Promise((resolve) => (close = resolve))
    this.connected = new Promise((resolve) => {
      this.client.onState((state) => {
        if (state === 'connected') resolve(true)
        if (state !== 'lost') return
        // a guest's run ends with its connection: another one would be of no use
        queueMicrotask(() => this.client.stop())
        resolve(false)
        close()
      })
    })
    this.client.start()
  }

  /** What was printed before is told before. */
  request<M extends Method>(method: M, params: ParamsOf<M>): Promise<Result<ResultOf<M>>> {
    this.prints.flush()
    return this.client.request(method, params)
  }

  requestFrame(frame: Uint8Array<ArrayBuffer>, thread: number): Promise<Uint8Array | Result<GuestOutcome>> {
    this.prints.flush()
    return this.client.requestFrame(frame, thread)
  }
}
