/** The pages that the file server writes itself. */
import { STATUS_CODES } from 'node:http'

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => ENTITIES[c]!)

const page = (title: string, body: string): string =>
  `<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>${title}</title>\n</head>\n<body>\n${body}\n</body>\n</html>\n`

export const errorPage = (status: number, message: string): string =>
  page('Error response', `<h1>Error response</h1>\n<p>Error code: ${status} ${escapeHtml(STATUS_CODES[status] ?? '')}</p>\n<p>Message: ${escapeHtml(message)}.</p>`)

/** `kind`: a slash after folders and an @ after links, as Python's list_directory has them. */
export interface Entry { name: string; kind: 'file' | 'folder' | 'link' }

const MARK: Record<Entry['kind'], string> = { file: '', folder: '/', link: '@' }

/** `path` is the folder's, decoded, from the site's root; `more` entries are not listed. */
export function listingPage(path: string, entries: readonly Entry[], more: number): string {
  const rows = entries.map(({ name, kind }) => {
    const href = encodeURIComponent(name) + (kind === 'folder' ? '/' : '')
    return `<li><a href="./${href}">${escapeHtml(name)}${MARK[kind]}</a></li>`
  })
  if (more > 0) rows.push(`<li>and ${more} more</li>`)
  const title = `Directory listing for ${escapeHtml(path)}`
  return page(title, `<h1>${title}</h1>\n<hr>\n<ul>\n${rows.join('\n')}\n</ul>\n<hr>`)
}
