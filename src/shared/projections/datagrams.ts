/**
 * Folds the calls on dgram sockets and the marks about them. A datagram that was received is matched to the one that was
 * sent by addresses, order and size; what nobody in the lab received keeps an unknown fate, for nothing says what became
 * of it.
 */
import { listensFor, peerKey, endKey } from '../tcp/tuple'
import type { GapEvent, MarkEvent, SockAddr } from '../trace/events'
import { classifyText } from '../net/address'
import type { CallModel, LabState, Side, SockModel } from './model'
import { record } from './history'
import {
  addDatagram, addFlow, datagramOfCall, flowAtPlace, linkCall, lose, placeOf, sideAtPlace, type DatagramTable, type Flow, type FlowEnd, type Pending,
} from './flows'
import { addressArg } from './sockets'
import { addMark, type MarksState } from './marks'

/** Datagrams of one destination port whose receive is waited for. Past that the oldest are given up: their fate stays unknown. */
const MOST_PENDING = 8192
/** Of those that a later one has overtaken, so many are still waited for. */
const MOST_OVERTAKEN = 64

interface Stamp { seq: number; t: number }
type Lab = Pick<LabState, 'sockets' | 'calls'>

const other = (side: Side): Side => (side === 'a' ? 'b' : 'a')
const lastOf = <T>(list: readonly T[]): T | undefined => list[list.length - 1]
const portOf = (address: SockAddr | undefined): number => (address && address.family !== 'unix' ? address.port : -1)

/** One datagram to this address may have many receivers. */
export function isCast(address: SockAddr): boolean {
  if (address.family === 'unix') return false
  const scope = classifyText(address.host)
  // a subnet's own broadcast address ends in 255 on nearly every network; taken for one, a host of that name loses nothing
  return scope === 'multicast' || scope === 'broadcast' || (address.family === 'inet' && address.host.endsWith('.255'))
}

/** Asked of every datagram: most often both were written alike, and no key need be made. */
function same(a: SockAddr, b: SockAddr): boolean {
  if (a.family !== 'unix' && b.family !== 'unix' && a.port !== b.port) return false
  if (a.family !== 'unix' && b.family !== 'unix' && a.host === b.host) return true
  return endKey(a) === endKey(b)
}

/** Answers whether the address is news. */
export function setAddress(end: FlowEnd, address: SockAddr | undefined, at: Stamp): boolean {
  if (!address) return false
  const known = lastOf(end.addr.value)
  if (known && same(known, address)) return false
  record(end.addr, at.seq, at.t, address)
  return true
}

function setSock(table: DatagramTable, flow: Flow, side: Side, sock: SockModel, to: SockAddr, at: Stamp): void {
  const end = flow[side]
  if (end.sock === undefined) {
    end.sock = sock.sock
    end.sockSeq = at.seq
  }
  table.bySock.set(`${sock.sock}>${peerKey(to)}`, placeOf(flow, side))
  table.lastOf.set(sock.sock, placeOf(flow, side))
}

/** The flow of what `sock` sends to `dest`; made with the first. */
function flowTo(table: DatagramTable, sock: SockModel, local: SockAddr | undefined, dest: SockAddr, at: Stamp): { flow: Flow; side: Side } {
  const last = table.lastOf.get(sock.sock)
  const to = last === undefined ? undefined : lastOf(flowAtPlace(table, last)[other(sideAtPlace(last))].addr.value)
  const place = to && same(to, dest) ? last : table.bySock.get(`${sock.sock}>${peerKey(dest)}`)
  if (place !== undefined) {
    table.lastOf.set(sock.sock, place)
    const flow = flowAtPlace(table, place)
    const side = sideAtPlace(place)
    if (flow[side].addr.value.length === 0) setAddress(flow[side], local, at)
    return { flow, side }
  }
  const flow = addFlow(table, sock.family, isCast(dest), at)
  setAddress(flow.a, local, at)
  setAddress(flow.b, dest, at)
  setSock(table, flow, 'a', sock, dest, at)
  return { flow, side: 'a' }
}

function addCall(flow: Flow, side: Side, index: number, seq: number): void {
  flow.calls.seq.push(seq)
  flow.calls.side.push(side === 'a' ? 0 : 1)
  flow.calls.index.push(index)
}

// ---- sends

function sent(table: DatagramTable, sock: SockModel, call: CallModel, index: number): void {
  const end = call.end!
  const local = end.local ?? lastOf(sock.local.value)
  const dest = (call.name === 'sendto' ? addressArg(call) ?? end.remote : undefined) ?? lastOf(sock.remote.value)
  if (!dest) return
  const { flow, side } = flowTo(table, sock, local, dest, end)
  addCall(flow, side, index, end.seq)
  if (end.errno !== undefined) {
    if (end.errno === 'ECONNREFUSED') refused(table, flow, side, end.seq)
    return
  }
  const len = end.data?.len ?? (typeof end.value === 'number' ? end.value : 0)
  const row = addDatagram(table, flow, side, len, index, end)
  const port = portOf(dest)
  let list = table.pending.get(port)
  if (!list) table.pending.set(port, (list = []))
  if (list.length >= MOST_PENDING) list.splice(0, MOST_PENDING / 8)
  list.push({ row, len, sock: sock.sock, local, dest, ...(flow.cast ? { taken: new Set() } : {}) })
}

