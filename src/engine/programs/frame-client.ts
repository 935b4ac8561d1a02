/** A client of frames: each line of its text is a body. Sends them all, in pieces where asked, and takes as many answers. */
import { concat, lengthField } from '../../shared/bytes/framing'
import type { ParamValues } from '../../shared/contract/params'
import type { LabError } from '../../shared/result'
import { checkFraming, FrameReader, framed, framingConstants, framingOf, framingParams } from './framed'
import { program } from './program'
import { bytesRepr } from './python'
import { familyOf, pythonFamily } from './resolve'

const params = {
  host: { kind: 'host', default: '127.0.0.1' },
  port: { kind: 'port', default: 9999 },
  ...framingParams,
  send: { kind: 'text', default: 'one\ntwo\nthree', maxBytes: 65_536 },
  /** bytes that one send() takes; 0: all at once */
  piece: { kind: 'integer', default: 0, min: 0, max: 65_536 },
  'pause-ms': { kind: 'number', default: 0, min: 0, max: 60_000 },
  /** what is wrong with what comes after the last frame: it is cut short, or claims to be longer than max */
  broken: { kind: 'choice', default: 'none', choices: ['none', 'truncated', 'oversized'] },
} as const
type Params = ParamValues<typeof params>

const encoder = new TextEncoder()

function check(p: Params): LabError | undefined {
  if (p.broken === 'oversized' && p.framing === 'fixed') return { code: 'INVALID', field: 'broken', message: 'broken oversized needs framing length or delimiter: a fixed frame has one size' }
  if (p.broken === 'oversized' && p.framing === 'length' && p.max >= 2 ** (8 * Number(p['header-bytes'])) - 1) {
    return { code: 'INVALID', field: 'max', message: `max must be less than ${2 ** (8 * Number(p['header-bytes'])) - 1} for a length field of ${p['header-bytes']} byte(s) to claim more` }
  }
  return checkFraming(p)
}

/** What follows the last frame to break the stream. */
function breakage(p: Params): Uint8Array {
  const last = encoder.encode('broken')
  switch (p.broken) {
    case 'none': return new Uint8Array()
    case 'truncated': return framed(framingOf(p), last.subarray(0, p.framing === 'fixed' ? p.size : Math.min(last.length, p.max))).slice(0, -1)
    case 'oversized': return p.framing === 'length'
      ? lengthField(p.max + 1, Number(p['header-bytes']) as 1 | 2 | 4, p['byte-order'])
      : new Uint8Array(p.max + 1).fill(0x78)
    default: return p.broken satisfies never
  }
}

export const frameClient = program({
  id: 'frame-client',
  params,
  check,
  twin: (p) => ({
    file: `frame-client-${p.framing}.py`,
    constants: {
      FAMILY: pythonFamily(p.host), HOST: p.host, PORT: p.port, ...framingConstants(p), SEND: p.send, PIECE: p.piece, PAUSE: p['pause-ms'] / 1000,
      BROKEN: p.broken,
    },
  }),

  async main(sys, p) {
    const framing = framingOf(p)
    const bodies = p.send.split('\n').map((line) => encoder.encode(line))
    const client = await sys.socket(familyOf(p.host), 'stream')
    try {
      await client.connect(await sys.resolve(p.host, p.port))
      sys.print(`connected to ${p.host} port ${p.port}`)
      const data = concat(...bodies.map((body) => framed(framing, body)), breakage(p))
      const piece = p.piece || data.length
      for (let at = 0; at < data.length; at += piece) {
        if (at > 0 && p['pause-ms'] > 0) await sys.sleep(p['pause-ms'] / 1000)
        await client.sendall(data.subarray(at, at + piece))
      }
      await client.shutdown('WR')
      sys.print(`sent ${bodies.length} frames, ${data.length} bytes`)
      const reader = new FrameReader(client, framing)
      let answers = 0
      for (let body = await reader.next(); body !== undefined; body = await reader.next()) {
        sys.print(`received ${bytesRepr(body)}`)
        answers++
      }
      sys.print(`${answers} answers to ${bodies.length} frames`)
    } finally {
      await client.close()
    }
  },
})
