/**
 * A folder as a web site. The library `send` serves the files (ranges, conditions, types, HEAD); which file a path means, and
 * that it is inside the folder, is settled here: by the real path, so that neither `..` nor a link leads out of it.
 */
import { realpath, readdir, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join, relative, sep } from 'node:path'
import sendFile from 'send'
import { LIMITS } from '../policy/limits'
import { sendError, type Answer } from './http-service'
import { listingPage, type Entry } from './pages'

/** `root` must be a real path (realpath) of a folder. */
export function staticSite(root: string): Answer {
  return async (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return sendError(request, response, 501, `Unsupported method (${request.method})`, { Allow: 'GET, HEAD' })
    }
    const path = decodedPath(request.url ?? '')
    if (path === undefined) return sendError(request, response, 400, 'the path is not well percent-encoded')
    const found = await within(root, path)
    if (found === 'none') return sendError(request, response, 404, 'File not found')
    if (found === 'outside') return sendError(request, response, 403, 'the path leads out of the folder')
    if (!found.folder) {
      // a file is no folder: Python answers the same
      return path.endsWith('/') ? sendError(request, response, 404, 'File not found') : file(request, response, root, found.path)
    }
    if (!path.endsWith('/')) {
      const [rawPath, query] = (request.url ?? '').split(/\?([^]*)/)
      // one leading slash: `//name/` would be another host
      const location = `/${(rawPath ?? '').replace(/^\/+/, '')}/${query === undefined ? '' : `?${query}`}`
      response.writeHead(301, { Location: location, 'Content-Length': 0 })
      response.end()
      return
    }
    const index = await within(root, join(path, 'index.html'))
    if (typeof index === 'object' && !index.folder) return file(request, response, root, index.path)
    await listing(request, response, found.path, path)
  }
}

/** The path of a request target, decoded; undefined where it cannot be. Only the form that begins with a slash names a file. */
function decodedPath(target: string): string | undefined {
  const path = target.split(/[?#]/)[0]!
  if (!path.startsWith('/')) return undefined
  try {
    const decoded = decodeURIComponent(path)
    return decoded.includes('\0') ? undefined : decoded
  } catch {
    return undefined // decodeURIComponent has only one reason to throw
  }
}

type Found = 'none' | 'outside' | { path: string; folder: boolean }

async function within(root: string, path: string): Promise<Found> {
  const wanted = join(root, path)
  if (wanted !== root && !wanted.startsWith(root.endsWith(sep) ? root : root + sep)) return 'outside'
  try {
    const real = await realpath(wanted)
    const from = relative(root, real)
    if (from === '..' || from.startsWith(`..${sep}`) || join(root, from) !== real) return 'outside'
    const stats = await stat(real)
    return stats.isDirectory() || stats.isFile() ? { path: real, folder: stats.isDirectory() } : 'none'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') return 'outside'
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ELOOP' || code === 'EINVAL') return 'none'
    throw error
  }
}

function file(request: IncomingMessage, response: ServerResponse, root: string, path: string): void {
  const url = relative(root, path).split(sep).map(encodeURIComponent).join('/')
  sendFile(request, `/${url}`, { root, dotfiles: 'allow', cacheControl: false, index: false }).pipe(response)
}

async function listing(request: IncomingMessage, response: ServerResponse, folder: string, path: string): Promise<void> {
  const all = await readdir(folder, { withFileTypes: true })
  all.sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
  const entries = all.slice(0, LIMITS.listedEntries).map((entry): Entry => ({
    name: entry.name, kind: entry.isSymbolicLink() ? 'link' : entry.isDirectory() ? 'folder' : 'file',
  }))
  const body = listingPage(path, entries, all.length - entries.length)
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': Buffer.byteLength(body) })
  response.end(request.method === 'HEAD' ? undefined : body)
}
