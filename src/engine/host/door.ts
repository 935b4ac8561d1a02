/**
 * Where connections of guests come in that the host has judged and handed over: the engine reads and writes their descriptors
 * itself. A guest asks thousands of times a second, and each of its questions would else cross from the host's thread to the
 * engine's and back, and find the engine waiting for sockets only.
 */
import type { IncomingMessage } from 'node:http'
import { WebSocketServer } from 'ws'
import type { HandedOver } from '../../shared/contract/host'
import type { FromEngine, ToEngine } from '../../shared/contract/contract'
import type { ClientPort } from '../client'
import type { Engine } from '../engine'
import { DescriptorStream } from './descriptor-stream'
import { joinEngine, MAX_FRAME, type EnginePort } from './engine-socket'

export class Door {
  private readonly sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME, perMessageDeflate: false, clientTracking: false })
  private readonly streams = new Set<DescriptorStream>()
  private closed = false

  constructor(private readonly engine: Engine) {}

  /** @param done the descriptor is the host's again, to close */
  take({ fd, headers, head }: HandedOver, done: () => void): void {
    const { kernel } = this.engine
    if (!kernel || this.closed) return done()
    const stream = new DescriptorStream(kernel.native, kernel.readiness, fd, () => {
      this.streams.delete(stream)
      done()
    })
    this.streams.add(stream)
    stream.on('error', () => {}) // the connection broke, and is gone
    this.sockets.handleUpgrade({ method: 'GET', headers } as IncomingMessage, stream, Buffer.from(head), (socket) => {
      const [near, far] = ports()
      joinEngine(socket, near)
      this.engine.connect(far)
    })
  }

  /** Ends every connection; none is taken any more. */
  close(): void {
    this.closed = true
    for (const stream of this.streams) stream.destroy()
  }
}

/** The two ends of a port within one thread: what one posts, the other has heard when postMessage returns. */
function ports(): [EnginePort, ClientPort] {
  type Message = FromEngine | ToEngine | Uint8Array
  const hears: ((message: Message) => void)[] = []
  const ends: (() => void)[] = []
  let open = true
  const close = (): void => {
    if (!open) return
    open = false
    for (const end of ends) end()
  }
  const end = (own: 0 | 1) => ({
    postMessage: (message: Message) => { if (open) hears[1 - own]?.(message) },
    on(event: 'message' | 'close', listener: ((message: never) => void) | (() => void)) {
      if (event === 'message') hears[own] = listener as (message: Message) => void
      else ends.push(listener as () => void)
    },
    close,
  })
  return [end(0), end(1)]
}
