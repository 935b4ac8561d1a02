/** pack, unpack and calcsize as Python's struct module has them, with the bytes of each value told apart. */
import type { Result } from '../result'
import { ok } from '../result'
import type { PyValue } from './py-value'
import { rangeOf, type Range } from './range'
import { packFloat, unpackFloat } from './struct-floats'
import { parseFormat, refused, valueSlots, type Format, type NativeSizes, type Slot, type StructError } from './struct-format'

export interface Packed {
  bytes: Uint8Array
  format: Format
}

export function calcsize(format: string, native?: NativeSizes): Result<number, StructError> {
  const parsed = parseFormat(format, native)
  return parsed.ok ? ok(parsed.value.size) : parsed
}

export function pack(text: string, values: readonly PyValue[], native?: NativeSizes): Result<Packed, StructError> {
  const parsed = parseFormat(text, native)
  if (!parsed.ok) return parsed
  const format = parsed.value
  const slots = valueSlots(format)
  if (slots.length !== values.length) return refused(`pack expected ${slots.length} items for packing (got ${values.length})`)
  const bytes = new Uint8Array(format.size)
  for (const [argument, slot] of slots.entries()) {
    const field = packOne(slot, values[argument]!, format)
    if (!field.ok) return { ok: false, error: { ...field.error, argument, from: slot.from, to: slot.to } }
    bytes.set(field.value, slot.offset)
  }
  return ok({ bytes, format })
}

function packOne(slot: Slot, value: PyValue, format: Format): Result<Uint8Array, StructError> {
  switch (slot.code) {
    case 'x': return ok(new Uint8Array(slot.size))
    case 'c':
      return value.type === 'bytes' && value.value.length === 1 ? ok(value.value) : refused('char format requires a bytes object of length 1')
    case 's': case 'p': {
      if (value.type !== 'bytes') return refused(`argument for '${slot.code}' must be a bytes object`)
      const field = new Uint8Array(slot.size)
      if (slot.size === 0) return ok(field)
      const head = slot.code === 'p' ? 1 : 0
      field.set(value.value.subarray(0, slot.size - head), head)
      if (head) field[0] = Math.min(value.value.length, slot.size - 1, 255)
      return ok(field)
    }
    case '?': return ok(Uint8Array.of(isTrue(value) ? 1 : 0))
    case 'e': case 'f': case 'd': {
      const number = value.type === 'float' ? value.value : value.type === 'int' || value.type === 'bool' ? Number(value.value) : undefined
      if (number === undefined || (value.type === 'int' && !Number.isFinite(number))) return refused('required argument is not a float')
      // C's own conversion, which @ uses for f, makes an infinity of what is too large
      const fitting = slot.code === 'f' && format.native ? Math.fround(number) : number
      const bytes = packFloat(fitting, slot.size, format.little)
      if (!bytes && value.type === 'int') return refused('int too large to convert')
      return bytes ? ok(bytes) : refused(`float too large to pack with ${slot.code} format`, {}, 'OverflowError')
    }
    default: {
      if (value.type !== 'int' && value.type !== 'bool') return refused('required argument is not an integer')
      return packInt(slot, BigInt(value.value), format)
    }
  }
}

const isTrue = (value: PyValue): boolean => {
  switch (value.type) {
    case 'None': return false
    case 'int': case 'float': case 'bool': return value.value !== 0n && value.value !== 0 && value.value !== false
    case 'str': case 'bytes': return value.value.length > 0
    default: return value.items.length > 0
  }
}

const SHORT_NAMES: Readonly<Record<string, string>> = { b: 'byte', B: 'ubyte', h: 'short', H: 'ushort' }

function packInt(slot: Slot, value: bigint, format: Format): Result<Uint8Array, StructError> {
  const bits = BigInt(8 * slot.size)
  const signed = slot.code === slot.code.toLowerCase()
  const least = signed ? -(2n ** (bits - 1n)) : 0n
  const most = signed ? 2n ** (bits - 1n) - 1n : 2n ** bits - 1n
  if (value < least || value > most) return refused(outOfRange(slot, value, least, most, format))
  const field = new Uint8Array(slot.size)
  let rest = BigInt.asUintN(Number(bits), value)
  for (let i = 0; i < slot.size; i++) {
    field[format.little ? i : slot.size - 1 - i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return ok(field)
}

/** CPython 3.11 says it in several ways, by the C type that it tries first; the other byte order has functions of its own. */
function outOfRange({ code, size }: Slot, value: bigint, least: bigint, most: bigint, { little }: Format): string {
  const limits = (name: string): string => `${name} format requires ${least} <= number <= ${most}`
  const fitsLong = value >= -(2n ** 63n) && value < 2n ** 63n
  const fitsUnsigned = value >= 0n && value < 2n ** 64n
  if (size === 8) return little ? 'argument out of range' : 'int too large to convert'
  if (size === 1 || (size === 2 && little)) return fitsLong ? limits(SHORT_NAMES[code]!) : 'argument out of range'
  const fits = code === code.toLowerCase() ? fitsLong : fitsUnsigned
  return fits ? limits(`'${code}'`) : 'argument out of range'
}

export interface Unpacked {
  format: Format
  /** in the order of valueSlots(format); `at` is the range of bytes */
  values: PyValue[]
}

export function unpack(text: string, bytes: Uint8Array, native?: NativeSizes): Result<Unpacked, StructError> {
  const parsed = parseFormat(text, native)
  if (!parsed.ok) return parsed
  const format = parsed.value
  if (bytes.length !== format.size) return refused(`unpack requires a buffer of ${format.size} bytes`)
  const values: PyValue[] = []
  for (const slot of valueSlots(format)) {
    // a fault of CPython's, which its own documentation does not mention
    if (slot.code === 'p' && slot.size === 0) return refused('Negative size passed to PyBytes_FromStringAndSize', { from: slot.from, to: slot.to }, 'SystemError')
    values.push(unpackOne(slot, bytes.subarray(slot.offset, slot.offset + slot.size), format.little))
  }
  return ok({ format, values })
}

function unpackOne(slot: Slot, field: Uint8Array, little: boolean): PyValue {
  const at: Range = rangeOf(slot.offset, slot.size)
  switch (slot.code) {
    case 'c': case 's': return { at, type: 'bytes', value: field.slice() }
    case 'p': return { at, type: 'bytes', value: field.slice(1, 1 + Math.min(field[0]!, field.length - 1)) }
    case '?': return { at, type: 'bool', value: field[0] !== 0 }
    case 'e': case 'f': case 'd': return { at, type: 'float', value: unpackFloat(field, little) }
    default: {
      let value = 0n
      for (let i = 0; i < field.length; i++) value = value * 256n + BigInt(field[little ? field.length - 1 - i : i]!)
      const signed = slot.code === slot.code.toLowerCase()
      return { at, type: 'int', value: signed ? BigInt.asIntN(8 * field.length, value) : value }
    }
  }
}
