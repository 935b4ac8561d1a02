/** Who listens on this machine now: TCP out of the connection table, UDP sockets that are bound and have no peer, and whose they are. */
import { userInfo } from 'node:os'
import si from 'systeminformation'
import type { Listening, Listener } from '../../shared/contract/contract'
import { formatEndpoint } from '../../shared/net/address'
import type { ConnectionTable } from './connection-table'
import { rowsOf } from './connection-table-netstat'
import { inodesOf, ownersOf, type ProcRow, readProcNet } from './listening-linux'

const keyOf = (protocol: Listener['protocol'], row: Pick<ProcRow, 'local'>): string => `${protocol} ${formatEndpoint(row.local)}`

/** By address, then by port: the order in which a person looks for one. */
const ordered = (sockets: Listener[]): Listener[] => sockets.sort((x, y) =>
  (x.local.family === 'unix' || y.local.family === 'unix' ? 0 : x.local.port - y.local.port) || x.protocol.localeCompare(y.protocol) || x.local.family.localeCompare(y.local.family))

function onLinux(table: ConnectionTable): Listening {
  const sockets: Listener[] = table.listening().map((socket) => ({ protocol: 'tcp', ...socket }))
  for (const row of readProcNet('udp')) {
    const socket: Listener = { protocol: 'udp', local: row.local }
    if (row.uid !== undefined) socket.uid = row.uid
    sockets.push(socket)
  }
  const inodes = inodesOf([
    ...readProcNet('tcp').map((row) => ({ key: keyOf('tcp', row), inode: row.inode })),
    ...readProcNet('udp').map((row) => ({ key: keyOf('udp', row), inode: row.inode })),
  ])
  const owners = ownersOf(new Set([...inodes.values()].flat()))
  for (const socket of sockets) {
    // several sockets may share an address (SO_REUSEPORT): each takes one of the inodes
    const inode = inodes.get(keyOf(socket.protocol, socket))?.shift()
    const owner = inode === undefined ? undefined : owners.get(inode)
    if (!owner) continue
    socket.pid = owner.pid
    socket.process = owner.name
    if (owner.pid === process.pid) socket.own = true
  }
  return { sockets: ordered(sockets), processes: process.getuid?.() === 0 ? 'all' : 'own', user: userInfo().username }
}

/** systeminformation's rows: netstat(1), so states and owners only. */
async function elsewhere(): Promise<Listening> {
  const connections = await si.networkConnections()
  const sockets: Listener[] = []
  for (const row of rowsOf(connections)) {
    if (row.facts.state !== 'LISTEN') continue
    const socket: Listener = { protocol: 'tcp', local: row.local }
    if (row.pid !== undefined) {
      socket.pid = row.pid
      const name = connections.find((c) => c.pid === row.pid)?.process
      if (name) socket.process = name
      if (row.pid === process.pid) socket.own = true
    }
    sockets.push(socket)
  }
  return { sockets: ordered(sockets), processes: 'all', udp: false, user: userInfo().username }
}

export const readListening = (table: ConnectionTable): Promise<Listening> =>
  process.platform === 'linux' ? Promise.resolve(onLinux(table)) : elsewhere()
