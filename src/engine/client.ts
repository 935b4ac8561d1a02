/** One attached UI: answers its requests and pushes what it subscribed to. Never waits for it. */
import type { FromEngine, Method, Push, SessionInfo, ToEngine } from '../shared/contract/contract'
import { answerFrame, frameId, isFrame, readFrame } from '../shared/contract/guest-frame'
import type { GuestOutcome } from '../shared/contract/guest'
import { fail, ok, type Result } from '../shared/result'
import { fault, type Engine } from './engine'
import type { Recorder } from './recorder/recorder'
import type { Source, Subscription } from './recorder/subscription'

/** A host's end of the line to a UI; messages are structured clones, a Uint8Array is a frame (shared/contract/guest-frame.ts). */
export interface ClientPort {
  postMessage(message: FromEngine | Uint8Array): void
  on(event: 'message', listener: (message: unknown) => void): void
  on(event: 'close', listener: () => void): void
  close(): void
}

export class Client {
  private subscription: Subscription | undefined
  private source: Source | undefined
  private closed = false
  /** whether this UI is looking: sockets are then sampled closely */
  looking = false

  constructor(private readonly engine: Engine, private readonly port: ClientPort) {
    port.on('message', (message) => (isFrame(message) ? this.answerFrame(message) : void this.answer(message)))
    port.on('close', () => this.close())
  }

  push(message: Push): void {
    if (!this.closed) this.port.postMessage(message)
  }

  /** Starts the stream of a session from event `from`; an earlier one ends. */
  subscribe(source: Source, from: number, whole?: number): SessionInfo {
    this.subscription?.close()
    this.source = source
    const { session } = source.info()
    this.subscription = source.subscribe({
      from,
      ...(whole !== undefined && { whole }),
      onBatch: (batch, data) => this.push({ push: 'trace', session, batch, data }),
    })
    return source.info()
  }

  acknowledge(batch: number): Result<null> {
    if (!this.subscription) return fail({ code: 'GONE', message: 'nothing is subscribed' })
    this.subscription.ack(batch)
    return ok(null)
  }

  /** a recorder ended: whoever followed it learns of the new live session by asking */
  sessionEnded(recorder: Recorder): void {
    if (this.source !== recorder) return
    this.subscription?.close()
    this.subscription = undefined
    this.source = undefined
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.subscription?.close()
    this.engine.guests.leave(this)
    this.engine.clients.delete(this)
    this.engine.lookingChanged()
    this.port.close()
  }

  /** A call of a guest: one that returns at once is answered at once. */
  private answerFrame(frame: Uint8Array): void {
    const question = readFrame(frame)
    if (!question) return this.port.postMessage({ id: frameId(frame), ok: false, error: { code: 'INVALID', message: 'not a call' } })
    const { id, ...params } = question
    const tell = (result: Result<GuestOutcome>): void => {
      if (this.closed) return
      this.port.postMessage(result.ok ? (answerFrame(id, result.value) ?? { id, ok: true, value: result.value }) : { id, ok: false, error: result.error })
    }
    try {
      const result = this.engine.guests.makeCall(this, params)
      if (result instanceof Promise) void result.then(tell, (e: unknown) => tell(fault(e)))
      else tell(result)
    } catch (e) {
      tell(fault(e))
    }
  }

  private async answer(message: unknown): Promise<void> {
    const request = message as Partial<ToEngine> | null
    if (typeof request !== 'object' || request === null || !Number.isSafeInteger(request.id) || typeof request.method !== 'string') return
    const id = request.id!
    const result = await this.engine.request(request.method as Method, request.params, this)
    if (this.closed) return
    this.port.postMessage(result.ok ? { id, ok: true, value: result.value } : { id, ok: false, error: result.error })
  }
}
