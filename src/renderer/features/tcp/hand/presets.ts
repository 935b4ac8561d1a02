/** Ready-made experiments: the calls of both hands, one after the other, on real sockets. Data; hand/play.ts makes them. */
import type { HandCall } from '../../../../shared/contract/contract'
import type { CallModel, Side } from '../../../../shared/projections/model'
import type { SockAddr, SockId } from '../../../../shared/trace/events'

/** What earlier steps left: sockets by the name they were saved under, and where those are bound. */
export interface PresetContext {
  sock(name: string): SockId
  /** the local address of a saved socket */
  addr(name: string): SockAddr
  /** true while bytes that the peer of a saved socket has sent, or is sending, were not received */
  unread(name: string): boolean
}

export interface PresetStep {
  hand: Side
  /** thread of the hand; 'main' when absent */
  thread?: string
  call(ctx: PresetContext): HandCall
  /** seconds; null blocks (the default), 0 never waits */
  timeout?: number | null
  /** the name for the socket that this call makes */
  save?: string
  /** the call is expected to block: the next step comes before it returns */
  blocks?: boolean
  /** makes the call again while this says so, a limited number of times */
  again?(ctx: PresetContext, call: CallModel): boolean
}

export type PresetId = 'handshake' | 'echo' | 'halfClose' | 'fillSend' | 'acceptQueue' | 'synReceived' | 'closing' | 'addressInUse' | 'refused' | 'timeout' | 'reset'
export interface Preset { id: PresetId; steps: PresetStep[] }

const LOOPBACK: SockAddr = { family: 'inet', host: '127.0.0.1', port: 0 }
const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value)
const filled = (size: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: size }, (_, i) => 97 + (i % 26))

const socket = (hand: Side, save: string, thread?: string): PresetStep => ({ hand, thread, save, call: () => ({ name: 'socket', family: 'inet', type: 'stream' }) })
const on = (hand: Side, name: string, make: (sock: SockId, ctx: PresetContext) => HandCall, more: Partial<PresetStep> = {}): PresetStep =>
  ({ hand, call: (ctx) => make(ctx.sock(name), ctx), ...more })

const bind = (name = 'server'): PresetStep => on('b', name, (sock) => ({ name: 'bind', sock, address: LOOPBACK }))
const listen = (backlog: number): PresetStep => on('b', 'server', (sock) => ({ name: 'listen', sock, backlog }))
const connect = (name = 'client', more: Partial<PresetStep> = {}): PresetStep =>
  on('a', name, (sock, ctx) => ({ name: 'connect', sock, address: ctx.addr('server') }), more)
const accept = (save = 'conn'): PresetStep => on('b', 'server', (sock) => ({ name: 'accept', sock }), { save })
const send = (hand: Side, name: string, data: Uint8Array<ArrayBuffer>, more: Partial<PresetStep> = {}): PresetStep => on(hand, name, (sock) => ({ name: 'send', sock, data }), more)
const recv = (hand: Side, name: string, n: number, more: Partial<PresetStep> = {}): PresetStep => on(hand, name, (sock) => ({ name: 'recv', sock, n }), more)
const shutdown = (hand: Side, name: string): PresetStep => on(hand, name, (sock) => ({ name: 'shutdown', sock, how: 'WR' }))
const close = (hand: Side, name: string): PresetStep => on(hand, name, (sock) => ({ name: 'close', sock }))
const abort = (hand: Side, name: string): PresetStep => on(hand, name, (sock) => ({ name: 'abort', sock }))
const option = (hand: Side, name: string, key: string, value: number): PresetStep => on(hand, name, (sock) => ({ name: 'setsockopt', sock, option: key, value }))

const server = (backlog = 5): PresetStep[] => [socket('b', 'server'), bind(), listen(backlog)]
const joined = (): PresetStep[] => [...server(), socket('a', 'client'), connect(), accept()]
const SMALL = 4096
const untilFull: Partial<PresetStep> = { timeout: 0, again: (_, call) => call.end?.errno === undefined }
/** Receives until everything that was sent has come. */
const drain = (hand: Side, name: string): PresetStep => recv(hand, name, 65_536, { again: (ctx) => ctx.unread(name) })
/** Both ends with small buffers: set before listen() and connect(), because the window is agreed in the handshake (tcp(7)). */
const joinedSmall = (): PresetStep[] => [
  socket('b', 'server'), option('b', 'server', 'SO_SNDBUF', SMALL), option('b', 'server', 'SO_RCVBUF', SMALL), bind(), listen(5),
  socket('a', 'client'), option('a', 'client', 'SO_SNDBUF', SMALL), option('a', 'client', 'SO_RCVBUF', SMALL), connect(), accept(),
]

