/** The client of the echo server: sends each line it is given and shows the echo, until an empty line. */
import { program, type Socket } from './program'
import { bytesRepr } from './python'
import { familyOf, pythonFamily } from './resolve'

/** recv() gives what has come, which may be only a part of the echo: takes n bytes, fewer when the server closes. */
async function receive(client: Socket, n: number): Promise<Uint8Array> {
  const data = new Uint8Array(n)
  let have = 0
  while (have < n) {
    const part = await client.recv(n - have)
    if (part.length === 0) break
    data.set(part, have)
    have += part.length
  }
  return data.subarray(0, have)
}

export const echoClient = program({
  id: 'echo-client',
  params: {
    host: { kind: 'host', default: 'localhost' },
    port: { kind: 'port', default: 50_007 },
  },
  twin: (p) => ({ file: 'echo-client.py', constants: { FAMILY: pythonFamily(p.host), HOST: p.host, PORT: p.port } }),

  async main(sys, p) {
    const client = await sys.socket(familyOf(p.host), 'stream')
    try {
      await client.connect(await sys.resolve(p.host, p.port))
      sys.print(`connected to ${p.host} port ${p.port}`)
      for (;;) {
        const line = await sys.input()
        if (!line) break
        const data = new TextEncoder().encode(line)
        await client.sendall(data)
        const echo = await receive(client, data.length)
        sys.print(`received ${bytesRepr(echo)}`)
        if (echo.length < data.length) break
      }
    } finally {
      await client.close()
    }
  },
})
