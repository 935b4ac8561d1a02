/** A connection's two streams as HTTP: each request with its answer. */
import { HttpReader } from './reader'

/** What is here of one direction: its first bytes, how many there were in all, and whether its sender has ended it. */
export interface StreamPrefix {
  bytes: Uint8Array
  length: number
  ended: boolean
}

export interface ReadMessage {
  reader: HttpReader
  /** where it begins in its stream */
  base: number
  /** bytes of the stream that belong to it, known ones and those that were not read together */
  size: number
  /** not all of its bytes were read: `reader` knows its beginning only */
  cut: boolean
}

export interface HttpExchange {
  request?: ReadMessage
  /** interim answers (100 Continue) come first */
  responses: ReadMessage[]
}

/** Messages that one connection is read for. */
const MOST = 200

export function exchangesOf(requests: StreamPrefix, responses: StreamPrefix): HttpExchange[] {
  const asked = messages(requests, 'request', () => false)
  const list: HttpExchange[] = asked.map((request) => ({ request, responses: [] }))
  let at = 0
  messages(responses, 'response', () => {
    const message = list[at]?.request?.reader.message
    return message?.kind === 'request' && message.method === 'HEAD'
  }, (message) => {
    const exchange = list[at] ?? (list[at] = { responses: [] })
    exchange.responses.push(message)
    if (message.reader.message?.kind === 'response' && message.reader.message.status >= 200) at++
  })
  return list
}

function messages(stream: StreamPrefix, kind: 'request' | 'response', answersHead: () => boolean, each: (message: ReadMessage) => void = () => {}): ReadMessage[] {
  const all: ReadMessage[] = []
  if (stream.bytes.length === 0 && stream.length > 0) {
    // there was something, and none of it was kept
    const message = { reader: new HttpReader({ kind }), base: 0, size: stream.length, cut: true }
    each(message)
    return [message]
  }
  for (let base = 0; base < stream.bytes.length && all.length < MOST;) {
    const reader = new HttpReader({ kind, answersHead: answersHead() })
    reader.push(stream.bytes.subarray(base))
    const known = stream.bytes.length >= stream.length
    if (known && stream.ended) reader.end()
    const cut = !known && reader.state === 'reading'
    const size = reader.state === 'complete' ? reader.length : stream.length - base
    const message = { reader, base, size, cut }
    all.push(message)
    each(message)
    if (reader.state !== 'complete') break
    base += reader.length
  }
  return all
}