export const PRESETS: Preset[] = [
  {
    id: 'handshake',
    steps: [...joined(), close('a', 'client'), recv('b', 'conn', 1024), close('b', 'conn'), close('b', 'server')],
  },
  {
    id: 'echo',
    steps: [
      ...joined(), recv('b', 'conn', 1024, { blocks: true }), send('a', 'client', text('hello')), send('b', 'conn', text('hello')),
      recv('a', 'client', 1024), close('a', 'client'), recv('b', 'conn', 1024), close('b', 'conn'), close('b', 'server'),
    ],
  },
  {
    id: 'halfClose',
    steps: [
      ...joined(), send('a', 'client', text('GET answer\n')), shutdown('a', 'client'), recv('b', 'conn', 1024), recv('b', 'conn', 1024),
      send('b', 'conn', text('42\n')), recv('a', 'client', 1024), close('b', 'conn'), recv('a', 'client', 1024), close('a', 'client'), close('b', 'server'),
    ],
  },
  {
    id: 'fillSend',
    steps: [
      ...joinedSmall(), send('a', 'client', filled(200_000), untilFull),
      on('a', 'client', (sock) => ({ name: 'sendall', sock, data: filled(20_000) }), { blocks: true }), drain('b', 'conn'),
      close('a', 'client'), recv('b', 'conn', 1024), close('b', 'conn'), close('b', 'server'),
    ],
  },
  {
    id: 'acceptQueue',
    steps: [
      ...server(0), socket('a', 'client'), connect(),
      socket('a', 'client2', 'client 2'), connect('client2', { thread: 'client 2', blocks: true }),
      socket('a', 'client3', 'client 3'), connect('client3', { thread: 'client 3', blocks: true }),
      accept(), accept('conn2'), accept('conn3'),
      close('a', 'client'), close('b', 'conn'), close('b', 'server'),
    ],
  },
  {
    // the kernel holds the ACK of the handshake back until data comes (tcp(7)): SYN_RCVD lasts long enough to be looked at
    id: 'synReceived',
    steps: [
      socket('b', 'server'), option('b', 'server', 'TCP_DEFER_ACCEPT', 5), bind(), listen(5), socket('a', 'client'), connect(),
      on('b', 'server', (sock) => ({ name: 'accept', sock }), { save: 'conn', blocks: true }), send('a', 'client', text('hello')),
      recv('b', 'conn', 1024), close('a', 'client'), recv('b', 'conn', 1024), close('b', 'conn'), close('b', 'server'),
    ],
  },
  {
    id: 'closing',
    steps: [
      ...joinedSmall(), send('a', 'client', filled(200_000), untilFull), send('b', 'conn', filled(200_000), untilFull),
      shutdown('a', 'client'), shutdown('b', 'conn'), drain('a', 'client'), drain('b', 'conn'),
      recv('a', 'client', 1024), recv('b', 'conn', 1024),
      close('a', 'client'), close('b', 'conn'), close('b', 'server'),
    ],
  },
  {
    id: 'addressInUse',
    steps: [...server(), socket('b', 'second'), on('b', 'second', (sock, ctx) => ({ name: 'bind', sock, address: ctx.addr('server') })), close('b', 'second'), close('b', 'server')],
  },
  {
    id: 'refused',
    steps: [socket('b', 'server'), bind(), socket('a', 'client'), connect(), close('a', 'client'), close('b', 'server')],
  },
  {
    id: 'timeout',
    steps: [...joined(), recv('a', 'client', 1024, { timeout: 1 }), close('a', 'client'), close('b', 'conn'), close('b', 'server')],
  },
  {
    id: 'reset',
    steps: [...joined(), send('a', 'client', text('half a request')), abort('a', 'client'), recv('b', 'conn', 1024), close('b', 'conn'), close('b', 'server')],
  },
]
