/** Raw HTTP and WebSocket clients: a browser would not let a test send a wrong Host or Origin. */
import { request, type IncomingHttpHeaders } from 'node:http'
import { Packr } from 'msgpackr'
import { WebSocket } from 'ws'

export const codec = new Packr({ useRecords: false })

export interface Answer { status: number; headers: IncomingHttpHeaders; body: string }

/** `path` goes out exactly as given. */
export function get(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((done, failed) => {
    request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part: string) => { body += part })
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, body }))
    }).on('error', failed).end()
  })
}

/** The session's cookie for a fresh server. */
export async function openSession(url: string): Promise<string> {
  const { port, pathname, search } = new URL(url)
  const answer = await get(Number(port), pathname + search)
  const cookie = answer.headers['set-cookie']?.[0]
  if (!cookie) throw new Error(`no cookie came with status ${answer.status}`)
  return cookie.split(';')[0] ?? ''
}

export interface DialOptions { origin?: string; cookie?: string; host?: string; path?: string }

/** An open socket, or the HTTP status that refused it. */
export function dial(port: number, { origin, cookie, host, path = '/engine' }: DialOptions): Promise<WebSocket | number> {
  const headers = { ...(cookie ? { Cookie: cookie } : {}), ...(host ? { Host: host } : {}) }
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers, origin, perMessageDeflate: false })
  return new Promise((done, failed) => {
    socket.once('open', () => done(socket))
    socket.once('unexpected-response', (_request, response) => {
      response.resume()
      done(response.statusCode ?? 0)
    })
    socket.once('error', failed)
  })
}

/** The next message, decoded. */
export const next = (socket: WebSocket): Promise<unknown> => new Promise((done) => socket.once('message', (data: Buffer) => done(codec.unpack(data))))

/** The code with which the other end closes. */
export const closed = (socket: WebSocket): Promise<number> => new Promise((done) => socket.once('close', done))
