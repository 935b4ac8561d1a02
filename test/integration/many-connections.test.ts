/** 10,000 connections held at once, each answered, then closed: no descriptor and no memory is left behind. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { openDescriptors, testKernel } from '../lib/kernel'

const CONNECTIONS = 10_000

// the other end is another process, in Python: each process needs a descriptor a connection
const PEER = `
import resource, socket, sys
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
port, n = int(sys.argv[1]), int(sys.argv[2])
conns = [socket.create_connection(('127.0.0.1', port)) for _ in range(n)]
for c in conns: c.sendall(b'ping')
print(sum(c.recv(4) == b'ping' for c in conns), flush=True)
sys.stdin.readline()
for c in conns: c.close()
print('closed', flush=True)
`

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

it(`${CONNECTIONS} connections`, async () => {
  const before = openDescriptors()
  let k: Awaited<ReturnType<typeof testKernel>> | undefined = await testKernel()
  const port = new Promise<number>((resolve) => {
    void k!.processes.start({
      program: 'echo', params: {},
      async main(sys) {
        const server = await sys.socket('inet', 'stream')
        await server.bind({ family: 'inet', host: '127.0.0.1', port: 0 })
        await server.listen(4096)
        const address = await server.getsockname()
        if (address.family === 'inet') resolve(address.port)
        for (;;) {
          const [conn] = await server.accept()
          sys.thread(async (_, c) => {
            for (let data = await c.recv(1024); data.length > 0; data = await c.recv(1024)) await c.sendall(data)
            await c.close()
          }, { name: 'client', args: [conn] })
        }
      },
    }).ended
  })
  const peer = spawn('python3', ['-c', PEER, String(await port), String(CONNECTIONS)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]()
  expect((await lines.next()).value).toBe(String(CONNECTIONS))
  expect(k.dispatcher.sockets.size).toBe(CONNECTIONS + 1)
  k.events.length = 0
  collect()
  const held = process.memoryUsage().heapUsed

  peer.stdin.write('\n')
  expect((await lines.next()).value).toBe('closed')
  await once(peer, 'exit')
  await expect.poll(() => k!.processes.threads.size, { timeout: 30_000 }).toBe(1)
  expect(k.dispatcher.sockets.size).toBe(1)
  await k.end()
  await expect.poll(openDescriptors).toBeLessThanOrEqual(before)
  k = undefined
  collect()
  expect(process.memoryUsage().heapUsed).toBeLessThan(held)
})
