/** app://lab/: the built page, served from its folder and from nowhere else. */
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pageHeaders } from '../engine/host/content-policy'
import { HOST, SCHEME } from './origin'
import type { OpenedFiles } from './opened-files'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.py': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.zip': 'application/zip',
  '.whl': 'application/zip',
}

const refuse = (status: number): Response => new Response(null, { status, headers: pageHeaders() })

/**
 * The file inside `root` that a URL's path names, or undefined when it names none: every segment must be a plain visible
 * name after decoding, so neither `..`, an encoded slash, a backslash, a drive, a stream nor a NUL gets out of the folder.
 */
export function fileOf(root: string, pathname: string): string | undefined {
  let path: string
  try {
    path = decodeURIComponent(pathname)
  } catch {
    return undefined // a broken escape names no file
  }
  const segments = path.replace(/^\//, '').split('/')
  if (segments.length === 1 && segments[0] === '') return join(root, 'index.html')
  return segments.every((segment) => /^[^.\\:\0%][^\\:\0%]*$/.test(segment)) ? join(root, ...segments) : undefined
}

/** The handler for protocol.handle. */
export function appScheme(root: string, opened: OpenedFiles): (request: Request) => Promise<Response> {
  return async (request) => {
    const url = new URL(request.url)
    if (url.protocol !== `${SCHEME}:` || url.host !== HOST) return refuse(404)
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405)

    const session = opened.take(url.pathname)
    if (session) {
      const body = Readable.toWeb(createReadStream(session)) as ReadableStream
      return new Response(body, { headers: { ...pageHeaders(), 'Content-Type': 'application/octet-stream', 'Cache-Control': 'no-store' } })
    }

    const file = fileOf(root, url.pathname)
    const type = file && TYPES[extname(file).toLowerCase()]
    if (!file || !type) return refuse(404)
    try {
      const body = await readFile(file)
      return new Response(request.method === 'HEAD' ? null : body, { headers: { ...pageHeaders(), 'Content-Type': type, 'Cache-Control': 'no-cache' } })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return refuse(404)
      throw error
    }
  }
}
