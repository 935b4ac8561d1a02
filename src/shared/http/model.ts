/** HTTP/1.1 messages (RFC 9110, RFC 9112) as bytes with a meaning: every part knows where it stands. */
import type { Range } from '../bytes/range'

/**
 * What a stretch of bytes is. Line kinds (`request-line` ... `trailer`, `chunk-size`) end with their CRLF; `body`, `chunk-data`
 * hold content. Parts are in order and without a gap or an overlap, from the first byte of the message to the last one read.
 */
export type PartKind = 'request-line' | 'status-line' | 'header' | 'blank' | 'body' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer'

/** Ranges count from the message's first byte; the last part of a message that is still being read grows. */
export interface Part {
  kind: PartKind
  from: number
  to: number
  /** the pieces inside a line that mean something: method, target, version, status, reason, name, value, size, extension */
  inner: Record<string, Range>
}

export interface Header {
  /** as it was written */
  name: string
  /** without the white space around it; bytes above 127 as Latin-1, which is how RFC 9110 5.5 says to take them apart */
  value: string
  part: Part
}

export type HttpVersion = '1.0' | '1.1'

/** How the end of the body is known (RFC 9112, section 6.3). `none`: this message has no body. */
export type Framing = { by: 'none' } | { by: 'length'; length: number } | { by: 'chunked' } | { by: 'eof' }

interface Head {
  version: HttpVersion
  headers: Header[]
  trailers: Header[]
  /** undefined until the blank line is there */
  framing?: Framing
  parts: Part[]
  /** content bytes so far, without the chunks' framing */
  bodyLength: number
}
export interface HttpRequest extends Head { kind: 'request'; method: string; target: string }
export interface HttpResponse extends Head { kind: 'response'; status: number; reason: string }
export type HttpMessage = HttpRequest | HttpResponse

/** What a recipient may put up with, and a reader should see. */
export type WarningCode = 'bare-lf' | 'blank-before' | 'no-host' | 'length-and-chunked' | 'non-ascii'
/** Why bytes are no HTTP/1.1 message, or one that this reader does not take. */
export type ErrorCode =
  | 'request-line' | 'status-line' | 'version' | 'method' | 'target' | 'header-name' | 'header-value' | 'no-colon' | 'space-before-colon' | 'folded'
  | 'bare-cr' | 'length' | 'lengths-differ' | 'transfer-encoding' | 'length-and-chunked' | 'chunk-size' | 'chunk-end' | 'hosts'
  | 'eof-in-head' | 'eof-in-body' | 'eof-in-chunk' | 'eof-before'
  | 'limit-line' | 'limit-headers' | 'limit-head' | 'limit-chunks'

export interface Warning extends Range { code: WarningCode }
export interface HttpError extends Range {
  code: ErrorCode
  /** English, for logs and scripts; the UI has its own text for the code */
  message: string
}

/** Bytes, but for `headers` (lines) and `chunks` (of which parts are kept; a body may have more where parts are not). */
export interface HttpLimits {
  line: number
  head: number
  headers: number
  chunks: number
}
export const HTTP_LIMITS: HttpLimits = { line: 16 * 1024, head: 64 * 1024, headers: 200, chunks: 100_000 }

export const headersNamed = (message: HttpMessage, name: string): Header[] => {
  const wanted = name.toLowerCase()
  return message.headers.filter((header) => header.name.toLowerCase() === wanted)
}
/** The value of the first header of that name. */
export const headerOf = (message: HttpMessage, name: string): string | undefined => headersNamed(message, name)[0]?.value