/** ICMP came back (port unreachable): the last datagram sent there is the one that nobody took. */
function refused(table: DatagramTable, flow: Flow, side: Side, seq: number): void {
  const { columns } = table
  for (let i = flow.datagrams.length - 1; i >= 0; i--) {
    const row = flow.datagrams.at(i)
    if (columns.side.at(row) !== (side === 'a' ? 0 : 1)) continue
    if (Number.isNaN(columns.recvSeq.at(row))) lose(table, row, 'refused', seq)
    return
  }
}

// ---- receives

const isIPv4 = (address: SockAddr): boolean => address.family === 'inet' || (address.family === 'inet6' && address.host.startsWith('::ffff:'))

/** Could a socket have received this group's or broadcast datagram: not yet, of its IP version, and sent when it was bound already? */
function casts(pending: Pending, sentAt: number, sock: SockModel, from: SockAddr | undefined): boolean {
  if (pending.taken!.has(sock.sock) || (sock.local.seq[0] ?? 0) > sentAt) return false
  return from ? isIPv4(from) === isIPv4(pending.dest) : sock.family !== 'inet' || isIPv4(pending.dest)
}

/** Could this be the datagram that `sock` received from `from`? */
function fits(pending: Pending, sentAt: number, sock: SockModel, local: SockAddr | undefined, from: SockAddr | undefined): boolean {
  const { local: sender } = pending
  // the ports tell most apart, and they are compared first
  if (from && sender && from.family !== 'unix' && sender.family !== 'unix' && from.port !== sender.port) return false
  if (pending.taken ? !casts(pending, sentAt, sock, from) : !local || !(same(local, pending.dest) || listensFor(local, pending.dest))) return false
  if (!from || !sender) return true
  return (sender.family !== 'unix' && (sender.host === '0.0.0.0' || sender.host === '::')) || same(sender, from)
}

/**
 * The datagram that was received; undefined when the lab did not see it sent. The kernel keeps the order of one sender's
 * datagrams, so it is the first that fits. Where events were left out, the receives of earlier ones may be among them:
 * then it is the last that fits. A group's datagrams stay in the list for whoever else receives them, those that never
 * came as well; `waited`, when the kernel had nothing for this receive yet (-1: it never had to wait), tells them from new ones.
 */
function match(
  table: DatagramTable, sock: SockModel, local: SockAddr | undefined, from: SockAddr | undefined, len: number, asked: number, seq: number, waited: number,
): Pending | undefined {
  const port = portOf(local)
  const list = table.pending.get(port)
  if (!list) return undefined
  // where the system does not tell a cut datagram's whole length, a full buffer may have been too small
  const is = (one: Pending) => one.len === len || (len === asked && one.len > len)
  const { gapTo } = table
  const sentAt = (one: Pending): number => table.columns.seq.at(one.row)
  let found = -1
  let old = -1
  let overtaken = 0
  for (let i = 0; i < list.length; i++) {
    const pending = list[i]!
    if (!fits(pending, sentAt(pending), sock, local, from)) continue
    if (!is(pending)) {
      overtaken++
      continue
    }
    if (pending.taken && sentAt(pending) < waited) {
      if (old < 0) old = i
      continue
    }
    found = i
    if (seq > gapTo && sentAt(pending) > gapTo) break
  }
  if (found < 0) found = old
  if (found < 0) return undefined
  const pending = list[found]!
  if (pending.taken) pending.taken.add(sock.sock)
  else if (found === 0) list.shift()
  else if (seq > gapTo) {
    list.splice(found, 1)
    if (overtaken > MOST_OVERTAKEN) list.splice(0, found - MOST_OVERTAKEN)
  } else {
    const rest = list.filter((one, i) => i > found || one.taken !== undefined || !fits(one, sentAt(one), sock, local, from))
    list.length = 0
    list.push(...rest)
  }
  if (list.length === 0) table.pending.delete(port)
  return pending
}

/** Events were left out from here on: as many as it says, among others that were kept. */
export function onGap(table: DatagramTable, e: GapEvent): void {
  table.gapTo = Math.max(table.gapTo, e.seq + 2 * e.events)
}

