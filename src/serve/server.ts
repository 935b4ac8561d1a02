/** The browser edition's server: the page's files and one WebSocket, on 127.0.0.1 only. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { MessagePort } from 'node:worker_threads'
import sirv from 'sirv'
import { WebSocketServer, type WebSocket } from 'ws'
import { pageHeaders } from '../engine/host/content-policy'
import { joinEngine, MAX_FRAME } from '../engine/host/engine-socket'
import { ENGINE_SOCKET_PATH, GUEST_SOCKET_PATH } from '../shared/contract/host'
import { Access, type Refusal } from './access'

/** How often a page is asked whether it is still there, ms; one that missed the last question is cut off. */
const HEARTBEAT = 15_000
/** How long a page may take to answer the close of its socket, ms. */
const CLOSE_LIMIT = 500
/** Connections at a time: of a few pages, and of the Python programs of each. */
const MAX_CLIENTS = 48

export interface LabServer {
  /** the address with its one-time token */
  readonly url: string
  readonly port: number
  /** ends every connection, then stops to listen */
  close(): Promise<void>
}

export interface LabServerOptions {
  /** 0: any free port */
  port: number
  /** the built page */
  rendererDir: string
  /** an engine port for a new page */
  connect: () => MessagePort
  /** gives a guest's connection to the engine itself; absent or false: it is joined to a port as a page's is */
  handOver?: (socket: Socket, headers: IncomingMessage['headers'], head: Buffer) => boolean
  /** how many the engine has so */
  handed?: () => number
}

/** Rejects with EADDRINUSE or EACCES when the port cannot be had. */
export async function startServer(options: LabServerOptions): Promise<LabServer> {
  const files = sirv(options.rendererDir, { etag: true, dotfiles: false, single: false })
  const server = createServer()
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME, perMessageDeflate: false })

  server.listen(options.port, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const access = new Access(port)
  const { url } = access
  const headers = pageHeaders([`ws://127.0.0.1:${port}`, `ws://localhost:${port}`])

  const refuse = (response: ServerResponse, { status, reason }: Refusal): void => {
    response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' }).end(`Socketscope: ${reason}\n`)
  }

  server.on('request', (request, response) => {
    const refusal = access.checkOrigin(request, false)
    if (refusal) return refuse(response, refusal)
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, { status: 405, reason: 'only GET and HEAD' })

    const token = tokenOf(request)
    if (token !== undefined) {
      // a browser that fetches ahead must not use the token up
      if (request.method === 'HEAD' || /prefetch/.test(String(request.headers['sec-purpose'] ?? ''))) {
        return refuse(response, { status: 503, reason: 'open this address in a browser' })
      }
      const cookie = access.redeem(token)
      if (!cookie && !access.hasSession(request)) {
        return refuse(response, { status: 403, reason: 'this address was used already or is wrong. Start Socketscope again for a new one.' })
      }
      response.writeHead(303, { ...headers, Location: '/', 'Cache-Control': 'no-store', ...(cookie ? { 'Set-Cookie': cookie } : {}) }).end()
      return
    }

    if (!access.hasSession(request)) {
      return refuse(response, { status: 403, reason: 'open the address that Socketscope printed when it started.' })
    }
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    response.setHeader('Cache-Control', 'no-cache')
    files(request, response, () => refuse(response, { status: 404, reason: 'there is no such file' }))
  })

  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const refusal = access.checkOrigin(request, true) ?? upgradeRefusal(request, access.hasSession(request), sockets.clients.size + (options.handed?.() ?? 0))
    if (refusal) {
      socket.end(`HTTP/1.1 ${refusal.status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    if (request.url === GUEST_SOCKET_PATH && options.handOver?.(socket, request.headers, head)) return
    sockets.handleUpgrade(request, socket, head, (client) => joinEngine(client, options.connect()))
  })

  const stopHeartbeat = heartbeat(sockets)

  return {
    url,
    port,
    async close() {
      stopHeartbeat()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      for (const client of sockets.clients) client.close(1001, 'Socketscope ends')
      const limit = setTimeout(() => { for (const client of sockets.clients) client.terminate() }, CLOSE_LIMIT)
      await closed
      clearTimeout(limit)
    },
  }
}

function tokenOf(request: IncomingMessage): string | undefined {
  // not by new URL(): '//' is a target that anybody may send, and none that it takes
  const [path, query = ''] = (request.url ?? '/').split('?', 2)
  return path === '/' ? (new URLSearchParams(query).get('token') ?? undefined) : undefined
}

function upgradeRefusal(request: IncomingMessage, session: boolean, clients: number): Refusal | undefined {
  if (!session) return { status: 403, reason: 'no session' }
  if (request.url !== ENGINE_SOCKET_PATH && request.url !== GUEST_SOCKET_PATH) return { status: 404, reason: 'no such socket' }
  if (clients >= MAX_CLIENTS) return { status: 503, reason: 'too many pages' }
  return undefined
}

/** Asks every client for a pong and cuts off those that missed the last one. Answers the function that ends it. */
function heartbeat(sockets: WebSocketServer): () => void {
  const silent = new WeakSet<WebSocket>()
  const timer = setInterval(() => {
    for (const client of sockets.clients) {
      if (silent.has(client)) {
        client.terminate()
        continue
      }
      silent.add(client)
      client.once('pong', () => silent.delete(client))
      client.ping()
    }
  }, HEARTBEAT)
  timer.unref()
  return () => clearInterval(timer)
}
