/** Node's HTTP server without a socket of its own: the lab's connections are put into it. */
import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { LIMITS } from '../policy/limits'
import { connectionOf, type Connection } from './connection'
import { errorPage } from './pages'

/** Answers a request; what it throws becomes a 500. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** A server that speaks HTTP/1.1 on the connections it is given (serveConnection), and logs as Python's http.server does. */
export function createHttpService(answer: Answer): Server {
  const server = createServer({
    maxHeaderSize: LIMITS.httpHeadBytes,
    keepAliveTimeout: LIMITS.httpIdleSeconds * 1000,
    // an idle connection is ended by the timeout of its recv()
    requestTimeout: 0, headersTimeout: 0,
    insecureHTTPParser: false,
  })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const connection = connectionOf(request)
    connection.answering(request, response)
    response.setHeader('Server', 'Socketscope')
    response.once('close', () => {
      const line = `${request.method} ${request.url} HTTP/${request.httpVersion}`
      log(connection, response.headersSent ? `"${line}" ${response.statusCode} -` : `"${line}" not answered`)
    })
    void respond(answer, request, response)
  })
  server.on('clientError', (error: Error & { code?: string; reason?: string }, stream) => {
    const connection = stream as unknown as Connection
    // a client that went away is no bad request
    if (error.code === 'ECONNRESET' || !connection.writable) return connection.destroy()
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
    log(connection, `code ${status}, message ${error.reason ?? error.message}`)
    const body = errorPage(status, error.reason ?? error.message)
    connection.end([
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Server: Socketscope', 'Connection: close', 'Content-Type: text/html; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`, '', body,
    ].join('\r\n'))
  })
  return server
}

async function respond(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await answer(request, response)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    log(connectionOf(request), `code 500, message ${message}`)
    if (response.headersSent) response.destroy()
    else sendError(request, response, 500, 'the server failed')
  }
}

export function sendError(request: IncomingMessage, response: ServerResponse, status: number, message: string, headers: Record<string, string> = {}): void {
  const body = errorPage(status, message)
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': Buffer.byteLength(body), Connection: 'close', ...headers })
  response.end(request.method === 'HEAD' ? undefined : body)
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (n: number): string => String(n).padStart(2, '0')

/** '127.0.0.1 - - [31/Jan/2026 09:15:00] text', as Python's BaseHTTPRequestHandler.log_message writes it. */
function log(connection: Connection, text: string): void {
  const now = new Date()
  const date = `${two(now.getDate())}/${MONTHS[now.getMonth()]}/${now.getFullYear()}`
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(':')
  const host = connection.peer.family === 'unix' ? connection.peer.path : connection.peer.host
  connection.sys.print(`${host} - - [${date} ${time}] ${text}`)
}
