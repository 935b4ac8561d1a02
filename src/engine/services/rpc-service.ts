/** XML-RPC over HTTP: a POST whose body is the call. The XML is read and written by shared/rpc. */
import type { IncomingMessage } from 'node:http'
import { readCall } from '../../shared/rpc/read'
import { RpcError } from '../../shared/rpc/value'
import { writeFault, writeResult } from '../../shared/rpc/write'
import { LIMITS } from '../policy/limits'
import { sendError, type Answer } from './http-service'
import { callMethod, faultOf } from './rpc-methods'

/** The paths that Python's SimpleXMLRPCServer answers on. */
const PATHS = ['/', '/RPC2']

export const rpcAnswer: Answer = async (request, response) => {
  if (request.method !== 'POST') return sendError(request, response, 501, `Unsupported method (${request.method}): XML-RPC is a POST`, { Allow: 'POST' })
  if (!PATHS.includes((request.url ?? '').split('?')[0]!)) return sendError(request, response, 404, 'No such page')
  if (request.headers['content-encoding'] !== undefined) return sendError(request, response, 501, `encoding ${request.headers['content-encoding']} not supported`)
  const body = await bodyOf(request)
  if (!body) return sendError(request, response, 413, `a call has at most ${LIMITS.rpcBytes} bytes`)
  const xml = Buffer.from(answerCall(body))
  response.writeHead(200, { 'Content-Type': 'text/xml', 'Content-Length': xml.length })
  response.end(xml)
}

/** A fault where anything is wrong with the call: XML-RPC has no other way to say so. */
export function answerCall(body: Uint8Array): string {
  try {
    const { method, params } = readCall(body)
    return writeResult(callMethod(method, params))
  } catch (error) {
    // Python's server tells of a result that XML-RPC cannot hold as of any other exception
    if (error instanceof RpcError && error.message === 'int exceeds XML-RPC limits') {
      return writeFault({ code: 1, message: `<class 'OverflowError'>:${error.message}` })
    }
    return writeFault(faultOf(error))
  }
}

/** undefined as soon as it is known to be too long. */
function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > LIMITS.rpcBytes) return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = []
    let size = 0
    request.on('data', (piece: Uint8Array) => {
      size += piece.length
      if (size > LIMITS.rpcBytes) {
        request.removeAllListeners('data')
        request.resume()
        resolve(undefined)
      } else pieces.push(piece)
    })
    request.on('end', () => resolve(Buffer.concat(pieces)))
    request.on('error', reject)
    request.on('close', () => reject(new Error('the client went away')))
  })
}
