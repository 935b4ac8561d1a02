/** The course's TCP server in four models: one client after another, a thread for each, a pool of threads, poll(). */
import { checkEndpoint, endpointAddress, endpointConstants, endpointFamily, removePath, removeStale } from './endpoint'
import { program } from './program'
import { name } from './python'
import { serverParams as params } from './serve'
import { models } from './server-models'

export const tcpServer = program({
  id: 'tcp-server',
  params,
  check: (p) => checkEndpoint(p),
  twin: (p) => ({
    file: `tcp-server-${p.behaviour}-${p.model}.py`,
    unix: p.family === 'unix',
    constants: {
      ...endpointConstants(p), BACKLOG: p.backlog, REUSEADDR: p.reuseaddr, BUFSIZE: p.bufsize, WORK: p.work / 1000,
      ...(p.model === 'iterative' && { ON_ERROR: p.onerror }),
      ...(p.model === 'pool' && { WORKERS: p.workers }),
    },
  }),

  async main(sys, p) {
    const server = await sys.socket(endpointFamily(p), 'stream')
    let ours = false
    try {
      if (p.family === 'unix') {
        if (p.reuseaddr) await removeStale(sys, p.path)
      } else if (p.reuseaddr) await server.setsockopt('SO_REUSEADDR', 1)
      await server.bind(await endpointAddress(sys, p))
      ours = p.family === 'unix'
      await server.listen(p.backlog)
      sys.print(`listening on ${name(await server.getsockname())}`)
      await models[p.model](sys, server, p)
    } finally {
      await server.close()
      if (ours) removePath(p.path)
    }
  },
})
