/** A bare Node UDP server, or relay, as one would write it: the measure. */
import { createSocket, type Socket } from 'node:dgram'

const [what, to] = process.argv.slice(2) as ['server' | 'relay', string]
const listening = createSocket('udp4')
const sessions = new Map<string, Socket>()

function session(port: number, address: string): Socket {
  const key = `${address}:${port}`
  const known = sessions.get(key)
  if (known) return known
  const toServer = createSocket('udp4')
  toServer.on('message', (data) => listening.send(data, port, address))
  sessions.set(key, toServer)
  return toServer
}

listening.on('message', (data, { port, address }) => {
  if (what === 'relay') session(port, address).send(data, Number(to), '127.0.0.1')
  else listening.send(data.toString('latin1').toUpperCase(), port, address)
})
listening.bind(0, '127.0.0.1', () => process.send!({ port: listening.address().port }))
process.on('disconnect', () => process.exit())
