/** A connection table held as a snapshot of rows, for platforms that only tell the whole table at once. */
import type { SockAddr } from '../../shared/trace/events'
import type { ConnectionTable, EndpointFacts, ListeningSocket } from './connection-table'
import { mapIPv4, formatIPv6, parseIPv4 } from '../../shared/net/address'

export interface TableRow {
  local: SockAddr
  remote: SockAddr
  facts: EndpointFacts
  uid?: number
  pid?: number
}

/** IPv4 and IPv4-mapped IPv6 name the same endpoint, so both make the same key. A scope id is not part of every table. */
const endpointKey = (a: SockAddr): string => {
  if (a.family === 'unix') return a.path
  const v4 = a.family === 'inet' ? parseIPv4(a.host) : undefined
  return `${v4 ? formatIPv6(mapIPv4(v4)) : a.host}|${a.port}`
}
const key = (local: SockAddr, remote: SockAddr): string => `${endpointKey(local)}|${endpointKey(remote)}`

export interface Snapshot {
  replace(rows: readonly TableRow[]): void
  lookup: ConnectionTable['lookup']
  listening: ConnectionTable['listening']
}

export function createSnapshot(): Snapshot {
  let connections = new Map<string, EndpointFacts>()
  let listeners: ListeningSocket[] = []
  return {
    replace(rows) {
      connections = new Map()
      listeners = []
      for (const row of rows) {
        if (row.facts.state !== 'LISTEN') {
          connections.set(key(row.local, row.remote), row.facts)
          continue
        }
        const socket: ListeningSocket = { local: row.local }
        if (row.facts.recvq !== undefined) socket.recvq = row.facts.recvq
        if (row.uid !== undefined) socket.uid = row.uid
        if (row.pid !== undefined) socket.pid = row.pid
        listeners.push(socket)
      }
    },
    lookup: (local, remote) => connections.get(key(local, remote)),
    listening: () => listeners,
  }
}

/** How old a snapshot may be when a question comes, milliseconds. */
const FRESH = 50
/** A table that takes long to read is read less often: about one part in this many of the time goes into it. */
const SHARE = 20

/**
 * A table whose rows `read` takes at once: read again when a question comes and the last reading has aged. That an endpoint
 * is gone is only said of a fresh reading, since a connection may be younger than an old one.
 */
export function createPolledTable(source: ConnectionTable['source'], read: () => TableRow[]): ConnectionTable {
  const snapshot = createSnapshot()
  let takenAt = -Infinity
  let patience = FRESH
  const take = (): void => {
    const began = performance.now()
    snapshot.replace(read())
    takenAt = performance.now()
    patience = Math.max(FRESH, SHARE * (takenAt - began))
  }
  const age = (): number => performance.now() - takenAt
  const fresh = (): void => {
    if (age() >= patience) take()
  }
  return {
    source,
    lookup(local, remote) {
      fresh()
      const found = snapshot.lookup(local, remote)
      if (found || age() < FRESH) return found
      take()
      return snapshot.lookup(local, remote)
    },
    listening() {
      fresh()
      return snapshot.listening()
    },
    refresh() {
      fresh()
      return Promise.resolve()
    },
    close: () => {},
  }
}
