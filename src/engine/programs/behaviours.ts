/** What a TCP server does with one client. The same four are in the twins, each as the body of `serve`. */
import type { Socket, Sys } from './program'
import { bytesRepr } from './python'

/** `client` is the printed name of the peer; `bufsize` the most that one recv() takes, bytes. */
export type Behaviour = (sys: Sys, conn: Socket, client: string, bufsize: number) => Promise<void>

const ACK = new TextEncoder().encode('ACK')

async function ack(sys: Sys, conn: Socket, client: string, bufsize: number): Promise<void> {
  const data = await conn.recv(bufsize)
  sys.print(`${client} sent ${bytesRepr(data)}`)
  await conn.sendall(ACK)
}

async function echo(sys: Sys, conn: Socket, client: string, bufsize: number): Promise<void> {
  for (;;) {
    const data = await conn.recv(bufsize)
    if (data.length === 0) break
    await conn.sendall(data)
  }
  sys.print(`${client} closed`)
}

async function upper(sys: Sys, conn: Socket, client: string, bufsize: number): Promise<void> {
  for (;;) {
    const data = await conn.recv(bufsize)
    if (data.length === 0) break
    await conn.sendall(upperCase(data))
  }
  sys.print(`${client} closed`)
}

async function discard(sys: Sys, conn: Socket, client: string, bufsize: number): Promise<void> {
  let total = 0
  for (;;) {
    const data = await conn.recv(bufsize)
    if (data.length === 0) break
    total += data.length
  }
  sys.print(`${client} closed after ${total} bytes`)
}

/** Python's bytes.upper(): the letters of ASCII only. */
export const upperCase = (data: Uint8Array): Uint8Array => data.map((b) => (b >= 0x61 && b <= 0x7a ? b - 0x20 : b))

export const behaviours = { ack, echo, upper, discard } satisfies Record<string, Behaviour>
