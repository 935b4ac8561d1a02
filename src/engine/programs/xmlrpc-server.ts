/** The course's XML-RPC server: addtogether, quadratic, introspection and multicall. */
import { createHttpService } from '../services/http-service'
import { rpcAnswer } from '../services/rpc-service'
import { program } from './program'
import { pythonFamily } from './resolve'
import { serveHttp } from './serve-http'

export const xmlrpcServer = program({
  id: 'xmlrpc-server',
  params: {
    host: { kind: 'host', default: '127.0.0.1' },
    port: { kind: 'port', default: 7001, allowZero: true },
  },
  twin: (p) => ({ file: 'xmlrpc-server.py', constants: { FAMILY: pythonFamily(p.host), HOST: p.host, PORT: p.port } }),

  async main(sys, p) {
    await serveHttp(sys, p, createHttpService(rpcAnswer))
  },
})
