/** Socket options by their POSIX names: the C value of each, and back to a number. */
import { parseAddress } from '../../shared/net/address'
import type { NativeSockets, PlatformTable } from './platform/platform'

/** A number in the option's own unit; for joining and leaving a group, the group's address and the interface's index. */
export type OptionValue = number | { group: string; interface: number }

const room = new Uint8Array(32)

/** Minus errno, or 'unknown' for a name that this platform has not. `value` is in the option's own unit; SO_LINGER: seconds, < 0 is off. */
export function setOption(native: NativeSockets, fd: number, name: string, value: OptionValue): number | 'unknown' | 'readonly' {
  const option = native.table.options[name]
  if (!option) return 'unknown'
  if (option.readonly) return 'readonly'
  return native.setsockopt(fd, option.level, option.option, encode(native.table, option.shape, value))
}

export function getOption(native: NativeSockets, fd: number, name: string): { value: number } | { errno: number } | 'unknown' {
  const option = native.table.options[name]
  if (!option) return 'unknown'
  const r = native.getsockopt(fd, option.level, option.option, room)
  return r < 0 ? { errno: -r } : { value: decode(native.table, option.shape, room, r) }
}

function encode(table: PlatformTable, shape: PlatformTable['options'][string]['shape'], given: OptionValue): Uint8Array {
  if (typeof given === 'object') return membership(table, given)
  const value = given
  const view = new DataView(new ArrayBuffer(16))
  const take = (n: number) => new Uint8Array(view.buffer, 0, n)
  switch (shape) {
    case 'int':
    case 'ms':
      view.setInt32(0, value, true)
      return take(4)
    case 'byte':
      view.setUint8(0, value)
      return take(1)
    case 'linger':
      if (table.linger === 'short') {
        view.setUint16(0, value < 0 ? 0 : 1, true)
        view.setUint16(2, Math.max(0, value), true)
        return take(4)
      }
      view.setInt32(0, value < 0 ? 0 : 1, true)
      view.setInt32(4, Math.max(0, value), true)
      return take(8)
    case 'timeval':
      view.setBigInt64(0, BigInt(Math.floor(value)), true)
      view.setBigInt64(8, BigInt(Math.round((value % 1) * 1e6)), true)
      return take(16)
    case 'interface':
      return table.mreq === 'mreqn' ? structMreqn(ANY_IPV4, value) : structMreq(ANY_IPV4, value).subarray(4)
    // a group as a number: the kernel says EINVAL
    case 'membership':
      return take(4)
    default:
      return shape satisfies never
  }
}

const ANY_IPV4 = new Uint8Array(4)

/** struct ip_mreqn, ip_mreq or ipv6_mreq; an address that is none makes an empty one, which the kernel refuses (EINVAL). */
function membership(table: PlatformTable, value: { group: string; interface: number }): Uint8Array {
  const group = parseAddress(value.group)
  if (!group) return new Uint8Array(0)
  if (group.family === 'inet') return table.mreq === 'mreqn' ? structMreqn(group.bytes, value.interface) : structMreq(group.bytes, value.interface)
  const out = new Uint8Array(20)
  out.set(group.bytes)
  new DataView(out.buffer).setUint32(16, value.interface, true)
  return out
}

/** struct ip_mreqn { group; address; int ifindex } (ip(7)) */
function structMreqn(group: Uint8Array, index: number): Uint8Array {
  const out = new Uint8Array(12)
  out.set(group)
  new DataView(out.buffer).setInt32(8, index, true)
  return out
}

/** struct ip_mreq { group; interface }: an interface of 0.0.0.index is that index (Winsock, IP_ADD_MEMBERSHIP) */
function structMreq(group: Uint8Array, index: number): Uint8Array {
  const out = new Uint8Array(8)
  out.set(group)
  new DataView(out.buffer).setUint32(4, index)
  return out
}

function decode(table: PlatformTable, shape: PlatformTable['options'][string]['shape'], from: Uint8Array, length: number): number {
  const view = new DataView(from.buffer, from.byteOffset, from.byteLength)
  switch (shape) {
    case 'int':
    case 'ms':
      return length === 1 ? view.getUint8(0) : view.getInt32(0, true)
    case 'byte':
      return view.getUint8(0)
    case 'linger':
      if (table.linger === 'short') return view.getUint16(0, true) ? view.getUint16(2, true) : -1
      return view.getInt32(0, true) ? view.getInt32(4, true) : -1
    case 'timeval':
      return Number(view.getBigInt64(0, true)) + Number(view.getBigInt64(8, true)) / 1e6
    case 'interface':
    case 'membership':
      return view.getInt32(length === 12 ? 8 : 0, true)
    default:
      return shape satisfies never
  }
}
