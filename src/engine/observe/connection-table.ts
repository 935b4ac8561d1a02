/**
 * The kernel's table of TCP endpoints: what became of a connection whose descriptor is closed (FIN_WAIT_2, TIME_WAIT), of
 * one that nobody has accepted yet, and of another program's. One interface; how it is asked depends on the platform:
 * Linux by netlink (exact, about 3 us a question), else by /proc/net/tcp; Windows by GetTcpTable; macOS by netstat.
 */
import type { EndpointEvent, SockAddr, TcpFacts } from '../../shared/trace/events'
import { openMacTable } from './connection-table-netstat'
import { openWindowsTable } from './connection-table-win32'
import { openProcTable } from './proc-net-tcp'
import { openSockDiag } from './sock-diag'

/** What the table says of one endpoint. `timer` and `expires` (milliseconds) where it tells them. */
export type EndpointFacts = TcpFacts & Pick<EndpointEvent, 'timer' | 'expires'>

export interface ListeningSocket {
  local: SockAddr
  /** connections in the accept queue, and its limit */
  recvq?: number
  sendq?: number
  /** the user that owns it */
  uid?: number
  /** the process that owns it, where the platform tells */
  pid?: number
  /** on an IPv6 wildcard: whether it takes IPv4 too; absent: not available here */
  v6only?: boolean
}

export interface ConnectionTable {
  readonly source: 'sock-diag' | 'proc' | 'win32' | 'netstat'
  /** The endpoint with exactly these two addresses; undefined where the table has none (the connection is CLOSED). */
  lookup(local: SockAddr, remote: SockAddr): EndpointFacts | undefined
  /** Every listening TCP socket of this machine (of this network namespace). */
  listening(): ListeningSocket[]
  /** Brings a table that is a snapshot up to date. The exact ones have nothing to do. */
  refresh(): Promise<void>
  close(): void
}

/** The best table of this platform. */
export function createConnectionTable(): ConnectionTable {
  if (process.platform === 'win32') return openWindowsTable()
  if (process.platform === 'darwin') return openMacTable()
  const opened = openSockDiag()
  return opened.ok ? opened.table : openProcTable()
}
