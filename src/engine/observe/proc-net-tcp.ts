/**
 * /proc/net/tcp and tcp6 (proc(5)), for where netlink is refused. Addresses are in hexadecimal, each 32-bit word of them as
 * the machine holds it (little-endian), ports in network order.
 */
import { readFileSync } from 'node:fs'
import { formatIPv4, formatIPv6 } from '../../shared/net/address'
import type { SockAddr } from '../../shared/trace/events'
import { bytesInQueues, linuxTcpState } from '../kernel/platform/tcp-info-linux'
import type { ConnectionTable, EndpointFacts } from './connection-table'
import { createPolledTable, type TableRow } from './table-snapshot'

/** The `tr` column; 3 and 4 as net/ipv4/tcp_ipv4.c writes them. */
const TIMERS: Record<number, NonNullable<EndpointFacts['timer']>> = { 1: 'retransmit', 2: 'keepalive', 3: 'timewait', 4: 'probe' }
/** `tm->when` is in USER_HZ, which is 100 on every architecture of today: milliseconds a tick. */
const TICK = 10
/** An address of these files: hexadecimal, as described above, then the port. */
export function parseProcEndpoint(text: string): SockAddr | undefined {
  const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(text)
  if (!match) return undefined
  const hex = match[1]!
  const bytes = new Uint8Array(hex.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[(i & ~3) + 3 - (i & 3)] = parseInt(hex.slice(2 * i, 2 * i + 2), 16)
  const port = parseInt(match[2]!, 16)
  return bytes.length === 4 ? { family: 'inet', host: formatIPv4(bytes), port } : { family: 'inet6', host: formatIPv6(bytes), port }
}

/** The rows of the file's text. A line that is not a row (the heading, a line cut short) is skipped. */
export function parseProcNetTcp(text: string): TableRow[] {
  const rows: TableRow[] = []
  for (const line of text.split('\n')) {
    // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ...
    const [sl, localText, remoteText, st, queues, timerText, , uid] = line.trim().split(/\s+/)
    if (!sl || !/^\d+:$/.test(sl) || !localText || !remoteText || !st || !queues || !timerText) continue
    const local = parseProcEndpoint(localText)
    const remote = parseProcEndpoint(remoteText)
    const [tx, rx] = queues.split(':').map((q) => parseInt(q, 16))
    if (!local || !remote || tx === undefined || rx === undefined || Number.isNaN(tx) || Number.isNaN(rx)) continue
    const state = linuxTcpState(parseInt(st, 16))
    // on a LISTEN socket rx is the accept queue's length; its limit is not told
    const facts: EndpointFacts = state === 'LISTEN' ? { state, recvq: rx } : { state, ...bytesInQueues(state, rx, tx) }
    const [kind, when] = timerText.split(':').map((n) => parseInt(n, 16))
    const timer = TIMERS[kind ?? 0]
    if (timer && when !== undefined && state !== 'LISTEN') {
      facts.timer = timer
      facts.expires = when * TICK
    }
    const row: TableRow = { local, remote, facts }
    if (uid && /^\d+$/.test(uid)) row.uid = Number(uid)
    rows.push(row)
  }
  return rows
}

/** The table out of the two files; `read` is there for tests. A machine without IPv6 has no tcp6. */
export function openProcTable(read: (path: string) => string = (path) => readFileSync(path, 'latin1')): ConnectionTable {
  const readOr = (path: string): string => {
    try {
      return read(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
      throw error
    }
  }
  return createPolledTable('proc', () => [...parseProcNetTcp(readOr('/proc/net/tcp')), ...parseProcNetTcp(readOr('/proc/net/tcp6'))])
}
