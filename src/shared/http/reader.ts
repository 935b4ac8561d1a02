/**
 * Reads one HTTP/1.1 message from a stream, piece by piece, and keeps three answers apart: not enough yet (`reading`), all
 * there (`complete`), and no HTTP (`invalid`, with why and where). Content is handed on as it comes and not kept, so a body
 * of any size fits. A byte is looked at once, whatever the pieces.
 */
import { framingOf } from './framing'
import { chunkSize, fieldLine, latin1, LineFault, part, requestLine, statusLine } from './lines'
import { HTTP_LIMITS, type ErrorCode, type HttpError, type HttpLimits, type HttpMessage, type Part, type Warning } from './model'

const CR = 13
const LF = 10

export interface ReaderOptions {
  kind: 'request' | 'response'
  /** the response answers a HEAD, so it has no body whatever its headers say */
  answersHead?: boolean
  /** content bytes, in order; views into what was pushed */
  onBody?: (bytes: Uint8Array) => void
  limits?: Partial<HttpLimits>
}

type Phase = 'start' | 'headers' | 'length' | 'eof' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'done'

export class HttpReader {
  state: 'reading' | 'complete' | 'invalid' = 'reading'
  /** undefined until its first line is there */
  message: HttpMessage | undefined
  error: HttpError | undefined
  readonly warnings: Warning[] = []
  /** bytes that belong to the message: what was pushed past it is the next one's */
  length = 0
  private phase: Phase = 'start'
  private readonly limits: HttpLimits
  /** an unfinished line: its bytes so far, and where they begin */
  private pending: Uint8Array[] = []
  private pendingSize = 0
  private lineFrom = 0
  /** content bytes that are still to come: of the body, or of this chunk */
  private remaining = 0
  private chunks = 0
  /** empty lines before the request */
  private readonly before: Part[] = []

  constructor(private readonly options: ReaderOptions) {
    this.limits = { ...HTTP_LIMITS, ...options.limits }
  }

  /** Bytes that the message needs at least: 0 when it is complete or only the peer's close can tell. */
  get wanted(): number {
    return this.phase === 'length' || this.phase === 'chunk-data' ? this.remaining : 0
  }

  /** The blank line has come. */
  get headRead(): boolean {
    return this.message?.framing !== undefined
  }

  /** Takes bytes; answers how many of them belong to this message. */
  push(bytes: Uint8Array): number {
    let at = 0
    try {
      while (at < bytes.length && this.state === 'reading') at += this.take(bytes, at)
    } catch (error) {
      if (!(error instanceof LineFault)) throw error
      this.fail(error.code, error.message, error.at.from, error.at.to)
    }
    return at
  }

  /** The peer closed its side: the end of a body that only this ends, and of nothing else. */
  end(): void {
    if (this.state !== 'reading') return
    const last = this.message?.parts.at(-1)
    if (this.phase === 'eof') return this.complete()
    if (this.phase === 'length') {
      return this.fail('eof-in-body', `the stream ended ${this.remaining} bytes before the body did`, last?.from ?? 0, this.length)
    }
    if (this.phase === 'start' && this.length === 0) return this.fail('eof-before', 'the stream ended before the first byte of a message', 0, 0)
    if (this.phase === 'start' || this.phase === 'headers') return this.fail('eof-in-head', 'the stream ended before the blank line', this.lineFrom, this.length)
    this.fail('eof-in-chunk', 'the stream ended before the last chunk', last?.from ?? 0, this.length)
  }

  /** One step: a line, or content. Answers the bytes it took. */
  private take(bytes: Uint8Array, at: number): number {
    switch (this.phase) {
      case 'length': case 'eof': case 'chunk-data': return this.takeContent(bytes, at)
      default: return this.takeLine(bytes, at)
    }
  }

  private takeContent(bytes: Uint8Array, at: number): number {
    const size = this.phase === 'eof' ? bytes.length - at : Math.min(this.remaining, bytes.length - at)
    const message = this.message!
    const last = message.parts.at(-1)!
    const kind = this.phase === 'chunk-data' ? 'chunk-data' : 'body'
    if (last.kind === kind) last.to += size
    else this.add({ kind, from: this.length, to: this.length + size, inner: {} })
    this.length += size
    message.bodyLength += size
    this.options.onBody?.(bytes.subarray(at, at + size))
    if (this.phase === 'eof') return size
    this.remaining -= size
    if (this.remaining === 0) {
      if (this.phase === 'length') this.complete()
      else this.phase = 'chunk-end'
    }
    return size
  }

