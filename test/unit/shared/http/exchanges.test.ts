/** Two streams as exchanges: pipelining, HEAD, interim answers, a body that is not all here. */
import { describe, expect, it } from 'vitest'
import { exchangesOf, type HttpExchange, type StreamPrefix } from '../../../../src/shared/http/exchanges'

const stream = (text: string, more: Partial<StreamPrefix> = {}): StreamPrefix => {
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0))
  return { bytes, length: bytes.length, ended: false, ...more }
}
const told = (list: HttpExchange[]) => list.map(({ request, responses }) => [
  request?.reader.message?.kind === 'request' ? `${request.reader.message.method} ${request.reader.message.target} @${request.base}+${request.size}` : undefined,
  ...responses.map(({ reader, base, size }) => `${reader.message?.kind === 'response' ? reader.message.status : '?'} ${reader.state} @${base}+${size}`),
])
const get = (path: string, method = 'GET') => `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const ok = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`

describe('exchangesOf', () => {
  it('answers belong to requests in order; a HEAD has no body, 100 Continue is no answer', () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'
    const requests = get('/1', 'HEAD') + get('/2') + get('/3')
    const responses = `${head}HTTP/1.1 100 Continue\r\n\r\n${ok('two')}`
    const one = get('/1', 'HEAD').length
    const two = get('/2').length
    expect(told(exchangesOf(stream(requests), stream(responses)))).toEqual([
      [`HEAD /1 @0+${one}`, `200 complete @0+${head.length}`],
      [`GET /2 @${one}+${two}`, `100 complete @${head.length}+25`, `200 complete @${head.length + 25}+${ok('two').length}`],
      [`GET /3 @${one + two}+${two}`],
    ])
  })
  it('an answer on its way is reading; one whose stream ended is not', () => {
    const part = ok('hello').slice(0, -2)
    expect(told(exchangesOf(stream(get('/')), stream(part)))[0]![1]).toMatch(/^200 reading /)
    expect(told(exchangesOf(stream(get('/')), stream(part, { ended: true })))[0]![1]).toMatch(/^200 invalid /)
    expect(told(exchangesOf(stream(get('/')), stream('HTTP/1.0 200 OK\r\n\r\nall', { ended: true })))[0]![1]).toMatch(/^200 complete /)
  })
  it('a body larger than what was read is cut, and its size is known', () => {
    const [exchange] = exchangesOf(stream(get('/')), stream('HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nhe', { length: 5039, ended: true }))
    expect(exchange!.responses[0]).toMatchObject({ cut: true, size: 5039 })
    expect(exchange!.responses[0]!.reader.state).toBe('reading')
  })
  it('bytes that were not kept are told of, not passed over', () => {
    const [exchange] = exchangesOf(stream('', { length: 60 }), stream('', { length: 976 }))
    expect(exchange).toMatchObject({ request: { cut: true, size: 60 }, responses: [{ cut: true, size: 976 }] })
  })
  it('an answer without a request, a request that is none', () => {
    expect(told(exchangesOf(stream(''), stream(ok('x'))))).toEqual([[undefined, `200 complete @0+${ok('x').length}`]])
    expect(exchangesOf(stream('nonsense\r\n'), stream(''))[0]!.request!.reader.state).toBe('invalid')
    expect(exchangesOf(stream(''), stream(''))).toEqual([])
  })
})
