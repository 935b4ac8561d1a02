/** The HTTP/1.1 reader: golden messages, every prefix, every way to cut, and a hundred thousand broken ones. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { latin1 } from '../../../../src/shared/http/lines'
import { HttpReader, readHttp, type ReaderOptions } from '../../../../src/shared/http/reader'
import { broken } from './broken'

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0))
const read = (text: string, options: ReaderOptions, ended = false) => {
  let body = ''
  const reader = readHttp(bytes(text), { ...options, onBody: (b) => { body += latin1(b) } }, ended)
  return { reader, body, message: reader.message }
}
const shape = (text: string, reader: HttpReader): string[] => reader.message!.parts.map((p) => `${p.kind} ${JSON.stringify(text.slice(p.from, p.to))}`)

const GET = 'GET /a?b HTTP/1.1\r\nHost: localhost:8000\r\nConnection: close\r\n\r\n'
const LENGTH = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX:  two words \r\n\r\nhello'
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nT: x\r\n\r\n'
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc'
const EMPTY = 'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n'
const whole: [string, ReaderOptions][] = [
  [GET, { kind: 'request' }], [POST, { kind: 'request' }], [LENGTH, { kind: 'response' }], [CHUNKED, { kind: 'response' }], [EMPTY, { kind: 'response' }],
]

describe('messages', () => {
  it('a GET, every part in its place', () => {
    const { reader, message } = read(GET, { kind: 'request' })
    expect(reader.state).toBe('complete')
    expect(message).toMatchObject({ method: 'GET', target: '/a?b', version: '1.1', framing: { by: 'none' } })
    expect(shape(GET, reader)).toEqual([
      'request-line "GET /a?b HTTP/1.1\\r\\n"', 'header "Host: localhost:8000\\r\\n"', 'header "Connection: close\\r\\n"', 'blank "\\r\\n"',
    ])
    const { inner } = message!.parts[0]!
    expect(Object.entries(inner).map(([name, r]) => [name, GET.slice(r.from, r.to)])).toEqual([['method', 'GET'], ['target', '/a?b'], ['version', 'HTTP/1.1']])
    const host = message!.headers[0]!
    expect(GET.slice(host.part.inner.value!.from, host.part.inner.value!.to)).toBe('localhost:8000')
  })
  it('a body by length; white space round a value is not the value', () => {
    const { reader, body, message } = read(LENGTH, { kind: 'response' })
    expect(reader.state).toBe('complete')
    expect(body).toBe('hello')
    expect(message).toMatchObject({ status: 200, reason: 'OK', framing: { by: 'length', length: 5 }, bodyLength: 5 })
    expect(message!.headers.map((h) => [h.name, h.value])).toEqual([['Content-Length', '5'], ['X', 'two words']])
  })
  it('chunks, an extension, a trailer', () => {
    const { reader, body, message } = read(CHUNKED, { kind: 'response' })
    expect(reader.state).toBe('complete')
    expect(body).toBe('hello world')
    expect(message!.trailers.map((h) => h.name)).toEqual(['T'])
    expect(shape(CHUNKED, reader).slice(3)).toEqual([
      'chunk-size "5;a=b\\r\\n"', 'chunk-data "hello"', 'chunk-end "\\r\\n"', 'chunk-size "6\\r\\n"', 'chunk-data " world"', 'chunk-end "\\r\\n"',
      'chunk-size "0\\r\\n"', 'trailer "T: x\\r\\n"', 'blank "\\r\\n"',
    ])
  })
  it('a body to EOF; HTTP/1.0; no reason', () => {
    const text = 'HTTP/1.0 404 \r\n\r\nnot here'
    expect(read(text, { kind: 'response' }).reader.state).toBe('reading')
    const { reader, body, message } = read(text, { kind: 'response' }, true)
    expect(reader.state).toBe('complete')
    expect(body).toBe('not here')
    expect(message).toMatchObject({ status: 404, reason: '', version: '1.0', framing: { by: 'eof' } })
    expect(read('HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', { kind: 'response' }).reader.state).toBe('complete')
  })
  it('no body after HEAD, 204, 304, 1xx', () => {
    expect(read(LENGTH.slice(0, -5), { kind: 'response', answersHead: true }).reader.state).toBe('complete')
    expect(read('HTTP/1.1 100 Continue\r\n\r\n', { kind: 'response' }).reader.state).toBe('complete')
    expect(read(EMPTY, { kind: 'response' }).reader.state).toBe('complete')
  })
  it('says where the message ends and the next begins', () => {
    const reader = new HttpReader({ kind: 'request' })
    expect(reader.push(bytes(GET + POST))).toBe(GET.length)
    expect(reader.push(bytes('more'))).toBe(0)
  })
  it('puts up with bare LF and an empty line before, and says so', () => {
    const { reader } = read('\r\nGET / HTTP/1.1\nHost: a\n\n', { kind: 'request' })
    expect(reader.state).toBe('complete')
    expect(reader.warnings.map(({ code }) => code)).toEqual(['blank-before', 'bare-lf', 'bare-lf', 'bare-lf'])
    expect(read('GET / HTTP/1.1\r\n\r\n', { kind: 'request' }).reader.warnings).toEqual([{ code: 'no-host', from: 0, to: 16 }])
  })
})

describe('what is no HTTP', () => {
  const H = 'HTTP/1.1 200 OK\r\n'
  const R = 'GET / HTTP/1.1\r\nHost: a\r\n'
  it.each([
    ['request', 'hello\r\n', 'request-line', [0, 7]],
    ['request', 'GET  / HTTP/1.1\r\n', 'target', [4, 6]],
    ['request', 'G{T / HTTP/1.1\r\n', 'method', [0, 3]],
    ['request', 'GET / HTTP/2.0\r\n', 'version', [6, 14]],
    ['request', 'GET / http/1.1\r\n', 'version', [6, 14]],
    ['request', 'GET /\x01 HTTP/1.1\r\n', 'target', [4, 6]],
    ['request', `${R}Host: b\r\n\r\n`, 'hosts', [25, 34]],
    ['request', `${R}a b: c\r\n`, 'header-name', [25, 28]],
    ['request', `${R}a : c\r\n`, 'space-before-colon', [25, 28]],
    ['request', `${R} folded\r\n`, 'folded', [25, 34]],
    ['request', `${R}nothing\r\n`, 'no-colon', [25, 34]],
    ['request', `${R}a: b\0\r\n`, 'header-value', [27, 30]],
    ['request', `${R}a: b\rc\r\n`, 'bare-cr', [25, 33]],
    ['request', `${R}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, 'length-and-chunked', [25, 44]],
    ['request', `${R}Transfer-Encoding: gzip, chunked\r\n\r\n`, 'transfer-encoding', [44, 57]],
    ['response', 'HTTP/1.1 20 OK\r\n', 'status-line', [0, 16]],
    ['response', 'HTTP/1.1 200OK\r\n', 'status-line', [0, 16]],
    ['response', `${H}Content-Length: -1\r\n\r\n`, 'length', [17, 37]],
    ['response', `${H}Content-Length: +1\r\n\r\n`, 'length', [17, 37]],
    ['response', `${H}Content-Length: 99999999999999999999\r\n\r\n`, 'length', [17, 55]],
    ['response', `${H}Content-Length: 1, 2\r\n\r\n`, 'lengths-differ', [17, 39]],
    ['response', `${H}Transfer-Encoding: chunked\r\n\r\n0x5\r\n`, 'chunk-size', [47, 52]],
    ['response', `${H}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n`, 'chunk-end', [51, 55]],
  ] as const)('%s %j', (kind, text, code, [from, to]) => {
    expect(read(text, { kind }).reader).toMatchObject({ state: 'invalid', error: { code, from, to } })
  })
  it('a stream that ends too early, each place with its own word', () => {
    const ends = (text: string) => read(text, { kind: 'response' }, true).reader.error?.code
    expect(ends('')).toBe('eof-before')
    expect(ends('HTTP/1.1 2')).toBe('eof-in-head')
    expect(ends(LENGTH.slice(0, -1))).toBe('eof-in-body')
    expect(ends(CHUNKED.slice(0, -2))).toBe('eof-in-chunk')
  })
  it('limits: a line, a head, headers, chunks', () => {
    const limits = { line: 40, head: 100, headers: 2, chunks: 1 }
    const code = (text: string) => read(text, { kind: 'response', limits }).reader.error?.code
    expect(code(`HTTP/1.1 200 ${'x'.repeat(60)}`)).toBe('limit-line')
    expect(code(`${H}${`a: ${'x'.repeat(30)}\r\n`.repeat(4)}`)).toBe('limit-head')
    expect(code(`${H}${'a: b\r\n'.repeat(3)}`)).toBe('limit-headers')
    expect(code(CHUNKED)).toBe('limit-chunks')
  })
})

describe('laws', () => {
  it('every prefix of a message is not enough, never wrong', () => {
    for (const [text, options] of whole) {
      for (let n = 0; n < text.length; n++) expect(read(text.slice(0, n), options).reader.state, text.slice(0, n)).toBe('reading')
      expect(read(text, options).reader.state).toBe('complete')
    }
  })
  it('how the stream is cut makes no difference', () => {
    const any = fc.constantFrom(...whole, ...broken(40, 7).map(({ text, kind }) => [text, { kind }] as [string, ReaderOptions]))
    fc.assert(fc.property(any, fc.array(fc.nat({ max: 30 }), { maxLength: 40 }), ([text, options], cuts) => {
      const at = read(text, options)
      let body = ''
      const reader = new HttpReader({ ...options, onBody: (b) => { body += latin1(b) } })
      let from = 0
      // one buffer for every piece: nothing that was pushed may be held on to
      const buffer = new Uint8Array(64)
      for (const size of [...cuts.map((c) => c + 1), ...Array<number>(text.length).fill(7)]) {
        const piece = bytes(text.slice(from, from + size))
        buffer.set(piece)
        reader.push(buffer.subarray(0, piece.length))
        from += size
      }
      expect(reader.state).toBe(at.reader.state)
      expect(reader.message).toEqual(at.message)
      expect(reader.error).toEqual(at.reader.error)
      expect(body).toBe(at.body)
    }), { numRuns: 2000 })
  })
  it('parts lie without a gap from the first byte to the last', () => {
    fc.assert(fc.property(fc.constantFrom(...broken(3000, 3)), ({ text, kind }) => {
      const { message, reader } = read(text, { kind })
      let at = 0
      for (const p of message?.parts ?? []) {
        expect(p.from).toBe(at)
        for (const r of Object.values(p.inner)) expect(r.from >= p.from && r.from <= r.to && r.to <= p.to).toBe(true)
        at = p.to
      }
      expect(at).toBeLessThanOrEqual(reader.length)
      if (reader.state === 'complete') expect(at).toBe(reader.length)
    }), { numRuns: 3000 })
  })
  it('100,000 malformed messages: an answer for each, and the errors explain themselves', { timeout: 60_000 }, () => {
    const seen = new Map<string, number>()
    for (const { text, kind } of broken(100_000, 1)) {
      const { reader } = read(text, { kind }, true)
      const said = reader.error?.code ?? reader.state
      seen.set(said, (seen.get(said) ?? 0) + 1)
      if (reader.error) {
        expect(reader.error.message.length).toBeGreaterThan(10)
        expect(reader.error.from).toBeLessThanOrEqual(reader.error.to)
        expect(reader.error.to).toBeLessThanOrEqual(text.length)
      }
      expect(reader.state).not.toBe('reading')
    }
    // most are wrong, in many ways
    expect(seen.get('complete') ?? 0).toBeLessThan(30_000)
    expect(seen.size).toBeGreaterThan(15)
  })
})
