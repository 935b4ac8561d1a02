/** Which interfaces a member may choose, and the one to begin with. */
import type { NetInterface } from '../../../shared/contract/contract'

export type IpFamily = 'inet' | 'inet6'

/** What of a family an interface can do for a group: the reasons are keys of the texts `multicast.interface.<fit>`. */
export type InterfaceFit = 'good' | 'loopback' | 'down' | 'noAddress' | 'loopback6'

export function fitOf(net: NetInterface, family: IpFamily): InterfaceFit {
  if (!net.up) return 'down'
  if (!net.addresses.some((address) => address.family === family)) return 'noAddress'
  // Linux routes no IPv6 group over the loopback interface
  if (net.loopback) return family === 'inet6' ? 'loopback6' : 'loopback'
  return 'good'
}

const RANK: Readonly<Record<InterfaceFit, number>> = { good: 0, loopback: 1, loopback6: 2, noAddress: 3, down: 4 }

export interface InterfaceChoice {
  name: string
  index: number
  fit: InterfaceFit
}

/** All of them, the fitting ones first. */
export function interfaceChoices(interfaces: readonly NetInterface[], family: IpFamily): InterfaceChoice[] {
  return interfaces.map((net) => ({ name: net.name, index: net.index, fit: fitOf(net, family) }))
    .sort((x, y) => RANK[x.fit] - RANK[y.fit])
}

/** The best one's name; undefined where none will do. */
export function bestInterface(interfaces: readonly NetInterface[], family: IpFamily): string | undefined {
  const [first] = interfaceChoices(interfaces, family)
  return first && (first.fit === 'good' || first.fit === 'loopback') ? first.name : undefined
}
