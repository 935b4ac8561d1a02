/**
 * A guest speaks Linux's numbers and structs, as its Python does on every machine (resources/python/labnumbers.py). Here they
 * become those of the system that the lab runs on, by their POSIX names: setsockopt(2) with SOL_SOCKET 1 and SO_REUSEADDR 2
 * is 0xffff and 4 for Winsock and macOS.
 */
import { errnoNumber } from '../shared/net/errno'
import { linux } from './kernel/platform/linux'
import type { PlatformTable } from './kernel/platform/platform'

export interface HostOption {
  level: number
  option: number
  /** the guest's C value as this system has it */
  toHost(value: Uint8Array): Uint8Array
  /** and back */
  toGuest(value: Uint8Array): Uint8Array
}

const same = (value: Uint8Array): Uint8Array => value
const names = new Map(Object.entries(linux.options).map(([name, o]) => [`${o.level} ${o.option}`, name]))
/** what one system calls by another name, for the same thing */
const ALSO: Record<string, string> = { TCP_CORK: 'TCP_NOPUSH' }

/** This system's option for Linux's numbers; undefined: it has none (ENOPROTOOPT). */
export function hostOption(table: PlatformTable, level: number, option: number): HostOption | undefined {
  if (table.name === 'linux') return { level, option, toHost: same, toGuest: same }
  const name = names.get(`${level} ${option}`)
  const known = name === undefined ? undefined : table.options[name] ?? table.options[ALSO[name] ?? '']
  if (name === undefined || !known) return undefined
  const at = { level: known.level, option: known.option }
  if (name === 'SO_ERROR') return { ...at, toHost: same, toGuest: (value) => int(linuxErrno(table, view(value).getInt32(0, true))) }
  switch (known.shape) {
    case 'linger': return table.linger === 'short' ? { ...at, toHost: shortLinger, toGuest: longLinger } : { ...at, toHost: same, toGuest: same }
    case 'ms': return { ...at, toHost: milliseconds, toGuest: timeval }
    case 'byte': return { ...at, toHost: (value) => value.subarray(0, 1), toGuest: same }
    case 'membership': return { ...at, toHost: table.mreq === 'mreq' ? mreq : same, toGuest: same }
    case 'interface': return { ...at, toHost: table.mreq === 'mreq' ? (value) => (value.length >= 8 ? mreq(value).subarray(4, 8) : value) : same, toGuest: same }
    default: return { ...at, toHost: same, toGuest: same }
  }
}

/** Linux's number of an error that this system numbers so. */
export function linuxErrno(table: PlatformTable, number: number): number {
  const name = table.errno[number]
  return (name === undefined ? undefined : errnoNumber(name, 'linux')) ?? number
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function int(value: number): Uint8Array {
  const out = new Uint8Array(4)
  view(out).setInt32(0, value, true)
  return out
}

/** struct linger of two ints (POSIX) to one of two unsigned shorts (Winsock); a value of another length is the system's to refuse */
function shortLinger(value: Uint8Array): Uint8Array {
  if (value.length < 8) return value
  const out = new Uint8Array(4)
  view(out).setUint16(0, view(value).getInt32(0, true) ? 1 : 0, true)
  view(out).setUint16(2, Math.min(0xffff, Math.max(0, view(value).getInt32(4, true))), true)
  return out
}

function longLinger(value: Uint8Array): Uint8Array {
  const out = new Uint8Array(8)
  view(out).setInt32(0, view(value).getUint16(0, true), true)
  view(out).setInt32(4, view(value).getUint16(2, true), true)
  return out
}

/** struct timeval of two 64-bit numbers to a DWORD of milliseconds; what is not zero stays so, because zero is for ever */
function milliseconds(value: Uint8Array): Uint8Array {
  if (value.length < 16) return value
  const micros = Number(view(value).getBigInt64(0, true)) * 1e6 + Number(view(value).getBigInt64(8, true))
  return int(Math.min(0x7fff_ffff, Math.ceil(micros / 1000)))
}

function timeval(value: Uint8Array): Uint8Array {
  const ms = view(value).getUint32(0, true)
  const out = new Uint8Array(16)
  view(out).setBigInt64(0, BigInt(Math.floor(ms / 1000)), true)
  view(out).setBigInt64(8, BigInt((ms % 1000) * 1000), true)
  return out
}

/** struct ip_mreqn (with an index) to ip_mreq: an interface of 0.0.0.index is that index (Winsock, IP_ADD_MEMBERSHIP) */
function mreq(value: Uint8Array): Uint8Array {
  if (value.length !== 12) return value
  const out = value.slice(0, 8)
  const index = view(value).getInt32(8, true)
  if (index) view(out).setUint32(4, index)
  return out
}
