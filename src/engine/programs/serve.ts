/** One client of the TCP server: its parameters, and how it is served from its first turn to its last. */
import type { SockAddr } from '../../shared/trace/events'
import type { ParamValues } from '../../shared/contract/params'
import { behaviours, type Talk } from './behaviours'
import { endpointParams } from './endpoint'
import { errnoOf } from './errors'
import type { Socket, Sys } from './program'
import { clientName } from './python'

export const serverParams = {
  host: { kind: 'host', default: '127.0.0.1' },
  port: { kind: 'port', default: 9999, allowZero: true },
  behaviour: { kind: 'choice', default: 'ack', choices: ['ack', 'echo', 'upper', 'discard', 'sum'] },
  model: { kind: 'choice', default: 'threads', choices: ['iterative', 'threads', 'pool', 'poll'] },
  /** threads of the pool */
  workers: { kind: 'integer', default: 4, min: 1, max: 64 },
  backlog: { kind: 'integer', default: 5, min: 0, max: 65_535 },
  /** on a path: removes one that a server left behind */
  reuseaddr: { kind: 'flag', default: true },
  /** the most that one recv() takes, bytes */
  bufsize: { kind: 'integer', default: 1024, min: 1, max: 1_048_576 },
  /** how long each request is worked on, milliseconds */
  work: { kind: 'number', default: 0, min: 0, max: 60_000 },
  /** what an aborted client does to the iterative server; a thread's failure never ends the others */
  onerror: { kind: 'choice', default: 'continue', choices: ['continue', 'stop'] },
  ...endpointParams,
} as const
export type ServerParams = ParamValues<typeof serverParams>

const talkWith = (conn: Socket, client: SockAddr, p: ServerParams): Talk =>
  ({ conn, client: clientName(client), bufsize: p.bufsize, work: p.work, total: 0 })

/** Talks with one client, and survives its abort (RST) unless told otherwise. */
export async function serve(sys: Sys, conn: Socket, client: SockAddr, p: ServerParams): Promise<void> {
  const talk = talkWith(conn, client, p)
  try {
    sys.print(`${talk.client} connected`)
    for (let on = true; on;) on = await behaviours[p.behaviour](sys, talk)
  } catch (error) {
    sys.print(`${talk.client} failed: ${errnoOf(error)}`)
    if (p.model === 'iterative' && p.onerror === 'stop') throw error
  } finally {
    await conn.close()
  }
}

/** The one turn of a client for which poll() woke; closes it after its last. False: it is closed. */
export async function turn(sys: Sys, talk: Talk, p: ServerParams): Promise<boolean> {
  let on = false
  try {
    on = await behaviours[p.behaviour](sys, talk)
  } catch (error) {
    sys.print(`${talk.client} failed: ${errnoOf(error)}`)
  }
  if (!on) await talk.conn.close()
  return on
}

export const begin = (sys: Sys, conn: Socket, client: SockAddr, p: ServerParams): Talk => {
  const talk = talkWith(conn, client, p)
  sys.print(`${talk.client} connected`)
  return talk
}
