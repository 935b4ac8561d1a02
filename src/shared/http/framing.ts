/** Where a body ends: the rules of RFC 9112, section 6.3, in their order. */
import { LineFault } from './lines'
import { headersNamed, type Framing, type HttpMessage, type HttpRequest, type Warning } from './model'

/** Throws a LineFault where the headers contradict each other: taking either side's word lets a request be smuggled in. */
export function framingOf(message: HttpMessage, answersHead: boolean, warn: (warning: Warning) => void): Framing {
  if (message.kind === 'request') checkHost(message, warn)
  const codings = headersNamed(message, 'transfer-encoding')
  const length = contentLength(message)
  if (message.kind === 'response' && (answersHead || message.status < 200 || message.status === 204 || message.status === 304)) return { by: 'none' }

  if (codings.length > 0) {
    const last = codings.at(-1)!
    const all = codings.flatMap(({ value }) => value.split(',')).map((coding) => coding.trim().toLowerCase()).filter((coding) => coding !== '')
    if (all.length !== 1 || all[0] !== 'chunked') {
      throw new LineFault('transfer-encoding', 'the only transfer coding that this reader knows is chunked', last.part.inner.value!)
    }
    if (message.version === '1.0') throw new LineFault('transfer-encoding', 'HTTP/1.0 has no transfer codings', last.part)
    if (length !== undefined) {
      const at = headersNamed(message, 'content-length')[0]!.part
      if (message.kind === 'request') {
        throw new LineFault('length-and-chunked', 'Content-Length and Transfer-Encoding together: two words for where the body ends', at)
      }
      warn({ code: 'length-and-chunked', from: at.from, to: at.to })
    }
    return { by: 'chunked' }
  }
  if (length !== undefined) return length === 0 ? { by: 'none' } : { by: 'length', length }
  return message.kind === 'request' ? { by: 'none' } : { by: 'eof' }
}

/** The one length that all Content-Length headers agree on. */
function contentLength(message: HttpMessage): number | undefined {
  let length: number | undefined
  for (const header of headersNamed(message, 'content-length')) {
    for (const text of header.value.split(',')) {
      const digits = text.trim()
      const value = Number(digits)
      if (!/^\d+$/.test(digits) || !Number.isSafeInteger(value)) {
        throw new LineFault('length', 'Content-Length must be a decimal number of bytes', header.part)
      }
      if (length !== undefined && value !== length) throw new LineFault('lengths-differ', 'two lengths that differ', header.part)
      length = value
    }
  }
  return length
}

/** RFC 9112, section 3.2: an HTTP/1.1 request has exactly one Host. */
function checkHost(message: HttpRequest, warn: (warning: Warning) => void): void {
  const hosts = headersNamed(message, 'host')
  if (hosts.length > 1) throw new LineFault('hosts', 'a request names one Host only', hosts[1]!.part)
  const line = message.parts.find(({ kind }) => kind === 'request-line')!
  if (hosts.length === 0 && message.version === '1.1') warn({ code: 'no-host', from: line.from, to: line.to })
}
