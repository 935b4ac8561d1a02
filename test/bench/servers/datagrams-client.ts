/** The load for datagrams: a window of them on the way, one more for each that comes back. */
import { close, connectUdp, recv, sendAll } from '../libc'

const WINDOW = 32
const datagram = Buffer.from('hello, datagram')
const into = new Uint8Array(2048)

process.on('message', ({ port, count }: { port: number; count: number }) => {
  const fd = connectUdp(port)
  const start = performance.now()
  for (let i = 0; i < WINDOW; i++) sendAll(fd, datagram)
  for (let i = 0; i < count; i++) {
    if (recv(fd, into) !== datagram.length) throw new Error('the server answered something else')
    if (i + WINDOW < count) sendAll(fd, datagram)
  }
  const ms = performance.now() - start
  close(fd)
  process.send!({ ms })
})
process.on('disconnect', () => process.exit())
