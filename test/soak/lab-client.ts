/** The soak's hand on a running browser edition: the WebSocket of the page, spoken from here. */
import { once } from 'node:events'
import type { BrowserContext } from 'playwright-core'
import type { WebSocket } from 'ws'
import type { EngineStatus, FromEngine, Method, ParamsOf, ResultOf } from '../../src/shared/contract/contract'
import type { Result } from '../../src/shared/result'
import type { TraceEvent } from '../../src/shared/trace/events'
import { decodeEvents } from '../../src/shared/trace/codec'
import { codec, dial } from '../integration/serve/client'

/** A round takes seconds; a machine with more to do takes its time, ms. */
const PATIENCE = 180_000

export class LabHand {
  status: EngineStatus | undefined
  private id = 0
  private readonly answers = new Map<number, (answer: Result<never>) => void>()
  private readonly threads = new Map<number, number>()
  private readonly ports = new Map<number, number>()
  private readonly ended = new Set<number>()
  private readonly waiting = new Set<() => void>()

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.receive(codec.unpack(data) as FromEngine))
  }

  /** With the session that the page has already. */
  static async attach(origin: string, context: BrowserContext): Promise<LabHand> {
    const [cookie] = await context.cookies(origin)
    const socket = await dial(Number(new URL(origin).port), { origin, cookie: `${cookie!.name}=${cookie!.value}` })
    if (typeof socket === 'number') throw new Error(`the socket was refused with ${socket}`)
    const hand = new LabHand(socket)
    await hand.get('trace.subscribe', { from: 0 })
    return hand
  }

  async get<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    const id = ++this.id
    const answered = new Promise<Result<ResultOf<M>>>((resolve) => this.answers.set(id, resolve as never))
    this.socket.send(codec.pack({ id, method, params }))
    const answer = await answered
    if (!answer.ok) throw new Error(`${method}: ${answer.error.code} ${answer.error.message}`)
    return answer.value
  }

  /** Follows the live session, a new one, from its beginning. */
  async follow(): Promise<void> {
    this.threads.clear()
    this.ports.clear()
    this.ended.clear()
    await this.get('trace.subscribe', { from: 0 })
  }

  start(program: string, params: Record<string, unknown> = {}): Promise<{ run: number }> {
    return this.get('run.start', { program, params })
  }

  /** Starts a server; its port once it listens. */
  async serve(program: string, params: Record<string, unknown> = {}): Promise<number> {
    const { run } = await this.start(program, params)
    return this.until(`${program} to listen`, () => this.ports.get(run))
  }

  /** Starts a program and waits for its end. */
  async play(program: string, params: Record<string, unknown> = {}): Promise<void> {
    const { run } = await this.start(program, params)
    await this.until(`${program} to end`, () => this.ended.has(run))
  }

  async close(): Promise<void> {
    const closed = once(this.socket, 'close')
    this.socket.close()
    await closed
  }

  private async until<T>(what: string, found: () => T | undefined | false): Promise<T> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      for (const wake of this.waiting) wake()
    }, PATIENCE)
    try {
      for (;;) {
        const value = found()
        if (value) return value
        if (late) throw new Error(`waited ${PATIENCE / 1000} s for ${what}; the engine says ${JSON.stringify(this.status)}`)
        await new Promise<void>((resolve) => this.waiting.add(resolve))
      }
    } finally {
      clearTimeout(timer)
    }
  }

  private receive(message: FromEngine): void {
    if (!('push' in message)) {
      this.answers.get(message.id)?.(message as Result<never>)
      this.answers.delete(message.id)
      return
    }
    if (message.push === 'status') this.status = message.status
    if (message.push !== 'trace') return
    for (const event of decodeEvents(message.data)) this.note(event)
    void this.get('trace.ack', { batch: message.batch }).catch(() => undefined) // of a session that has just ended
    for (const wake of this.waiting) wake()
    this.waiting.clear()
  }

  private note(event: TraceEvent): void {
    if (event.k === 'thread') this.threads.set(event.thread, event.run)
    else if (event.k === 'run-end') this.ended.add(event.run)
    else if (event.k === 'print') {
      const port = /^listening on .*:(\d+)$/.exec(event.text)?.[1]
      const run = this.threads.get(event.thread)
      if (port && run !== undefined && !this.ports.has(run)) this.ports.set(run, Number(port))
    }
  }
}
