/** Which group on which interface: what a person typed, checked, and as the calls take it. */
import type { NetInterface } from '../../shared/contract/contract'
import { formatAddress, parseAddress, scopeIdOf } from '../../shared/net/address'
import { parseGroup } from '../../shared/net/groups'
import { fail, ok, type Result } from '../../shared/result'

/** Where members meet when nothing else is said: both stay on the link (RFC 4291, section 2.7; RFC 2365, section 6.1). */
export const DEFAULT_GROUP = { inet6: 'ff12::5057', inet: '239.255.80.87' } as const

export interface ChosenGroup {
  family: 'inet' | 'inet6'
  /** canonical text */
  group: string
  /** 0: the kernel chooses */
  index: number
  /** '' where the kernel chooses */
  interface: string
}

const invalid = (field: string, message: string): ReturnType<typeof fail> => fail({ code: 'INVALID', field, message })

const other = { inet: 'IPv4', inet6: 'IPv6' } as const

/** The first that is up, is no loopback, and has an address of the family; else a loopback that has. */
function usual(family: 'inet' | 'inet6', interfaces: readonly NetInterface[]): NetInterface | undefined {
  const able = interfaces.filter((i) => i.up && i.running !== false && i.index > 0 && i.addresses.some((a) => a.family === family))
  return able.find((i) => !i.loopback && i.multicast !== false) ?? able.find((i) => i.loopback)
}

/** `group` '' is the family's usual one, `on` '' the usual interface; a zone of the group (%eth0) names the interface too. */
export function chooseGroup(family: 'inet' | 'inet6', group: string, on: string, interfaces: readonly NetInterface[]): Result<ChosenGroup> {
  const text = group.trim() === '' ? DEFAULT_GROUP[family] : group.trim()
  const parsed = parseGroup(text)
  if (!parsed.ok) {
    return invalid('group', parsed.error.code === 'not-address' ? `group must be a multicast address such as ${DEFAULT_GROUP[family]}, not '${text}'`
      : `group must be a multicast address such as ${DEFAULT_GROUP[family]}: ${text} is ${parsed.error.kind}, the address of one host`)
  }
  if (parsed.value.family !== family) {
    const given = parsed.value.family
    return invalid('group', `group ${parsed.value.text} is ${other[given]} and family is ${family}: choose family ${given}, or a group such as ${DEFAULT_GROUP[family]}`)
  }
  const address = parseAddress(text)!
  const canonical = formatAddress({ family: address.family, bytes: address.bytes })
  const named = on.trim() === '' ? address.zone ?? '' : on.trim()
  if (named === '') {
    const found = usual(family, interfaces)
    return ok({ family, group: canonical, index: found?.index ?? 0, interface: found?.name ?? '' })
  }
  const index = scopeIdOf(named, interfaces)
  const found = interfaces.find((i) => i.name === named) ?? interfaces.find((i) => i.index === index && i.index > 0)
  if (index === undefined || !found) {
    return invalid('interface', `interface must be one of this machine's, ${interfaces.map((i) => i.name).join(', ')}: there is no '${named}'`)
  }
  return ok({ family, group: canonical, index, interface: found.name })
}
