/** Messages from the network: HTTP and XML-RPC, whole and in pieces. */
import { exchangesOf } from '../../src/shared/http/exchanges'
import { HttpReader, readHttp } from '../../src/shared/http/reader'
import { fromJson, paramsFromJson } from '../../src/shared/rpc/json'
import { readCall, readResponse } from '../../src/shared/rpc/read'
import { xmlRows } from '../../src/shared/rpc/rows'
import { array, double, int, RpcError, string, struct } from '../../src/shared/rpc/value'
import { writeCall, writeResult } from '../../src/shared/rpc/write'
import { answerCall } from '../../src/engine/services/rpc-service'
import { pythonRepr } from '../../src/shared/rpc/python'
import { fuzz } from './lib/fuzz'
import { concat, mutate } from './lib/random'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const HTTP = [
  'GET /index.html HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
  'POST /RPC2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0;x=y\r\nTrailer: a\r\n\r\n',
  'HTTP/1.0 404 Not Found\r\nContent-Type: text/html\r\n\r\n<p>',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n',
].map(encode)

fuzz<Uint8Array>({
  name: 'http', short: 15_000,
  make: (r) => mutate(r, r.chance(0.3) ? concat(r.pick(HTTP), r.pick(HTTP)) : r.pick(HTTP), r.pick(HTTP)),
  check(bytes) {
    for (const kind of ['request', 'response'] as const) {
      const whole = readHttp(bytes, { kind }, true)
      const pieces = new HttpReader({ kind })
      for (let at = 0; at < bytes.length; at += 3) pieces.push(bytes.subarray(at, at + 3))
      pieces.end()
      // how a stream is cut is the network's choice
      if (pieces.state !== whole.state || pieces.length !== whole.length || pieces.error?.code !== whole.error?.code) {
        throw new Error(`whole ${whole.state} ${whole.length} ${whole.error?.code}, in pieces ${pieces.state} ${pieces.length} ${pieces.error?.code}`)
      }
      if (whole.length > bytes.length) throw new Error('longer than what was given')
    }
    const stream = { bytes, length: bytes.length, ended: true }
    exchangesOf(stream, stream)
  },
})

const XML = [
  writeCall({ method: 'add', params: [int(1), int(2)] }),
  writeCall({ method: 'echo', params: [array([string('<&>'), double(1.5)]), struct({ a: int(7) })] }),
  writeResult(string('한글')),
  '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><methodCall><methodName>&b;</methodName></methodCall>',
  '<methodResponse><fault><value><struct><member><name>faultCode</name><value><i4>4</i4></value></member></struct></value></fault></methodResponse>',
].map(encode)

fuzz<Uint8Array>({
  name: 'xml', short: 5000,
  make: (r) => (r.chance(0.1) ? encode('<value><array><data>'.repeat(r.below(200))) : mutate(r, r.pick(XML), r.pick(XML))),
  check(bytes) {
    for (const read of [readCall, readResponse]) {
      try {
        const message = read(bytes)
        if ('params' in message) message.params.forEach(pythonRepr)
      } catch (error) {
        if (!(error instanceof RpcError)) throw error
      }
    }
    try {
      xmlRows(bytes)
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
    }
    // the server answers whatever comes, with a result or a fault
    readResponse(encode(answerCall(bytes)))
  },
})

fuzz<string>({
  name: 'rpc-json', short: 10_000,
  make: (r) => r.text(20, ['[', ']', '{', '}', '"', ':', ',', '1', '-', '1e999', 'null', 'true', '"__proto__"', '\\ud800', '9007199254740993', '{"base64":"']),
  check(text) {
    for (const read of [paramsFromJson, fromJson]) {
      try {
        read(text)
      } catch (error) {
        if (!(error instanceof RpcError) && !(error instanceof SyntaxError)) throw error
      }
    }
  },
})
