/** Many clients of one server, each a thread: they arrive one after another, ask, and take their answers. */
import type { ParamValues } from '../../shared/contract/params'
import { checkEndpoint, endpointAddress, endpointConstants, endpointFamily, endpointParams } from './endpoint'
import { errnoOf } from './errors'
import { program, type Sys } from './program'
import { bytesRepr } from './python'

const params = {
  host: { kind: 'host', default: '127.0.0.1' },
  port: { kind: 'port', default: 9999 },
  clients: { kind: 'integer', default: 8, min: 1, max: 1000 },
  /** between one client's start and the next one's, milliseconds */
  'arrival-ms': { kind: 'number', default: 20, min: 0, max: 60_000 },
  /** each client asks so often before it closes */
  requests: { kind: 'integer', default: 1, min: 1, max: 1000 },
  send: { kind: 'text', default: 'hello', maxBytes: 1024 },
  /** the first client connects and then says nothing for a while */
  'slow-client': { kind: 'flag', default: false },
  'slow-ms': { kind: 'number', default: 500, min: 1, max: 60_000 },
  ...endpointParams,
} as const
type Params = ParamValues<typeof params>

/** What all clients count together. */
interface Tally { served: number; requests: number }

async function client(sys: Sys, n: number, p: Params, tally: Tally): Promise<void> {
  const sock = await sys.socket(endpointFamily(p), 'stream')
  const data = new TextEncoder().encode(p.send)
  try {
    const begin = performance.now()
    const took = (since: number): number => Math.round((performance.now() - since) * 1000)
    let id = ++tally.requests
    // the time of the first request is that of a person who waits: it counts from before connect()
    let since = begin
    sys.mark('request', { id })
    try {
      await sock.connect(await endpointAddress(sys, p))
      for (let k = 1; k <= p.requests; k++) {
        if (p['slow-client'] && n === 1 && k === 1) await sys.sleep(p['slow-ms'] / 1000)
        if (k > 1) {
          id = ++tally.requests
          since = performance.now()
          sys.mark('request', { id })
        }
        await sock.sendall(data)
        sys.mark('attempt', { id, n: 1 })
        const answer = await sock.recv(4096)
        sys.mark('answer', { id })
        sys.mark('done', { id, n: 1, us: took(since), ok: answer.length > 0 })
        sys.print(`client ${n} received ${bytesRepr(answer)}`)
        if (answer.length === 0) return
      }
      tally.served++
    } catch (error) {
      const errno = errnoOf(error)
      sys.mark('done', { id, n: 1, us: took(since), ok: false })
      sys.print(`client ${n} failed: ${errno}`)
    }
  } finally {
    await sock.close()
  }
}

export const tcpLoad = program({
  id: 'tcp-load',
  params,
  check: (p) => checkEndpoint(p),
  twin: (p) => ({
    file: 'tcp-load.py',
    unix: p.family === 'unix',
    constants: {
      ...endpointConstants(p), CLIENTS: p.clients, ARRIVAL: p['arrival-ms'] / 1000, REQUESTS: p.requests, SEND: p.send,
      SLOW_CLIENT: p['slow-client'], SLOW: p['slow-ms'] / 1000,
    },
  }),

  async main(sys, p) {
    const tally: Tally = { served: 0, requests: 0 }
    const threads = []
    for (let n = 1; n <= p.clients; n++) {
      threads.push(sys.thread(client, { name: `client ${n}`, args: [n, p, tally] }))
      if (p['arrival-ms'] > 0 && n < p.clients) await sys.sleep(p['arrival-ms'] / 1000)
    }
    for (const thread of threads) await thread.join()
    sys.print(`${tally.served} of ${p.clients} clients served`)
    if (tally.served === 0) throw new Error('no client was served')
  },
})
