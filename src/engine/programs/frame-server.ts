/** A server of frames: shows each body that comes, answers it in capitals, and ends a connection whose frames are broken. */
import type { ParamValues } from '../../shared/contract/params'
import type { SockAddr } from '../../shared/trace/events'
import { upperCase } from './behaviours'
import { errnoOf } from './errors'
import { checkFraming, FrameFailure, FrameReader, framed, framingConstants, framingOf, framingParams } from './framed'
import { program, type Socket, type Sys } from './program'
import { bytesRepr, name } from './python'
import { familyOf, pythonFamily } from './resolve'

const params = {
  host: { kind: 'host', default: '127.0.0.1' },
  port: { kind: 'port', default: 9999, allowZero: true },
  ...framingParams,
  backlog: { kind: 'integer', default: 5, min: 0, max: 65_535 },
  reuseaddr: { kind: 'flag', default: true },
} as const
type Params = ParamValues<typeof params>

async function serve(sys: Sys, conn: Socket, client: SockAddr, p: Params): Promise<void> {
  const framing = framingOf(p)
  try {
    sys.print(`${name(client)} connected`)
    const reader = new FrameReader(conn, framing)
    for (let body = await reader.next(); body !== undefined; body = await reader.next()) {
      sys.print(`${name(client)} sent ${bytesRepr(body)}`)
      await conn.sendall(framed(framing, upperCase(body)))
    }
    sys.print(`${name(client)} closed`)
  } catch (error) {
    sys.print(`${name(client)} failed: ${error instanceof FrameFailure ? error.message : errnoOf(error)}`)
  } finally {
    await conn.close()
  }
}

export const frameServer = program({
  id: 'frame-server',
  params,
  check: (p) => checkFraming(p),
  twin: (p) => ({
    file: `frame-server-${p.framing}.py`,
    constants: { FAMILY: pythonFamily(p.host), HOST: p.host, PORT: p.port, ...framingConstants(p), BACKLOG: p.backlog, REUSEADDR: p.reuseaddr },
  }),

  async main(sys, p) {
    const server = await sys.socket(familyOf(p.host), 'stream')
    try {
      if (p.reuseaddr) await server.setsockopt('SO_REUSEADDR', 1)
      await server.bind(await sys.resolve(p.host, p.port))
      await server.listen(p.backlog)
      sys.print(`listening on ${name(await server.getsockname())}`)
      for (;;) {
        const [conn, client] = await server.accept()
        await serve(sys, conn, client, p)
      }
    } finally {
      await server.close()
    }
  },
})
