/** Windows: the whole table by GetExtendedTcpTable (iphlpapi), which netstat shows too. */
import koffi from 'koffi'
import { formatIPv4, formatIPv6 } from '../../shared/net/address'
import type { SockAddr, TcpState } from '../../shared/trace/events'
import type { ConnectionTable } from './connection-table'
import { createSnapshot, type TableRow } from './table-snapshot'

const AF_INET = 2
const AF_INET6 = 23
const TCP_TABLE_OWNER_PID_ALL = 5
const ERROR_INSUFFICIENT_BUFFER = 122
/** How old a snapshot may be when a question comes, milliseconds. */
const FRESH = 50

/** MIB_TCP_STATE */
const STATES: Record<number, TcpState> = {
  1: 'CLOSED', 2: 'LISTEN', 3: 'SYN_SENT', 4: 'SYN_RCVD', 5: 'ESTABLISHED', 6: 'FIN_WAIT_1', 7: 'FIN_WAIT_2', 8: 'CLOSE_WAIT', 9: 'CLOSING',
  10: 'LAST_ACK', 11: 'TIME_WAIT', 12: 'CLOSED',
}
/** MIB_TCPROW_OWNER_PID: six 32-bit words. Ports are in network order in the low half of their word. */
const ROW4 = { state: 0, localAddress: 4, localPort: 8, remoteAddress: 12, remotePort: 16, pid: 20, size: 24 } as const
/** MIB_TCP6ROW_OWNER_PID */
const ROW6 = { localAddress: 0, localScope: 16, localPort: 20, remoteAddress: 24, remoteScope: 40, remotePort: 44, state: 48, pid: 52, size: 56 } as const

/** The rows of a MIB_TCPTABLE_OWNER_PID (family inet) or MIB_TCP6TABLE_OWNER_PID (inet6): a u32 count, then the rows. */
export function parseWindowsTable(bytes: Uint8Array, family: 'inet' | 'inet6'): TableRow[] {
  if (bytes.length < 4) return []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const layout = family === 'inet' ? ROW4 : ROW6
  const address = (at: number, port: number, scope: number): SockAddr => {
    if (family === 'inet') return { family, host: formatIPv4(bytes, at), port }
    const result: SockAddr = { family, host: formatIPv6(bytes, at), port }
    if (scope !== 0) result.scope = scope
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
    rows.push({ local, remote, facts: { state }, pid: view.getUint32(at + layout.pid, true) })
  }
  return rows
}

export function openWindowsTable(): ConnectionTable {
  const getTable = koffi.load('iphlpapi.dll').func('uint32_t __stdcall GetExtendedTcpTable(void *, void *, int, uint32_t, int, uint32_t)')
  let buffer = new Uint8Array(64 * 1024)
  const size = new Uint32Array(1)
  const read = (family: 'inet' | 'inet6'): TableRow[] => {
    for (;;) {
      size[0] = buffer.length
      const error = getTable(buffer, size, 0, family === 'inet' ? AF_INET : AF_INET6, TCP_TABLE_OWNER_PID_ALL, 0) as number
      if (error === 0) return parseWindowsTable(buffer, family)
      if (error !== ERROR_INSUFFICIENT_BUFFER) throw new Error(`GetExtendedTcpTable: error ${error}`)
      // the table grows while we ask: leave room
      buffer = new Uint8Array(size[0]! + 16 * 1024)
    }
  }
  const snapshot = createSnapshot()
  let takenAt = -Infinity
  const fresh = (): void => {
    const now = performance.now()
    if (now - takenAt < FRESH) return
    snapshot.replace([...read('inet'), ...read('inet6')])
    takenAt = now
  }
  return {
    source: 'win32',
    lookup(local, remote) {
      fresh()
      return snapshot.lookup(local, remote)
    },
    listening() {
      fresh()
      return snapshot.listening()
    },
    refresh() {
      takenAt = -Infinity
      fresh()
      return Promise.resolve()
    },
    close: () => {},
  }
}
