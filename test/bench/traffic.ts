/** The trace of a server with a thread per client, made without any socket: as fast, or as slowly, as it is asked for. */
import type { Recorder } from '../../src/engine/recorder/recorder'
import type { SockAddr } from '../../src/shared/trace/events'

/** recv and send pairs of each connection: 16 calls that open and close it, five events an exchange */
const EXCHANGES = 100
/** bytes of a request, and of its answer */
const DATA = 16

export class Traffic {
  private readonly local: SockAddr = { family: 'inet', host: '127.0.0.1', port: 9999 }
  private readonly data = new Uint8Array(DATA)
  private readonly clients: Generator<void>
  private call = 1
  /** events so far */
  pushed = 0

  constructor(private readonly recorder: Recorder) {
    this.clients = this.serve()
  }

  /** Goes on for `events` events, about. */
  go(events: number): void {
    for (const end = this.pushed + events; this.pushed < end;) this.clients.next()
  }

  private push: Recorder['push'] = (event) => {
    this.pushed++
    return this.recorder.push(event)
  }

  /** One client after another, in steps of an exchange. */
  private* serve(): Generator<void> {
    const { push, recorder, local, data } = this
    push({ k: 'run', run: 1, program: 'tcp-server', params: {} })
    push({ k: 'thread', run: 1, thread: 1, name: 'main', func: 'main' })
    push({ k: 'call', call: this.call, thread: 1, name: 'socket', args: { family: 'inet', type: 'stream' } })
    push({ k: 'ret', call: this.call++, value: 3, sock: 1, fd: 3 })
    push({ k: 'call', call: this.call, thread: 1, name: 'listen', sock: 1, fd: 3, args: { backlog: 5 } })
    push({ k: 'ret', call: this.call++, value: null, local })
    for (let n = 2; ; n++) {
      const remote: SockAddr = { family: 'inet', host: '127.0.0.1', port: 20_000 + n % 40_000 }
      push({ k: 'call', call: this.call, thread: 1, name: 'accept', sock: 1, fd: 3, args: {} })
      push({ k: 'block', call: this.call, why: 'readable' })
      push({ k: 'ret', call: this.call++, value: 4, sock: n, fd: 4, remote, local })
      push({ k: 'thread', run: 1, thread: n, name: `client ${n}`, func: 'serve' })
      for (let i = 0; i < EXCHANGES; i++) {
        push({ k: 'call', call: this.call, thread: n, name: 'recv', sock: n, fd: 4, args: { len: 1024 } })
        push({ k: 'block', call: this.call, why: 'readable' })
        push({ k: 'ret', call: this.call++, value: DATA, data: recorder.bytes.append(data) })
        push({ k: 'call', call: this.call, thread: n, name: 'send', sock: n, fd: 4, args: { len: DATA } })
        push({ k: 'ret', call: this.call++, value: DATA, data: recorder.bytes.append(data) })
        yield
      }
      push({ k: 'call', call: this.call, thread: n, name: 'close', sock: n, fd: 4, args: {} })
      push({ k: 'ret', call: this.call++, value: null })
      push({ k: 'thread-end', thread: n })
    }
  }
}
