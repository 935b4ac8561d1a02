/** Experiments with datagrams, call by call, on real sockets. Data; run-facts.ts makes them. */
import type { HandCall } from '../../../../shared/contract/contract'
import type { SockAddr, SockId } from '../../../../shared/trace/events'

export const FACTS = ['sender', 'boundaries', 'truncation', 'maximum', 'refused', 'connected', 'noReceiver'] as const
export type FactId = (typeof FACTS)[number]
/** who makes a call; each is a thread of its own */
export type Who = 'sender' | 'other' | 'receiver'

export interface FactContext {
  sock(name: string): SockId
  /** the local address of a saved socket */
  addr(name: string): SockAddr
}

export interface FactStep {
  who: Who
  call(ctx: FactContext): HandCall
  /** the name for the socket that this call makes */
  save?: string
  /** seconds; 0 never waits */
  timeout: number
}

/** Long enough for a datagram on this machine, short enough to wait for one that does not come. Seconds. */
const PATIENCE = 2
/** The largest payload of a UDP datagram over IPv4: 65,535 less the IP header (20) and the UDP header (8), RFC 768. */
export const LARGEST = 65_507

const LOOPBACK: SockAddr = { family: 'inet', host: '127.0.0.1', port: 0 }
const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value)
const filled = (size: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: size }, (_, i) => 97 + (i % 26))

const make = (who: Who, save: string): FactStep => ({ who, save, timeout: PATIENCE, call: () => ({ name: 'socket', family: 'inet', type: 'dgram' }) })
const on = (who: Who, name: string, call: (sock: SockId, ctx: FactContext) => HandCall, timeout = PATIENCE): FactStep =>
  ({ who, timeout, call: (ctx) => call(ctx.sock(name), ctx) })
const bind = (who: Who, name: string): FactStep => on(who, name, (sock) => ({ name: 'bind', sock, address: LOOPBACK }))
const sendto = (who: Who, name: string, data: Uint8Array<ArrayBuffer>, to: string): FactStep =>
  on(who, name, (sock, ctx) => ({ name: 'sendto', sock, data, address: ctx.addr(to) }))
const recvfrom = (name: string, n: number, timeout = PATIENCE): FactStep => on('receiver', name, (sock) => ({ name: 'recvfrom', sock, n }), timeout)
const connect = (who: Who, name: string, to: string): FactStep => on(who, name, (sock, ctx) => ({ name: 'connect', sock, address: ctx.addr(to) }))
const send = (who: Who, name: string, data: Uint8Array<ArrayBuffer>): FactStep => on(who, name, (sock) => ({ name: 'send', sock, data }))
const recv = (who: Who, name: string, n: number, timeout = PATIENCE): FactStep => on(who, name, (sock) => ({ name: 'recv', sock, n }), timeout)
const close = (who: Who, name: string): FactStep => on(who, name, (sock) => ({ name: 'close', sock }))

const receiver = (): FactStep[] => [make('receiver', 'receiver'), bind('receiver', 'receiver')]

export const EXPERIMENTS: Record<FactId, FactStep[]> = {
  sender: [
    ...receiver(), make('sender', 'sender'), make('other', 'other'), sendto('sender', 'sender', text('from one'), 'receiver'),
    sendto('other', 'other', text('from another'), 'receiver'), recvfrom('receiver', 1024), recvfrom('receiver', 1024),
  ],
  boundaries: [
    ...receiver(), make('sender', 'sender'), ...['one', 'two', ''].map((word) => sendto('sender', 'sender', text(word), 'receiver')),
    ...[1, 2, 3].map(() => recvfrom('receiver', 1024)),
  ],
  truncation: [
    ...receiver(), make('sender', 'sender'), sendto('sender', 'sender', text('hello, datagram'), 'receiver'), recvfrom('receiver', 5),
    recvfrom('receiver', 1024, 0),
  ],
  maximum: [
    ...receiver(), make('sender', 'sender'), sendto('sender', 'sender', filled(LARGEST), 'receiver'), recvfrom('receiver', 65_535),
    sendto('sender', 'sender', filled(LARGEST + 1), 'receiver'),
  ],
  refused: [
    ...receiver(), make('sender', 'sender'), connect('sender', 'sender', 'receiver'), close('receiver', 'receiver'),
    send('sender', 'sender', text('anyone?')), recv('sender', 'sender', 1024),
  ],
  connected: [
    ...receiver(), make('sender', 'sender'), make('other', 'other'), connect('sender', 'sender', 'receiver'),
    sendto('other', 'other', text('not from your peer'), 'sender'), sendto('receiver', 'receiver', text('from your peer'), 'sender'),
    recv('sender', 'sender', 1024), recv('sender', 'sender', 1024, 0),
  ],
  noReceiver: [
    ...receiver(), make('sender', 'sender'), close('receiver', 'receiver'), sendto('sender', 'sender', text('anyone?'), 'receiver'),
    on('sender', 'sender', (sock) => ({ name: 'recvfrom', sock, n: 1024 }), 1),
  ],
}
