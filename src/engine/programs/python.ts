/** How Python writes values: the programs print what their twins print, and the twins' constants are Python literals. */
import { pythonBytes, pythonEscape, pythonStr } from '../../shared/bytes/python-bytes'
import type { SockAddr } from '../../shared/trace/events'

/** Python's repr(bytes): b'hello\n' */
export const bytesRepr = pythonBytes

/** What must not stand in a source text as itself: controls, separators but the space, formats (bidi), lone surrogates. */
const unprintable = /(?! )[\p{C}\p{Z}]/u

/** A text from the network on one line, without what could mislead an eye: as the twins' printable(text) writes it. */
export const printable = (text: string): string => Array.from(text, (c) => (unprintable.test(c) ? pythonEscape(c.codePointAt(0)!) : c)).join('')

/** A Python literal of the value: for a text one that reads back as exactly that text, whatever is in it. */
export function literal(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return String(value)
  return pythonStr(value)
}

/** An endpoint as the twins' name(address) writes it: 127.0.0.1:9999, [::1]:9999. Python leaves the scope id out too. */
export function name(address: SockAddr): string {
  if (address.family === 'unix') return address.path
  return address.family === 'inet6' ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** The peer of a connection, as the twins' name(address) writes it: a Unix client has no address of its own. */
export const clientName = (address: SockAddr): string => name(address) || 'a client'

/** Python's repr(float): the shortest digits that read back, with an exponent below 1e-4 and from 1e16 on. */
export function floatRepr(n: number): string {
  if (Number.isNaN(n)) return 'nan'
  if (!Number.isFinite(n)) return n > 0 ? 'inf' : '-inf'
  if (n === 0) return Object.is(n, -0) ? '-0.0' : '0.0'
  const [digits, exponent] = n.toExponential().split('e') as [string, string]
  const power = Number(exponent)
  if (power < -4 || power >= 16) return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  const plain = String(n)
  return plain.includes('.') ? plain : `${plain}.0`
}
