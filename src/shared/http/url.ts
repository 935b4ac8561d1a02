/** The parts of an http:// address that a client by hand needs. */
import { fail, ok, type Result } from '../result'

export interface HttpUrl {
  /** without the brackets of an IPv6 address */
  host: string
  port: number
  /** path and query, percent-encoded: what the request line asks for */
  target: string
  /** what the Host header says: with the port where it is not 80 */
  authority: string
}

export function parseHttpUrl(text: string): Result<HttpUrl> {
  const wrong = (message: string): Result<HttpUrl> => fail({ code: 'INVALID', field: 'url', message })
  let url: URL
  try {
    url = new URL(text.trim())
  } catch {
    return wrong('url must be an address such as http://127.0.0.1:8000/')
  }
  if (url.protocol !== 'http:') return wrong(`url must begin with http:// (${url.protocol}// needs more than a socket)`)
  if (url.username !== '' || url.password !== '') return wrong('url must not hold a name or a password')
  return ok({
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: url.port === '' ? 80 : Number(url.port),
    target: `${url.pathname}${url.search}`, authority: url.host,
  })
}
