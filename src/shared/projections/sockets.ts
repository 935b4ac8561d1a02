/** The socket table: every descriptor that the lab made, with its addresses, options, state and the kernel's facts. */
import type { Family, Plain, RunId, SampleEvent, SockAddr, SockId, SockType, TcpState } from '../trace/events'
import type { CallModel, Evidence, SockModel } from './model'
import { newHistory, record } from './history'

export interface SocketTable {
  all: Map<SockId, SockModel>
  /** the sockets of a run that are still open: a run that ends closes them */
  open: Map<RunId, Set<SockId>>
}

export const newSocketTable = (all: Map<SockId, SockModel>): SocketTable => ({ all, open: new Map() })

export const isSockAddr = (value: Plain | undefined): value is SockAddr =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && typeof value.family === 'string'

/** The address argument of bind, connect and sendto, whatever its name. */
export function addressArg(call: CallModel): SockAddr | undefined {
  for (const key in call.args) {
    const value = call.args[key]
    if (isSockAddr(value)) return value
  }
  return undefined
}

const familyOf = (call: CallModel): Family => {
  const { family } = call.args
  return family === 'inet6' || family === 'unix' ? family : 'inet'
}

const typeOf = (call: CallModel): SockType => (call.args.type === 'dgram' ? 'dgram' : 'stream')

/** A call returned: what it changes in the table. `state` is what a LISTEN socket and a closed one are known to be. */
export function applyReturn(table: SocketTable, call: CallModel): void {
  const end = call.end!
  if (end.errno !== undefined) return
  if (call.name === 'socket') {
    if (end.sock !== undefined) {
      add(table, call, end.sock, end.fd ?? -1, familyOf(call), typeOf(call), { by: 'socket' })
    }
    return
  }
  if (call.name === 'accept') {
    const listener = call.sock === undefined ? undefined : table.all.get(call.sock)
    if (end.sock === undefined) return
    const family = listener?.family ?? end.local?.family ?? end.remote?.family ?? 'inet'
    const made = add(table, call, end.sock, end.fd ?? -1, family, 'stream',
      call.sock === undefined ? { by: 'socket' } : { by: 'accept', listener: call.sock })
    setAddresses(made, call)
    return
  }
  if (call.name === 'socketpair') {
    if (end.sock !== undefined) add(table, call, end.sock, end.fd ?? -1, 'unix', typeOf(call), { by: 'socket' })
    if (end.sock2 !== undefined) add(table, call, end.sock2, end.fd2 ?? -1, 'unix', typeOf(call), { by: 'socket' })
    return
  }
  const sock = call.sock === undefined ? undefined : table.all.get(call.sock)
  if (!sock) return
  if (call.name === 'dup') {
    if (end.sock === undefined) return
    const copy = add(table, call, end.sock, end.fd ?? -1, sock.family, sock.type, { by: 'socket' })
    setAddresses(copy, call)
    if (end.remote) record(copy.remote, end.seq, end.t, end.remote)
    sock.copies ??= { open: 1 }
    sock.copies.open++
    copy.copies = sock.copies
    if (sock.connection) copy.connection = { ...sock.connection, seq: end.seq }
    return
  }
  setAddresses(sock, call)
  switch (call.name) {
    case 'listen':
      setSockState(sock, 'LISTEN', 'kernel', end.seq, end.t)
      break
    case 'setsockopt': {
      const { option, value, by } = call.args
      // what the scope sets for a while is not what the program asked for
      if (by !== 'scope' && typeof option === 'string' && typeof value === 'number') record(sock.options, end.seq, end.t, { name: option, value })
      break
    }
    case 'getsockopt': {
      const { option } = call.args
      if (typeof option === 'string' && typeof end.value === 'number') record(sock.options, end.seq, end.t, { name: option, value: end.value })
      break
    }
    case 'close':
    case 'abort':
      markClosed(table, sock, end.seq, end.t, call.args.by === 'exit' ? 'exit' : call.name)
      break
    default:
  }
}

/** What the kernel said of a socket that the lab holds. */
export function applySample(sock: SockModel, e: SampleEvent): void {
  record(sock.facts, e.seq, e.t, e)
  if (sock.type === 'stream' && sock.family !== 'unix') setSockState(sock, e.state, 'kernel', e.seq, e.t)
}

export function setSockState(sock: SockModel, state: TcpState, evidence: Evidence, seq: number, t: number): void {
  const last = sock.state.value[sock.state.value.length - 1]
  if (last?.state !== state) record(sock.state, seq, t, { state, evidence })
}

/** A run is over: what it left open, the lab closed. */
export function closeAllOf(table: SocketTable, run: RunId, seq: number, t: number): SockModel[] {
  const left: SockModel[] = []
  for (const id of table.open.get(run) ?? []) {
    const sock = table.all.get(id)
    if (sock && !sock.closed) left.push(sock)
  }
  for (const sock of left) markClosed(table, sock, seq, t, 'exit')
  table.open.delete(run)
  return left
}

function markClosed(table: SocketTable, sock: SockModel, seq: number, t: number, how: 'close' | 'abort' | 'exit'): void {
  if (sock.closed) return
  sock.closed = { seq, t, how }
  if (sock.copies) sock.copies.open--
  table.open.get(sock.run)?.delete(sock.sock)
}

function add(
  table: SocketTable, call: CallModel, id: SockId, fd: number, family: Family, type: SockType, origin: SockModel['origin'],
): SockModel {
  const known = table.all.get(id)
  if (known) return known
  const end = call.end!
  const sock: SockModel = {
    sock: id, fd, family, type, run: call.run, seq: end.seq, t: end.t, origin,
    local: newHistory(), remote: newHistory(), facts: newHistory(), state: newHistory(), options: newHistory(),
    connection: undefined, closed: undefined,
  }
  table.all.set(id, sock)
  let open = table.open.get(call.run)
  if (!open) table.open.set(call.run, (open = new Set()))
  open.add(id)
  return sock
}

function setAddresses(sock: SockModel, call: CallModel): void {
  const end = call.end!
  if (end.local && !sameAddress(end.local, sock.local.value[sock.local.value.length - 1])) record(sock.local, end.seq, end.t, end.local)
  // the remote of recvfrom is a datagram's sender, not a peer
  if (end.remote && (call.name === 'connect' || call.name === 'accept' || call.name === 'getpeername')) {
    if (!sameAddress(end.remote, sock.remote.value[sock.remote.value.length - 1])) record(sock.remote, end.seq, end.t, end.remote)
  }
}

function sameAddress(a: SockAddr, b: SockAddr | undefined): boolean {
  if (!b || a.family !== b.family) return false
  if (a.family === 'unix') return b.family === 'unix' && a.path === b.path
  return b.family !== 'unix' && a.host === b.host && a.port === b.port
}
