/** The course's TCP client: connects, sends a text, shows what comes back, closes. */
import { program } from './program'
import { bytesRepr } from './python'
import { familyOf, pythonFamily, resolveHost } from './resolve'

export const tcpClient = program({
  id: 'tcp-client',
  params: {
    host: { kind: 'host', default: 'localhost' },
    port: { kind: 'port', default: 9999 },
    send: { kind: 'text', default: 'hello', maxBytes: 65_536 },
    /** the most that the one recv() takes, bytes; 0: it does not receive */
    recv: { kind: 'integer', default: 4096, min: 0, max: 1_048_576 },
  },
  twin: (p) => ({
    file: 'tcp-client.py',
    constants: { FAMILY: pythonFamily(p.host), HOST: p.host, PORT: p.port, SEND: p.send, RECV: p.recv },
  }),

  async main(sys, p) {
    const client = await sys.socket(familyOf(p.host), 'stream')
    try {
      await client.connect(await resolveHost(p.host, p.port))
      sys.print(`connected to ${p.host} port ${p.port}`)
      const data = new TextEncoder().encode(p.send)
      await client.sendall(data)
      sys.print(`sent ${bytesRepr(data)}`)
      if (p.recv) {
        const answer = await client.recv(p.recv)
        sys.print(`received ${bytesRepr(answer)}`)
      }
    } finally {
      await client.close()
    }
  },
})
