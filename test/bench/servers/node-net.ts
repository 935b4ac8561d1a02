/**
 * A bare Node server, as one would write it: the measure. Its sockets have the options of the built-in program's and of the
 * course's: none. (TCP_NODELAY would spare blocks of 64 KiB, a little longer than a loopback segment, Nagle's wait.)
 */
import { createServer } from 'node:net'

const ack = process.argv[2] === 'ack'
const server = createServer((socket) => {
  // a client that goes away is no failure of the server
  socket.on('error', () => socket.destroy())
  if (ack) socket.once('data', () => socket.end('ACK'))
  else socket.on('data', (data) => socket.write(data))
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.send!({ port: (server.address() as { port: number }).port })
})
process.on('disconnect', () => process.exit())
