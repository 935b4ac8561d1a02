/** Custom schemes, served to the browser through a local HTTP origin of their own. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { CustomScheme } from 'electron'
import { app } from './app'

type Handler = (request: Request) => Response | Promise<Response>

const handlers = new Map<string, Handler>()
export const schemes: CustomScheme[] = []

export const protocol = {
  registerSchemesAsPrivileged(custom: CustomScheme[]): void {
    if (app.isReady()) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready')
    schemes.push(...custom)
  },
  handle(scheme: string, handler: Handler): void {
    if (!schemes.some((known) => known.scheme === scheme && known.privileges?.standard && known.privileges.secure)) {
      throw new Error(`the scheme ${scheme} was not registered as standard and secure`)
    }
    handlers.set(scheme, handler)
  },
}

/** Asks the scheme's handler, with a URL exactly as given. */
export async function ask(url: string, method: string): Promise<Response> {
  const handler = handlers.get(new URL(url).protocol.slice(0, -1))
  if (!handler) throw new Error(`no handler for ${url}`)
  return handler(new Request(url, { method }))
}

let port = 0
/** The origin that app://lab has in the browser. *.localhost is loopback and a secure context there. */
export const origin = (): string => `http://lab.localhost:${port}`
export const toBrowser = (url: string): string => url.replace(/^app:\/\/lab(?=\/|$)/, origin())
export const fromBrowser = (url: string): string => (url === origin() || url.startsWith(`${origin()}/`) ? `app://lab${url.slice(origin().length)}` : url)

async function answer(response: ServerResponse, host: string | undefined, path: string, method: string): Promise<void> {
  if (host !== new URL(origin()).host) {
    response.writeHead(404).end()
    return
  }
  const { status, headers, body } = await ask(`app://lab${path}`, method)
  response.writeHead(status, Object.fromEntries(headers))
  if (body) Readable.fromWeb(body as ReadableStream).pipe(response)
  else response.end()
}

export async function startOrigin(): Promise<void> {
  const server = createServer((request, response) => {
    answer(response, request.headers.host, request.url ?? '/', request.method ?? 'GET').catch((error: unknown) => {
      process.stderr.write(`stand-in: ${String(error)}\n`)
      response.writeHead(500).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
}
