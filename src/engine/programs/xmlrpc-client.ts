/** Calls one method of an XML-RPC server: the POST is written by hand, the answer read by hand. */
import { HttpReader } from '../../shared/http/reader'
import { parseHttpUrl } from '../../shared/http/url'
import { paramsFromJson } from '../../shared/rpc/json'
import { postCall, rpcTarget } from '../../shared/rpc/post'
import { pythonRepr } from '../../shared/rpc/python'
import { readResponse } from '../../shared/rpc/read'
import { RpcError, type RpcResponse } from '../../shared/rpc/value'
import { fail, ok, type Result } from '../../shared/result'
import { LIMITS } from '../policy/limits'
import { program, type Socket } from './program'
import { printable } from './python'
import { familyOf } from './resolve'

const BUFSIZE = 65_536

interface Asked { url: string; method: string; params: string }

/** What is to be sent and where to, or which of the parameters is wrong. */
function plan(p: Asked): Result<{ host: string; port: number; request: Uint8Array; said: string }> {
  const url = parseHttpUrl(p.url)
  if (!url.ok) return url
  if (!/^[A-Za-z0-9_.:/]{1,255}$/.test(p.method)) {
    return fail({ code: 'INVALID', field: 'method', message: 'method must be a name such as addtogether or system.listMethods' })
  }
  try {
    const params = paramsFromJson(p.params)
    const request = postCall({ method: p.method, params }, rpcTarget(p.url, url.value), url.value.authority)
    return ok({ host: url.value.host, port: url.value.port, request, said: `${p.method}(${params.map(pythonRepr).join(', ')})` })
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    return fail({ code: 'INVALID', field: 'params', message: `params: ${error.message}` })
  }
}

async function receive(client: Socket): Promise<RpcResponse> {
  const pieces: Uint8Array[] = []
  let size = 0
  const reader = new HttpReader({
    kind: 'response',
    onBody: (bytes) => {
      size += bytes.length
      if (size <= LIMITS.rpcBytes) pieces.push(bytes.slice())
    },
  })
  while (reader.state === 'reading' && size <= LIMITS.rpcBytes) {
    const data = await client.recv(BUFSIZE)
    if (data.length === 0) reader.end()
    else reader.push(data)
  }
  if (reader.state === 'invalid') throw new Error(`the answer is no HTTP: ${reader.error!.message}`)
  if (size > LIMITS.rpcBytes) throw new Error(`the answer is longer than ${LIMITS.rpcBytes} bytes`)
  const { message } = reader
  if (message?.kind !== 'response' || message.status !== 200) {
    throw new Error(`the server answered ${message?.kind === 'response' ? `${message.status} ${printable(message.reason)}` : 'nothing'}`)
  }
  const body = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    body.set(piece, at)
    at += piece.length
  }
  return readResponse(body)
}

export const xmlrpcClient = program({
  id: 'xmlrpc-client',
  params: {
    url: { kind: 'text', default: 'http://127.0.0.1:7001', maxBytes: 2048 },
    method: { kind: 'text', default: 'addtogether', maxBytes: 255 },
    /** JSON: 2 is an int, 2.0 a double; {"$base64": ...} and {"$dateTime": ...} for what JSON lacks */
    params: { kind: 'text', default: '["x", "y", "z"]', maxBytes: 1_048_576 },
  },
  check: (p) => {
    const planned = plan(p)
    return planned.ok ? undefined : planned.error
  },
  twin: (p) => ({ file: 'xmlrpc-client.py', constants: { URL: p.url, METHOD: p.method, PARAMS: p.params } }),

  async main(sys, p) {
    const planned = plan(p)
    if (!planned.ok) throw new Error(planned.error.message)
    const { host, port, request, said } = planned.value
    sys.print(said)
    const client = await sys.socket(familyOf(host), 'stream')
    try {
      await client.connect(await sys.resolve(host, port))
      await client.sendall(request)
      const answer = await receive(client)
      if ('fault' in answer) sys.print(`fault ${answer.fault.code}: ${printable(answer.fault.message)}`)
      else sys.print(pythonRepr(answer.result))
    } finally {
      await client.close()
    }
  },
})
