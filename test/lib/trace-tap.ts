/** The trace of a running app, read beside its page: a second client of its engine, on the page's own cookie. */
import { Packr } from 'msgpackr'
import type { BrowserContext } from 'playwright-core'
import { WebSocket } from 'ws'
import { ENGINE_SOCKET_PATH } from '../../src/shared/contract/host'
import type { FromEngine } from '../../src/shared/contract/contract'
import { decodeEvents } from '../../src/shared/trace/codec'
import type { RunId, ThreadId, TraceEvent } from '../../src/shared/trace/events'

export class TraceTap {
  readonly events: TraceEvent[] = []
  private readonly runs = new Map<ThreadId, RunId>()
  private readonly texts = new Map<RunId, string>()
  private readonly codec = new Packr({ useRecords: false })
  private readonly waiting = new Set<() => void>()
  private ids = 0

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      const message = this.codec.unpack(data) as FromEngine
      if (!('push' in message) || message.push !== 'trace') return
      for (const event of decodeEvents(message.data)) this.take(event)
      this.ask('trace.ack', { batch: message.batch })
      for (const look of this.waiting) look()
    })
  }

  static async open(origin: string, context: BrowserContext): Promise<TraceTap> {
    const cookies = await context.cookies(origin)
    const socket = new WebSocket(`${origin.replace('http', 'ws')}${ENGINE_SOCKET_PATH}`, {
      origin, headers: { Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') }, perMessageDeflate: false,
    })
    await new Promise((opened, failed) => socket.once('open', opened).once('error', failed))
    const tap = new TraceTap(socket)
    tap.ask('trace.subscribe', { from: 0 })
    return tap
  }

  close(): void {
    this.socket.close()
  }

  /** The first event from position `from` on that satisfies; waits for it. */
  event(found: (event: TraceEvent) => boolean, from = 0): Promise<TraceEvent> {
    return new Promise((resolve) => {
      let at = from
      const look = (): void => {
        for (; at < this.events.length; at++) {
          const event = this.events[at]!
          if (!found(event)) continue
          this.waiting.delete(look)
          resolve(event)
          return
        }
      }
      this.waiting.add(look)
      look()
    })
  }

  /** What a run has printed so far. */
  printed = (run: RunId): string => this.texts.get(run) ?? ''

  private take(event: TraceEvent): void {
    this.events.push(event)
    if (event.k === 'thread') this.runs.set(event.thread, event.run)
    if (event.k !== 'print') return
    const run = this.runs.get(event.thread)
    if (run !== undefined) this.texts.set(run, this.printed(run) + event.text)
  }

  /** Asks the engine for something, whatever it answers. */
  ask(method: string, params: object): void {
    this.socket.send(this.codec.pack({ id: ++this.ids, method, params }))
  }
}
