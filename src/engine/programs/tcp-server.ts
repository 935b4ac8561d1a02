/** The course's TCP server: one client after another, or a thread for each. */
import type { SockAddr } from '../../shared/trace/events'
import type { ParamValues } from '../../shared/contract/params'
import { behaviours } from './behaviours'
import { errnoOf } from './errors'
import { program, type Socket, type Sys } from './program'
import { name } from './python'
import { familyOf, pythonFamily, resolveHost } from './resolve'

const params = {
  host: { kind: 'host', default: '127.0.0.1' },
  port: { kind: 'port', default: 9999, allowZero: true },
  behaviour: { kind: 'choice', default: 'ack', choices: ['ack', 'echo', 'upper', 'discard'] },
  model: { kind: 'choice', default: 'threads', choices: ['iterative', 'threads'] },
  backlog: { kind: 'integer', default: 5, min: 0, max: 65_535 },
  reuseaddr: { kind: 'flag', default: true },
  /** the most that one recv() takes, bytes */
  bufsize: { kind: 'integer', default: 1024, min: 1, max: 1_048_576 },
  /** what an aborted client does to the iterative server; a thread's failure never ends the others */
  onerror: { kind: 'choice', default: 'continue', choices: ['continue', 'stop'] },
} as const
type Params = ParamValues<typeof params>

/** Talks with one client, and survives its abort (RST) unless told otherwise. */
async function serve(sys: Sys, conn: Socket, client: SockAddr, p: Params): Promise<void> {
  try {
    sys.print(`${name(client)} connected`)
    await behaviours[p.behaviour](sys, conn, name(client), p.bufsize)
  } catch (error) {
    sys.print(`${name(client)} failed: ${errnoOf(error)}`)
    if (p.model === 'iterative' && p.onerror === 'stop') throw error
  } finally {
    await conn.close()
  }
}

export const tcpServer = program({
  id: 'tcp-server',
  params,
  twin: (p) => ({
    file: `tcp-server-${p.behaviour}-${p.model}.py`,
    constants: {
      FAMILY: pythonFamily(p.host), HOST: p.host, PORT: p.port, BACKLOG: p.backlog, REUSEADDR: p.reuseaddr, BUFSIZE: p.bufsize,
      ...(p.model === 'iterative' && { ON_ERROR: p.onerror }),
    },
  }),

  async main(sys, p) {
    const server = await sys.socket(familyOf(p.host), 'stream')
    try {
      if (p.reuseaddr) await server.setsockopt('SO_REUSEADDR', 1)
      await server.bind(await resolveHost(p.host, p.port))
      await server.listen(p.backlog)
      const address = await server.getsockname()
      sys.print(`listening on ${name(address)}`)
      for (let n = 1; ; n++) {
        const [conn, client] = await server.accept()
        if (p.model === 'threads') sys.thread(serve, { name: `client ${n}`, args: [conn, client, p] })
        else await serve(sys, conn, client, p)
      }
    } finally {
      await server.close()
    }
  },
})
