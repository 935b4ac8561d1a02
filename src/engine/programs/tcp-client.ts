/** The course's TCP client: connects, sends a text, shows what comes back, closes. */
import { checkEndpoint, endpointAddress, endpointConstants, endpointFamily, endpointName, endpointParams } from './endpoint'
import { program } from './program'
import { bytesRepr } from './python'

export const tcpClient = program({
  id: 'tcp-client',
  params: {
    host: { kind: 'host', default: 'localhost' },
    port: { kind: 'port', default: 9999 },
    send: { kind: 'text', default: 'hello', maxBytes: 65_536 },
    /** the most that the one recv() takes, bytes; 0: it does not receive */
    recv: { kind: 'integer', default: 4096, min: 0, max: 1_048_576 },
    ...endpointParams,
  },
  check: (p) => checkEndpoint(p),
  twin: (p) => ({
    file: 'tcp-client.py',
    unix: p.family === 'unix',
    constants: { ...endpointConstants(p), SEND: p.send, RECV: p.recv },
  }),

  async main(sys, p) {
    const client = await sys.socket(endpointFamily(p), 'stream')
    try {
      await client.connect(await endpointAddress(sys, p))
      sys.print(`connected to ${endpointName(p)}`)
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
