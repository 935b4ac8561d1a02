/** A web server for the files of a folder. The library `send` answers; the lab's own calls receive and send every byte. */
import { folderNamed, openFolder } from '../services/folders'
import { createHttpService } from '../services/http-service'
import { staticSite } from '../services/static-site'
import { program } from './program'
import { pythonFamily } from './resolve'
import { serveHttp } from './serve-http'

export const httpServer = program({
  id: 'http-server',
  params: {
    /** '' is the sample site that ships with the lab */
    dir: { kind: 'text', default: '', maxBytes: 4096, optional: true },
    host: { kind: 'host', default: '127.0.0.1' },
    port: { kind: 'port', default: 8000, allowZero: true },
  },
  twin: (p) => ({ file: 'http-server.py', constants: { FAMILY: pythonFamily(p.host), HOST: p.host, PORT: p.port, DIR: folderNamed(p.dir) } }),

  async main(sys, p) {
    const root = await openFolder(p.dir)
    await serveHttp(sys, p, createHttpService(staticSite(root)))
  },
})
