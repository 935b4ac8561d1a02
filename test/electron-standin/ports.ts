/** Electron's MessagePortMain pair. One end stays in main; the other travels into the page, where it is a real MessagePort. */
import { EventEmitter } from 'node:events'

/** Where a port's messages go when its other end lives in the page. */
export interface Remote {
  post(data: unknown): void
  close(): void
}

export class MessagePortMain extends EventEmitter {
  #other: MessagePortMain | undefined
  #remote: Remote | undefined
  #started = false
  #queue: unknown[] = []
  #closed = false

  entangle(other: MessagePortMain): void {
    this.#other = other
  }

  /** The stand-in took the other end into the page. */
  connect(remote: Remote): void {
    this.#remote = remote
  }

  get other(): MessagePortMain | undefined {
    return this.#other
  }

  start(): void {
    this.#started = true
    for (const data of this.#queue.splice(0)) this.emit('message', { data, ports: [] })
  }

  postMessage(message: unknown): void {
    if (this.#closed) return
    // a port clones: what the sender changes later does not show, and what cannot be cloned throws here
    const data = structuredClone(message)
    if (this.#remote) this.#remote.post(data)
    else this.#other?.receive(data)
  }

  receive(data: unknown): void {
    if (this.#closed) return
    if (this.#started) this.emit('message', { data, ports: [] })
    else this.#queue.push(data)
  }

  close(): void {
    if (this.#closed) return
    this.#remote?.close()
    this.closed()
    this.#other?.closed()
  }

  /** The other end is gone. */
  closed(): void {
    if (this.#closed) return
    this.#closed = true
    this.emit('close')
  }
}

export class MessageChannelMain {
  readonly port1 = new MessagePortMain()
  readonly port2 = new MessagePortMain()

  constructor() {
    this.port1.entangle(this.port2)
    this.port2.entangle(this.port1)
  }
}
