/** A call as the bytes of an HTTP request. */
import { requestText } from '../http/request'
import type { HttpUrl } from '../http/url'
import type { RpcCall } from './value'
import { writeCall } from './write'

/** Where an XML-RPC server listens when its address names no path. */
export const rpcTarget = (text: string, url: HttpUrl): string => (/^\s*http:\/\/[^/?#]+\s*$/i.test(text) ? '/RPC2' : url.target)

export function postCall(call: RpcCall, target: string, authority: string): Uint8Array {
  const encoder = new TextEncoder()
  const body = writeCall(call)
  return encoder.encode(requestText('POST', target, [
    ['Host', authority], ['Content-Type', 'text/xml'], ['Content-Length', String(encoder.encode(body).length)], ['Connection', 'close'],
  ], body))
}
