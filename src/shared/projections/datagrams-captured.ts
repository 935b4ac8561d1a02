/** Datagrams of a capture file: nothing is known of them but that they passed. */
import { endKey } from '../tcp/tuple'
import type { PacketEvent } from '../trace/events'
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
  if (e.frame) table.frames.set(row, e.frame)
}
