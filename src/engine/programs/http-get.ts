/** GET by hand: a socket, the request as text, and recv() until the answer is whole. */
import { getRequest } from '../../shared/http/request'
import { HttpReader } from '../../shared/http/reader'
import { headerOf } from '../../shared/http/model'
import { parseHttpUrl } from '../../shared/http/url'
import { program, type Socket, type Sys } from './program'
import { bytesRepr } from './python'
import { familyOf, pythonFamily } from './resolve'

const BUFSIZE = 65_536
/** How much of a body is printed, bytes. */
const SHOWN = 1000

/** A body's length and its first bytes: a body of any size passes through. */
class Body {
  length = 0
  private readonly first: number[] = []

  readonly take = (bytes: Uint8Array): void => {
    this.length += bytes.length
    if (this.first.length < SHOWN) this.first.push(...bytes.subarray(0, SHOWN - this.first.length))
  }

  get text(): string {
    return bytesRepr(Uint8Array.from(this.first)) + (this.length > SHOWN ? ' ...' : '')
  }
}

/** Receives the answer. `read`: how its end is told; a failed one is an Error that says what is wrong with it. */
async function receive(sys: Sys, client: Socket, read: string): Promise<void> {
  const body = new Body()
  let reader = new HttpReader({ kind: 'response', onBody: body.take })
  let printed = false
  for (;;) {
    const data = await client.recv(BUFSIZE)
    if (data.length === 0) reader.end()
    let taken = reader.push(data)
    // an interim answer (100 Continue) comes before the real one
    while (reader.state === 'complete' && (reader.message as { status: number }).status < 200) {
      reader = new HttpReader({ kind: 'response', onBody: body.take })
      taken += reader.push(data.subarray(taken))
    }
    if (reader.state === 'invalid') throw new Error(`the answer is no HTTP: ${reader.error!.message}`)
    const { message } = reader
    if (reader.headRead && message?.kind === 'response' && !printed) {
      printed = true
      sys.print(`HTTP/${message.version} ${message.status} ${message.reason}`.trimEnd())
      for (const { name, value } of message.headers) sys.print(`${name}: ${value}`)
      sys.print('')
      if (read === 'length' && headerOf(message, 'content-length') === undefined) throw new Error('the answer has no Content-Length')
    }
    if (data.length === 0 || (reader.state === 'complete' && read !== 'eof')) break
  }
  sys.print(body.text)
  const length = reader.message && headerOf(reader.message, 'content-length')
  sys.print(`${body.length} bytes of body${length === undefined ? '' : `, Content-Length says ${length}`}`)
}

export const httpGet = program({
  id: 'http-get',
  params: {
    url: { kind: 'text', default: 'http://127.0.0.1:8000/', maxBytes: 2048 },
    /** until when it receives: the server's close, Content-Length, or whatever the answer's headers say */
    read: { kind: 'choice', default: 'auto', choices: ['auto', 'eof', 'length'] },
  },
  check: ({ url }) => {
    const parsed = parseHttpUrl(url)
    return parsed.ok ? undefined : parsed.error
  },
  twin: (p) => {
    const parsed = parseHttpUrl(p.url)
    if (!parsed.ok) throw new Error(parsed.error.message)
    const { host, port, target, authority } = parsed.value
    return { file: 'http-get.py', constants: { FAMILY: pythonFamily(host), HOST: host, PORT: port, TARGET: target, AUTHORITY: authority, READ: p.read } }
  },

  async main(sys, p) {
    const parsed = parseHttpUrl(p.url)
    if (!parsed.ok) throw new Error(parsed.error.message)
    const { host, port, target, authority } = parsed.value
    const client = await sys.socket(familyOf(host), 'stream')
    try {
      await client.connect(await sys.resolve(host, port))
      await client.sendall(new TextEncoder().encode(getRequest(target, authority)))
      await receive(sys, client, p.read)
    } finally {
      await client.close()
    }
  },
})