  private takeLine(bytes: Uint8Array, at: number): number {
    const lf = bytes.indexOf(LF, at)
    const end = lf < 0 ? bytes.length : lf + 1
    const piece = bytes.subarray(at, end)
    if (this.pendingSize === 0) this.lineFrom = this.length
    this.length += piece.length
    this.pendingSize += piece.length
    const inHead = this.phase === 'start' || this.phase === 'headers'
    if (this.pendingSize > this.limits.line) return this.fault('limit-line', `a line longer than ${this.limits.line} bytes`)
    if (inHead && this.length > this.limits.head) return this.fault('limit-head', `a head longer than ${this.limits.head} bytes`)
    if (lf < 0) {
      // kept as its own: what was pushed may be reused
      this.pending.push(piece.slice())
      return piece.length
    }
    this.line(this.pending.length === 0 ? piece : join([...this.pending, piece], this.pendingSize))
    this.pending = []
    this.pendingSize = 0
    return piece.length
  }

  private fault(code: ErrorCode, message: string): never {
    throw new LineFault(code, message, { from: this.lineFrom, to: this.length })
  }

  private line(bytes: Uint8Array): void {
    const bare = bytes.length < 2 || bytes[bytes.length - 2] !== CR
    const line = { text: latin1(bytes, 0, bytes.length - (bare ? 1 : 2)), from: this.lineFrom, size: bytes.length }
    if (line.text.includes('\r')) this.fault('bare-cr', 'a carriage return that is not followed by a line feed')
    if (bare) this.warn('bare-lf')
    switch (this.phase) {
      case 'start': return this.first(line)
      case 'headers': case 'trailers': return this.field(line)
      case 'chunk-size': return this.chunk(line)
      case 'chunk-end':
        if (line.text !== '') this.fault('chunk-end', 'the chunk is longer than its size says: CRLF must follow its last byte')
        this.add(part('chunk-end', line))
        this.phase = 'chunk-size'
        return
      default: throw new Error(`no line is read in phase ${this.phase}`)
    }
  }

  private first(line: { text: string; from: number; size: number }): void {
    const empty = { headers: [], trailers: [], bodyLength: 0 }
    if (this.options.kind === 'request') {
      // RFC 9112, section 2.2: an empty line before a request is put up with, and so is a second one
      if (line.text === '' && this.before.length < 2) {
        this.before.push(part('blank', line))
        return this.warn('blank-before')
      }
      const { method, target, version, part: first } = requestLine(line)
      this.message = { kind: 'request', method, target, version, parts: [...this.before, first], ...empty }
    } else {
      const { status, reason, version, part: first } = statusLine(line)
      this.message = { kind: 'response', status, reason, version, parts: [first], ...empty }
    }
    this.phase = 'headers'
  }

  private field(line: { text: string; from: number; size: number }): void {
    const message = this.message!
    const trailing = this.phase === 'trailers'
    if (line.text !== '') {
      const header = fieldLine(line, trailing ? 'trailer' : 'header')
      const list = trailing ? message.trailers : message.headers
      if (message.headers.length + message.trailers.length >= this.limits.headers) this.fault('limit-headers', `more than ${this.limits.headers} headers`)
      if (/[\x80-\xff]/.test(header.value)) this.warn('non-ascii')
      list.push(header)
      this.add(header.part)
      return
    }
    this.add(part('blank', line))
    if (trailing) return this.complete()
    const framing = framingOf(message, this.options.answersHead ?? false, (warning) => this.warnings.push(warning))
    message.framing = framing
    switch (framing.by) {
      case 'none': return this.complete()
      case 'length':
        this.remaining = framing.length
        this.phase = 'length'
        return
      case 'chunked': this.phase = 'chunk-size'; return
      case 'eof': this.phase = 'eof'; return
      default: framing satisfies never
    }
  }

  private chunk(line: { text: string; from: number; size: number }): void {
    const { size, part: first } = chunkSize(line)
    if (++this.chunks > this.limits.chunks) this.fault('limit-chunks', `more than ${this.limits.chunks} chunks`)
    this.add(first)
    this.remaining = size
    this.phase = size === 0 ? 'trailers' : 'chunk-data'
  }

  private add(next: Part): void {
    this.message!.parts.push(next)
  }

  private warn(code: Warning['code']): void {
    this.warnings.push({ code, from: this.lineFrom, to: this.length })
  }

  private complete(): void {
    this.phase = 'done'
    this.state = 'complete'
  }

  private fail(code: ErrorCode, message: string, from: number, to: number): void {
    this.state = 'invalid'
    this.error = { code, message, from, to }
  }
}

function join(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** Reads a message that is all here. `ended`: the stream ended after these bytes. */
export function readHttp(bytes: Uint8Array, options: ReaderOptions, ended = false): HttpReader {
  const reader = new HttpReader(options)
  reader.push(bytes)
  if (ended) reader.end()
  return reader
}
