/** Python values as a person types them: what struct.pack() and json.dumps() are given. */
import type { Range } from './range'

/** `at`: the characters (UTF-16 units) of the source that the value was written as. */
export type PyValue = { at: Range } & (
  | { type: 'int'; value: bigint }
  | { type: 'float'; value: number }
  | { type: 'str'; value: string }
  | { type: 'bytes'; value: Uint8Array }
  | { type: 'bool'; value: boolean }
  | { type: 'None' }
  | { type: 'list' | 'tuple' | 'set'; items: PyValue[] }
  | { type: 'dict'; items: (readonly [PyValue, PyValue])[] }
)

/** The name of its class, as type(value).__name__ has it. */
export const pyTypeName = (value: PyValue): string => (value.type === 'None' ? 'NoneType' : value.type)

/** A float as repr() prints it: the shortest digits that mean it, with an exponent below 1e-4 and from 1e16. */
export function pyFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  if (Object.is(value, -0)) return '-0.0'
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (value !== 0 && (power < -4 || power >= 16)) return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`
  if (digits.length <= power + 1) return `${sign}${digits.padEnd(power + 1, '0')}.0`
  return `${sign}${digits.slice(0, power + 1)}.${digits.slice(power + 1)}`
}
