/** Linux: bound sockets of /proc/net/{tcp,udp}{,6} with their inodes, and the processes that hold those inodes (proc(5)). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { SockAddr } from '../../shared/trace/events'
import { parseProcEndpoint } from './proc-net-tcp'

export interface ProcRow {
  local: SockAddr
  uid?: number
  inode: number
}

/** include/net/tcp_states.h; a UDP socket without a peer is in TCP_CLOSE */
const WANTED = { tcp: '0A', udp: '07' } as const
/** Files of one process that are looked at: a process with more has its sockets left without a name. */
const MOST_FILES = 4096

/** The rows of sockets that listen. */
export function parseListening(text: string, protocol: 'tcp' | 'udp'): ProcRow[] {
  const rows: ProcRow[] = []
  for (const line of text.split('\n')) {
    // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ...
    const [sl, localText, , st, , , , uid, , inode] = line.trim().split(/\s+/)
    if (!sl || !/^\d+:$/.test(sl) || st !== WANTED[protocol] || !localText || !inode) continue
    const local = parseProcEndpoint(localText)
    if (!local) continue
    const row: ProcRow = { local, inode: Number(inode) }
    if (uid && /^\d+$/.test(uid)) row.uid = Number(uid)
    rows.push(row)
  }
  return rows
}

/** Processes end and files close while one reads, and others' may not be read. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'EACCES' || code === 'EPERM' || code === 'ESRCH' || code === 'EINVAL') return undefined
    throw error
  }
}

export const readProcNet = (protocol: 'tcp' | 'udp'): ProcRow[] =>
  [`/proc/net/${protocol}`, `/proc/net/${protocol}6`].flatMap((path) => parseListening(attempt(() => readFileSync(path, 'latin1')) ?? '', protocol))

/** The inodes of each address. */
export function inodesOf(rows: readonly { key: string; inode: number }[]): Map<string, number[]> {
  const found = new Map<string, number[]>()
  for (const { key, inode } of rows) found.set(key, [...(found.get(key) ?? []), inode])
  return found
}

export interface Owner {
  pid: number
  name: string
}

/** Inodes stay with their sockets, so what was found once is not looked for again. */
let known = new Map<number, Owner>()

/** The processes that hold these sockets, as far as this user may see. */
export function ownersOf(inodes: ReadonlySet<number>): Map<number, Owner> {
  known = new Map([...known].filter(([inode]) => inodes.has(inode)))
  const missing = new Set([...inodes].filter((inode) => inode !== 0 && !known.has(inode)))
  if (!missing.size) return known
  for (const entry of readdirSync('/proc')) {
    if (!missing.size) break
    if (!/^\d+$/.test(entry)) continue
    for (const fd of (attempt(() => readdirSync(`/proc/${entry}/fd`)) ?? []).slice(0, MOST_FILES)) {
      const inode = Number(/^socket:\[(\d+)\]$/.exec(attempt(() => readlinkSync(`/proc/${entry}/fd/${fd}`)) ?? '')?.[1] ?? -1)
      if (!missing.delete(inode)) continue
      known.set(inode, { pid: Number(entry), name: (attempt(() => readFileSync(`/proc/${entry}/comm`, 'utf8')) ?? '').trim() })
    }
  }
  return known
}
