/**
 * Windows: the whole table by GetTcpTable and GetTcp6Table (iphlpapi). Not by GetExtendedTcpTable: finding the owner of
 * every row costs far more than the rows, and the lab looks often.
 */
import koffi from 'koffi'
import { formatIPv4, formatIPv6 } from '../../shared/net/address'
import type { SockAddr, TcpState } from '../../shared/trace/events'
import type { ConnectionTable } from './connection-table'
import { createPolledTable, type TableRow } from './table-snapshot'

const ERROR_INSUFFICIENT_BUFFER = 122
/** MIB_TCP_STATE */
const STATES: Record<number, TcpState> = {
  1: 'CLOSED', 2: 'LISTEN', 3: 'SYN_SENT', 4: 'SYN_RCVD', 5: 'ESTABLISHED', 6: 'FIN_WAIT_1', 7: 'FIN_WAIT_2', 8: 'CLOSE_WAIT', 9: 'CLOSING',
  10: 'LAST_ACK', 11: 'TIME_WAIT', 12: 'CLOSED',
}
/** MIB_TCPROW: five 32-bit words. Ports are in network order in the low half of their word. */
const ROW4 = { state: 0, localAddress: 4, localPort: 8, remoteAddress: 12, remotePort: 16, size: 20 } as const
/** MIB_TCP6ROW */
const ROW6 = { state: 0, localAddress: 4, localScope: 20, localPort: 24, remoteAddress: 28, remoteScope: 44, remotePort: 48, size: 52 } as const

/** The rows of a MIB_TCPTABLE (family inet) or MIB_TCP6TABLE (inet6): a u32 count, then the rows. */
export function parseWindowsTable(bytes: Uint8Array, family: 'inet' | 'inet6'): TableRow[] {
  if (bytes.length < 4) return []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const layout = family === 'inet' ? ROW4 : ROW6
  const address = (at: number, port: number, scope: number): SockAddr => {
    if (family === 'inet') return { family, host: formatIPv4(bytes, at), port }
    const result: SockAddr = { family, host: formatIPv6(bytes, at), port }
    // part of a link-local address and of no other
    if (scope !== 0 && bytes[at] === 0xfe && (bytes[at + 1]! & 0xc0) === 0x80) result.scope = scope
    return result
  }
  const rows: TableRow[] = []
  const count = view.getUint32(0, true)
  for (let i = 0, at = 4; i < count && at + layout.size <= bytes.length; i++, at += layout.size) {
    const state = STATES[view.getUint32(at + layout.state, true)]
    if (!state) continue
    const scope = (offset: number): number => family === 'inet6' ? view.getUint32(at + offset, true) : 0
    const local = address(at + layout.localAddress, view.getUint16(at + layout.localPort), scope(ROW6.localScope))
    const remote = address(at + layout.remoteAddress, view.getUint16(at + layout.remotePort), scope(ROW6.remoteScope))
    rows.push({ local, remote, facts: { state } })
  }
  return rows
}

export function openWindowsTable(): ConnectionTable {
  const iphlpapi = koffi.load('iphlpapi.dll')
  const getTable = {
    inet: iphlpapi.func('uint32_t __stdcall GetTcpTable(void *, void *, int)'),
    inet6: iphlpapi.func('uint32_t __stdcall GetTcp6Table(void *, void *, int)'),
  }
  let buffer = new Uint8Array(64 * 1024)
  const size = new Uint32Array(1)
  const read = (family: 'inet' | 'inet6'): TableRow[] => {
    for (;;) {
      size[0] = buffer.length
      const error = getTable[family](buffer, size, 0) as number
      if (error === 0) return parseWindowsTable(buffer, family)
      if (error !== ERROR_INSUFFICIENT_BUFFER) throw new Error(`${family === 'inet' ? 'GetTcpTable' : 'GetTcp6Table'}: error ${error}`)
      // the table grows while we ask: leave room
      buffer = new Uint8Array(size[0]! + 16 * 1024)
    }
  }
  return createPolledTable('win32', () => [...read('inet'), ...read('inet6')])
}
