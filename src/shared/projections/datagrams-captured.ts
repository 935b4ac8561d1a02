/** Captured datagrams: of a capture file, where nothing else is known of them, and of the lab's own sockets beside their calls. */
import { endKey, listensFor } from '../tcp/tuple'
import type { PacketEvent, SockAddr } from '../trace/events'
import { isCast, setAddress } from './datagrams'
import { addDatagram, addFlow, flowAtPlace, placeOf, sideAtPlace, type DatagramTable } from './flows'
import type { Side } from './model'

/** The flow of a pair of addresses begins with whoever sent first. */
export function onDatagramPacket(table: DatagramTable, e: PacketEvent): void {
  const at = { seq: e.seq, t: e.at ?? e.t }
  const there = `${endKey(e.from)}>${endKey(e.to)}`
  let place = table.byWire.get(there)
  if (place === undefined) {
    const flow = addFlow(table, e.from.family, isCast(e.to), at)
    // what is known has the seq of its event, whenever it passed
    setAddress(flow.a, e.from, at)
    setAddress(flow.b, e.to, at)
    place = placeOf(flow, 'a')
    table.byWire.set(there, place)
    table.byWire.set(`${endKey(e.to)}>${endKey(e.from)}`, placeOf(flow, 'b'))
  }
  const side: Side = sideAtPlace(place)
  const row = addDatagram(table, flowAtPlace(table, place), side, e.len, -1, at)
  table.columns.recvSeq.values[row] = e.seq
  keep(table, row, e)
}

function keep(table: DatagramTable, row: number, { seq, frame, link, interface: on, checksum }: PacketEvent): void {
  if (frame) table.frames.set(row, { seq, frame, link, interface: on, checksum })
}

/** A capture lags behind the calls by its tool's pipe: among so many datagrams, and so near in time (µs), its own is looked for. */
const LOOKED_AT = 256
const NEAR = 2_000_000

/** A capture delivered a datagram of the lab: that of the earliest like send or receive that has none yet. Others are let go. */
export function onOwnDatagram(table: DatagramTable, e: PacketEvent): void {
  const { columns } = table
  const when = e.at ?? e.t
  let found = -1
  for (let row = columns.seq.length - 1, left = LOOKED_AT; row >= 0 && left > 0; row--, left--) {
    if (columns.len.at(row) !== e.len || Math.abs(columns.t.at(row) - when) > NEAR || table.frames.has(row)) continue
    const flow = table.flows[columns.flow.at(row)]
    if (!flow) continue
    const [from, to] = columns.side.at(row) === 0 ? [flow.a, flow.b] : [flow.b, flow.a]
    if (isAt(from.addr.value.at(-1), e.from) && isAt(to.addr.value.at(-1), e.to)) found = row
  }
  if (found >= 0) keep(table, found, e)
}

/** Is this the end of a flow that the packet names? A socket bound to all addresses has whichever one the packet has. */
const isAt = (end: SockAddr | undefined, wire: SockAddr): boolean => end !== undefined && listensFor(end, wire)
