/** macOS: the table by netstat(1), through systeminformation. States only, as old as the last refresh(). */
import si from 'systeminformation'
import { formatIPv6, parseAddress } from '../../shared/net/address'
import type { SockAddr, TcpState } from '../../shared/trace/events'
import type { ConnectionTable } from './connection-table'
import { createSnapshot, type TableRow } from './table-snapshot'

const STATES: Record<string, TcpState> = {
  CLOSED: 'CLOSED', CLOSE: 'CLOSED', LISTEN: 'LISTEN', LISTENING: 'LISTEN', SYN_SENT: 'SYN_SENT', SYN_RCVD: 'SYN_RCVD', SYN_RECV: 'SYN_RCVD',
  SYN_RECEIVED: 'SYN_RCVD', ESTABLISHED: 'ESTABLISHED', FIN_WAIT_1: 'FIN_WAIT_1', FIN_WAIT1: 'FIN_WAIT_1', FIN_WAIT_2: 'FIN_WAIT_2', FIN_WAIT2: 'FIN_WAIT_2',
  CLOSE_WAIT: 'CLOSE_WAIT', CLOSING: 'CLOSING', LAST_ACK: 'LAST_ACK', TIME_WAIT: 'TIME_WAIT',
}

/** '*' stands for every address of the family. */
function endpoint(host: string, port: string, inet6: boolean): SockAddr | undefined {
  const number = port === '*' || port === '' ? 0 : Number(port)
  if (!Number.isInteger(number) || number < 0 || number > 65_535) return undefined
  if (host === '*' || host === '') return inet6 ? { family: 'inet6', host: '::', port: number } : { family: 'inet', host: '0.0.0.0', port: number }
  const address = parseAddress(host)
  if (!address) return undefined
  return address.family === 'inet' ? { family: 'inet', host, port: number } : { family: 'inet6', host: formatIPv6(address.bytes), port: number }
}

/** systeminformation's rows as ours; UDP and rows that make no sense are left out. */
export function rowsOf(connections: readonly si.Systeminformation.NetworkConnectionsData[]): TableRow[] {
  const rows: TableRow[] = []
  for (const c of connections) {
    if (!c.protocol.startsWith('tcp')) continue
    const inet6 = c.protocol === 'tcp6' || c.localAddress.includes(':')
    const local = endpoint(c.localAddress, c.localPort, inet6)
    const remote = endpoint(c.peerAddress, c.peerPort, inet6)
    const state = STATES[c.state.toUpperCase()]
    if (!local || !remote || !state) continue
    const row: TableRow = { local, remote, facts: { state } }
    if (c.pid > 0) row.pid = c.pid
    rows.push(row)
  }
  return rows
}

export function openMacTable(): ConnectionTable {
  const snapshot = createSnapshot()
  return {
    source: 'netstat',
    lookup: snapshot.lookup,
    listening: snapshot.listening,
    async refresh() {
      snapshot.replace(rowsOf(await si.networkConnections()))
    },
    close: () => {},
  }
}
