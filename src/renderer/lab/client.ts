/** The client of the contract: requests with answers, pushes, and a connection that comes back by itself. */
import { fail, ok, type Result } from '../../shared/result'
import type { FromEngine, Method, ParamsOf, Push, ResultOf } from '../../shared/contract/contract'
import type { GuestOutcome } from '../../shared/contract/guest'
import { address, answerOf, frameId } from '../../shared/contract/guest-frame'
import type { OpenTransport, Transport } from './transport'

export type LinkState = 'connecting' | 'connected' | 'lost'

/** Milliseconds before the next attempt: from the first, doubling to the last. */
const RETRY_FIRST = 250
const RETRY_LAST = 4000

type Waiting = (result: Result<never> | Uint8Array) => void

const lost = () => fail({ code: 'LOST', message: 'the connection to the lab engine was lost' })

export class LabClient {
  private transport: Transport | undefined
  private state: LinkState = 'connecting'
  private nextId = 1
  private retry = RETRY_FIRST
  private timer: ReturnType<typeof setTimeout> | undefined
  private stopped = false
  private readonly waiting = new Map<number, Waiting>()
  private readonly pushListeners = new Set<(push: Push) => void>()
  private readonly stateListeners = new Set<(state: LinkState) => void>()

  constructor(private readonly open: OpenTransport) {}

  start(): void {
    this.stopped = false
    const transport: Transport = this.open({
      open: () => {
        this.retry = RETRY_FIRST
        this.become('connected')
      },
      message: (message) => this.receive(message),
      close: () => this.closed(transport),
    })
    this.transport = transport
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.timer)
    this.transport?.close()
  }

  /** Asks the engine. Never rejects: a lost connection is an error value (code LOST). */
  request<M extends Method>(method: M, params: ParamsOf<M>): Promise<Result<ResultOf<M>>> {
    return new Promise((resolve) => {
      if (this.state !== 'connected' || !this.transport) return resolve(lost())
      const id = this.nextId++
      this.waiting.set(id, resolve as Waiting)
      this.transport.send({ id, method, params })
    })
  }

  /** Asks with a frame: its answer (shared/contract/guest-frame.ts, `answerOf`), or the general form of one. Never rejects. */
  requestFrame(frame: Uint8Array<ArrayBuffer>, thread: number): Promise<Uint8Array | Result<GuestOutcome>> {
    return new Promise((resolve) => {
      if (this.state !== 'connected' || !this.transport) return resolve(lost())
      const id = this.nextId++
      address(frame, id, thread)
      this.waiting.set(id, resolve)
      this.transport.send(frame)
    })
  }

  /** Each listener is told of every push; the answer takes it off again. */
  onPush(listener: (push: Push) => void): () => void {
    this.pushListeners.add(listener)
    return () => this.pushListeners.delete(listener)
  }

  onState(listener: (state: LinkState) => void): () => void {
    this.stateListeners.add(listener)
    listener(this.state)
    return () => this.stateListeners.delete(listener)
  }

  private receive(message: FromEngine | Uint8Array): void {
    if (message instanceof Uint8Array) {
      const id = frameId(message)
      const resolve = this.waiting.get(id)
      this.waiting.delete(id)
      resolve?.(answerOf(message))
      return
    }
    if ('push' in message) {
      for (const listener of this.pushListeners) listener(message)
      return
    }
    const resolve = this.waiting.get(message.id)
    this.waiting.delete(message.id)
    resolve?.((message.ok ? ok(message.value) : fail(message.error)) as Result<never>)
  }

  private closed(transport: Transport): void {
    if (this.transport !== transport) return
    this.transport = undefined
    for (const resolve of this.waiting.values()) resolve(lost())
    this.waiting.clear()
    if (this.stopped) return
    this.become('lost')
    this.timer = setTimeout(() => this.start(), this.retry)
    this.retry = Math.min(RETRY_LAST, this.retry * 2)
  }

  private become(state: LinkState): void {
    this.state = state
    for (const listener of this.stateListeners) listener(state)
  }
}
