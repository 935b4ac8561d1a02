/** The socket work of the HTTP servers: a thread for each client, as Python's ThreadingHTTPServer has it. */
import type { Server } from 'node:http'
import type { SockAddr } from '../../shared/trace/events'
import { serveConnection } from '../services/connection'
import { errnoOf } from './errors'
import type { Socket, Sys } from './program'
import { name } from './python'
import { familyOf } from './resolve'

/** socketserver's request_queue_size, larger: a browser opens several connections at once */
const BACKLOG = 128

async function serve(sys: Sys, conn: Socket, client: SockAddr, service: Server): Promise<void> {
  try {
    await serveConnection(sys, conn, client, service)
  } catch (error) {
    const errno = errnoOf(error)
    // an idle connection that ran out of time is closed in silence, as Python's does
    if (errno !== 'TIMEOUT') sys.print(`${name(client)} failed: ${errno}`)
  } finally {
    await conn.close()
  }
}

/** Accepts for ever; `service` speaks HTTP on each connection. */
export async function serveHttp(sys: Sys, { host, port }: { host: string; port: number }, service: Server): Promise<void> {
  const server = await sys.socket(familyOf(host), 'stream')
  try {
    await server.setsockopt('SO_REUSEADDR', 1)
    await server.bind(await sys.resolve(host, port))
    await server.listen(BACKLOG)
    sys.print(`listening on ${name(await server.getsockname())}`)
    for (let n = 1; ; n++) {
      const [conn, client] = await server.accept()
      sys.thread(serve, { name: `client ${n}`, args: [conn, client, service] })
    }
  } finally {
    await server.close()
  }
}
