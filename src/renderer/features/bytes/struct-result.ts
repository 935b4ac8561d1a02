/** What the struct tab shows: the same format in both byte orders, and each value with its bytes. */
import { parseArguments, type LiteralError } from '../../../shared/bytes/py-literal'
import { pyRepr } from '../../../shared/bytes/py-repr'
import type { PyValue } from '../../../shared/bytes/py-value'
import { pythonBytes } from '../../../shared/bytes/python-bytes'
import { rangeOf } from '../../../shared/bytes/range'
import { pack, unpack } from '../../../shared/bytes/struct'
import { valueSlots, type Format, type StructError } from '../../../shared/bytes/struct-format'
import { part, type Part } from './parts'

export const ORDERS = ['<', '!', '@'] as const
export type Order = (typeof ORDERS)[number]
/** The C types that Python's documentation names the codes after. */
export const C_TYPES: Readonly<Record<string, string>> = {
  x: '', c: 'char', b: 'signed char', B: 'unsigned char', '?': '_Bool', h: 'short', H: 'unsigned short', i: 'int', I: 'unsigned int',
  l: 'long', L: 'unsigned long', q: 'long long', Q: 'unsigned long long', n: 'ssize_t', N: 'size_t', e: 'half', f: 'float', d: 'double',
  s: 'char[]', p: 'char[]',
}

export interface Row { code: string; cType: string; offset: number; size: number; value: string; part: number }
export interface Worked {
  order: Order
  /** the format with this order's sign */
  format: string
  bytes?: Uint8Array
  parts: Part[]
  rows: Row[]
  error?: StructError
  python: { code: string; result: string; failed: boolean }[]
}

/** The format without its sign: the tab tries each. */
export const bare = (format: string): string => format.replace(/^\s*[<>!=@]/, '')

/** Slots and gaps in the order of their bytes; values only where there are some. */
function described(format: Format, values: readonly PyValue[], padding: string): { parts: Part[]; rows: Row[] } {
  const takers = valueSlots(format)
  const all = [
    ...format.slots.map((slot) => {
      const value = takers.includes(slot) ? values[takers.indexOf(slot)] : undefined
      return { at: rangeOf(slot.offset, slot.size), code: slot.code as string, value: value ? pyRepr(value) : padding }
    }),
    ...format.gaps.map((gap) => ({ at: rangeOf(gap.offset, gap.size), code: '', value: padding })),
  ].sort((a, b) => a.at.from - b.at.from)
  // a value keeps its colour in every byte order, whatever padding stands before it
  let index = 0
  return {
    parts: all.map((one) => part(one.at, `${one.code} ${one.value}`.trim(), one.value === padding ? 7 : index++ % 7)),
    rows: all.map((one, i) => ({ code: one.code, cType: C_TYPES[one.code] ?? '', offset: one.at.from, size: one.at.to - one.at.from, value: one.value, part: i })),
  }
}

export function packed(format: string, source: string, padding: string): { ok: true; value: Worked[] } | { ok: false; error: LiteralError } {
  const values = parseArguments(source)
  if (!values.ok) return values
  return {
    ok: true,
    value: ORDERS.map((order) => {
      const text = order + bare(format)
      const done = pack(text, values.value)
      const code = `struct.pack('${text}'${values.value.map((value) => `, ${pyRepr(value)}`).join('')})`
      if (!done.ok) return { order, format: text, parts: [], rows: [], error: done.error, python: [{ code, result: done.error.python, failed: true }] }
      const { bytes } = done.value
      return { order, format: text, bytes, ...described(done.value.format, values.value, padding), python: [{ code, result: pythonBytes(bytes), failed: false }] }
    }),
  }
}

export function unpacked(format: string, bytes: Uint8Array, padding: string): Worked[] {
  return ORDERS.map((order) => {
    const text = order + bare(format)
    const done = unpack(text, bytes)
    const code = `struct.unpack('${text}', ${pythonBytes(bytes)})`
    if (!done.ok) return { order, format: text, bytes, parts: [], rows: [], error: done.error, python: [{ code, result: done.error.python, failed: true }] }
    const result = pyRepr({ type: 'tuple', items: done.value.values, at: rangeOf(0, 0) })
    return { order, format: text, bytes, ...described(done.value.format, done.value.values, padding), python: [{ code, result, failed: false }] }
  })
}
