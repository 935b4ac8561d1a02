/** The machine's names, listeners and constants, as the contract asks for them. Opened with the first question. */
import type { Listening, MachineConstant } from '../shared/contract/contract'
import { SOCKET_CONSTANTS, type SocketConstant } from '../shared/net/constants'

import type { Engine } from './engine'
import { darwin } from './kernel/platform/darwin'
import { linux } from './kernel/platform/linux'
import type { PlatformTable } from './kernel/platform/platform'
import { win32 } from './kernel/platform/win32'
import { createConnectionTable, type ConnectionTable } from './observe/connection-table'
import { readListening } from './observe/listening'
import { Resolver } from './observe/resolver'
import { bindResolver, type NativeResolver } from './observe/resolver-native'
import { nodeResolver } from './observe/resolver-node'
import { LIMITS } from './policy/limits'

const TABLES: Record<string, PlatformTable> = { linux, darwin, win32 }

export class MachineNames {
  private opened: Resolver | undefined
  private table: ConnectionTable | undefined
  private readonly native: NativeResolver
  private readonly platform: PlatformTable

  constructor(private readonly engine: Pick<Engine, 'scope' | 'interfaces'>) {
    this.platform = TABLES[process.platform] ?? linux
    this.native = bind(this.platform)
  }

  get resolver(): Resolver {
    this.opened ??= new Resolver({
      native: this.native, table: this.platform, waiting: LIMITS.lookups,
      known: () => ({ scope: this.engine.scope, interfaces: this.engine.interfaces }),
    })
    return this.opened
  }

  listening(): Promise<Listening> {
    this.table ??= createConnectionTable()
    return readListening(this.table)
  }

  /** The table, and for what the resolver answers with, this machine's own word. */
  async constants(): Promise<MachineConstant[]> {
    const own = await this.told()
    const { name } = this.platform
    return SOCKET_CONSTANTS.map((constant: SocketConstant) => {
      const told = own.get(constant.name)
      return { name: constant.name, number: told ?? constant[name], told: told !== undefined }
    })
  }

  /** getaddrinfo() of the loopback addresses tells the numbers of the families, types and protocols in its rows. */
  private async told(): Promise<Map<string, number>> {
    const { getaddrinfo, layout } = this.native
    const found = new Map<string, number>()
    const hints = { flags: layout.AI.AI_NUMERICHOST, family: 0, type: 0 }
    const [four, six] = await Promise.all([getaddrinfo('127.0.0.1', '7', hints), getaddrinfo('::1', '7', hints)])
    // the port is read at the same place in every system's address, so what answers to it is the family's own number
    if (four.ok && four.value[0]) found.set('AF_INET', four.value[0].family)
    if (six.ok && six.value[0]) found.set('AF_INET6', six.value[0].family)
    // in the answer's order, which is that of every C library: stream, datagram, raw
    const rows = four.ok && four.value.length === 3 ? four.value : []
    const names = [['SOCK_STREAM', 'IPPROTO_TCP'], ['SOCK_DGRAM', 'IPPROTO_UDP'], ['SOCK_RAW', undefined]] as const
    for (const [i, row] of rows.entries()) {
      const [type, protocol] = names[i]!
      found.set(type, row.type)
      if (protocol) found.set(protocol, row.protocol)
    }
    return found
  }

  close(): void {
    this.opened?.close()
    this.table?.close()
  }
}

/** The C library's resolver, else Node's way to it. */
function bind(table: PlatformTable): NativeResolver {
  try {
    return bindResolver(table.name)
  } catch (error) {
    process.emitWarning(`the system's resolver could not be bound: ${error instanceof Error ? error.message : String(error)}`)
    return nodeResolver(table)
  }
}

