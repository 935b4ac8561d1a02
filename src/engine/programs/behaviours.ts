/** What a TCP server does with one client, a turn at a time. The same five are in the twins. */
import type { Socket, Sys } from './program'
import { bytesRepr } from './python'
import { sums } from './sum'

/** One client of a server, while it is served. */
export interface Talk {
  conn: Socket
  /** the printed name of the peer */
  client: string
  /** the most that one recv() takes, bytes */
  bufsize: number
  /** how long each request is worked on, milliseconds */
  work: number
  /** bytes received so far */
  total: number
}

/** Receives once and answers. False: this client is done. */
export type Turn = (sys: Sys, talk: Talk) => Promise<boolean>

/** done with the bytes before the next recv() */
const REUSE = { reuse: true }

const ACK = new TextEncoder().encode('ACK')

/** The work on one request: time in which nobody else of this thread is served. */
const work = async (sys: Sys, ms: number): Promise<void> => {
  if (ms > 0) await sys.sleep(ms / 1000)
}

async function ack(sys: Sys, { conn, client, bufsize, work: ms }: Talk): Promise<boolean> {
  const data = await conn.recv(bufsize)
  sys.print(`${client} sent ${bytesRepr(data)}`)
  await work(sys, ms)
  await conn.sendall(ACK)
  return false
}

const answering = (answer: (data: Uint8Array) => Uint8Array): Turn => async (sys, { conn, client, bufsize, work: ms }) => {
  const data = await conn.recv(bufsize, REUSE)
  if (data.length === 0) {
    sys.print(`${client} closed`)
    return false
  }
  await work(sys, ms)
  await conn.sendall(answer(data))
  return true
}

async function discard(sys: Sys, talk: Talk): Promise<boolean> {
  const data = await talk.conn.recv(talk.bufsize, REUSE)
  if (data.length === 0) {
    sys.print(`${talk.client} closed after ${talk.total} bytes`)
    return false
  }
  talk.total += data.length
  await work(sys, talk.work)
  return true
}

/** Python's bytes.upper(): the letters of ASCII only. */
export function upperCase(data: Uint8Array): Uint8Array {
  const upper = new Uint8Array(data.length)
  for (let i = 0; i < data.length; i++) {
    const b = data[i]!
    upper[i] = b >= 0x61 && b <= 0x7a ? b - 0x20 : b
  }
  return upper
}

export const behaviours = {
  ack, echo: answering((data) => data), upper: answering(upperCase), discard, sum: answering(sums),
} satisfies Record<string, Turn>
