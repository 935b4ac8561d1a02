/** A guest without a language: the client of an engine that makes calls by descriptor, and its trace. */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { expect } from 'vitest'
import type { Engine } from '../../../src/engine/engine'
import type { FromEngine, Method, ParamsOf, ResultOf } from '../../../src/shared/contract/contract'
import type { GuestCall, GuestOutcome } from '../../../src/shared/contract/guest'
import type { Result } from '../../../src/shared/result'
import { decodeEvents } from '../../../src/shared/trace/codec'
import type { TraceEvent } from '../../../src/shared/trace/events'

export class GuestClient {
  private id = 0
  private readonly answers = new Map<number, (answer: Result<never>) => void>()
  readonly events: TraceEvent[] = []
  run = 0
  main = 0

  private constructor(private readonly port: MessagePort) {
    port.on('message', (message: FromEngine) => {
      if ('push' in message) {
        if (message.push !== 'trace') return
        this.events.push(...decodeEvents(message.data))
        void this.ask('trace.ack', { batch: message.batch })
        return
      }
      this.answers.get(message.id)?.(message as Result<never>)
      this.answers.delete(message.id)
    })
  }

  /** A client of the engine; with `open`, one that has begun a program. */
  static async join(engine: Engine, open = true): Promise<GuestClient> {
    const { port1, port2 } = new MessageChannel()
    engine.connect(port1)
    const client = new GuestClient(port2)
    await client.get('trace.subscribe', { from: 0 })
    if (open) {
      const { run, thread } = await client.get('guest.open', { program: 'python', file: 'a.py', source: 'pass\n', args: ['x'] })
      client.run = run
      client.main = thread
    }
    return client
  }

  ask<M extends Method>(method: M, params: ParamsOf<M>): Promise<Result<ResultOf<M>>> {
    const id = ++this.id
    return new Promise((resolve) => {
      this.answers.set(id, resolve as never)
      this.port.postMessage({ id, method, params })
    })
  }

  async get<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    const r = await this.ask(method, params)
    if (!r.ok) throw new Error(`${method}: ${r.error.code} ${r.error.message}`)
    return r.value
  }

  /** Makes a call in the main thread, or in another. */
  call(call: GuestCall, more: { timeout?: number | null; thread?: number; file?: string; line?: number } = {}): Promise<GuestOutcome> {
    return this.get('guest.call', { thread: this.main, call, ...more })
  }

  async thread(name: string): Promise<number> {
    return (await this.get('guest.thread', { run: this.run, name, func: 'f' })).thread
  }

  /** The first event that satisfies; waits for it. */
  async event<E extends TraceEvent>(found: (e: TraceEvent) => e is E): Promise<E>
  async event(found: (e: TraceEvent) => boolean): Promise<TraceEvent>
  async event(found: (e: TraceEvent) => boolean): Promise<TraceEvent> {
    await expect.poll(() => this.events.some(found), { timeout: 10_000, interval: 5 }).toBe(true)
    return this.events.find(found)!
  }

  /** A listening socket on a port of the kernel's: its descriptor and its address. */
  async listener(): Promise<{ fd: number; port: number }> {
    const { fd } = await this.call({ name: 'socket', family: 'inet', type: 'stream' })
    await this.call({ name: 'bind', fd: fd!, address: { family: 'inet', host: '127.0.0.1', port: 0 } })
    await this.call({ name: 'listen', fd: fd!, backlog: 5 })
    const { address } = await this.call({ name: 'getsockname', fd: fd! })
    return { fd: fd!, port: (address as { port: number }).port }
  }

  /** Two ends of a TCP connection: [server's, client's]. */
  async pair(): Promise<[number, number]> {
    const { fd: listening, port } = await this.listener()
    const { fd: client } = await this.call({ name: 'socket', family: 'inet', type: 'stream' })
    await this.call({ name: 'connect', fd: client!, address: { family: 'inet', host: '127.0.0.1', port } })
    const { fd: server } = await this.call({ name: 'accept', fd: listening })
    return [server!, client!]
  }

  close(): void {
    this.port.close()
  }
}

export const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>
export const textOf = (outcome: GuestOutcome): string => new TextDecoder().decode(outcome.bytes)
