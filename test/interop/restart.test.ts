/** "Address already in use": the same server again on its port, with a connection of it in TIME_WAIT. */
import { describe, expect, it } from 'vitest'
import { exchange } from './lib/clients'
import { lab, startPython, type Peer } from './lib/peer'
import { options, startTwin, type Given } from './lib/twin'

/** A server that has served and ended, leaving a connection in TIME_WAIT: the ACK server closes first. Its port. */
async function servedAndEnded(begin: (given: Given) => Peer): Promise<number> {
  const server = begin({ port: 0, reuseaddr: true })
  const port = await server.port()
  expect(await exchange('127.0.0.1', port, 'hello', 4)).toBe("b'ACK'")
  await server.stop('SIGINT')
  return port
}

const begins: [string, (given: Given) => Peer][] = [
  ['ours', (given) => lab('tcp-server', ...options(given))],
  ['its twin', (given) => startTwin('tcp-server', given)],
]

describe.each(begins)('a restart of %s', (_, begin) => {
  it('fails without SO_REUSEADDR', async () => {
    const port = await servedAndEnded(begin)
    const again = begin({ port, reuseaddr: false })
    expect(await again.finish()).toMatchObject({ code: 1 })
    expect(again.out).toBe('')
    expect(again.err).toMatch(/EADDRINUSE|Address already in use/)
  })

  it('works with it', async () => {
    const port = await servedAndEnded(begin)
    const again = begin({ port, reuseaddr: true })
    expect(await again.port()).toBe(port)
    expect(await exchange('127.0.0.1', port, 'hello', 3)).toBe("b'ACK'")
  })
})

describe('a port that somebody listens on', () => {
  it('is refused with and without SO_REUSEADDR', async () => {
    const other = startPython('import socket\ns = socket.create_server(("127.0.0.1", 0))\nprint("listening on x:%d" % s.getsockname()[1])\ninput()')
    const port = await other.port()
    for (const reuseaddr of [true, false]) {
      const server = lab('tcp-server', ...options({ port, reuseaddr }))
      expect(await server.finish()).toMatchObject({ code: 1 })
      expect(server.err).toMatch(/^lab: bind: EADDRINUSE: .+\n$/)
    }
  })
})