function received(table: DatagramTable, sock: SockModel, call: CallModel, index: number): void {
  const end = call.end!
  if (end.errno !== undefined) {
    const place = table.lastOf.get(sock.sock)
    if (place === undefined) return
    const flow = flowAtPlace(table, place)
    addCall(flow, sideAtPlace(place), index, end.seq)
    if (end.errno === 'ECONNREFUSED') refused(table, flow, sideAtPlace(place), end.seq)
    return
  }
  const local = end.local ?? lastOf(sock.local.value)
  const from = end.remote ?? lastOf(sock.remote.value)
  const len = end.size ?? end.data?.len ?? (typeof end.value === 'number' ? end.value : 0)
  const pending = match(table, sock, local, from, len, typeof call.args.len === 'number' ? call.args.len : -1, end.seq, call.blocks.findLast((one) => one.why === 'readable')?.seq ?? -1)
  if (pending) {
    const flow = table.flows[table.columns.flow.at(pending.row)]!
    const side: Side = table.columns.side.at(pending.row) === 0 ? 'a' : 'b'
    if (Number.isNaN(table.columns.recvSeq.at(pending.row))) {
      table.columns.recvSeq.values[pending.row] = end.seq
      table.columns.recvCall.values[pending.row] = index
    }
    linkCall(table, index, pending.row)
    addCall(flow, other(side), index, end.seq)
    if (from && !flow.cast) {
      const news = setAddress(flow[side], from, end)
      if (news || flow[other(side)].sock !== sock.sock) setSock(table, flow, other(side), sock, from, end)
      else table.lastOf.set(sock.sock, placeOf(flow, other(side)))
    }
    return
  }
  if (!from) return
  // another program's: all that is known of it is that it came
  const known = table.bySock.get(`${sock.sock}>${peerKey(from)}`)
  const flow = known === undefined ? addFlow(table, sock.family, false, end) : flowAtPlace(table, known)
  const side: Side = known === undefined ? 'a' : other(sideAtPlace(known))
  setAddress(flow[side], from, end)
  if (known === undefined) setAddress(flow.b, local, end)
  setSock(table, flow, other(side), sock, from, end)
  const row = addDatagram(table, flow, side, len, -1, end)
  table.columns.recvSeq.values[row] = end.seq
  table.columns.recvCall.values[row] = index
  linkCall(table, index, row)
  addCall(flow, other(side), index, end.seq)
}

// ---- the fold

/** A call on a dgram socket returned. */
export function onDatagramReturn(table: DatagramTable, lab: Lab, call: CallModel, index: number): void {
  const sock = call.sock === undefined ? undefined : lab.sockets.get(call.sock)
  if (!sock || sock.type !== 'dgram') return
  switch (call.name) {
    case 'send':
    case 'sendto':
      return sent(table, sock, call, index)
    case 'recv':
    case 'recvfrom':
      return isPeek(call) ? undefined : received(table, sock, call, index)
    case 'connect': {
      const to = call.end!.remote ?? addressArg(call)
      if (!to || call.end!.errno !== undefined) return
      const { flow, side } = flowTo(table, sock, call.end!.local ?? lastOf(sock.local.value), to, call.end!)
      return addCall(flow, side, index, call.end!.seq)
    }
    case 'close':
    case 'abort': {
      if (call.end!.errno !== undefined) return
      const place = table.lastOf.get(sock.sock)
      if (place !== undefined) addCall(flowAtPlace(table, place), sideAtPlace(place), index, call.end!.seq)
      return onDatagramClose(table, sock, call.end!.seq)
    }
    default:
  }
}

/** A socket is gone: what still waited in its receive buffer is lost. */
export function onDatagramClose(table: DatagramTable, sock: SockModel, seq: number): void {
  table.lastOf.delete(sock.sock)
  const local = lastOf(sock.local.value)
  const port = portOf(local)
  const list = local && table.pending.get(port)
  if (!list) return
  const rest = list.filter((pending) => {
    if (pending.taken || !fits(pending, table.columns.seq.at(pending.row), sock, local, lastOf(sock.remote.value))) return true
    lose(table, pending.row, 'unread', seq)
    return false
  })
  if (rest.length > 0) table.pending.set(port, rest)
  else table.pending.delete(port)
}

/** A program said something of a request or of a datagram. */
export function onMark(table: DatagramTable, marks: MarksState, lab: Lab, e: MarkEvent): void {
  const call = e.call === undefined ? -1 : lab.calls.index.get(e.call) ?? -1
  const row = addMark(marks, e, lab.calls.threads.get(e.thread)?.run ?? -1, call)
  const datagram = datagramOfCall(table, call)
  if (datagram < 0) return
  const { columns } = table
  const last = columns.lastMark.at(datagram)
  if (last < 0) columns.firstMark.values[datagram] = row
  else marks.columns.next.values[last] = row
  columns.lastMark.values[datagram] = row
  if (e.what === 'drop') lose(table, datagram, 'drop', e.seq)
}

function isPeek(call: CallModel): boolean {
  const { flags } = call.args
  return typeof flags === 'string' && flags.includes('PEEK')
}
